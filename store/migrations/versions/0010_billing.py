"""Fees that accrue and are invoiced; accounts that are closed.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

from store.migrations.parts import belongs_to, check, day, exact, index, moment, table, text, whole

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Nothing has accrued yet, and no account is closed."""
    op.add_column("accounts", moment("closed_at", optional=True))
    op.add_column("portfolios", text("closing_by", optional=True))
    create_invoices()
    create_accruals()
    create_work()


def create_invoices() -> None:
    """Invoices, with what was paid and waived of them."""
    cents = ("accrued_cents", "hours_cents", "gst_cents", "total_cents", "paid_cents", "waived_cents")
    table(
        "fee_invoices",
        ["invoice_id"],
        *(text(name) for name in ("invoice_id", "portfolio_id", "account_id")),
        day("since"),
        day("until"),
        *(whole(name) for name in cents),
        moment("issued_at"),
        text("actor"),
        belongs_to("fee_invoices", "accounts", "account_id"),
        belongs_to("fee_invoices", "portfolios", "portfolio_id"),
        check(
            "fee_invoices",
            "paid",
            "paid_cents >= 0 AND waived_cents >= 0 AND paid_cents + waived_cents <= total_cents",
        ),
    )
    index("fee_invoices", "account_id")


def create_accruals() -> None:
    """The fee of a portfolio's days."""
    table(
        "fee_accruals",
        ["portfolio_id", "through"],
        text("portfolio_id"),
        day("through"),
        day("since"),
        whole("balance_cents"),
        text("schedule"),
        exact("yearly"),
        moment("accrued_at"),
        text("effect_root"),
        text("invoice_id", optional=True),
        belongs_to("fee_accruals", "portfolios", "portfolio_id"),
        belongs_to("fee_accruals", "fee_invoices", "invoice_id"),
        check("fee_accruals", "days", "since <= through"),
    )


def create_work() -> None:
    """Work that is charged by the hour."""
    table(
        "fee_work",
        ["portfolio_id", "reference"],
        *(text(name) for name in ("portfolio_id", "reference", "role")),
        day("day"),
        sa.Column("minutes", sa.Integer(), nullable=False),
        whole("fee_cents"),
        moment("recorded_at"),
        text("actor"),
        text("invoice_id", optional=True),
        belongs_to("fee_work", "portfolios", "portfolio_id"),
        belongs_to("fee_work", "fee_invoices", "invoice_id"),
    )
