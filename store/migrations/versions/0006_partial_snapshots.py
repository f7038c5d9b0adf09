"""Snapshots that lack ETFs of the universe, which nothing takes unasked.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """What was stored before was taken by runs, and stays so."""
    op.add_column("snapshots", sa.Column("partial", sa.Boolean(), nullable=False, server_default=sa.false()))
