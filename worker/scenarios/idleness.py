"""Whether anything will ever happen to a run again, unless somebody sends it something."""

from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle

from worker.scenarios.trial import Trial

SET = EventType.EVENT_TYPE_TIMER_STARTED
UNSET = (EventType.EVENT_TYPE_TIMER_FIRED, EventType.EVENT_TYPE_TIMER_CANCELED)


async def is_idle(client: Client, trial: Trial) -> bool:
    """Do all open runs of a test only wait for messages: no timer, no activity, no task under way."""
    if trial.id not in trial.runs:
        return False
    for run in list(trial.runs.values()):
        if run.ended_at is None and not await _waits(client.get_workflow_handle(run.id), trial):
            return False
    return True


async def _waits(handle: WorkflowHandle[Any, Any], trial: Trial) -> bool:
    found = await handle.describe()
    if found.status is not WorkflowExecutionStatus.RUNNING:
        return False  # its end is about to be seen
    raw = found.raw_description
    if raw.HasField("pending_workflow_task") or raw.pending_activities:
        return False
    if any(child.workflow_id not in trial.runs for child in raw.pending_children):
        return False
    timers = 0
    async for event in handle.fetch_history_events():
        timers += 1 if event.event_type == SET else -1 if event.event_type in UNSET else 0
    return timers == 0
