"""What a run asks of its house: its plan, the event log, and the lease on a portfolio.

These activities are called by the interpreter, never by a definition.
"""

from typing import Any

from pydantic import Field

from payloads.base import Payload
from payloads.entry import DeclaredError, Effect, Entry


class LoadRelease(Payload):
    """Which workflow's plan is wanted, of the newest release unless one is named."""

    workflow: str
    release: str = Field("", description="digest of the release; the newest if empty")
    unless: str = Field("", description="digest of a plan that need not be sent: it is known")


class LoadedRelease(Payload):
    """A plan and the release it stands in; both digests pin the run. A known plan is empty."""

    plan: dict[str, Any]
    plan_digest: str
    release: str
    tenant: str


class RecordFact(Payload):
    """A fact to append to the log, on the stream of the caller."""

    fact: str
    data: dict[str, Any] = Field(default_factory=dict)
    line: str = Field("", description="tells the facts of one step and turn apart")


class EmitEvent(Payload):
    """A business event to append to the log."""

    event: str
    data: dict[str, Any] = Field(default_factory=dict)


class Appended(Payload):
    """Where an event stands in the log."""

    stream: str
    sequence: int


class AcquireLease(Payload):
    """The right to trade `resource`, asked for by the run that calls."""

    resource: str


class LeaseState(Payload):
    """Whether the caller has the lease, and who has it otherwise."""

    granted: bool
    holder: str | None = None
    position: int = 0


class ReleaseLease(Payload):
    """The resource whose lease the caller gives back."""

    resource: str


class Released(Payload):
    """Whether there was a lease to give back."""

    released: bool


class AllowRetry(Payload):
    """Somebody wants a held step to run again; `role` may have it so, empty if anybody may."""

    step: str
    path: str
    error: str = Field(description="type of the error that the step is held for")
    role: str = ""
    by: str
    method: str = Field("declared", description="how the person is known: `declared`, or `system`")
    line: str = Field("", description="tells the retries of one step apart")


class OpenApproval(Payload):
    """A step that asks people of a role, and what it shows them."""

    role: str
    show: Any = None
    stream: str = Field("", description="of the run's events: names the client whom the role `client` means")


class OpenedApproval(Payload):
    """Who may decide."""

    eligible: list[str]


class MarkRun(Payload):
    """The id of the run that asks."""

    run: str


ENTRIES = (
    Entry(
        name="runs.mark",
        summary="Keep in the history under which id a run came here",
        input=MarkRun,
        output=MarkRun,
        effect=Effect.READS,
        internal=True,
    ),
    Entry(
        name="approvals.open",
        summary="Find out who may approve",
        input=OpenApproval,
        output=OpenedApproval,
        effect=Effect.READS,
        internal=True,
        files=("people", "trading"),
    ),
    Entry(
        name="runs.allow_retry",
        summary="Find out whether a person may retry the step, and record that they do",
        input=AllowRetry,
        output=Appended,
        effect=Effect.EFFECT,
        errors=(
            DeclaredError("NotEligible", "the person does not hold the role that may retry"),
            DeclaredError("IntentChanged", "the same retry was recorded for somebody else"),
        ),
        no_undo="the log is append-only",
        internal=True,
        files=("events", "people", "trading"),
    ),
    Entry(
        name="runs.load_release",
        summary="Load the plan and pin the release",
        input=LoadRelease,
        output=LoadedRelease,
        effect=Effect.READS,
        errors=(DeclaredError("UnknownDefinition", "no release has a definition of this name"),),
        internal=True,
    ),
    Entry(
        name="events.record",
        summary="Append a fact to the event log",
        input=RecordFact,
        output=Appended,
        effect=Effect.EFFECT,
        errors=(
            DeclaredError("UnknownEvent", "the catalogue has no such fact"),
            DeclaredError("IntentChanged", "the same step recorded something else before"),
        ),
        no_undo="the log is append-only",
        internal=True,
        files=("events",),
    ),
    Entry(
        name="events.emit",
        summary="Append a business event",
        input=EmitEvent,
        output=Appended,
        effect=Effect.EFFECT,
        errors=(
            DeclaredError("UnknownEvent", "the catalogue has no such business event"),
            DeclaredError("IntentChanged", "the same step emitted something else before"),
        ),
        no_undo="the log is append-only",
        internal=True,
        files=("events",),
    ),
    Entry(
        name="leases.acquire",
        summary="Take the portfolio's lease",
        input=AcquireLease,
        output=LeaseState,
        effect=Effect.EFFECT,
        no_undo="the interpreter gives it back itself",
        internal=True,
    ),
    Entry(
        name="leases.release",
        summary="Give the portfolio's lease back",
        input=ReleaseLease,
        output=Released,
        effect=Effect.EFFECT,
        no_undo="giving back needs no undoing",
        internal=True,
    ),
)
