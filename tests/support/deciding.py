"""An approval in front of a trade, and people who decide it on a real server."""

from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from tests.support.interpreting import call, until

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


async def reset(client: Client, run: WorkflowHandle[Any, Any], task: int) -> WorkflowHandle[Any, Any]:
    """The run that goes on from this workflow task of another."""
    described = await run.describe()
    answer = await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace="default",
            workflow_execution=WorkflowExecution(workflow_id=run.id, run_id=described.run_id),
            workflow_task_finish_event_id=task,
            request_id=str(task),
            reason="test",
        )
    )
    return client.get_workflow_handle(run.id, run_id=answer.run_id)
