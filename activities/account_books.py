"""An account's books and what was announced beside them, as the engines of reports take them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from activities.context import Context
from engines.books import Booked, Line
from engines.tax.year_income import DISTRIBUTION, Announced
from store import accounts, customers, events, fills, ledger, portfolios
from store.cents import to_cents
from store.tables import Portfolio

HOME = "AU"
CURRENCY = "AUD"
PAGE = 1000


@dataclass(frozen=True, slots=True)
class AccountBooks:
    """Whose books they are, every entry, and by its reference what was announced or charged with it."""

    portfolio_id: str
    customer_id: str
    account_id: str
    resident: bool
    entries: tuple[Booked, ...]
    announced: dict[str, Announced]
    brokerage: dict[str, int]


def read_books(context: Context, portfolio_id: str) -> AccountBooks:
    """The books of the account behind a portfolio; UnknownPortfolio, WrongCurrency unless in AUD."""
    with context.services.database.reading() as tx:
        return books_in(tx, context.call.tenant, portfolio_id)


def books_in(tx: Session, tenant: str, portfolio_id: str) -> AccountBooks:
    """As `read_books`, within a transaction."""
    row = portfolios.portfolio(tx, tenant, portfolio_id)
    accounts.hold_currency(accounts.account(tx, tenant, row.account_id), CURRENCY)
    client = customers.customer(tx, tenant, row.customer_id)
    return AccountBooks(
        portfolio_id=portfolio_id,
        customer_id=row.customer_id,
        account_id=row.account_id,
        resident=client.tax_residency == HOME,
        entries=_entries(tx, tenant, row.account_id),
        announced=_announced(tx, tenant, row),
        brokerage=fills.brokerage(tx, tenant, row.account_id),
    )


def _entries(tx: Session, tenant: str, account_id: str) -> tuple[Booked, ...]:
    return tuple(
        Booked(
            sequence=entry.sequence,
            reference=entry.reference,
            kind=entry.kind,
            day=entry.effective,
            lines=tuple(
                Line(row.book, row.amount_cents, row.etf, row.parcel_id, row.acquired, row.units)
                for row in rows
            ),
            reverses=entry.reverses,
        )
        for entry, rows in ledger.whole(tx, tenant, account_id)
    )


def _announced(tx: Session, tenant: str, row: Portfolio) -> dict[str, Announced]:
    """By the reference of the ledger's entry: the fact of a payment is appended with it.

    A client's other accounts may have been paid under the same reference.
    """
    found: dict[str, Announced] = {}
    after = 0
    stream, ours = events.client_stream(row.customer_id), portfolios.of_account(tx, tenant, row.account_id)
    while page := events.read(
        tx, tenant, after=after, stream=stream, name="DistributionPaid", kind="fact", limit=PAGE
    ):
        for told in page:
            after = told.position
            if told.data["portfolio_id"] not in ours:
                continue
            found[f"{DISTRIBUTION}:{told.data['reference']}"] = Announced(
                ex_date=date.fromisoformat(told.data["ex_date"]),
                units=int(told.data["units"]),
                franking=Decimal(told.data["franking"]),
                credit_cents=to_cents(Decimal(told.data["franking_credit"])),
            )
    return found
