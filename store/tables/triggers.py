"""What starts runs and wakes them: subscriptions, the dispatcher's place in the log, states of thresholds."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from store.columns import Json, Moment
from store.tables.base import Row


class Subscription(Row, table=True):
    """A run that takes a business event as a signal, found by the digest of what must be equal.

    `since` is the position of the log when the run subscribed; `takes` names the fields that its signal
    declares, null for all. A run that has failed keeps its rows for a while: it may be reset.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (Index(None, "tenant", "event", "match_digest"),)

    effect_root: str = Field(primary_key=True)
    line: int = Field(primary_key=True)  # its place in `subscribe`
    workflow_id: str
    first_run_id: str  # tells this run from another one under the same workflow id
    event: str
    match_digest: str
    signal: str
    takes: list[str] | None = Field(default=None, sa_type=Json)
    since: int = Field(sa_type=BigInteger)
    failed_at: datetime | None = Field(default=None, sa_type=Moment)


class SubscriptionShape(Row, table=True):
    """Which fields of an event some subscription compares: one look-up for each of these rows."""

    __tablename__ = "subscription_shapes"

    event: str = Field(primary_key=True)
    fields: str = Field(primary_key=True)  # JSON list, sorted


class DispatchCursor(Row, table=True):
    """The position of the last event that the dispatcher has routed."""

    __tablename__ = "dispatch_cursors"

    position: int = Field(sa_type=BigInteger)


class Dispatch(Row, table=True):
    """A start or a signal that is decided and not yet done; its row goes when it is.

    Starts name a trigger of a release by its place, and the event at `position` or the `scope` that its
    input is made of; signals name a subscription by effect root and line. Nothing personal is kept here.
    """

    __tablename__ = "dispatches"
    __table_args__ = (Index(None, "tenant", "position"),)

    dispatch_id: str = Field(primary_key=True)
    position: int = Field(sa_type=BigInteger)  # of the event; 0 for a threshold
    workflow_id: str  # that is started or signalled
    release: str = ""
    workflow: str = ""
    trigger: int = 0
    scope: dict[str, Any] | None = Field(default=None, sa_type=Json)
    effect_root: str = ""
    line: int = 0
    attempts: int = 0
    not_before: datetime | None = Field(default=None, sa_type=Moment)


class ThresholdState(Row, table=True):
    """Where one threshold stands for one portfolio, and the metrics that were measured last.

    `fault` says why the last measurement could not be judged, empty when it could.
    """

    __tablename__ = "threshold_states"
    __table_args__ = (Index(None, "tenant", "portfolio_id"),)

    workflow: str = Field(primary_key=True)
    trigger: int = Field(primary_key=True)
    portfolio_id: str = Field(primary_key=True)
    state: str  # armed, fired or cooling
    since: datetime = Field(sa_type=Moment)
    fired_at: datetime | None = Field(default=None, sa_type=Moment)
    firings: int = 0
    metrics: Any = Field(sa_type=Json)
    measured_at: datetime = Field(sa_type=Moment)
    fault: str = ""
