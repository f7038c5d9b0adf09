"""Whether anything will ever happen to a run again, unless somebody sends it something."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle

from worker.scenarios.clock import Clock, open_timers
from worker.scenarios.trial import Trial

NEAR = timedelta(seconds=1)
"""A timer this near fires by itself, while the world's own time passes."""


async def is_idle(client: Client, trial: Trial, stopped: Mapping[str, Clock]) -> bool:
    """Do all open runs of a test only wait for messages: no timer, no activity, no task under way.

    In runs whose clocks are stopped what waits for time may be there: a timer that is not due yet, or the
    next attempt of a call.
    """
    before = [run.id for run in trial.open()]
    if trial.id not in before:
        return False
    for id in before:
        if not await _waits(client.get_workflow_handle(id), trial, stopped.get(id)):
            return False
    # What ended or began meanwhile was perhaps what another one waits for.
    return [run.id for run in trial.open()] == before


async def _waits(handle: WorkflowHandle[Any, Any], trial: Trial, stopped: Clock | None) -> bool:
    events = [event async for event in handle.fetch_history_events()]
    timers = open_timers(events)
    if timers and (stopped is None or min(timers) - await stopped.now() < NEAR):
        return False
    found = await handle.describe()
    # Nothing may have happened between the two looks: they are one only if the history is as long.
    if found.history_length != len(events) or found.status is not WorkflowExecutionStatus.RUNNING:
        return False
    raw = found.raw_description
    if raw.HasField("pending_workflow_task"):
        return False
    if any(stopped is None or activity.attempt == 1 for activity in raw.pending_activities):
        return False
    return all(_is_open(child.workflow_id, trial) for child in raw.pending_children)


def _is_open(workflow_id: str, trial: Trial) -> bool:
    """Has the run begun and not ended: else its parent will soon hear of it."""
    return workflow_id in trial.runs and trial.runs[workflow_id].ended_at is None
