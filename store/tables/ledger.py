"""The ledger: entries in double entry that are only ever added, and where each cent of them stands."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field, col

from store.columns import Moment
from store.tables.base import Row
from store.tables.holdings import of_account


class Book(StrEnum):
    """The books of an account: what the client owns or spent is positive, where it came from negative."""

    CASH = "cash"  # settled money at the bank
    UNSETTLED = "unsettled"  # trades until their settlement day: positive is still to come in
    SECURITIES = "securities"  # units at their cost base
    FEES = "fees"  # what the client was charged for advice and administration
    OWED = "owed"  # what of it is still to be paid: negative, because it is the firm's
    WITHHELD = "withheld"  # tax that was kept back from income
    INCOME = "income"  # distributions and interest
    GAINS = "gains"  # proceeds above (negative) or below (positive) the cost base of what was sold
    CAPITAL = "capital"  # what the client paid in, less what they took out


MONEY = (Book.CASH, Book.UNSETTLED)


class LedgerEntry(Row, table=True):
    """One thing that happened to an account, never changed; a mistake is reversed by another entry.

    `reference` is unique in its account, so that a deposit or a fill is booked once.
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (of_account(), UniqueConstraint("tenant", "account_id", "reference"))

    account_id: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=BigInteger)
    reference: str
    kind: str  # deposit, withdrawal, purchase, sale, settlement, distribution, fee, reversal, ...
    effective: date  # the day it counts for: of the trade, the payment
    currency: str
    reverses: str | None = None  # the reference of the entry that this one takes back
    reason: str = ""
    booked_at: datetime = Field(sa_type=Moment)
    effect_root: str
    actor: str


class LedgerPosting(Row, table=True):
    """One line of an entry: the lines of an entry add up to zero."""

    __tablename__ = "ledger_postings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant", "account_id", "sequence"],
            ["ledger_entries.tenant", "ledger_entries.account_id", "ledger_entries.sequence"],
        ),
        Index(None, "tenant", "account_id", "book"),
        Index(None, "tenant", "portfolio_id"),
    )

    account_id: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=BigInteger)
    line: int = Field(primary_key=True)
    book: str
    amount_cents: int = Field(sa_type=BigInteger)
    settles_on: date | None = None  # of unsettled trades
    portfolio_id: str | None = None  # of securities, gains and income, as is the next
    etf: str | None = None
    parcel_id: str | None = None  # of securities and gains
    acquired: date | None = None  # when the units of the parcel were bought
    units: int = Field(default=0, sa_type=BigInteger)


SAME_ENTRY = (
    (col(LedgerPosting.tenant) == col(LedgerEntry.tenant))
    & (col(LedgerPosting.account_id) == col(LedgerEntry.account_id))
    & (col(LedgerPosting.sequence) == col(LedgerEntry.sequence))
)
"""Joins postings to their entries."""
