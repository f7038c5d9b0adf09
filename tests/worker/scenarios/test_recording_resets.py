"""A run that was reset, or whose child was, or that continued as new, makes a test that passes."""

import asyncio
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowFailureError

from cli.output import as_yaml
from tests.support.interpreting import temporal_server, until
from tests.support.review import write_definitions
from worker import approving, client
from worker.connection import connect
from worker.errors import WorkerError
from worker.library import publish
from worker.scenarios.recording import scenario_of_run
from worker.scenarios.selection import try_definitions
from worker.serving import running
from worker.settings import Settings, load_settings

SHORT_HISTORIES = ("--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=30")
ASKING = """\
workflow: asking
version: 1
summary: Leave the question to another run
steps:
  - id: inner
    run: consent
output: {by: "${ steps.inner.by }"}
"""
COUNTED = """\
workflow: counted
version: 1
summary: Ask once, then take amounts until there are twelve
signals: {paid: {type: object, required: [amount], properties: {amount: {type: number}}}}
steps:
  - id: first
    approve: {role: compliance, show: {text: begin}}
    within: 2d
    on_reject: [{fail: {error: Declined, message: Compliance said no}}]
    on_timeout: [{fail: {error: Declined, message: Nobody answered}}]
  - set: {amounts: []}
  - repeat: {until: size(vars.amounts) >= 12}
    steps:
      - {id: next, receive: paid, within: 1d}
      - set: {amounts: "${ vars.amounts + [steps.next.payload.amount] }"}
  - id: inner
    run: consent
output: {amounts: "${ vars.amounts }", by: "${ steps.inner.by }"}
"""
CHAINED = """\
workflow: chained
version: 1
summary: Ask, then leave a second question to another run
steps:
  - id: first
    approve: {role: compliance, show: {text: first}}
    within: 2d
    on_reject: [{fail: {error: Declined, message: Compliance said no}}]
    on_timeout: [{fail: {error: Declined, message: Nobody answered}}]
  - id: inner
    run: consent
output: {by: "${ steps.first.by }"}
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A server with these definitions; each test brings a worker of its own."""
    folder = tmp_path_factory.mktemp("resets")
    definitions = write_definitions(folder / "definitions")
    (definitions / "workflows" / "asking.yaml").write_text(ASKING)
    (definitions / "workflows" / "chained.yaml").write_text(CHAINED)
    (definitions / "workflows" / "counted.yaml").write_text(COUNTED)
    with temporal_server(folder, *SHORT_HISTORIES) as server:
        flags = {"data": folder / "data", "definitions": definitions, "address": server.address}
        found = load_settings(flags, {})
        publish(found)
        yield found


async def start(settings: Settings, connected: Client, workflow: str) -> str:
    """A fresh run."""
    plan = await client.check(settings, workflow, {})
    return await client.start(connected, settings, plan, {})


async def reset(connected: Client, run: str, event: str) -> None:
    """Let the run go on from the workflow task that led to the first event of this kind."""
    handle = connected.get_workflow_handle(run)
    history = await handle.fetch_history()
    attributes = [getattr(one, event) for one in history.events if one.HasField(event)]  # type: ignore[arg-type]
    described = await handle.describe()
    await connected.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=connected.namespace,
            workflow_execution=WorkflowExecution(workflow_id=run, run_id=described.run_id),
            reason="a test",
            workflow_task_finish_event_id=attributes[0].workflow_task_completed_event_id,
            request_id=uuid.uuid4().hex,
        )
    )


async def decide(connected: Client, run: str, step: str, decision: str, by: str) -> None:
    """Decide as soon as the run asks."""
    while True:
        try:
            [asked] = await approving.approvals_of(connected, run, step)
            break
        except WorkerError:
            await asyncio.sleep(0.05)
    word = {"step": step, "decision": decision, "by": by, "digest": asked["digest"]}
    await approving.decide(connected, run, word)


def decisions(file: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Which decisions the recorded test has, in order."""
    [test] = file["tests"]
    return [(one["step"], one["decision"], one["by"]) for one in test["approvals"]]


async def passes_as_a_test(settings: Settings, file: dict[str, Any], folder: Path) -> None:
    """The recorded test runs again, and comes out as the run did."""
    path = folder / "recorded.yaml"
    path.write_text(as_yaml(file), encoding="utf-8")
    results = await try_definitions(settings, [str(path)])
    assert [problem.message for test in results.tests for problem in test.problems] == []
    assert (len(results.tests), results.passed) == (1, True)


async def test_a_child_that_was_reset_later_is_recorded_as_its_parent_saw_it(
    settings: Settings, tmp_path: Path
) -> None:
    """The parent failed with the child's first end; what became of the child since is not its own."""
    connected = await connect(settings)
    async with running(connected, settings, "all"):
        run = await start(settings, connected, "asking")
        await decide(connected, f"{run}.inner", "ok", "reject", "kim")
        with pytest.raises(WorkflowFailureError):
            await connected.get_workflow_handle(run).result()
        await reset(connected, f"{run}.inner", "marker_recorded_event_attributes")
        await decide(connected, f"{run}.inner", "ok", "approve", "lee")
        await connected.get_workflow_handle(f"{run}.inner").result()
        file = await scenario_of_run(connected, run)
    assert decisions(file) == [("ok", "reject", "kim")]
    assert file["tests"][0]["expect"]["error"] == "Declined"
    await passes_as_a_test(settings, file, tmp_path)


async def test_a_child_that_was_reset_under_its_parent_is_recorded_as_it_went_on(
    settings: Settings, tmp_path: Path
) -> None:
    """The parent waits for the run that goes on."""
    connected = await connect(settings)
    async with running(connected, settings, "all"):
        run = await start(settings, connected, "asking")
        while not await asked(connected, run):
            await asyncio.sleep(0.05)
        await reset(connected, f"{run}.inner", "marker_recorded_event_attributes")
        await decide(connected, f"{run}.inner", "ok", "approve", "lee")
        assert await connected.get_workflow_handle(run).result() == {"by": "lee"}
        file = await scenario_of_run(connected, run)
    assert decisions(file) == [("ok", "approve", "lee")]
    await passes_as_a_test(settings, file, tmp_path)


async def asked(connected: Client, run: str) -> bool:
    """Whether the child asks already."""
    try:
        return bool(await approving.approvals_of(connected, f"{run}.inner", "ok"))
    except WorkerError:
        return False


async def test_an_approval_that_was_asked_once_more_is_recorded_once(
    settings: Settings, tmp_path: Path
) -> None:
    """The test's run is not reset: it asks each step once, and the last decision is what counted."""
    connected = await connect(settings)
    async with running(connected, settings, "all"):
        run = await start(settings, connected, "chained")
        for by in ("kim", "lee"):
            await decide(connected, run, "first", "approve", by)
            await decide(connected, f"{run}.inner", "ok", "approve", by)
            await connected.get_workflow_handle(run).result()
            if by == "kim":
                event = "start_child_workflow_execution_initiated_event_attributes"
                await reset(connected, run, event)
        file = await scenario_of_run(connected, run)
    assert decisions(file) == [("first", "approve", "lee"), ("ok", "approve", "lee")]
    await passes_as_a_test(settings, file, tmp_path)


async def test_a_run_that_continued_as_new_is_recorded_from_its_beginning(
    settings: Settings, tmp_path: Path
) -> None:
    """With its own input and all that was sent to it, what it asked once more for left out."""
    connected = await connect(settings)
    async with running(connected, settings, "all"):
        run = await start(settings, connected, "counted")
        await decide(connected, run, "first", "approve", "kim")
        latest = connected.get_workflow_handle(run)
        for amount in range(12):
            await until(latest, lambda status: status["waits_for"] == "paid")
            await latest.execute_update("signal", {"name": "paid", "payload": {"amount": amount}})
        await decide(connected, run, "first", "approve", "lee")
        await decide(connected, f"{run}.inner", "ok", "approve", "kim")
        assert await latest.result() == {"amounts": list(range(12)), "by": "kim"}
        file = await scenario_of_run(connected, run)
    assert decisions(file) == [("first", "approve", "kim"), ("ok", "approve", "kim")]
    [test] = file["tests"]
    assert test["input"] == {}
    assert [one["with"]["amount"] for one in test["signals"]] == list(range(12))
    await passes_as_a_test(settings, file, tmp_path)
