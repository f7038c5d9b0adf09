"""Triggers: subscriptions, what is to be dispatched, states of thresholds; ids of events are unique.

Revision ID: 0002
"""

from alembic import op

from store.migrations.parts import index, moment, small, table, text, whole

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
        small("line"),
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
        small("trigger"),
        text("scope", optional=True),
        text("effect_root"),
        small("line"),
        small("attempts"),
        moment("not_before", optional=True),
    )
    index("dispatches", "position")


def create_threshold_states() -> None:
    """Where each threshold stands for each portfolio."""
    table(
        "threshold_states",
        ["workflow", "trigger", "portfolio_id"],
        text("workflow"),
        small("trigger"),
        text("portfolio_id"),
        text("state"),
        moment("since"),
        moment("fired_at", optional=True),
        small("firings"),
        text("metrics"),
        moment("measured_at"),
        text("fault"),
    )
    index("threshold_states", "portfolio_id")
