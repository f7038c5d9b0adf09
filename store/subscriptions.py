"""Subscriptions: which run takes which business event as which signal.

A run is found by the digest of the event's name and of the fields that it compares, never by a scan.
From the moment that a run subscribes no event is missed, and none is counted twice: subscribing holds
the end of the log, what came before is told to the run then, what comes after is dispatched to it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlmodel import Session, col

from payloads import plain_json
from store import events
from store.events import Event
from store.sql import insert_missing
from store.tables import Subscription, SubscriptionShape

# A run is reset soon after it failed, while Temporal still has its history.
MAY_BE_RESET = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A run: the root of its effects, its workflow id, and the first of its runs in Temporal."""

    effect_root: str
    workflow_id: str
    first_run_id: str


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
    tx: Session, tenant: str, subscriber: Subscriber, wanted: Sequence[Wanted], begun: datetime
) -> list[Taken]:
    """Let a run take these events from now on, and no others; those that came since it `begun`, in order.

    Asking again changes nothing and answers the same.
    """
    end = events.hold_end(tx, tenant)
    rows = _rows(tx, tenant, subscriber.effect_root)
    missed: list[tuple[int, Taken]] = []
    for line, one in enumerate(wanted):
        row = rows.pop(line, None)
        digest = digest_of(one.event, one.match)
        if row is None or (row.match_digest, row.signal) != (digest, one.signal):
            if row is not None:
                tx.delete(row)
                tx.flush()
            row = _row(tenant, subscriber, line, one, digest, end)
            insert_missing(tx, _shape(tenant, one))
        row.failed_at = None
        tx.add(row)
        missed += _missed(tx, tenant, row, one, begun)
    for row in rows.values():
        tx.delete(row)
    tx.flush()
    return [taken for _, taken in sorted(missed, key=lambda found: found[0])]


def unsubscribe(tx: Session, tenant: str, effect_root: str, failed_at: datetime | None = None) -> None:
    """The run has ended and takes no more events; one that failed may be reset, and then takes them again."""
    rows = (col(Subscription.tenant) == tenant, col(Subscription.effect_root) == effect_root)
    if failed_at is None:
        tx.execute(delete(Subscription).where(*rows))
    else:
        tx.execute(update(Subscription).where(*rows).values(failed_at=failed_at))


def find(tx: Session, tenant: str, effect_root: str, line: int) -> Subscription | None:
    """One subscription, None when it is gone."""
    return tx.get(Subscription, (tenant, effect_root, line))


def takers(
    tx: Session, tenant: str, event: Event, data: Mapping[str, Any], now: datetime
) -> list[Subscription]:
    """The subscriptions that take this event, which came after they were made.

    Those of runs that failed lately are among them: whether such a run was reset, only Temporal knows.
    """
    found: list[Subscription] = []
    for fields in _shapes(tx, tenant, event.name):
        if not all(name in data for name in fields):
            continue
        query = select(Subscription).where(
            col(Subscription.tenant) == tenant,
            col(Subscription.event) == event.name,
            col(Subscription.match_digest) == digest_of(event.name, {name: data[name] for name in fields}),
            or_(col(Subscription.failed_at).is_(None), col(Subscription.failed_at) > now - MAY_BE_RESET),
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
    tenant: str, subscriber: Subscriber, line: int, one: Wanted, digest: str, since: int
) -> Subscription:
    return Subscription(
        tenant=tenant,
        effect_root=subscriber.effect_root,
        workflow_id=subscriber.workflow_id,
        first_run_id=subscriber.first_run_id,
        line=line,
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
