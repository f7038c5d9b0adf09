"""The event log: append-only, chained by stream, closed off by one checkpoint a tenant.

Each event carries the digest of the one before it in its stream. Its own digest is the sha256 of
the canonical JSON (RFC 8785) of the whole row: texts as they stand, bytes in base64, so that money
is text and personal data is ciphertext. The checkpoint is a second chain over all events of a
tenant in the order they were appended: digest' = sha256(digest, event's digest). It covers the
head of every stream at once, so a cut tail and a lost stream are found. It is also the lock that
appends of a tenant queue at, which makes `position` a cursor without gaps: a reader that has seen
position 7 will never be shown a new event before it.
"""

import base64
import hashlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any, Literal

import rfc8785
from sqlalchemy import select
from sqlmodel import Session, col

from payloads import plain_json
from store.errors import StoreError
from store.sql import insert_missing
from store.tables import EventCheckpoint, EventRow
from store.vault import CustomerErased, seal, unseal

Kind = Literal["fact", "business", "audit"]
CLIENT = "client:"
GENESIS = "0" * 64
EVENT_ID_LENGTH = 20
DEFAULT_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the log; `position` is the cursor to read on from."""

    position: int
    event_id: str
    stream: str
    sequence: int
    kind: str
    name: str
    data: dict[str, Any]
    at: datetime
    actor: str
    workflow_id: str
    effect_root: str
    digest: str
    has_personal: bool


def client_stream(customer_id: str) -> str:
    """The stream of a client's facts."""
    return CLIENT + customer_id


def append(
    tx: Session,
    tenant: str,
    stream: str,
    name: str,
    data: Mapping[str, Any],
    *,
    at: datetime,
    kind: Kind = "fact",
    personal: Mapping[str, Any] | None = None,
    customer_id: str | None = None,
    actor: str = "system",
    workflow_id: str = "",
    effect_root: str = "",
    key: str = "",
    event_id: str | None = None,
) -> Event:
    """Append an event to the end of `stream`, in the caller's transaction.

    `event_id` is unique among a tenant's events; by default it follows from the place in the stream.
    `personal` is encrypted under the key of `customer_id`, by default the client whose stream it is.
    Appending again appends again: go through `effects.once`.
    """
    end = _end(tx, tenant)
    last = _last(tx, tenant, stream)
    row = EventRow(
        tenant=tenant,
        position=end.position + 1,
        stream=stream,
        sequence=last.sequence + 1 if last else 1,
        event_id="",
        kind=kind,
        name=name,
        data=plain_json.dumps(data),
        at=at.astimezone(UTC).isoformat(timespec="microseconds"),
        actor=actor,
        workflow_id=workflow_id,
        effect_root=effect_root,
        effect_key=key,
        previous=last.digest if last else GENESIS,
        digest="",
    )
    row.event_id = event_id or _event_id(row)
    if personal is not None:
        row.customer_id = customer_id or _subject(stream)
        row.personal = seal(tx, tenant, row.customer_id, _place(stream, row.sequence), personal)
    row.digest = digest_of(row)
    end.position, end.digest = row.position, chained(end.digest, row.digest)
    tx.add(row)
    tx.add(end)
    tx.flush()
    return _event(row)


def read(
    tx: Session,
    tenant: str,
    *,
    after: int = 0,
    stream: str | None = None,
    name: str | None = None,
    kind: Kind | None = None,
    limit: int = DEFAULT_LIMIT,
) -> list[Event]:
    """Up to `limit` events after position `after`, oldest first, of one stream, name or kind if given."""
    query = select(EventRow).where(col(EventRow.tenant) == tenant, col(EventRow.position) > after)
    if stream is not None:
        query = query.where(col(EventRow.stream) == stream)
    if name is not None:
        query = query.where(col(EventRow.name) == name)
    if kind is not None:
        query = query.where(col(EventRow.kind) == kind)
    rows = tx.scalars(query.order_by(col(EventRow.position)).limit(limit))
    return [_event(row) for row in rows]


def find(tx: Session, tenant: str, event_id: str) -> Event | None:
    """The event of that id, None if there is none."""
    query = select(EventRow).where(col(EventRow.tenant) == tenant, col(EventRow.event_id) == event_id)
    row = tx.scalars(query).first()
    return None if row is None else _event(row)


def at(tx: Session, tenant: str, position: int) -> Event:
    """The event at a position that is in the log."""
    return _event(tx.get_one(EventRow, (tenant, position)))


def since(tx: Session, tenant: str, name: str, moment: datetime, upto: int) -> list[Event]:
    """The events of a name from `moment` on, up to position `upto`, oldest first."""
    query = (
        select(EventRow)
        .where(col(EventRow.tenant) == tenant, col(EventRow.name) == name, col(EventRow.position) <= upto)
        .order_by(col(EventRow.position).desc())
        .execution_options(yield_per=DEFAULT_LIMIT)
    )
    first = moment.astimezone(UTC).isoformat(timespec="microseconds")
    # Newest first, and no further than needed: a run looks back over the moments since its own start.
    with closing(tx.scalars(query)) as rows:
        return [_event(row) for row in takewhile(lambda row: row.at >= first, rows)][::-1]


def whole_data(tx: Session, tenant: str, event: Event) -> dict[str, Any]:
    """The event's data with its personal part, which is left out once the person is erased."""
    try:
        return {**event.data, **personal_of(tx, tenant, event)}
    except CustomerErased:
        return event.data


def hold_end(tx: Session, tenant: str) -> int:
    """The position of the last event; nothing is appended behind it until the transaction ends."""
    return _end(tx, tenant).position


def personal_of(tx: Session, tenant: str, event: Event) -> dict[str, Any]:
    """The personal part of an event, {} if it has none; CustomerErased once the key is destroyed."""
    row = tx.get_one(EventRow, (tenant, event.position))
    if row.personal is None or row.customer_id is None:
        return {}
    opened: dict[str, Any] = unseal(
        tx, tenant, row.customer_id, _place(row.stream, row.sequence), row.personal
    )
    return opened


def checkpoint(tx: Session, tenant: str) -> tuple[int, str]:
    """How many events the tenant has, and the digest over all of them, to be kept elsewhere."""
    end = tx.get(EventCheckpoint, tenant)
    return (end.position, end.digest) if end else (0, GENESIS)


def digest_of(row: EventRow) -> str:
    """The digest that an event with these columns must have."""
    columns = {name: _canonical(value) for name, value in row.model_dump(exclude={"digest"}).items()}
    return hashlib.sha256(rfc8785.dumps(columns)).hexdigest()


def chained(before: str, digest: str) -> str:
    """The checkpoint's digest after one more event."""
    return hashlib.sha256(f"{before}{digest}".encode()).hexdigest()


def _canonical(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _end(tx: Session, tenant: str) -> EventCheckpoint:
    """The checkpoint row, locked until the transaction ends."""
    end = tx.get(EventCheckpoint, tenant, with_for_update=True, populate_existing=True)
    if end is None:
        insert_missing(tx, EventCheckpoint(tenant=tenant, position=0, digest=GENESIS))
        end = tx.get_one(EventCheckpoint, tenant, with_for_update=True, populate_existing=True)
    return end


def _last(tx: Session, tenant: str, stream: str) -> EventRow | None:
    query = select(EventRow).where(col(EventRow.tenant) == tenant, col(EventRow.stream) == stream)
    return tx.scalars(query.order_by(col(EventRow.sequence).desc()).limit(1)).first()


def _event_id(row: EventRow) -> str:
    hashed = hashlib.sha256("\x1f".join((row.tenant, row.stream, str(row.sequence))).encode()).digest()
    return base64.b32encode(hashed).decode()[:EVENT_ID_LENGTH]


def _subject(stream: str) -> str:
    if not stream.startswith(CLIENT):
        raise StoreError(
            f"the event on stream {stream} has personal data but no client; append it to a stream "
            f"{CLIENT}<customer id>, or name the customer"
        )
    return stream.removeprefix(CLIENT)


def _place(stream: str, sequence: int) -> str:
    return f"events/{stream}/{sequence}"


def _event(row: EventRow) -> Event:
    return Event(
        position=row.position,
        event_id=row.event_id,
        stream=row.stream,
        sequence=row.sequence,
        kind=row.kind,
        name=row.name,
        data=plain_json.loads(row.data),
        at=datetime.fromisoformat(row.at),
        actor=row.actor,
        workflow_id=row.workflow_id,
        effect_root=row.effect_root,
        digest=row.digest,
        has_personal=row.personal is not None,
    )
