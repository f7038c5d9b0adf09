"""Approvals on a real server: who may decide, on what, and that nothing else lets a run go on."""

from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from tests.support.interpreting import House, call, echo, failure_of, plan, start, until, working

ASK: dict[str, Any] = {
    "kind": "approve",
    "id": "ok",
    "role": "compliance",
    "show": {"orders": "${ input.orders }"},
    "quorum": 1,
    "within": "1d",
    "on_reject": [{"kind": "fail", "error": "Rejected", "message": "compliance said no"}],
    "on_timeout": [{"kind": "finish", "finish": {"timed_out": True}}],
}
TRADE = call("trade", "orders.submit")


def asking(**more: Any) -> House:
    """A house whose one plan asks, and then trades."""
    document = plan(
        {**ASK, **more}, TRADE, output={"by": "${ steps.ok.by }", "said": "${ steps.ok.decision }"}
    )
    return House({"trial": document}, {"orders.submit": echo, "portfolio.read": echo})


async def shown(run: WorkflowHandle[Any, Any]) -> dict[str, Any]:
    """The approval that is open."""
    status = await until(run, lambda status: bool(status["approvals"]))
    approval: dict[str, Any] = status["approvals"][0]
    return approval


async def decide(run: WorkflowHandle[Any, Any], by: str, digest: str, **more: Any) -> Any:
    """Send a decision, as the command line does."""
    message = {"step": "ok", "decision": "approve", "by": by, "digest": digest, **more}
    return await run.execute_update("approve", message)


async def refused(run: WorkflowHandle[Any, Any], by: str, digest: str, **more: Any) -> str:
    """The name of the refusal that a decision meets."""
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await decide(run, by, digest, **more)
    assert isinstance(caught.value.cause, ApplicationError)
    return caught.value.cause.type or ""


async def test_a_run_trades_only_once_it_is_approved(client: Client) -> None:
    """The decision, who made it and the digest of what was shown come out of the step."""
    house = asking()
    async with working(client, house, cached=0):
        run = await start(client, given={"orders": [1]})
        approval = await shown(run)
        assert (approval["show"], approval["eligible"]) == ({"orders": [1]}, ["kim", "lee"])
        assert house.asked("orders.submit") == []
        assert await decide(run, "kim", approval["digest"]) == {"step": "ok", "decision": "approve"}
        assert await run.result() == {"by": "kim", "said": "approve"}
    [fact] = [given for given in house.asked("events.record") if given["fact"] == "ApprovalDecided"]
    assert fact["data"]["decisions"][0]["by"] == "kim"
    assert fact["data"]["digest"] == approval["digest"]


@pytest.mark.parametrize(
    ("by", "more", "refusal"),
    [
        ("kim", {"digest": "another"}, "DigestMismatch"),
        ("mallory", {}, "NotEligible"),
        ("kim", {"role": "manager"}, "NotEligible"),
        ("lee", {}, "FourEyes"),
        ("kim", {"step": "trade"}, "NothingOpen"),
        ("kim", {"step": None}, "NothingOpen"),
        ("kim", {"decision": "perhaps"}, "InvalidUpdate"),
        ("", {}, "InvalidUpdate"),
    ],
)
async def test_what_may_not_decide_is_refused(
    client: Client, by: str, more: dict[str, Any], refusal: str
) -> None:
    """Before history: another digest, a person not on the list, the person of `four_eyes`, no such step."""
    house = asking(four_eyes='"lee"')
    async with working(client, house):
        run = await start(client, given={"orders": [1]})
        approval = await shown(run)
        assert await refused(run, by, **{"digest": approval["digest"], **more}) == refusal
        assert (await run.query("status"))["approvals"][0]["decisions"] == []
        await run.terminate()


async def test_a_quorum_needs_different_people(client: Client) -> None:
    """The same person twice is one voice."""
    house = asking(quorum=2)
    async with working(client, house):
        run = await start(client, given={"orders": [1]})
        digest = (await shown(run))["digest"]
        await decide(run, "kim", digest)
        assert await refused(run, "kim", digest) == "AlreadyDecided"
        assert house.asked("orders.submit") == []
        await decide(run, "lee", digest)
        assert (await run.result())["by"] == "lee"


async def test_one_no_is_enough(client: Client) -> None:
    """A rejection ends the asking and takes its branch."""
    house = asking(quorum=2)
    async with working(client, house):
        run = await start(client, given={"orders": [1]})
        await decide(run, "kim", (await shown(run))["digest"], decision="reject", comment="too much")
        assert (await failure_of(run.result())).type == "Rejected"
    assert house.asked("orders.submit") == []


async def test_silence_is_no_approval(client: Client) -> None:
    """When the time is over the run takes `on_timeout`, and never the trade."""
    house = asking(within="1s")
    async with working(client, house):
        assert await (await start(client, given={"orders": [1]})).result() == {"timed_out": True}
    assert house.asked("orders.submit") == []


async def test_too_few_people_fail_the_step(client: Client) -> None:
    """An approval that nobody could give does not wait for days."""
    house = asking(quorum=2, four_eyes='"kim"')
    async with working(client, house):
        run = await start(client, given={"orders": [1]})
        assert (await failure_of(run.result())).type == "NobodyCanApprove"


async def test_an_approval_from_before_a_reset_does_not_count(client: Client) -> None:
    """The server sends it again to the run that goes on; what it approved was another run's proposal."""
    house = asking()
    async with working(client, house):
        run = await start(client, given={"orders": [1]})
        digest = (await shown(run))["digest"]
        await decide(run, "kim", digest)
        await run.result()
        history = await run.fetch_history()
        first = next(
            e.event_id for e in history.events if e.HasField("workflow_task_completed_event_attributes")
        )
        described = await run.describe()
        reset = await client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace="default",
                workflow_execution=WorkflowExecution(workflow_id=run.id, run_id=described.run_id),
                workflow_task_finish_event_id=first,
                request_id="again",
                reason="test",
            )
        )
        again = client.get_workflow_handle(run.id, run_id=reset.run_id)
        approval = await shown(again)
        assert approval["decisions"] == []
        assert approval["digest"] != digest
        assert await refused(again, "kim", digest) == "DigestMismatch"
        assert len(house.asked("orders.submit")) == 1
        await decide(again, "kim", approval["digest"])
        await again.result()
    assert len(house.asked("orders.submit")) == 2


async def test_each_turn_is_approved_anew(client: Client) -> None:
    """The digest of one turn, or of another proposal, opens no other."""
    loop = {"kind": "repeat", "at_most": 2, "upgrade": False, "steps": [ASK, TRADE]}
    house = House({"trial": plan(loop)}, {"orders.submit": echo})
    async with working(client, house, cached=0):
        run = await start(client, given={"orders": [1]})
        first = (await shown(run))["digest"]
        await decide(run, "kim", first)
        await until(
            run, lambda status: bool(status["approvals"]) and status["approvals"][0]["digest"] != first
        )
        assert await refused(run, "kim", first) == "DigestMismatch"
        await decide(run, "kim", (await shown(run))["digest"])
        await run.result()
    assert len(house.asked("orders.submit")) == 2
