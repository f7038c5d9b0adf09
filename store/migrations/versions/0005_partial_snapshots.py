"""Snapshots that lack ETFs of the universe, which nothing takes unasked.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """What was stored before was taken by runs, and stays so."""
    op.add_column("snapshots", sa.Column("partial", sa.Boolean(), nullable=False, server_default=sa.false()))
