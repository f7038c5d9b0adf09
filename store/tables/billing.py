"""Fees: what has accrued of them, the work that is charged by the hour, and the invoices."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index
from sqlmodel import Field

from store.columns import Exact, Moment
from store.tables.base import Row
from store.tables.holdings import of_account, of_portfolio


def of_invoice() -> ForeignKeyConstraint:
    """The foreign key of rows that an invoice asks for."""
    return ForeignKeyConstraint(["tenant", "invoice_id"], ["fee_invoices.tenant", "fee_invoices.invoice_id"])


class FeeInvoice(Row, table=True):
    """An invoice for the fees of a portfolio; what is neither paid nor waived of it is a receivable."""

    __tablename__ = "fee_invoices"
    __table_args__ = (
        of_account(),
        of_portfolio(),
        CheckConstraint(
            "paid_cents >= 0 AND waived_cents >= 0 AND paid_cents + waived_cents <= total_cents", name="paid"
        ),
        Index(None, "tenant", "account_id"),
    )

    invoice_id: str = Field(primary_key=True)
    portfolio_id: str
    account_id: str
    since: date
    until: date
    accrued_cents: int = Field(sa_type=BigInteger)
    hours_cents: int = Field(sa_type=BigInteger)
    gst_cents: int = Field(sa_type=BigInteger)
    total_cents: int = Field(sa_type=BigInteger)
    paid_cents: int = Field(default=0, sa_type=BigInteger)
    waived_cents: int = Field(default=0, sa_type=BigInteger)
    issued_at: datetime = Field(sa_type=Moment)
    actor: str

    @property
    def open_cents(self) -> int:
        """What is still to be paid."""
        return self.total_cents - self.paid_cents - self.waived_cents


class FeeAccrual(Row, table=True):
    """The fee of the days from `since` through `through`, by the balance of one of them."""

    __tablename__ = "fee_accruals"
    __table_args__ = (of_portfolio(), of_invoice(), CheckConstraint("since <= through", name="days"))

    portfolio_id: str = Field(primary_key=True)
    through: date = Field(primary_key=True)
    since: date
    balance_cents: int = Field(sa_type=BigInteger)
    schedule: str
    yearly: Decimal = Field(sa_type=Exact)  # a year's fee on that balance, unrounded
    accrued_at: datetime = Field(sa_type=Moment)
    effect_root: str
    invoice_id: str | None = None  # None until it is invoiced

    @property
    def days(self) -> int:
        """How many days it covers."""
        return (self.through - self.since).days + 1


class FeeWork(Row, table=True):
    """Work for a client that is charged by the hour."""

    __tablename__ = "fee_work"
    __table_args__ = (of_portfolio(), of_invoice())

    portfolio_id: str = Field(primary_key=True)
    reference: str = Field(primary_key=True)
    role: str
    day: date
    minutes: int
    fee_cents: int = Field(sa_type=BigInteger)
    recorded_at: datetime = Field(sa_type=Moment)
    actor: str
    invoice_id: str | None = None
