"""The status of a run whose workers are gone is the one they would give."""

import asyncio
import gc
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from temporalio.client import Client

from tests.support.review import write_definitions, write_input
from tests.support.servers import dev_server
from worker import client
from worker.connection import connect
from worker.library import publish
from worker.serving import running
from worker.settings import Settings, load_settings

# The SDK drops the runs that a drained worker had in its cache when it likes; Python then complains of
# their coroutines, in whatever test runs at that moment. They are collected here instead.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
KEPT = ("path", "id", "kind", "state", "attempts")


@dataclass(frozen=True, slots=True)
class Place:
    """A server without workers, and where its data lies."""

    settings: Settings
    input: Path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One server with the definition `review` published; each test brings workers of its own."""
    folder = tmp_path_factory.mktemp("history")
    with dev_server(folder) as server:
        flags = {
            "data": folder / "data",
            "definitions": write_definitions(folder / "definitions"),
            "address": server.address,
        }
        settings = load_settings(flags, {})
        publish(settings)
        yield Place(settings, write_input(folder))


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """No coroutine of a dropped run is left for later tests."""
    yield
    gc.collect()


async def begin(place: Place, connected: Client) -> str:
    """A fresh run."""
    given = json.loads(place.input.read_text())
    plan = await client.check(place.settings, "review", given)
    return await client.start(connected, place.settings, plan, given)


async def settled(connected: Client, run: str, state: str) -> dict[str, object]:
    """The live status once the run has this state."""
    while True:
        found = await client.status(connected, run)
        if found["state"] == state and found["live"]:
            return found
        await asyncio.sleep(0.05)


def of_steps(status: dict[str, object]) -> list[dict[str, object]]:
    """What history can know of the steps."""
    return [{name: step[name] for name in KEPT} for step in status["steps"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("accept", "state"), [(None, "waiting"), (True, "completed"), (False, "failed")])
async def test_history_tells_what_the_worker_told(place: Place, accept: bool | None, state: str) -> None:
    """Every field but `live` is the same, whether the run waits, completed or failed."""
    connected = await connect(place.settings)
    async with running(connected, place.settings, "all"):
        run = await begin(place, connected)
        if accept is not None:
            await client.signal(connected, run, "decided", {"accept": accept})
        alive = await settled(connected, run, state)
    gone = await client.status(connected, run)
    assert (alive["live"], gone["live"]) == (True, False)
    for name in ("workflow_id", "workflow", "version", "release", "state", "waits_for", "output"):
        assert gone[name] == alive[name], name
    if alive["error"] is not None:
        assert gone["error"]["type"] == alive["error"]["type"]  # type: ignore[index]
        assert gone["error"]["message"] == alive["error"]["message"]  # type: ignore[index]
    told, kept = of_steps(alive), of_steps(gone)
    assert [step["path"] for step in kept] == [step["path"] for step in told]
    assert kept[0] == told[0]  # an activity's outcome is an event


@pytest.mark.parametrize(("ended", "unread"), [(False, []), (True, ["decided"])])
async def test_history_tells_of_signals_that_did_not_fit_or_were_not_read(
    place: Place, ended: bool, unread: list[str]
) -> None:
    """In the shape of a live status; what is unread is known when the run has ended."""
    connected = await connect(place.settings)
    run = await begin(place, connected)
    raw = connected.get_workflow_handle(run)
    await raw.signal("nonsense", {})
    await raw.signal("decided", {"accept": "yes"})
    for _ in range(2 if ended else 0):
        await raw.signal("decided", {"accept": True})
    async with running(connected, place.settings, "all"):
        if ended:
            await raw.result()  # its output is there before it has logged what was not read
        alive = await settled(connected, run, "completed" if ended else "waiting")
    gone = await client.status(connected, run)
    assert (gone["live"], gone["signals_rejected"]) == (False, alive["signals_rejected"])
    assert [found["signal"] for found in gone["signals_rejected"]] == ["nonsense", "decided"]
    assert gone["signals_unread"] == unread


async def test_a_run_that_nobody_took_has_no_steps_yet(place: Place) -> None:
    """Without any worker the run is there, running, its plan not loaded."""
    connected = await connect(place.settings)
    run = await begin(place, connected)
    status = await client.status(connected, run)
    assert (status["state"], status["live"], status["steps"], status["release"]) == ("running", False, [], "")


async def test_a_terminated_run_is_shown_as_terminated(place: Place) -> None:
    """Its own code never heard of it; Temporal did."""
    connected = await connect(place.settings)
    async with running(connected, place.settings, "all"):
        run = await begin(place, connected)
        await settled(connected, run, "waiting")
        await connected.get_workflow_handle(run).terminate()
        assert (await client.status(connected, run))["state"] == "terminated"
    assert (await client.status(connected, run))["state"] == "terminated"
