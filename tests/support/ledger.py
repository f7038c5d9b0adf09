"""Purchases and sales straight into the ledger."""

from datetime import date, timedelta

from sqlmodel import Session

from store import cash, ledger
from store.ledger import About, Posting, Subject
from store.tables import Book
from tests.support.databases import NOON

ACCOUNT, PORTFOLIO = "A-C-1", "P-C-1"
MONDAY = date(2025, 11, 17)


def about(reference: str, kind: str, day: date = MONDAY) -> About:
    return About(reference, kind, day, "AUD", NOON, actor="tests")


def lot(parcel: str, units: int = 0, etf: str = "VAS") -> Subject:
    return Subject(PORTFOLIO, etf, parcel, MONDAY, units)


def buy(tx: Session, tenant: str, parcel: str, units: int, cents: int, etf: str = "VAS") -> bool:
    postings = [
        Posting(Book.SECURITIES, cents, lot(parcel, units, etf)),
        Posting(Book.UNSETTLED, -cents, settles_on=MONDAY + timedelta(days=2)),
    ]
    return ledger.post(tx, tenant, ACCOUNT, about(f"buy:{parcel}", "purchase"), postings)


def sell(tx: Session, tenant: str, name: str, parcel: str, units: int, cost: int, proceeds: int) -> bool:
    postings = [
        Posting(Book.SECURITIES, -cost, lot(parcel, -units)),
        Posting(Book.GAINS, cost - proceeds, lot(parcel)),
        Posting(Book.UNSETTLED, proceeds, settles_on=MONDAY + timedelta(days=4)),
    ]
    return ledger.post(tx, tenant, ACCOUNT, about(f"sell:{name}", "sale"), postings)


def deposit(tx: Session, tenant: str, cents: int) -> None:
    cash.book(tx, tenant, ACCOUNT, reference="d", kind="deposit", amount_cents=cents, currency="AUD", at=NOON)
