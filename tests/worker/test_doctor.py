"""`kronos doctor` on a real server: who routes events, whether schedules are applied, which runs are old."""

import asyncio
import gc
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store import events
from tests.support.review import DEFINITION, write_definitions, write_input
from tests.support.servers import dev_server
from worker import client, schedules
from worker.connection import connect
from worker.dispatcher import ensure_dispatcher
from worker.doctor import examine
from worker.library import publish
from worker.serving import running
from worker.settings import Settings, load_settings
from worker.storage import existing_database

# A drained worker's runs are collected when the SDK likes; see test_history_status.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
TURNS = "steps:\n  - repeat: {at_most: 9}\n    upgrade: next_turn\n    steps: [{id: decision, receive: decided}]\n"
TIMED = 'triggers:\n  - {schedule: "0 9 * * *", timezone: Australia/Sydney, input: {answers: {}}}\n'


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A server without workers, and a published folder."""
    with dev_server(tmp_path) as server:
        definitions = write_definitions(tmp_path / "definitions")
        (definitions / "workflows" / "turning.yaml").write_text(turning(1))
        flags = {"data": tmp_path / "data", "definitions": definitions, "address": server.address}
        settings = load_settings(flags, {})
        publish(settings)
        yield settings
    gc.collect()


def turning(version: int, more: str = "") -> str:
    """A workflow that upgrades at its next turn."""
    head = DEFINITION.partition("steps:")[0].replace("workflow: review", "workflow: turning")
    return head.replace("version: 1", f"version: {version}") + more + TURNS


async def found(settings: Settings) -> dict[str, tuple[str, str]]:
    """State and finding by check."""
    return {row["check"]: (row["state"], row["finding"]) for row in await examine(settings)}


async def test_a_server_without_a_dispatcher_is_not_well(settings: Settings) -> None:
    """Nobody routes events before a worker was there, or when they lie there for long."""
    state, finding = (await found(settings))["dispatcher"]
    assert (state, "a worker of role workflows or all" in finding) == ("failed", True)
    await ensure_dispatcher(await connect(settings), settings)
    assert (await found(settings))["dispatcher"][0] == "ok"
    database = existing_database(settings)
    with database.transaction() as tx:
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        events.append(tx, settings.tenant, "house", "Looked", {}, at=long_ago)  # a fact sets nothing off
        events.append(tx, settings.tenant, "house", "market_open", {}, at=long_ago, kind="business")
    database.close()
    state, finding = (await found(settings))["dispatcher"]
    assert (state, "1 events behind" in finding) == ("failed", True)


async def test_schedules_that_were_not_applied_are_named(settings: Settings) -> None:
    """With what would apply them; once they are, all is well."""
    assert (await found(settings))["schedules"] == ("ok", "0 as the newest release wants them")
    (settings.definitions / "workflows" / "turning.yaml").write_text(turning(2, TIMED))
    publish(settings)
    state, finding = (await found(settings))["schedules"]
    assert (state, "create" in finding, "kronos schedules apply" in finding) == ("failed", True, True)
    await schedules.apply(await connect(settings), settings)
    assert (await found(settings))["schedules"] == ("ok", "1 as the newest release wants them")


async def test_runs_of_older_definitions_are_listed(settings: Settings, tmp_path: Path) -> None:
    """Which upgrade at their next turn, which stay, and why; those of the newest are counted."""
    connected = await connect(settings)
    given = json.loads(write_input(tmp_path).read_text())
    async with running(connected, settings, "all"):
        runs = {}
        for name in ("review", "turning"):
            plan = await client.check(settings, name, given)
            runs[name] = await client.start(connected, settings, plan, given)
            while (await client.status(connected, runs[name]))["state"] != "waiting":
                await asyncio.sleep(0.05)
        assert (await found(settings))["runs"] == ("ok", "2 open, all current")
        folder = settings.definitions / "workflows"
        (folder / "turning.yaml").write_text(turning(2))
        changed = DEFINITION.replace("version: 1", "version: 2").replace("Score the answers", "Score them")
        (folder / "review.yaml").write_text(changed)
        publish(settings)
        state, finding = (await found(settings))["runs"]
    assert (state, "2 open, 2 of older definitions" in finding) == ("ok", True)
    assert f"{runs['turning']} (version 1) upgrades at its next turn" in finding
    assert f"{runs['review']} (version 1) stays: " in finding
