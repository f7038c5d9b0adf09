"""Trained policies of agents, and training that is under way.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create both tables; nothing was trained before."""
    op.create_table(
        "policies",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("tenant", "digest", "question", "pod")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("agent", "algorithm", "snapshot")),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "digest", name="pk_policies"),
    )
    op.create_index("ix_policies_tenant_question_seed", "policies", ["tenant", "question", "seed"])
    op.create_table(
        "policy_checkpoints",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "digest", name="pk_policy_checkpoints"),
    )
