"""Subscriptions: which run takes which business event as which signal.

A run is found by the digest of the event's name and of the fields that it compares, never by a scan.
From the moment that a run subscribes no event is missed, and none is counted twice: subscribing holds
the end of the log, what came before is told to the run then, what comes after is dispatched to it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session, col

from payloads import plain_json
from store import events
from store.events import Event
from store.sql import insert_missing
from store.tables import Subscription, SubscriptionShape


@dataclass(frozen=True, slots=True)
class Wanted:
    """One entry of `subscribe`: `match` has the values that the event's fields must have.

    `takes` names the fields that the signal declares; None takes all of them.
    """

    event: str
    match: Mapping[str, Any]
    signal: str
    takes: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Taken:
    """An event as a run is given it."""

    signal: str
    event_id: str
    payload: dict[str, Any]


def subscribe(
    tx: Session, tenant: str, effect_root: str, workflow_id: str, wanted: Sequence[Wanted], begun: datetime
) -> list[Taken]:
    """Let a run take these events from now on, and no others; those that came since it `begun`, in order.

    Asking again changes nothing and answers the same.
    """
    end = events.hold_end(tx, tenant)
    rows = _rows(tx, tenant, effect_root)
    missed: list[tuple[int, Taken]] = []
    for line, one in enumerate(wanted):
        row = rows.pop(line, None)
        digest = digest_of(one.event, one.match)
        if row is None or (row.match_digest, row.signal) != (digest, one.signal):
            if row is not None:
                tx.delete(row)
                tx.flush()
            row = _row(tenant, effect_root, line, workflow_id, one, digest, end)
            insert_missing(tx, _shape(tenant, one))
        row.closed_at = None
        tx.add(row)
        missed += _missed(tx, tenant, row, one, begun)
    for row in rows.values():
        tx.delete(row)
    tx.flush()
    return [taken for _, taken in sorted(missed, key=lambda found: found[0])]


def unsubscribe(tx: Session, tenant: str, effect_root: str, now: datetime) -> None:
    """The run has ended: it takes no more events, unless it is opened again."""
    _change(tx, tenant, col(Subscription.effect_root) == effect_root, now)


def unsubscribe_workflow(tx: Session, tenant: str, workflow_id: str, now: datetime) -> None:
    """As `unsubscribe`, for a run that went without saying so."""
    _change(tx, tenant, col(Subscription.workflow_id) == workflow_id, now)


def reopen(tx: Session, tenant: str, effect_root: str) -> None:
    """The run goes on after a reset: it takes events again."""
    _change(tx, tenant, col(Subscription.effect_root) == effect_root, None)


def find(tx: Session, tenant: str, effect_root: str, line: int) -> Subscription | None:
    """One subscription, None when it is gone or closed."""
    row = tx.get(Subscription, (tenant, effect_root, line))
    return row if row is not None and row.closed_at is None else None


def takers(tx: Session, tenant: str, event: Event, data: Mapping[str, Any]) -> list[Subscription]:
    """The open subscriptions that take this event, which came after they were made."""
    found: list[Subscription] = []
    for fields in _shapes(tx, tenant, event.name):
        if not all(name in data for name in fields):
            continue
        query = select(Subscription).where(
            col(Subscription.tenant) == tenant,
            col(Subscription.event) == event.name,
            col(Subscription.match_digest) == digest_of(event.name, {name: data[name] for name in fields}),
            col(Subscription.closed_at).is_(None),
            col(Subscription.since) < event.position,
        )
        found += tx.scalars(query)
    return sorted(found, key=lambda row: (row.effect_root, row.line))


def payload(row: Subscription, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the run is given of an event's data."""
    return dict(data) if row.takes is None else {name: data[name] for name in row.takes if name in data}


def digest_of(event: str, match: Mapping[str, Any]) -> str:
    """What subscriptions of the same event and the same values share."""
    return plain_json.digest([event, match])


def _missed(
    tx: Session, tenant: str, row: Subscription, one: Wanted, begun: datetime
) -> list[tuple[int, Taken]]:
    found = []
    for event in events.since(tx, tenant, one.event, begun, row.since):
        data = events.whole_data(tx, tenant, event)
        same = all(name in data for name in one.match) and row.match_digest == digest_of(
            one.event, {name: data[name] for name in one.match}
        )
        if event.kind == "business" and same:
            found.append((event.position, Taken(row.signal, event.event_id, payload(row, data))))
    return found


def _rows(tx: Session, tenant: str, effect_root: str) -> dict[int, Subscription]:
    query = select(Subscription).where(
        col(Subscription.tenant) == tenant, col(Subscription.effect_root) == effect_root
    )
    return {row.line: row for row in tx.scalars(query)}


def _row(
    tenant: str, effect_root: str, line: int, workflow_id: str, one: Wanted, digest: str, since: int
) -> Subscription:
    return Subscription(
        tenant=tenant,
        effect_root=effect_root,
        line=line,
        workflow_id=workflow_id,
        event=one.event,
        match_digest=digest,
        signal=one.signal,
        takes=None if one.takes is None else sorted(one.takes),
        since=since,
    )


def _shape(tenant: str, one: Wanted) -> SubscriptionShape:
    return SubscriptionShape(tenant=tenant, event=one.event, fields=json.dumps(sorted(one.match)))


def _shapes(tx: Session, tenant: str, event: str) -> list[list[str]]:
    query = select(SubscriptionShape).where(
        col(SubscriptionShape.tenant) == tenant, col(SubscriptionShape.event) == event
    )
    return [json.loads(shape.fields) for shape in tx.scalars(query.order_by(col(SubscriptionShape.fields)))]


def _change(tx: Session, tenant: str, which: Any, closed_at: datetime | None) -> None:
    tx.execute(
        update(Subscription).where(col(Subscription.tenant) == tenant, which).values(closed_at=closed_at)
    )
