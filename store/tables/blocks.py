"""Blocks: one order for many clients, the slices that the broker gets of it, and what those filled."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index
from sqlmodel import Field

from store.columns import Exact, Moment
from store.tables.base import Row
from store.tables.trading import OrderState


class Block(Row, table=True):
    """What is traded for many clients at once; each client's part is an order with this `block_id`."""

    __tablename__ = "blocks"

    block_id: str = Field(primary_key=True)
    etf: str
    side: str  # buy or sell
    units: int = Field(sa_type=BigInteger)
    limit_price: Decimal | None = Field(default=None, sa_type=Exact)
    arrival_price: Decimal = Field(sa_type=Exact)  # the market's, when it was decided
    minimum_units: int = Field(sa_type=BigInteger)  # the fewest that a client is given of what filled
    broker: str
    effect_root: str
    workflow_id: str
    content_digest: str
    allocations: int = 0  # how often something was shared out
    created_at: datetime = Field(sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    actor: str


class BlockSlice(Row, table=True):
    """An order at the broker for a part of a block; its id is the effect key of the step that sent it."""

    __tablename__ = "block_slices"
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "block_id"], ["blocks.tenant", "blocks.block_id"]),
        Index(None, "tenant", "block_id"),
    )

    client_order_id: str = Field(primary_key=True)
    block_id: str
    units: int = Field(sa_type=BigInteger)
    limit_price: Decimal | None = Field(default=None, sa_type=Exact)
    broker: str
    broker_order_id: str | None = None
    state: str = OrderState.INTENDED
    reason: str = ""  # of a rejection
    cum_units: int = Field(default=0, sa_type=BigInteger)
    average_price: Decimal | None = Field(default=None, sa_type=Exact)
    created_at: datetime = Field(sa_type=Moment)
    updated_at: datetime = Field(sa_type=Moment)


class BlockExecution(Row, table=True):
    """One execution of a slice, recorded once; `allocation` is 0 until the clients have their parts of it."""

    __tablename__ = "block_executions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant", "client_order_id"], ["block_slices.tenant", "block_slices.client_order_id"]
        ),
        Index(None, "tenant", "client_order_id"),
    )

    broker: str = Field(primary_key=True)
    execution_id: str = Field(primary_key=True)
    client_order_id: str
    units: int = Field(sa_type=BigInteger)
    price: Decimal = Field(sa_type=Exact)
    trade_date: date
    executed_at: datetime = Field(sa_type=Moment)
    recorded_at: datetime = Field(sa_type=Moment)
    allocation: int = 0
