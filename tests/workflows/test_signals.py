"""Signals of a run: buffered, read once, refused, on a real server with stand-ins for the activities."""

from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from tests.support.interpreting import House, call, echo, failure_of, plan, start, until, working

SIGNALS = {
    "deposit": {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number"}}}
}


async def refusal_of(run: Any, message: dict[str, Any]) -> str | None:
    """The type of the error that a signal sent as an update is refused with."""
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await run.execute_update("signal", message)
    assert isinstance(caught.value.cause, ApplicationError)
    return caught.value.cause.type


async def test_signals_are_buffered_in_order_and_read_once(client: Client) -> None:
    """A signal that came before its `receive` is not lost; what does not match stays for others."""
    document = plan(
        {"kind": "wait", "wait": "1s"},
        {"kind": "receive", "id": "big", "receive": ["deposit"], "where": "signal.amount > 10"},
        {"kind": "receive", "id": "any", "receive": ["deposit"]},
        signals=SIGNALS,
        output={"big": "${ steps.big.payload.amount }", "any": "${ steps.any.payload.amount }"},
    )
    async with working(client, House({"trial": document})):
        run = await start(client)
        await run.signal("deposit", {"amount": 5})
        await run.signal("deposit", {"amount": 50})
        assert await run.result() == {"big": 50, "any": 5}


async def test_a_signal_that_does_not_fit_is_put_aside_and_logged(client: Client) -> None:
    """A raw signal of the wrong shape is shown by `status` and seen by no `receive`."""
    document = plan({"kind": "receive", "id": "got", "receive": ["deposit"]}, signals=SIGNALS)
    house = House({"trial": document})
    async with working(client, house):
        run = await start(client)
        await run.signal("deposit", {"amount": "much"})
        await run.signal("nonsense", {})
        status = await until(run, lambda found: len(found["signals_rejected"]) == 2)
        assert status["state"] == "waiting"
        assert status["waits_for"] == "deposit"
        await run.signal("deposit", {"amount": 1})
        await run.result()
    assert [given["fact"] for given in house.asked("events.record")] == ["SignalRejected", "SignalRejected"]


async def test_a_signal_sent_as_an_update_is_refused_before_history(client: Client) -> None:
    """A wrong name or payload is refused; a repeated id counts once; the unread rest is logged."""
    document = plan({"kind": "receive", "id": "got", "receive": ["deposit"]}, signals=SIGNALS)
    house = House({"trial": document})
    async with working(client, house):
        run = await start(client)
        await until(run, lambda status: status["state"] == "waiting")
        for message in (
            {"name": "withdrawal", "payload": {}},
            {"name": "deposit", "payload": {"amount": "x"}},
        ):
            with pytest.raises(WorkflowUpdateFailedError):
                await run.execute_update("signal", message)
        await run.execute_update("signal", {"name": "deposit", "payload": {"amount": 2}, "id": "S-1"})
        await run.result()
        history = [event async for event in run.fetch_history_events()]
    accepted = [
        event for event in history if event.HasField("workflow_execution_update_accepted_event_attributes")
    ]
    assert len(accepted) == 1


async def test_an_id_used_again_for_another_message_is_refused(client: Client) -> None:
    """The same message under its id again is a duplicate; another one is `SignalConflict`, never lost unsaid."""
    document = plan(
        {"kind": "wait", "wait": "2s"},
        {"kind": "receive", "id": "got", "receive": ["deposit"]},
        signals=SIGNALS | {"note": {"type": "object"}},
        output="${ steps.got.payload.amount }",
    )
    async with working(client, House({"trial": document}), replayed=True):
        run = await start(client)
        await until(run, lambda status: status["state"] == "waiting")
        message = {"name": "deposit", "payload": {"amount": 2}, "id": "S-1"}
        assert not (await run.execute_update("signal", message))["duplicate"]
        assert (await run.execute_update("signal", message))["duplicate"]
        for other in (
            {**message, "payload": {"amount": 3}},
            {"name": "note", "payload": {}, "id": "S-1"},
        ):
            assert await refusal_of(run, other) == "SignalConflict"
        assert await refusal_of(run, {**message, "id": ["S-1"]}) == "InvalidUpdate"
        assert await run.result() == 2


async def test_a_reset_loses_no_signal(client: Client) -> None:
    """After a reset to the very beginning, signals that were accepted before are there again."""
    document = plan(
        {"kind": "receive", "id": "got", "receive": ["deposit"]},
        {"kind": "wait", "wait": "30d"},
        signals=SIGNALS,
    )
    async with working(client, House({"trial": document})):
        run = await start(client)
        await until(run, lambda status: status["state"] == "waiting")
        await run.execute_update("signal", {"name": "deposit", "payload": {"amount": 2}})
        await until(run, lambda status: status["waits_for"] == "timer")
        await client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace="default",
                workflow_execution=WorkflowExecution(workflow_id=run.id),
                workflow_task_finish_event_id=3,
                request_id="reset",
            )
        )
        again = client.get_workflow_handle(run.id)
        status = await until(again, lambda found: found["waits_for"] == "timer")
        await again.cancel()
    assert status["steps"][0]["state"] == "done"


async def test_a_receive_that_times_out_runs_its_branch_or_fails(client: Client) -> None:
    """With `on_timeout` the branch runs and `timed_out` is true; without, the run fails SignalTimeout."""
    patient = {"kind": "receive", "id": "got", "receive": ["deposit"], "within": "1s"}
    polite = plan(
        {**patient, "on_timeout": [call("remind")]}, signals=SIGNALS, output="${ steps.got.timed_out }"
    )
    strict = plan(patient, signals=SIGNALS, workflow="strict")
    house = House({"trial": polite, "strict": strict}, {"portfolio.read": echo})
    async with working(client, house):
        assert await (await start(client)).result() is True
        failure = await failure_of((await start(client, "strict")).result())
    assert failure.type == "SignalTimeout"
    assert len(house.asked("portfolio.read")) == 1


async def test_a_receive_of_no_time_takes_what_has_come_or_its_branch(client: Client) -> None:
    """Nothing is waited for: it looks into the mailbox."""
    look = {"kind": "receive", "receive": ["deposit"], "within": "0s", "on_timeout": [call("none")]}
    document = plan(
        {**look, "id": "before"},
        {"kind": "receive", "receive": ["go"]},
        {**look, "id": "after"},
        signals={**SIGNALS, "go": {"type": "object"}},
        output="${ [steps.before.timed_out, steps.after.timed_out] }",
    )
    house = House({"trial": document}, {"portfolio.read": echo})
    async with working(client, house, replayed=True):
        run = await start(client)
        await until(run, lambda status: status["waits_for"] == "go")
        await run.signal("deposit", {"amount": 5})
        await run.signal("go", {})
        assert await run.result() == [True, False]
    assert len(house.asked("portfolio.read")) == 1


async def test_a_signal_to_a_run_that_fell_out_of_the_cache_leaves_a_history_that_replays(
    client: Client,
) -> None:
    """Its update and the local activity behind it come in one workflow task (temporalio/sdk-python#1591)."""
    document = plan(
        {"kind": "receive", "id": "got", "receive": ["paid"]},
        call("next", local=True),
        {"kind": "receive", "id": "again", "receive": ["paid"]},
        call("last", local=True),
        signals={"paid": {"type": "object"}},
    )
    house = House({"trial": document}, {"portfolio.read": echo})
    async with working(client, house):
        run = await start(client)
        await until(run, lambda status: status["state"] == "waiting")
    for _ in range(2):
        async with working(client, house):  # a worker that has just started, with a cache, as in production
            await run.execute_update("signal", {"name": "paid", "payload": {}})
            await until(run, lambda status: status["state"] in ("waiting", "completed"))
    async with working(client, house):  # which has to replay it all to answer
        assert (await run.query("status"))["path"] == ["got", "next", "again", "last"]
