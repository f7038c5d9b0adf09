"""Mandates: what an agreement gives, and what a portfolio is managed by.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Whoever signed before there were mandates is asked for each proposal."""
    for table in ("agreements", "portfolios"):
        op.add_column(table, sa.Column("mandate", sa.Text(), nullable=False, server_default="advised"))
