"""Triggers: subscriptions, what is to be dispatched, states of thresholds; ids of events are unique.

Revision ID: 0002
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables; what is in the log already stays undispatched: nobody waited for it."""
    create_subscriptions()
    create_dispatches()
    create_threshold_states()
    op.drop_index("ix_events_tenant_name", "events")
    index("events", "name", "position")
    index("events", "event_id", unique=True)
    op.execute(
        "INSERT INTO dispatch_cursors (tenant, position) SELECT tenant, position FROM event_checkpoints"
    )


def create_subscriptions() -> None:
    """Who takes which event as a signal."""
    table(
        "subscriptions",
        ["effect_root", "line"],
        text("effect_root"),
        sa.Column("line", sa.Integer(), nullable=False),
        text("workflow_id"),
        text("first_run_id"),
        text("event"),
        text("match_digest"),
        text("signal"),
        text("takes", optional=True),
        whole("since"),
        moment("failed_at", optional=True),
    )
    index("subscriptions", "event", "match_digest")
    table("subscription_shapes", ["event", "fields"], text("event"), text("fields"))


def create_dispatches() -> None:
    """The dispatcher's place in the log, and what it has decided to do."""
    table("dispatch_cursors", [], whole("position"))
    table(
        "dispatches",
        ["dispatch_id"],
        text("dispatch_id"),
        whole("position"),
        text("workflow_id"),
        text("release"),
        text("workflow"),
        sa.Column("trigger", sa.Integer(), nullable=False),
        text("scope", optional=True),
        text("effect_root"),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        moment("not_before", optional=True),
    )
    index("dispatches", "position")


def create_threshold_states() -> None:
    """Where each threshold stands for each portfolio."""
    table(
        "threshold_states",
        ["workflow", "trigger", "portfolio_id"],
        text("workflow"),
        sa.Column("trigger", sa.Integer(), nullable=False),
        text("portfolio_id"),
        text("state"),
        moment("since"),
        moment("fired_at", optional=True),
        sa.Column("firings", sa.Integer(), nullable=False),
        text("metrics"),
        moment("measured_at"),
        text("fault"),
    )
    index("threshold_states", "portfolio_id")


def table(name: str, key: list[str], *parts: Any) -> None:
    """A table whose key is the tenant and `key`."""
    primary = sa.PrimaryKeyConstraint("tenant", *key, name=f"pk_{name}")
    op.create_table(name, text("tenant"), *parts, primary)


def index(name: str, *columns: str, unique: bool = False) -> None:
    """An index within a tenant."""
    columns = ("tenant", *columns)
    op.create_index(f"ix_{name}_{'_'.join(columns)}", name, columns, unique=unique)


def text(name: str, optional: bool = False) -> sa.Column[Any]:
    """Text, also of JSON."""
    return sa.Column(name, sa.Text(), nullable=optional)


def whole(name: str) -> sa.Column[Any]:
    """A position in the log."""
    return sa.Column(name, sa.BigInteger(), nullable=False)


def moment(name: str, optional: bool = False) -> sa.Column[Any]:
    """A moment in UTC."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=optional)
