"""Parcel methods: which parcels a sale takes, by portfolio or by order, and which method chose them.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Portfolios that are there keep the method they were sold by: the oldest parcels first."""
    op.add_column("portfolios", sa.Column("parcel_method", sa.Text(), nullable=True))
    op.execute("UPDATE portfolios SET parcel_method = 'fifo'")
    op.add_column("orders", sa.Column("parcel_ids", sa.Text(), nullable=True))
    op.add_column("fills", sa.Column("parcels_by", sa.Text(), nullable=True))
