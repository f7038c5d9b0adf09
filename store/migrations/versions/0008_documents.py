"""Documents: reports and statements that are kept for clients.

Revision ID: 0008
"""

from store.migrations.parts import append_only, belongs_to, moment, sealed, small, table, text, unique

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Nothing was kept before."""
    table(
        "documents",
        ["document_id"],
        *(text(name) for name in ("document_id", "customer_id", "portfolio_id", "kind", "period")),
        small("version"),
        text("digest"),
        sealed("content"),
        moment("made_at"),
        text("effect_root"),
        text("actor"),
        belongs_to("documents", "customers", "customer_id"),
        belongs_to("documents", "portfolios", "portfolio_id"),
        unique("documents", "portfolio_id", "kind", "period", "version"),
    )
    append_only("documents")
