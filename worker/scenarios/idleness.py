"""Whether anything will ever happen to a run again, unless somebody sends it something."""

from collections.abc import Collection
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle

from worker.scenarios.trial import Trial

SET = EventType.EVENT_TYPE_TIMER_STARTED
UNSET = (EventType.EVENT_TYPE_TIMER_FIRED, EventType.EVENT_TYPE_TIMER_CANCELED)


async def is_idle(client: Client, trial: Trial, stopped: Collection[str] = ()) -> bool:
    """Do all open runs of a test only wait for messages: no timer, no activity, no task under way.

    In runs of `stopped` clocks what waits for time may be there: a timer, or the next attempt of a call.
    """
    before = [run.id for run in trial.open()]
    if trial.id not in before:
        return False
    for id in before:
        if not await _waits(client.get_workflow_handle(id), trial, id in stopped):
            return False
    # What ended or began meanwhile was perhaps what another one waits for.
    return [run.id for run in trial.open()] == before


async def _waits(handle: WorkflowHandle[Any, Any], trial: Trial, stopped: bool) -> bool:
    timers = events = 0
    async for event in handle.fetch_history_events():
        events += 1
        timers += 1 if event.event_type == SET else -1 if event.event_type in UNSET else 0
    found = await handle.describe()
    # Nothing may have happened between the two looks: they are one only if the history is as long.
    if (
        (timers and not stopped)
        or found.history_length != events
        or found.status is not WorkflowExecutionStatus.RUNNING
    ):
        return False
    raw = found.raw_description
    if raw.HasField("pending_workflow_task"):
        return False
    if any(not stopped or activity.attempt == 1 for activity in raw.pending_activities):
        return False
    return all(_is_open(child.workflow_id, trial) for child in raw.pending_children)


def _is_open(workflow_id: str, trial: Trial) -> bool:
    """Has the run begun and not ended: else its parent will soon hear of it."""
    return workflow_id in trial.runs and trial.runs[workflow_id].ended_at is None
