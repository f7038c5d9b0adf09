"""A test made of a run that was recorded: what it was given, what came of it, as a file of tests says it."""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from dsl import plan as p
from dsl.durations import format_duration
from dsl.plan_reader import read_plan
from dsl.plan_walk import ids_by_path, walk_plan
from dsl.scalars import MOST_DIGITS
from payloads.facts import activity_facts
from worker.client import status
from worker.errors import Refused
from worker.rpc import named_errors
from worker.scenarios.chains import run_chain

LOAD = "runs.load_release"
LOCAL = "core_local_activity"
TURN = re.compile(r"\b(for_each|repeat)\[\d+\]")
RESET = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW
CLOSED = ("completed", "failed", "cancelled")


@dataclass(slots=True)
class _Recorded:
    """What the histories of a run, and of those that it started, say."""

    workflow: str = ""
    given: Any = None
    plans: dict[str, p.Plan] = field(default_factory=dict)
    answers: dict[str, list[tuple[str | None, dict[str, Any]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    messages: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    cancelled: str | None = None


async def scenario_of_run(client: Client, workflow_id: str) -> dict[str, Any]:
    """The content of a file of tests with the run of this id as its one test.

    Refused `StillOpen` for a run that has not ended as a test can: its end is what is expected.
    """
    found = await status(client, workflow_id)
    if found["state"] not in CLOSED:
        raise Refused(f"the run {workflow_id} is {found['state']}; only one that has ended makes a test")
    recorded = _Recorded()
    with named_errors(workflow_id):
        await _read(client, workflow_id, recorded, None)
    test: dict[str, Any] = {
        "name": f"as the run {workflow_id} went",
        "input": recorded.given,
        "activities": {name: _stand_in(answers) for name, answers in recorded.answers.items()},
        **recorded.messages,
    }
    if recorded.cancelled is not None:
        test["cancel"] = {"after": recorded.cancelled}
    test["expect"] = _expected(found, recorded)
    whole: dict[str, Any] = _holdable({"workflow": recorded.workflow, "tests": [test]})
    return whole


def _holdable(value: Any) -> Any:
    """The value with numbers that a file can hold: computed ones may have more places."""
    if isinstance(value, dict):
        return {key: _holdable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_holdable(each) for each in value]
    if isinstance(value, float | Decimal):
        number = Decimal(str(value))
        exponent = number.as_tuple().exponent
        if isinstance(exponent, int) and exponent < -MOST_DIGITS:
            return round(number, MOST_DIGITS)
    return value


def _expected(found: dict[str, Any], recorded: _Recorded) -> dict[str, Any]:
    expect: dict[str, Any] = {"outcome": found["state"]}
    if found["state"] == "completed":
        expect["output"] = found["output"]
    elif found["error"]:
        expect["error"] = found["error"]["type"]
    # In what order branches that run at once end is chance.
    together = any(
        isinstance(step, p.Parallel | p.ForEach) for _, step in walk_plan(recorded.plans[recorded.workflow])
    )
    path = None if together else _path_of_one_run(found)
    if path:
        expect["path"] = path
    return expect


def _path_of_one_run(found: dict[str, Any]) -> list[str] | None:
    """The steps as they end in a run that asks for each approval once; None where that cannot be told.

    A run that was reset, or continued as new, asked once more for what was approved before.
    """
    again = [row for row in found["steps"] if row["kind"] == "approve" and row["attempts"] > 1]
    if any(TURN.search(row["path"]) for row in again):
        return None
    asked = {row["id"] for row in again}
    path: list[str] = found.get("path") or []
    return [id for place, id in enumerate(path) if id not in asked or id not in path[:place]]


def _stand_in(answers: Sequence[tuple[str | None, dict[str, Any]]]) -> Any:
    """By step where every call comes from one that has an id, else one answer a call."""
    if all(step is not None for step, _ in answers):
        by_step: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for step, answer in answers:
            by_step[str(step)].append(answer)
        if len(by_step) > 1:
            return {"by_step": {step: _shortest(each) for step, each in by_step.items()}}
    return _shortest([answer for _, answer in answers])


def _shortest(answers: list[dict[str, Any]]) -> Any:
    same = all(answer == answers[0] and "fails" not in answer for answer in answers)
    return answers[0] if same or len(answers) == 1 else answers


async def _read(
    client: Client, workflow_id: str, into: _Recorded, start: datetime | None, run_id: str | None = None
) -> None:
    """Learn from a run and those that it ran, through all that it continued as; a child has a `run_id`."""
    decided: set[str] = set()
    for each in await run_chain(client, workflow_id, run_id):
        handle = client.get_workflow_handle(workflow_id, run_id=each)
        reading = None
        async for event in handle.fetch_history_events():
            reading = reading or _Reading(client, into, start or _moment(event), decided)
            await reading.take(event)
        assert reading is not None
        start = reading.start
        decided |= reading.decided
        for child, child_run in reading.children:
            await _read(client, child, into, start, child_run)


class _Reading:
    """Reads one history, event by event."""

    def __init__(
        self, client: Client, into: _Recorded, start: datetime, before: Collection[str] = ()
    ) -> None:
        self._converter = client.data_converter
        self._into = into
        self._scheduled: dict[int, tuple[str, str | None]] = {}
        self._attempts: dict[int, tuple[int, Failure]] = {}
        self._ids: Mapping[str, str] = {}
        self._looped: set[str] = set()
        self.start = start
        self.decided: set[str] = set()
        """Steps that stand in no loop and were decided."""
        self._before = before
        self.children: list[tuple[str, str]] = []
        self._decided: list[dict[str, Any]] = []
        self._before_reset: list[dict[str, Any]] = []

    async def take(self, event: HistoryEvent) -> None:
        """Learn from the next event."""
        match event.event_type:
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED if not self._into.workflow:
                started = event.workflow_execution_started_event_attributes
                self._into.workflow = started.workflow_type.name
                self._into.given = await self._value(started.input.payloads)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                scheduled = event.activity_task_scheduled_event_attributes
                _, call = await self._converter.decode(scheduled.input.payloads)
                self._scheduled[event.event_id] = scheduled.activity_type.name, self._ids.get(call["step"])
            case EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
                attempt = event.activity_task_started_event_attributes
                self._attempts[attempt.scheduled_event_id] = attempt.attempt, attempt.last_failure
            case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                done = event.activity_task_completed_event_attributes
                await self._answered(done.scheduled_event_id, await self._value(done.result.payloads))
            case EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED:
                failed = event.activity_task_failed_event_attributes
                await self._failed(failed.scheduled_event_id, failed.failure)
            case EventType.EVENT_TYPE_MARKER_RECORDED:
                await self._local(event)
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
                signal = event.workflow_execution_signaled_event_attributes
                payload = await self._value(signal.input.payloads)
                self._send("signals", event, {"send": signal.signal_name, "with": payload})
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
                request = event.workflow_execution_update_accepted_event_attributes.accepted_request.input
                self._update(event, request.name, await self._value(request.args.payloads))
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
                self._into.cancelled = self._after(event)
            case EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED:
                child = event.child_workflow_execution_started_event_attributes.workflow_execution
                self.children.append((child.workflow_id, child.run_id))
            case EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
                if event.workflow_task_failed_event_attributes.cause == RESET:
                    self._before_reset, self._decided = self._before_reset + self._decided, []

    def _update(self, event: HistoryEvent, name: str, given: dict[str, Any]) -> None:
        if name == "signal":
            self._send("signals", event, {"send": given["name"], "with": given.get("payload", {})})
        elif name == "approve":
            kept = {
                key: given[key] for key in ("step", "decision", "by", "role", "comment") if given.get(key)
            }
            if kept["step"] in self._before:
                return  # asked once more because the run went on as new: a test's run need not do so
            if kept["step"] not in self._looped:
                self.decided.add(kept["step"])
            self._forget(kept["step"])
            self._send("approvals", event, kept)
            self._decided.append(self._into.messages["approvals"][-1])
        elif name == "retry":
            self._send("retries", event, {key: given[key] for key in ("step", "by") if given.get(key)})

    def _forget(self, step: str) -> None:
        """A step that is asked once more after a reset was decided in vain before it."""
        for found in [one for one in self._before_reset if one["step"] == step]:
            self._before_reset.remove(found)
            self._into.messages["approvals"].remove(found)

    def _send(self, kind: str, event: HistoryEvent, message: dict[str, Any]) -> None:
        self._into.messages[kind].append({"after": self._after(event), **message})

    def _after(self, event: HistoryEvent) -> str:
        return format_duration(max(_moment(event) - self.start, timedelta(0)))

    async def _local(self, event: HistoryEvent) -> None:
        marker = event.marker_recorded_event_attributes
        if marker.marker_name != LOCAL:
            return
        about = json.loads(marker.details["data"].payloads[0].data)
        result = await self._value(marker.details["result"].payloads) if "result" in marker.details else None
        if about["activity_type"] == LOAD and result is not None:
            plan = read_plan(result["plan"], result["plan_digest"])
            self._into.plans[plan.workflow] = plan
            self._ids = ids_by_path(plan)
            self._looped = {id for path, id in self._ids.items() if "repeat[" in path}
            return
        step = self._ids.get(TURN.sub(r"\1[]", about["activity_id"].partition("#")[0]))
        if marker.HasField("failure"):
            failure = await self._failure(marker.failure, int(about.get("attempt", 1)))
            self._keep(about["activity_type"], step, {"fails": failure})
        else:
            self._keep(about["activity_type"], step, {"returns": result})

    async def _answered(self, scheduled: int, result: Any) -> None:
        name, step = self._scheduled[scheduled]
        attempts, before = self._attempts.get(scheduled, (1, Failure()))
        failed = {"fails": await self._failure(before, attempts - 1)} if attempts > 1 else {}
        self._keep(name, step, {**failed, "returns": result})

    async def _failed(self, scheduled: int, failure: Failure) -> None:
        name, step = self._scheduled[scheduled]
        attempts, _ = self._attempts.get(scheduled, (1, failure))
        self._keep(name, step, {"fails": await self._failure(failure, attempts)})

    def _keep(self, name: str, step: str | None, answer: dict[str, Any]) -> None:
        facts = activity_facts().get(name)
        if facts is not None and not facts.internal:
            self._into.answers[name].append((step, answer))

    async def _failure(self, failure: Failure, times: int) -> dict[str, Any]:
        error = await self._converter.decode_failure(failure)
        kind = (error.type if isinstance(error, ApplicationError) else None) or "Timeout"
        return {"error": kind, "times": times, "message": str(getattr(error, "message", error)) or kind}

    async def _value(self, payloads: Sequence[Payload]) -> Any:
        return (await self._converter.decode(payloads))[0] if payloads else {}


def _moment(event: HistoryEvent) -> datetime:
    return event.event_time.ToDatetime().replace(tzinfo=UTC)
