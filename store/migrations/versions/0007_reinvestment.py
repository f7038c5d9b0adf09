"""Reinvestment: whether a portfolio takes units for its distributions.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Nobody has asked for units yet."""
    op.add_column(
        "portfolios", sa.Column("reinvest", sa.Boolean(), nullable=False, server_default=sa.false())
    )
