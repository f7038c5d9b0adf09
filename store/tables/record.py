"""What was published, what was done, and what happened: releases, snapshots, effects, events."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from store.columns import Json, Moment
from store.tables.base import Row


class Snapshot(Row, table=True):
    """An immutable cut of the market, under the digest of its content."""

    __tablename__ = "snapshots"

    digest: str = Field(primary_key=True)
    source: str
    as_of: date
    simulated: bool
    partial: bool
    content: bytes
    created_at: datetime = Field(sa_type=Moment)
    actor: str


class Release(Row, table=True):
    """A published set of plans, catalogue files and tables, one JSON document under one digest."""

    __tablename__ = "releases"
    __table_args__ = (UniqueConstraint("tenant", "sequence"),)

    digest: str = Field(primary_key=True)
    sequence: int = Field(sa_type=BigInteger)
    document: str
    development: bool
    created_at: datetime = Field(sa_type=Moment)
    actor: str


class ReleaseDefinition(Row, table=True):
    """Which version and digest of each definition a release has."""

    __tablename__ = "release_definitions"

    release_digest: str = Field(primary_key=True)
    workflow: str = Field(primary_key=True)
    version: int
    digest: str


class EffectRow(Row, table=True):
    """An effect that was done: what was asked, by fingerprint, and what came of it."""

    __tablename__ = "effects"

    key: str = Field(primary_key=True)
    content_digest: str
    content_fields: Any = Field(sa_type=Json)  # {path: fingerprint}, to say what differs
    result: str | None = None  # JSON; NULL only inside the transaction that does it


class EventRow(Row, table=True):
    """One event of the log, never changed. See store/events.py for the chain."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("tenant", "stream", "sequence"),
        Index(None, "tenant", "name", "position"),
        Index(None, "tenant", "event_id", unique=True),
    )

    position: int = Field(primary_key=True, sa_type=BigInteger)  # the cursor over all streams
    stream: str
    sequence: int = Field(sa_type=BigInteger)
    event_id: str
    kind: str  # fact, business or audit
    name: str
    data: str  # JSON, hashed as it stands
    customer_id: str | None = None  # whose key `personal` is encrypted under
    personal: bytes | None = None
    at: str  # ISO 8601 in UTC, with microseconds: sorts as time, hashed as it stands
    actor: str
    workflow_id: str
    effect_root: str
    effect_key: str
    previous: str
    digest: str


class EventCheckpoint(Row, table=True):
    """The end of a tenant's log: how many events there are, and the digest over all of them."""

    __tablename__ = "event_checkpoints"

    position: int = Field(sa_type=BigInteger)
    digest: str
