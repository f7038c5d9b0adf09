"""What clients own: accounts and deposits, portfolios and their positions."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, false
from sqlmodel import Field

from store.columns import Exact, Json, Moment
from store.tables.base import Row
from store.tables.clients import of_customer


def of_account() -> ForeignKeyConstraint:
    """The foreign key of rows that belong to an account."""
    return ForeignKeyConstraint(["tenant", "account_id"], ["accounts.tenant", "accounts.account_id"])


def of_portfolio() -> ForeignKeyConstraint:
    """The foreign key of rows that belong to a portfolio."""
    return ForeignKeyConstraint(["tenant", "portfolio_id"], ["portfolios.tenant", "portfolios.portfolio_id"])


class Account(Row, table=True):
    """The cash account of a client."""

    __tablename__ = "accounts"
    __table_args__ = (of_customer(),)

    account_id: str = Field(primary_key=True)
    customer_id: str
    currency: str
    opened_at: datetime = Field(sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)  # nothing is booked from then on


class Deposit(Row, table=True):
    """A deposit that a client was asked for, and what came in."""

    __tablename__ = "deposits"
    __table_args__ = (of_account(),)

    reference: str = Field(primary_key=True)
    account_id: str
    amount_cents: int = Field(sa_type=BigInteger)
    currency: str
    requested_at: datetime = Field(sa_type=Moment)
    received_at: datetime | None = Field(default=None, sa_type=Moment)
    actor: str


class Portfolio(Row, table=True):
    """A portfolio: `opened`, `invested`, `managed`, `closing`, `closed`; its targets and what they rest on.

    The firm's own, which takes over wrong trades, is `house` for good.
    """

    __tablename__ = "portfolios"
    __table_args__ = (of_customer(), of_account())

    portfolio_id: str = Field(primary_key=True)
    customer_id: str
    account_id: str
    state: str
    # `advised`: the client decides on each proposal; `discretionary`: the firm does
    mandate: str = Field(default="advised", sa_column_kwargs={"server_default": "advised"})
    # whether distributions are taken in units where the fund offers them
    reinvest: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    # fifo, lifo, highest_cost or lowest_tax; none: the house's
    parcel_method: str | None = None
    risk_score: int | None = None
    risk_category: str | None = None
    marginal_rate: Decimal | None = Field(default=None, sa_type=Exact)
    pods: Any = Field(default_factory=dict, sa_type=Json)  # {POD: weight}
    target: Any = Field(default_factory=dict, sa_type=Json)  # {ETF: weight}
    # {ETF: {POD: share}}: which pods asked for the ETF, the shares adding up to 1
    pods_by_etf: Any = Field(default_factory=dict, sa_type=Json, sa_column_kwargs={"server_default": "{}"})
    target_snapshot: str | None = None
    benchmark_id: str | None = None
    opened_at: datetime = Field(sa_type=Moment)
    invested_at: datetime | None = Field(default=None, sa_type=Moment)
    managed_at: datetime | None = Field(default=None, sa_type=Moment)
    closing_by: str | None = None  # the effect root of the run that closes it


class Position(Row, table=True):
    """How many units of an ETF a portfolio holds. With parcels and disposals, made from the ledger."""

    __tablename__ = "positions"
    __table_args__ = (of_portfolio(), CheckConstraint("units >= 0", name="units"))

    portfolio_id: str = Field(primary_key=True)
    etf: str = Field(primary_key=True)
    units: int = Field(sa_type=BigInteger)


class Parcel(Row, table=True):
    """Units bought together: `units` and `cost_base_cents` are what is left of them (0 when all are sold)."""

    __tablename__ = "parcels"
    __table_args__ = (
        of_portfolio(),
        CheckConstraint("units >= 0 AND units <= units_bought", name="units"),
        Index(None, "tenant", "portfolio_id"),
    )

    parcel_id: str = Field(primary_key=True)
    portfolio_id: str
    etf: str
    acquired: date
    units_bought: int = Field(sa_type=BigInteger)
    units: int = Field(sa_type=BigInteger)
    cost_base_cents: int = Field(sa_type=BigInteger)


class ParcelDisposal(Row, table=True):
    """Units of a parcel that were disposed of, with their share of cost base and of proceeds."""

    __tablename__ = "parcel_disposals"
    __table_args__ = (of_portfolio(), Index(None, "tenant", "portfolio_id"))

    parcel_id: str = Field(primary_key=True)
    reference: str = Field(primary_key=True)  # of the ledger's entry
    portfolio_id: str
    etf: str
    acquired: date
    disposed: date
    units: int = Field(sa_type=BigInteger)
    cost_base_cents: int = Field(sa_type=BigInteger)
    proceeds_cents: int = Field(sa_type=BigInteger)
