"""Calls of activities and children: identity, queue, retry, and errors as typed failures."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import (
    ChildWorkflowError,
    FailureError,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)

from dsl import plan as p
from dsl.durations import DurationError, parse_duration
from payloads.call import Call
from payloads.entry import Effect
from payloads.facts import activity_facts
from workflows.outcomes import StepFailed, step_failed
from workflows.place import Place

QUEUES = {"light": "kronos", "compute": "kronos-compute", "broker": "kronos-broker"}
# A worker that dies is noticed after this long; live activities heartbeat every second.
HEARTBEAT = timedelta(seconds=5)
HOUSEKEEPING = p.Retry(attempts=0, first="1s", factor=2, longest="30s")
LABEL = 120
ACTING = (Effect.EFFECT, Effect.TRADES)
# The error of a wait whose worker was told to stop.
WORKER_STOPPING = "WorkerStopping"


class Caller:
    """Calls activities in the name of one run."""

    def __init__(self, effect_root: str, workflow_name: str) -> None:
        self.effect_root = effect_root
        self.workflow_name = workflow_name
        # Both are known once the release is loaded.
        self.tenant = ""
        self.release = ""
        self.stream = f"run:{workflow.info().workflow_id}"
        # Would a new start lose or repeat something: an effect, a lease, a child, a signal that was read.
        self.acted = False

    def identity(self, place: Place, key: str | None = None, part: str = "") -> Call:
        """Who calls and from where; `part` tells the calls of one step apart (undo, record, lease)."""
        return Call(
            tenant=self.tenant,
            effect_root=self.effect_root,
            step=(key or place.static) + part,
            iteration=place.iteration,
            release=self.release,
            workflow=self.workflow_name,
            workflow_id=workflow.info().workflow_id,
            stream=self.stream,
        )

    async def call(self, activity: p.Activity, given: Any, call: Call, label: str, activity_id: str) -> Any:
        """The activity's output; StepFailed with its typed error, CancelledError when cancelled.

        A wait that its stopping worker handed back goes on at another; that is no attempt used up,
        else a few deployments in a day would hold every run with an order open. A cancellation that
        comes while the activity ends in its own way still counts: no step follows it.
        """
        self.acted = self.acted or activity_facts()[activity.activity].effect in ACTING
        before = _cancellations()
        while True:
            try:
                answer = await self._call(activity, given, call, label, activity_id)
            except StepFailed as error:
                if _cancellations() > before:
                    raise asyncio.CancelledError from error
                if error.type != WORKER_STOPPING:
                    raise
            else:
                if _cancellations() > before:
                    raise asyncio.CancelledError
                return answer

    async def _call(self, activity: p.Activity, given: Any, call: Call, label: str, activity_id: str) -> Any:
        retry = retry_policy(activity.retry)
        timeout = duration(activity.timeout)
        args = [given, call.model_dump(mode="python")]
        try:
            if activity.local:
                return await workflow.execute_local_activity(
                    activity.activity,
                    args=args,
                    start_to_close_timeout=timeout,
                    retry_policy=retry,
                    activity_id=activity_id,
                    summary=label[:LABEL],
                )
            return await workflow.execute_activity(
                activity.activity,
                args=args,
                task_queue=QUEUES[activity.role],
                start_to_close_timeout=timeout,
                heartbeat_timeout=HEARTBEAT,
                retry_policy=retry,
                activity_id=activity_id,
                summary=label[:LABEL],
                # The outcome of an effect must be known before anything is undone.
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            )
        # A local activity's own error comes as it is, any other wrapped in an ActivityError.
        except FailureError as error:
            if is_cancelled_exception(error):
                raise asyncio.CancelledError from error
            raise step_failed(error, activity_id.partition("#")[0]) from error

    async def once(self, name: str, given: Any, call: Call, label: str) -> Any:
        """A quick question to the house, answered inside the workflow task; its errors are the step's."""
        asked = p.Activity(
            activity=name,
            input=None,  # type: ignore[arg-type]  # rendered already
            timeout="30s",
            retry=p.Retry(),
            local=True,
            role="light",
        )
        return await self.call(asked, given, call, label, f"{call.step}@{call.iteration}")

    async def internal(self, name: str, given: Any, call: Call, label: str) -> Any:
        """An activity of the house itself, tried until it answers."""
        activity_id = f"{call.step}@{call.iteration}" if call.iteration else call.step
        housekeeping = p.Activity(
            activity=name,
            input=None,  # type: ignore[arg-type]  # rendered already
            timeout="30s",
            retry=HOUSEKEEPING,
            local=False,
            role="light",
        )
        return await self.call(housekeeping, given, call, label, activity_id)


async def run_child(
    step: p.Run, given: Any, link: dict[str, Any], child_id: str, path: str, label: str
) -> Any:
    """The output of a child run; None at once for a detached one."""
    policy, before = workflow.ParentClosePolicy, _cancellations()
    try:
        handle = await workflow.start_child_workflow(
            step.run,
            args=[given, link],
            id=child_id,
            task_queue=QUEUES["light"],
            parent_close_policy=policy.ABANDON if step.detached else policy.REQUEST_CANCEL,
            static_summary=label[:LABEL],
        )
        output = None if step.detached else await handle
    except ChildWorkflowError as error:
        if _cancellations() > before:
            raise asyncio.CancelledError from error
        if is_cancelled_exception(error):
            raise StepFailed("Cancelled", f"the run {child_id} was cancelled", path, cause=error) from error
        raise step_failed(error, path) from error
    except WorkflowAlreadyStartedError as error:
        raise StepFailed("AlreadyRunning", f"a run {child_id} is open already", path, cause=error) from error
    if _cancellations() > before:
        raise asyncio.CancelledError
    return output


def _cancellations() -> int:
    """How often the branch at work was cancelled so far; undoing goes on after one."""
    task = asyncio.current_task()
    return task.cancelling() if task is not None else 0


def retry_policy(retry: p.Retry) -> RetryPolicy:
    """Temporal's retry policy of a step's `retry`; no attempts means without end."""
    return RetryPolicy(
        initial_interval=duration(retry.first),
        backoff_coefficient=float(retry.factor),
        maximum_interval=duration(retry.longest),
        maximum_attempts=retry.attempts,
    )


def duration(value: Any) -> timedelta:
    """A duration given as text or as a value of the language; DurationError for anything else."""
    length = value if isinstance(value, timedelta) else parse_duration(str(value))
    if isinstance(length, timedelta):
        return length
    raise DurationError(f"`{value}` counts sessions, and no calendar is at hand here")
