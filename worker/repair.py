"""Running a failed step again: by an update while the run is held, by a reset once it has failed."""

import json
import uuid
from typing import Any

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, ResetReapplyType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowExecutionStatus

from dsl import plan as p
from dsl.plan_reader import read_plan
from dsl.plan_walk import walk_plan
from payloads.entry import Effect
from payloads.facts import activity_facts
from worker.client import retry as retry_held
from worker.client import status
from worker.errors import Refused
from worker.rpc import named_errors
from worker.states import ended_state

LOCAL_MARKER = "core_local_activity"


async def retry(
    client: Client, workflow_id: str, step: str | None, by: str, method: str = "declared"
) -> dict[str, Any]:
    """Run the failed step (or `step`, by id or path) again; what was done before it stays done.

    Of a run that has failed the answer names the approvals that are asked again before it trades.

    Refused: `NotEligible` when `by` may not, `NothingHeld` while the run goes on, `NotFailed` when it ended
    otherwise, `AlreadyUndone` when it has begun to undo, `NoFailedStep` when no activity failed.
    """
    handle = client.get_workflow_handle(workflow_id)
    with named_errors(workflow_id):
        described = await handle.describe()
    if described.status is WorkflowExecutionStatus.RUNNING:
        return {"workflow_id": workflow_id, **await retry_held(client, workflow_id, step, by, method)}
    if described.status is not WorkflowExecutionStatus.FAILED:
        state = ended_state(described.status) or "gone"
        raise Refused(f"the run {workflow_id} is {state}; only a failed one is retried", name="NotFailed")
    with named_errors(workflow_id):
        events = [event async for event in handle.fetch_history_events()]
        step = await _path_of(client, workflow_id, step)
    failed, task = _failed_at(events, step, workflow_id)
    with named_errors(workflow_id):
        answer = await client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace=client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=workflow_id, run_id=described.run_id),
                reason=f"retry of {failed} by {by}",
                workflow_task_finish_event_id=task,
                request_id=str(uuid.uuid4()),
                reset_reapply_type=ResetReapplyType.RESET_REAPPLY_TYPE_ALL_ELIGIBLE,
            )
        )
    again = await _asked_again(client, events)
    return {"workflow_id": workflow_id, "retried": failed, "run_id": answer.run_id, "approvals_again": again}


async def _asked_again(client: Client, events: list[HistoryEvent]) -> list[str]:
    """The approvals that were given to a run that may trade: before it does, they are asked for once more."""
    given = dict.fromkeys(await _approved_before(client, events[0]))
    trades = False
    for event in events:
        marker = event.marker_recorded_event_attributes
        request = event.workflow_execution_update_accepted_event_attributes.accepted_request.input
        if marker.marker_name == LOCAL_MARKER and "result" in marker.details and not trades:
            [answer] = await client.data_converter.decode(marker.details["result"].payloads)
            trades = isinstance(answer, dict) and "plan_digest" in answer and _may_trade(answer)
        elif request.name == "approve":
            [message] = await client.data_converter.decode(request.args.payloads)
            given |= {message["step"]: None} if message["decision"] == "approve" else {}
    return list(given) if trades else []


async def _approved_before(client: Client, start: HistoryEvent) -> list[str]:
    """The approvals that the runs were given which this one continues."""
    attributes = start.workflow_execution_started_event_attributes
    if not attributes.continued_execution_run_id:
        return []
    _, state = await client.data_converter.decode(attributes.input.payloads)
    return [row["step_id"] or row["place"][0] for row in state.get("standing", ())]


def _may_trade(loaded: dict[str, Any]) -> bool:
    """Is there a step that sends orders, or that runs what may."""
    steps = (step for _, step in walk_plan(read_plan(loaded["plan"], loaded["plan_digest"])))
    return any(
        isinstance(step, p.Run)
        or (isinstance(step, p.Call) and activity_facts()[step.call.activity].effect == Effect.TRADES)
        for step in steps
    )


async def _path_of(client: Client, workflow_id: str, step: str | None) -> str | None:
    """The path of the step of that id; paths and None are themselves."""
    if step is None or step.startswith("steps["):
        return step
    known = (await status(client, workflow_id))["steps"]
    return next((found["path"] for found in known if found["id"] == step), step)


def _failed_at(events: list[HistoryEvent], step: str | None, workflow_id: str) -> tuple[str, int]:
    """The failed step's path, and the workflow task that called its activity."""
    calls = _calls(events)
    if any("/undo" in activity_id for activity_id, _, _ in calls):
        raise Refused(f"the run {workflow_id} has undone what it did; start a new one", name="AlreadyUndone")
    for activity_id, task, failed in reversed(calls):
        path = activity_id.partition("#")[0]
        if (step is None and failed) or step == path:
            return path, task
    raise Refused(
        f"no activity of {workflow_id} failed{f' at {step}' if step else ''}; name a step by its path "
        "with --step (`kronos status` shows them)",
        name="NoFailedStep",
    )


def _calls(events: list[HistoryEvent]) -> list[tuple[str, int, bool]]:
    """Every activity call of the run in order: its id, the workflow task behind it, whether it failed."""
    failed = {
        _scheduled_id(event)
        for event in events
        if event.event_type
        in (
            EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
            EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
        )
    }
    calls = []
    for event in events:
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            scheduled = event.activity_task_scheduled_event_attributes
            task = scheduled.workflow_task_completed_event_id
            calls.append((scheduled.activity_id, task, event.event_id in failed))
        elif event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED:
            marker = event.marker_recorded_event_attributes
            if marker.marker_name == LOCAL_MARKER:
                about = json.loads(marker.details["data"].payloads[0].data)
                task = marker.workflow_task_completed_event_id
                calls.append((about["activity_id"], task, marker.HasField("failure")))
    return calls


def _scheduled_id(event: HistoryEvent) -> int:
    if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED:
        return event.activity_task_failed_event_attributes.scheduled_event_id
    return event.activity_task_timed_out_event_attributes.scheduled_event_id
