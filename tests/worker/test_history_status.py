"""The status of a run whose workers are gone is the one they would give."""

import asyncio
import gc
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client

from payloads import plain_json
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
VARIED = """\
workflow: varied
version: 1
summary: Loops, an effect that is undone, an approval beside a wait for a signal, and a step that can fail
input:
  type: object
  required: [ids, fails]
  properties: {ids: {type: array, items: {type: string}}, fails: {type: boolean}}
signals: {paid: {type: object, required: [paid], properties: {paid: {type: boolean}}}}
on_failure: {hold: 1d, role: operations}
steps:
  - {id: first, set: {total: 0}}
  - id: loop
    for_each: input.ids
    as: one
    steps: [{id: turn, set: {total: "${ vars.total + 1 }"}}]
  - id: sent
    call: portfolio.investment_limits
    with: {cash: 100000}
    undo: {call: portfolio.investment_limits, with: {cash: 100000}}
  - parallel:
      asked:
        - id: ok
          when: not input.fails
          approve: {role: compliance, show: {amount: 5}, four_eyes: "'kim'"}
          within: 2d
          on_reject: [{finish: {}}]
          on_timeout: [{finish: {}}]
      paid:
        - {id: paid, receive: paid}
        - when: not steps.paid.payload.paid
          fail: {error: NotPaid, message: nothing came}
        - id: read
          lock: "${ run.id }"
          call: portfolio.read
          with: {portfolio_id: P-none}
output: {total: "${ vars.total }"}
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A server without workers, and where its data lies."""

    settings: Settings
    input: Path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One server with the definition `review` published; each test brings workers of its own."""
    folder = tmp_path_factory.mktemp("history")
    definitions = write_definitions(folder / "definitions")
    (definitions / "workflows" / "varied.yaml").write_text(VARIED)
    with dev_server(folder) as server:
        flags = {
            "data": folder / "data",
            "definitions": definitions,
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
    """A fresh run of `review`."""
    return await start(place, connected, "review", json.loads(place.input.read_text()))


async def start(place: Place, connected: Client, workflow: str, given: dict[str, Any]) -> str:
    """A fresh run."""
    plan = await client.check(place.settings, workflow, given)
    return await client.start(connected, place.settings, plan, given)


async def reset(connected: Client, run: str) -> None:
    """Let the run start again from its first decision."""
    handle = connected.get_workflow_handle(run)
    history = await handle.fetch_history()
    task = next(
        event for event in history.events if event.HasField("workflow_task_completed_event_attributes")
    )
    described = await handle.describe()
    await connected.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=connected.namespace,
            workflow_execution=WorkflowExecution(workflow_id=run, run_id=described.run_id),
            reason="a test",
            workflow_task_finish_event_id=task.event_id,
            request_id=uuid.uuid4().hex,
        )
    )


async def settled(connected: Client, run: str, state: str) -> dict[str, object]:
    """The live status once the run has this state."""
    while True:
        found = await client.status(connected, run)
        if found["state"] == state and found["live"]:
            return found
        await asyncio.sleep(0.05)


MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00")


def told(status: dict[str, object]) -> object:
    """What a status says, but for who says it; its moments differ by milliseconds."""
    kept = {name: value for name, value in status.items() if name not in ("live", "problem")}
    return json.loads(MOMENT.sub("a moment", plain_json.dumps(kept)))


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
    assert (alive["live"], gone["live"], gone["problem"]) == (True, False, None)
    assert told(gone) == told(alive)


@pytest.mark.parametrize(("paid", "state"), [(None, "waiting"), (False, "failed"), (True, "held")])
async def test_history_tells_of_loops_approvals_and_undoing(
    place: Place, paid: bool | None, state: str
) -> None:
    """What is open with all that is shown, what was done in which order, what was undone."""
    connected = await connect(place.settings)
    async with running(connected, place.settings, "all"):
        run = await start(place, connected, "varied", {"ids": ["a", "b"], "fails": paid is True})
        alive = await settled(connected, run, "waiting")
        if paid is not None:
            await client.signal(connected, run, "paid", {"paid": paid})
            alive = await settled(connected, run, state)
    gone = await client.status(connected, run)
    assert told(gone) == told(alive)
    assert alive["path"][:5] == ["first", "turn", "turn", "loop", "sent"]  # type: ignore[index]
    (asked,) = alive["approvals"] if paid is None else [{"show": {"amount": 5}}]  # type: ignore[misc, attr-defined]
    assert asked["show"] == {"amount": 5}
    assert alive["undone"] == (["sent"] if state == "failed" else [])


async def test_an_approval_of_a_run_that_was_reset_keeps_its_digest(place: Place) -> None:
    """It is that of the run since its reset, whoever replays it."""
    connected = await connect(place.settings)
    async with running(connected, place.settings, "all"):
        run = await start(place, connected, "consent", {})
        first = await settled(connected, run, "waiting")
        await reset(connected, run)
        alive = await settled(connected, run, "waiting")
    gone = await client.status(connected, run)
    digests = [status["approvals"][0]["digest"] for status in (first, alive, gone)]  # type: ignore[index]
    assert digests[0] != digests[1] == digests[2]


async def test_a_history_that_does_not_fit_this_code_says_so(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its state is that of Temporal, and the reason is there."""
    connected = await connect(place.settings)
    async with running(connected, place.settings, "all"):
        run = await begin(place, connected)
        await settled(connected, run, "waiting")
    monkeypatch.setattr("workflows.attributes.first", lambda *_: None)
    gone = await client.status(connected, run)
    assert (gone["live"], gone["workflow"]) == (False, "review")
    assert "ondeterminism" in str(gone["problem"])


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
