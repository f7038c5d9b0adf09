"""Trained policies of agents, and training that is under way.

Revision ID: 0004
"""

from store.migrations.parts import index, moment, sealed, table, text, whole

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create both tables; nothing was trained before."""
    table(
        "policies",
        ["digest"],
        *(text(name) for name in ("digest", "question", "pod", "agent", "algorithm", "snapshot")),
        whole("seed"),
        sealed("content"),
        text("report"),
        moment("created_at"),
        text("actor"),
    )
    index("policies", "question", "seed")
    table(
        "policy_checkpoints",
        ["digest"],
        text("digest"),
        whole("done"),
        sealed("content"),
        moment("updated_at"),
    )
