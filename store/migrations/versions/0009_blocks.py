"""Blocks of orders for many clients, and the price of the market when an order was decided.

Revision ID: 0009
"""

from alembic import op

from store.migrations.parts import belongs_to, day, exact, index, moment, small, table, text, whole

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Orders of before were sent each for itself, and what the market stood at then was not kept."""
    op.add_column("orders", exact("arrival_price", optional=True))
    op.add_column("orders", text("block_id", optional=True))
    index("orders", "block_id")
    _blocks()
    _slices()
    _executions()


def _blocks() -> None:
    table(
        "blocks",
        ["block_id"],
        text("block_id"),
        text("etf"),
        text("side"),
        whole("units"),
        exact("limit_price", optional=True),
        exact("arrival_price"),
        whole("minimum_units"),
        text("broker"),
        text("effect_root"),
        text("workflow_id"),
        text("content_digest"),
        small("allocations"),
        moment("created_at"),
        moment("closed_at", optional=True),
        text("actor"),
    )


def _slices() -> None:
    table(
        "block_slices",
        ["client_order_id"],
        text("client_order_id"),
        text("block_id"),
        whole("units"),
        exact("limit_price", optional=True),
        text("broker"),
        text("broker_order_id", optional=True),
        text("state"),
        text("reason"),
        whole("cum_units"),
        exact("average_price", optional=True),
        moment("created_at"),
        moment("updated_at"),
        belongs_to("block_slices", "blocks", "block_id"),
    )
    index("block_slices", "block_id")


def _executions() -> None:
    table(
        "block_executions",
        ["broker", "execution_id"],
        text("broker"),
        text("execution_id"),
        text("client_order_id"),
        whole("units"),
        exact("price"),
        day("trade_date"),
        moment("executed_at"),
        moment("recorded_at"),
        small("allocation"),
        belongs_to("block_executions", "block_slices", "client_order_id"),
    )
    index("block_executions", "client_order_id")
