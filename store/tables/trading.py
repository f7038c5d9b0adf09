"""Orders and their fills, who may trade what, and where trading is halted."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index
from sqlmodel import Field

from store.columns import Exact, Json, Moment
from store.tables.base import Row
from store.tables.holdings import of_portfolio


class OrderState(StrEnum):
    """The life of an order, after FIX; `intended` is stored before anything is sent."""

    INTENDED = "intended"
    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    PENDING_CANCEL = "pending_cancel"
    PENDING_REPLACE = "pending_replace"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"


OPEN_STATES = (
    OrderState.INTENDED,
    OrderState.NEW,
    OrderState.PARTIALLY_FILLED,
    OrderState.PENDING_CANCEL,
    OrderState.PENDING_REPLACE,
)


class Order(Row, table=True):
    """The intent to trade, and what became of it.

    `client_order_id` is the effect key of the order's line. `reserved_cents` is the cash that an open
    buy order may still take: it falls with each fill and is 0 once the order is closed. An order with a
    `block_id` is a client's part of a block: the broker never sees it, its fills are shares of the block's.
    """

    __tablename__ = "orders"
    __table_args__ = (
        of_portfolio(),
        CheckConstraint("reserved_cents >= 0", name="reserved"),
        Index(None, "tenant", "portfolio_id"),
        Index(None, "tenant", "effect_root"),
        Index(None, "tenant", "block_id"),
    )

    client_order_id: str = Field(primary_key=True)
    portfolio_id: str
    account_id: str
    effect_root: str
    workflow_id: str
    line: int  # its place in the list of trades
    content_digest: str
    etf: str
    side: str  # buy or sell
    units: int = Field(sa_type=BigInteger)
    limit_price: Decimal | None = Field(default=None, sa_type=Exact)
    price: Decimal | None = Field(default=None, sa_type=Exact)  # that the intent was planned with
    planned_value_cents: int | None = Field(default=None, sa_type=BigInteger)
    planned_cost_cents: int | None = Field(default=None, sa_type=BigInteger)
    arrival_price: Decimal | None = Field(default=None, sa_type=Exact)  # the market's, when it was decided
    block_id: str | None = None
    parcel_ids: list[str] | None = Field(default=None, sa_type=Json)  # of a sell; none: by method
    broker: str
    broker_order_id: str | None = None
    state: str = OrderState.INTENDED
    reason: str = ""  # of a rejection
    cum_units: int = Field(default=0, sa_type=BigInteger)
    average_price: Decimal | None = Field(default=None, sa_type=Exact)
    reserved_cents: int = Field(default=0, sa_type=BigInteger)
    reported_by: str | None = None  # effect key of the call that reported its fills
    created_at: datetime = Field(sa_type=Moment)
    updated_at: datetime = Field(sa_type=Moment)
    actor: str


class Fill(Row, table=True):
    """One execution that the broker reported, booked once and never changed."""

    __tablename__ = "fills"
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "client_order_id"], ["orders.tenant", "orders.client_order_id"]),
        Index(None, "tenant", "client_order_id"),
    )

    broker: str = Field(primary_key=True)
    execution_id: str = Field(primary_key=True)
    client_order_id: str
    units: int = Field(sa_type=BigInteger)
    price: Decimal = Field(sa_type=Exact)
    fees_cents: int = Field(sa_type=BigInteger)
    parcels_by: str | None = None  # the method that chose the parcels of a sale
    executed_at: datetime = Field(sa_type=Moment)
    booked_at: datetime = Field(sa_type=Moment)


class Lease(Row, table=True):
    """Who may trade a portfolio now; without an owner it is free. `fence` grows with each new owner."""

    __tablename__ = "leases"

    resource: str = Field(primary_key=True)
    owner: str | None = None  # an effect root
    workflow_id: str | None = None
    fence: int = Field(default=0, sa_type=BigInteger)
    tickets: int = Field(default=0, sa_type=BigInteger)  # handed out to waiters so far
    acquired_at: datetime | None = Field(default=None, sa_type=Moment)
    expires_at: datetime | None = Field(default=None, sa_type=Moment)


class LeaseWaiter(Row, table=True):
    """Who waits for a lease, in the order of tickets; one that stops asking loses its place."""

    __tablename__ = "lease_waiters"

    resource: str = Field(primary_key=True)
    owner: str = Field(primary_key=True)
    workflow_id: str
    ticket: int = Field(sa_type=BigInteger)
    expires_at: datetime = Field(sa_type=Moment)


class TradingHalt(Row, table=True):
    """A halt of trading: of everything, of one ETF, or at one broker. Resuming deletes the row."""

    __tablename__ = "trading_halts"

    scope: str = Field(primary_key=True)  # all, etf or broker
    subject: str = Field(primary_key=True)  # the ETF or broker, empty for all
    reason: str = ""
    since: datetime = Field(sa_type=Moment)
    actor: str
