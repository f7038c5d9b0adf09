"""Pods of holdings: which pods asked for the ETFs of a portfolio.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"


def upgrade() -> None:
    """Of targets that were set before, nobody knows."""
    op.add_column("portfolios", sa.Column("pods_by_etf", sa.Text(), nullable=False, server_default="{}"))
