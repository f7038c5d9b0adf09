"""How a message of a test reaches a run: by the same updates that people and other programs send."""

from dataclasses import dataclass
from typing import Any

from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from dsl.scenarios.model import Approval, Cancel, Event, Message, Retry, Signal
from worker.scenarios.trial import Trial

ENDED = "Ended"
UNWANTED = "Unwanted"
NOT_READY = "NotReady"
EARLY = (NOT_READY, "NothingOpen", "NothingHeld", UNWANTED, ENDED)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a run did not take a message."""

    type: str
    message: str

    @property
    def early(self) -> bool:
        """Could the run, or one that follows it, take it later."""
        return self.type in EARLY

    def __str__(self) -> str:
        return f"{self.type}: {self.message}"


NOBODY = Refusal(ENDED, "no run that takes it is open")


async def deliver(client: Client, trial: Trial, message: Message, receiver: str) -> Refusal | None:
    """Send a message to the run of this id; why it was refused, or None."""
    handle = client.get_workflow_handle(receiver)
    match message:
        case Signal():
            return await _update(handle, "signal", {"name": message.name, "payload": message.payload})
        case Approval():
            return await _approve(handle, message)
        case Retry():
            by = {} if message.by is None else {"by": message.by}
            return await _update(handle, "retry", {"step": message.step, **by})
        case Event():
            return await _event(client, trial, message)
        case Cancel():
            await handle.cancel()
    return None


async def _approve(handle: WorkflowHandle[Any, Any], message: Approval) -> Refusal | None:
    """A decision on what the run shows at this moment."""
    status = await _asked(handle)
    shown = next((one for one in status.get("approvals", ()) if one["step"] == message.step), None)
    decision = {
        "step": message.step,
        "decision": message.decision,
        "by": message.by,
        "comment": message.comment,
        "digest": shown["digest"] if shown else "",
        "identity": {"subject": message.by, "method": "declared"},
    }
    if message.role is not None:
        decision["role"] = message.role
    refusal = await _update(handle, "approve", decision)
    if shown is None and refusal is not None and refusal.type == "DigestMismatch":
        return Refusal(NOT_READY, f"`{message.step}` was opened a moment ago")
    return refusal


async def _asked(handle: WorkflowHandle[Any, Any]) -> dict[str, Any]:
    status: dict[str, Any] = await handle.query("status")
    return status


async def _event(client: Client, trial: Trial, message: Event) -> Refusal | None:
    """The event as a signal, for every open run that takes it; `Unwanted` where there is none."""
    number = trial.scenario.messages.index(message)
    answer: Refusal | None = Refusal(UNWANTED, "no run subscribes to it")
    for run in list(trial.runs.values()):
        for wanted in run.wanted if run.ended_at is None else ():
            if _fits(wanted, message):
                answer = await _update(
                    client.get_workflow_handle(run.id), "signal", _as_signal(wanted, message, number)
                )
                if answer is not None:
                    return answer
    return answer


def _fits(wanted: dict[str, Any], message: Event) -> bool:
    same = all(message.data.get(name) == value for name, value in wanted["match"].items())
    return bool(wanted["event"] == message.name and same)


def _as_signal(wanted: dict[str, Any], message: Event, number: int) -> dict[str, Any]:
    takes = wanted["takes"]
    payload = {name: value for name, value in message.data.items() if takes is None or name in takes}
    return {"name": wanted["signal"], "payload": payload, "id": f"event-{number}"}


async def _update(handle: WorkflowHandle[Any, Any], name: str, given: dict[str, Any]) -> Refusal | None:
    try:
        await handle.execute_update(name, given)
    except WorkflowUpdateFailedError as error:
        cause = error.cause
        if isinstance(cause, ApplicationError):
            return Refusal(cause.type or "Refused", cause.message)
        return Refusal(type(cause).__name__, str(cause))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return Refusal(ENDED, "the run was over before")
        raise
    return None
