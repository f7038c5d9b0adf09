"""What the interpreter needs of the house: plans, the event log, leases.

ActivityError
├── UnknownDefinition   the newest release has no definition of that name
├── UnknownEvent        the release's catalogue has no such fact or business event
└── NotEligible         the person may not do what they ask for
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from activities.context import Context
from activities.errors import ActivityError, InvalidInput
from activities.exchange_days import today
from activities.registry import implements
from activities.routing import misfits_of
from payloads import plain_json
from payloads.files.events import BusinessEvent, EventsFile, Fact
from payloads.files.people import PeopleFile, eligible
from payloads.runs import (
    AcquireLease,
    AllowRetry,
    Appended,
    EmitEvent,
    LeaseState,
    LoadedRelease,
    LoadRelease,
    MarkRun,
    OpenApproval,
    OpenedApproval,
    RecordFact,
    Released,
    ReleaseLease,
)
from store import effects, events, leases, releases

CLIENT = "client"
"""The role of the person whose money it is: held by the run's own client, and by nobody else."""

SYSTEM = "system"
"""How somebody is known who gave no name: as the user of the machine that the command ran on."""

# Whoever waits asks at least every 30 seconds; missing four times loses the place in line.
LEASE_TTL = timedelta(minutes=2)


class UnknownDefinition(ActivityError):
    """The newest release has no definition of that name."""


class UnknownEvent(ActivityError):
    """The release's catalogue has no such fact or business event."""


class NotEligible(ActivityError):
    """The person does not hold the role that may do it."""


@implements("runs.load_release")
def load_release(ask: LoadRelease, context: Context) -> LoadedRelease:
    """A release's plan of a workflow, with the digests that pin it."""
    tenant = context.services.tenant
    with context.services.database.reading() as tx:
        row = releases.load(tx, tenant, ask.release) if ask.release else releases.newest(tx, tenant)
        digest, document = row.digest, row.document
    plans = context.services.releases.decoded(tenant, digest, document).plans
    if ask.workflow not in plans:
        raise UnknownDefinition(_unknown("workflow", ask.workflow, plans))
    plan = plans[ask.workflow]
    document = {} if ask.unless == plan["digest"] else plan["document"]
    return LoadedRelease(plan=document, plan_digest=plan["digest"], release=digest, tenant=tenant)


@implements("approvals.open")
def open_approval(ask: OpenApproval, context: Context) -> OpenedApproval:
    """Who holds the role today, by the catalogue of the run's release; of `client`, the run's own client."""
    amount = ask.show.get("amount") if isinstance(ask.show, dict) else None
    money = Decimal(amount) if isinstance(amount, int | Decimal) and amount is not True else None
    return OpenedApproval(eligible=_holders(ask.role, ask.stream, context, money))


@implements("runs.mark")
def mark(ask: MarkRun, context: Context) -> MarkRun:
    """What was asked: kept in the history, where a run that is reset finds the id that it had before."""
    return ask


@implements("runs.allow_retry")
def allow_retry(ask: AllowRetry, context: Context) -> Appended:
    """Record who has the step run again; NotEligible for a person who does not hold the role today.

    The system's user is nobody of the catalogue: whoever runs the installation may.
    """
    if ask.role and ask.method != SYSTEM:
        holders = _holders(ask.role, context.call.stream, context)
        if ask.by not in holders:
            named = ", ".join(holders) or "nobody"
            raise NotEligible(
                f"{ask.by} may not retry `{ask.step}`: the role {ask.role} decides; it is held by {named}",
                "by",
            )
    known = context.catalogue.read("events", EventsFile).facts
    data = ask.model_dump(mode="python", exclude={"line"})
    return _append("StepRetried", data, known, "fact", context, ask.line)


def _holders(role: str, stream: str, context: Context, amount: Decimal | None = None) -> list[str]:
    """The people of a role today at the exchange, by the release's catalogue; of `client`, the run's own."""
    if role == CLIENT:
        kind, _, client = stream.partition(":")
        return [client] if kind == "client" else []
    file = context.catalogue.read("people", PeopleFile)
    return eligible(file, role, today(context), amount)


@implements("events.record")
def record(ask: RecordFact, context: Context) -> Appended:
    """Append a fact, once for each step and turn that records it."""
    known = context.catalogue.read("events", EventsFile).facts
    return _append(ask.fact, ask.data, known, "fact", context, ask.line)


@implements("events.emit")
def emit(ask: EmitEvent, context: Context) -> Appended:
    """Append a business event, once for each step and turn that emits it."""
    known = context.catalogue.read("events", EventsFile).business
    about = known.get(ask.event)
    if about is not None and (misfits := misfits_of(about, ask.data)):
        raise InvalidInput(f"{ask.event}: " + "; ".join(map(str, misfits)), f"with.{misfits[0].path}")
    return _append(ask.event, ask.data, known, "business", context)


@implements("leases.acquire")
def acquire_lease(ask: AcquireLease, context: Context) -> LeaseState:
    """Take the lease, or the next place in line; the lease of a run that has ended is freed first."""
    call, services = context.call, context.services
    owner, holder = call.effect_root, call.workflow_id
    with services.database.transaction() as tx:
        lease = leases.acquire(tx, call.tenant, ask.resource, owner, holder, context.now(), LEASE_TTL)
    if not lease.granted and lease.holder_owner is not None and _holder_ended(lease, context):
        with services.database.transaction() as tx:
            lease = leases.take_over(
                tx,
                call.tenant,
                ask.resource,
                owner,
                holder,
                context.now(),
                LEASE_TTL,
                closed_owner=lease.holder_owner,
            )
    return LeaseState(granted=lease.granted, holder=lease.holder_workflow_id, position=lease.position)


@implements("leases.release")
def release_lease(ask: ReleaseLease, context: Context) -> Released:
    """Give the lease back; nothing to do when it is not held."""
    with context.services.database.transaction() as tx:
        released = leases.release(tx, context.call.tenant, ask.resource, context.call.effect_root)
    return Released(released=released)


def _holder_ended(lease: leases.Lease, context: Context) -> bool:
    return run_ended(lease.holder_workflow_id or "", context)


def run_ended(workflow_id: str, context: Context) -> bool:
    """Whether another run of that id, which holds a lease, is over."""
    # Only one run of a workflow id is open at a time: another owner under our own id has ended.
    if workflow_id == context.call.workflow_id:
        return True
    closed: bool = context.services.is_run_closed(workflow_id)
    return closed


def _append(
    name: str,
    data: dict[str, Any],
    known: Mapping[str, Fact] | Mapping[str, BusinessEvent],
    kind: events.Kind,
    context: Context,
    line: str = "",
) -> Appended:
    if name not in known:
        raise UnknownEvent(_unknown("event", name, known))
    call = context.call
    personal = {field: data[field] for field in known[name].personal if field in data}
    plain = {field: value for field, value in data.items() if field not in personal}

    with context.services.database.transaction() as tx:

        def act() -> dict[str, Any]:
            event = events.append(
                tx,
                call.tenant,
                call.stream,
                name,
                plain,
                at=context.now(),
                kind=kind,
                personal=personal or None,
                actor=call.actor,
                workflow_id=call.workflow_id,
                effect_root=call.effect_root,
                key=call.key(line),
            )
            return {"stream": event.stream, "sequence": event.sequence}

        content = {"event": name, "data": plain_json.digest(data)}
        return Appended.model_validate(effects.once(tx, call.tenant, call.key(line), content, act))


def _unknown(kind: str, name: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(name, known, 3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(sorted(known))}"
    return f"no {kind} is called {name}; {hint}"
