"""What one business event sets off, decided in one transaction: starts, signals, derived events."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from activities.context import Context
from activities.trigger_book import TriggerBook, TriggerFault, newest_book
from dsl import plan as p
from dsl.expressions import EvaluationError, compile_expression, compile_template
from dsl.values import Misfit, fill_and_check
from payloads.files.events import BusinessEvent, Derived, EventsFile
from store import dispatches, events, subscriptions
from store.events import Event
from store.tables import Dispatch

ID_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides at the moment: the triggers and the business events of the newest release."""

    tenant: str
    book: TriggerBook
    known: Mapping[str, BusinessEvent]
    now: datetime


def newest_rules(context: Context) -> Rules:
    """The rules of the newest release; nothing is known before the first one."""
    book = newest_book(context)
    known: Mapping[str, BusinessEvent] = {}
    if book.release:
        decoded = context.services.releases.decoded(context.services.tenant, book.release)
        known = decoded.catalogue.read("events", EventsFile).business
    return Rules(context.services.tenant, book, known, context.now())


def route(tx: Session, rules: Rules, event: Event) -> bool:
    """Decide what the event sets off and move the cursor; False when that was done before."""
    if not dispatches.advance(tx, rules.tenant, event.position):
        return False
    data = events.whole_data(tx, rules.tenant, event)
    faults: list[dict[str, Any]] = []
    dispatches.decide(tx, _starts(rules, event, data, faults))
    dispatches.decide(tx, _signals(tx, rules, event, data))
    about = rules.known.get(event.name)
    for place, derived in enumerate(about.derives if about else (), start=1):
        try:
            _derive(tx, rules, event, data, derived, place)
        except TriggerFault as error:
            faults.append({"derives": derived.event, "reason": str(error)})
    for fault in faults:
        record_fault(tx, event, fault, rules.tenant, rules.now)
    return True


def record_fault(tx: Session, event: Event, fault: Mapping[str, Any], tenant: str, now: datetime) -> None:
    """Say in the log what could not be done for an event, and why."""
    about = {"event": event.name, "event_id": event.event_id, **fault}
    events.append(tx, tenant, event.stream, "TriggerFailed", about, at=now)


def _starts(
    rules: Rules, event: Event, data: Mapping[str, Any], faults: list[dict[str, Any]]
) -> Iterator[Dispatch]:
    """One start for each workflow that a trigger is for: the first whose `where` holds."""
    started: set[str] = set()
    scope = {"event": data}
    for trigger in rules.book.of_kind(p.EventTrigger):
        rule = trigger.rule
        assert isinstance(rule, p.EventTrigger)
        if rule.event != event.name or trigger.workflow in started:
            continue
        try:
            if not trigger.holds(scope):
                continue
            trigger.input(scope)
        except TriggerFault as error:
            faults.append({"workflow": trigger.workflow, "trigger": rule.place, "reason": str(error)})
            continue
        started.add(trigger.workflow)
        workflow_id = f"{trigger.workflow}:{event.event_id}"
        yield Dispatch(
            tenant=rules.tenant,
            dispatch_id=workflow_id,
            position=event.position,
            workflow_id=workflow_id,
            release=trigger.release,
            workflow=trigger.workflow,
            trigger=rule.place,
        )


def _signals(tx: Session, rules: Rules, event: Event, data: Mapping[str, Any]) -> Iterator[Dispatch]:
    for row in subscriptions.takers(tx, rules.tenant, event, data, rules.now):
        yield Dispatch(
            tenant=rules.tenant,
            dispatch_id=f"{event.event_id}>{row.effect_root}>{row.line}",
            position=event.position,
            workflow_id=row.workflow_id,
            effect_root=row.effect_root,
            line=row.line,
        )


def _derive(
    tx: Session, rules: Rules, event: Event, data: Mapping[str, Any], derived: Derived, place: int
) -> None:
    """Append the derived event, once by its id; it is routed in its turn."""
    scope = {"event": data}
    try:
        if derived.where is not None and compile_expression(derived.where).evaluate(scope) is not True:
            return
        given = dict(data) if derived.with_ is None else compile_template(derived.with_).render(scope)
    except EvaluationError as error:
        raise TriggerFault(str(error)) from error
    about = rules.known[derived.event]
    if misfits := misfits_of(about, given):
        raise TriggerFault("; ".join(map(str, misfits)))
    personal = {name: given.pop(name) for name in about.personal if name in given}
    events.append(
        tx,
        rules.tenant,
        event.stream,
        derived.event,
        given,
        at=rules.now,
        kind="business",
        personal=personal or None,
        actor="triggers",
        workflow_id=event.workflow_id,
        event_id=_derived_id(event.event_id, place),
    )


def misfits_of(event: BusinessEvent, data: Any) -> list[Misfit]:
    """Why these data are not what the event carries; none when its schema takes them."""
    _, misfits = fill_and_check({"type": "object", **(event.schema_ or {})}, data)
    return misfits


def _derived_id(event_id: str, place: int) -> str:
    hashed = hashlib.sha256(f"{event_id}\x1f{place}".encode()).digest()
    return base64.b32encode(hashed).decode()[:ID_LENGTH]
