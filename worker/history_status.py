"""The status of a run without a worker: read back from its history.

Activities carry their step's path as their id, so the history says which steps ran, how often and
how they ended. What leaves no event of its own (choosing, setting, receiving) follows from its
neighbours: a step before one that ran is over. Which signals no step ever read is known once the
run has ended and said so.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.converter import DataConverter

from dsl.plan import Call, Plan
from dsl.plan_reader import read_plan
from dsl.plan_walk import planned
from worker.states import ended_state, open_state
from workflows.mailbox import misfit
from workflows.progress import KINDS, Progress, StepProgress

LOAD = "release"  # the activity id of loading the plan
UNREAD = "signals/unread"  # how the ids of the activities begin that log what no step read
LOCAL_MARKER = "core_local_activity"
RETRIED = re.compile(r"#\d+$")


async def status_from_history(client: Client, described: WorkflowExecutionDescription) -> dict[str, Any]:
    """What `kronos status` prints, with `live: false`."""
    handle = client.get_workflow_handle(described.id, run_id=described.run_id)
    reading = _Reading(client.data_converter)
    async for event in handle.fetch_history_events():
        await reading.take(event)
    ended = ended_state(described.status)
    waits_for = None if ended else _keyword(described, "KronosWaitsFor")
    return {
        "workflow_id": described.id,
        "workflow": described.workflow_type,
        "version": reading.plan.version if reading.plan else None,
        "release": reading.release,
        "state": ended or open_state(waits_for),
        "live": False,
        **reading.steps(ended),
        "waits_for": waits_for,
        "output": reading.output,
        "error": reading.error,
        "signals_rejected": reading.rejected(),
        "signals_unread": reading.unread,
    }


def _keyword(described: WorkflowExecutionDescription, name: str) -> str | None:
    for pair in described.typed_search_attributes:
        if pair.key.name == name:
            return str(pair.value)
    return None


@dataclass(slots=True)
class _Ran:
    """What the history says of one step."""

    state: str = "running"
    attempts: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(slots=True)
class _Reading:
    """A history, event by event."""

    converter: DataConverter
    plan: Plan | None = None
    release: str = ""
    output: Any = None
    error: dict[str, Any] | None = None
    ran: dict[str, _Ran] = field(default_factory=dict)
    scheduled: dict[int, str] = field(default_factory=dict)
    signals: list[tuple[str, Any]] = field(default_factory=list)
    """What came raw: updates that do not fit were refused, and are no events."""
    unread: list[str] = field(default_factory=list)

    async def take(self, event: HistoryEvent) -> None:
        """Learn from the next event."""
        at = _moment(event.event_time)
        match event.event_type:
            case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                activity = event.activity_task_scheduled_event_attributes
                self.scheduled[event.event_id] = activity.activity_id
                self._began(activity.activity_id, at)
                if activity.activity_id.startswith(UNREAD):
                    record = await self._decoded(activity.input.payloads)
                    self.unread.append(record["data"]["signal"])
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
                signal = event.workflow_execution_signaled_event_attributes
                self.signals.append((signal.signal_name, await self._decoded(signal.input.payloads, {})))
            case EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
                started = event.activity_task_started_event_attributes
                self._attempted(self.scheduled.get(started.scheduled_event_id, ""), started.attempt)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                self._finished(event.activity_task_completed_event_attributes.scheduled_event_id, "done", at)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED:
                self._finished(event.activity_task_failed_event_attributes.scheduled_event_id, "failed", at)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
                self._finished(
                    event.activity_task_timed_out_event_attributes.scheduled_event_id, "failed", at
                )
            case EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
                self._finished(event.activity_task_canceled_event_attributes.scheduled_event_id, "failed", at)
            case EventType.EVENT_TYPE_MARKER_RECORDED:
                await self._local(event, at)
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
                outputs = event.workflow_execution_completed_event_attributes.result.payloads
                self.output = await self._decoded(outputs)
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
                self.error = await self._error(event)

    def steps(self, ended: str | None) -> dict[str, Any]:
        """`steps` and `current_steps`; both empty while the plan is not known."""
        if self.plan is None:
            return {"current_steps": [], "steps": []}
        progress = self._progress(self.plan, ended)
        listing = progress.listing(self.plan.steps)
        current = [] if ended else [step.id or step.path for step in progress.current()]
        return {"current_steps": current, "steps": listing}

    def rejected(self) -> list[dict[str, str]]:
        """The raw signals that the run does not take; empty while the plan is not known."""
        if self.plan is None:
            return []
        declared = self.plan.signals
        reasons = [(name, misfit(declared, name, payload)) for name, payload in self.signals]
        return [{"signal": name, "reason": reason} for name, reason in reasons if reason]

    async def _decoded(self, payloads: Sequence[Payload], absent: Any = None) -> Any:
        """The first value of a list that may be empty."""
        return (await self.converter.decode(payloads))[0] if payloads else absent

    def _progress(self, plan: Plan, ended: str | None) -> Progress:
        progress = Progress()
        steps = dict(planned(plan.steps))
        order = list(steps)
        last = max((order.index(_known(path, steps)) for path in self.ran if _known(path, steps)), default=-1)
        for index, (path, step) in enumerate(steps.items()):
            ran = self.ran.get(path)
            if ran is None and (inner := self._inside(path)):
                ran = _around(inner)
            if ran is None and (index < last or ended == "completed") and _on_the_way(path, order, self.ran):
                ran = _Ran("skipped" if isinstance(step, Call) else "done")
            if ran is not None:
                progress.steps[path] = _progress_of(path, step.id, KINDS[type(step)], ran)
        for path, ran in self.ran.items():
            if path not in steps:
                progress.steps[path] = _progress_of(path, None, "call", ran)
        return progress

    def _inside(self, path: str) -> list[_Ran]:
        return [ran for other, ran in self.ran.items() if other.startswith(f"{path}.")]

    def _began(self, activity_id: str, at: datetime) -> None:
        if "/" in activity_id or not activity_id.startswith("steps["):
            return  # undoing, recording and leases belong to a step that has its own event
        ran = self.ran.setdefault(RETRIED.sub("", activity_id), _Ran(started_at=at))
        ran.state, ran.ended_at = "running", None
        ran.attempts += 1

    def _attempted(self, activity_id: str, attempt: int) -> None:
        ran = self.ran.get(RETRIED.sub("", activity_id))
        if ran is not None:
            ran.attempts += attempt - 1

    def _finished(self, scheduled: int, state: str, at: datetime) -> None:
        activity_id = self.scheduled.get(scheduled, "")
        if "/undo" in activity_id and state == "done":
            activity_id, state = activity_id.partition("/undo")[0], "undone"
        ran = self.ran.get(RETRIED.sub("", activity_id))
        if ran is not None:
            ran.state, ran.ended_at = state, at

    async def _local(self, event: HistoryEvent, at: datetime) -> None:
        """A local activity: its marker says which and how it ended."""
        marker = event.marker_recorded_event_attributes
        if marker.marker_name != LOCAL_MARKER:
            return
        about = json.loads(marker.details["data"].payloads[0].data)
        activity_id = about["activity_id"]
        if activity_id == LOAD and "result" in marker.details:
            await self._learn_plan(list(marker.details["result"].payloads))
            return
        self._began(activity_id, at)
        ran = self.ran.get(RETRIED.sub("", activity_id))
        if ran is not None:
            ran.attempts += int(about.get("attempt", 1)) - 1
            ran.state, ran.ended_at = "failed" if marker.HasField("failure") else "done", at

    async def _learn_plan(self, payloads: list[Payload]) -> None:
        loaded = await self._decoded(payloads)
        self.release = loaded["release"]
        self.plan = read_plan(loaded["plan"], loaded["plan_digest"])

    async def _error(self, event: HistoryEvent) -> dict[str, Any]:
        """The failure as the run itself would show it."""
        failure = event.workflow_execution_failed_event_attributes.failure
        error = await self.converter.decode_failure(failure)
        details = getattr(error, "details", ())
        if details and isinstance(details[0], dict) and "type" in details[0]:
            return dict(details[0])
        message = getattr(error, "message", None) or str(error)
        return {"type": getattr(error, "type", None) or "Failed", "message": message, "step": "", "path": ""}


def _known(path: str, steps: dict[str, Any]) -> str:
    """The planned step that `path` is or lies in (a loop's turn lies in its loop); empty for none."""
    while path and path not in steps:
        path = path.rpartition(".")[0]
    return path


def _on_the_way(path: str, order: list[str], ran: dict[str, _Ran]) -> bool:
    """Whether a later step of the same list, or of a list around it, began."""
    block, _, place = path.rpartition("[")
    number = int(place.rstrip("]"))
    later = [f"{block}[{n}]" for n in range(number + 1, number + 1 + len(order))]
    started = any(other == step or other.startswith(f"{step}.") for step in later for other in ran)
    return started or block == "steps"


def _around(inner: list[_Ran]) -> _Ran:
    """The state of a block by what ran inside it."""
    states = {ran.state for ran in inner}
    state = "running" if "running" in states else "failed" if "failed" in states else "done"
    starts = [ran.started_at for ran in inner if ran.started_at]
    ends = [ran.ended_at for ran in inner if ran.ended_at]
    ended = max(ends, default=None) if state != "running" else None
    return _Ran(state, 1, min(starts, default=None), ended)


def _progress_of(path: str, step_id: str | None, kind: str, ran: _Ran) -> StepProgress:
    return StepProgress(path, step_id, kind, ran.state, ran.attempts, ran.started_at, ran.ended_at)


def _moment(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)
