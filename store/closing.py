"""Closing an account: nothing new comes in, everything goes out, and every book ends at zero."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlmodel import Session, col

from store import ledger, order_terms, orders, portfolios
from store.accounts import AccountClosed, account
from store.ledger import About, Posting, Subject
from store.tables import Account, Book, Portfolio

CLOSING, CLOSED = "closing", "closed"
ENTRY = "closing"
TRANSFER = "transfer_out"


@dataclass(frozen=True, slots=True)
class Origin:
    """Which run closes, for whom, and when; `day` is the exchange's date."""

    effect_root: str
    actor: str
    at: datetime
    day: date


def begin(tx: Session, tenant: str, portfolio_id: str, effect_root: str) -> Portfolio:
    """From now on the portfolio only sells; AccountClosed if another run closes it, or has."""
    row = portfolios.portfolio(tx, tenant, portfolio_id, lock=True)
    if row.state == CLOSED or (row.state == CLOSING and row.closing_by != effect_root):
        raise _refused(row, "it cannot be closed twice", "portfolio_id")
    row.state, row.closing_by = CLOSING, effect_root
    tx.add(row)
    return row


def keep_open(tx: Session, tenant: str, portfolio_id: str, effect_root: str) -> bool:
    """Take `begin` of the same run back; False if that run was not closing it."""
    row = portfolios.portfolio(tx, tenant, portfolio_id, lock=True)
    if row.state != CLOSING or row.closing_by != effect_root:
        return False
    row.state, row.closing_by = state_before(row), None
    tx.add(row)
    return True


def state_before(row: Portfolio) -> str:
    """How far the portfolio had come before it was closed."""
    if row.managed_at is not None:
        return "managed"
    return "opened" if row.invested_at is None else "invested"


def hold_trading(tx: Session, tenant: str, portfolio_id: str, side: str, path: str) -> None:
    """AccountClosed for any order of a closed portfolio, and for a buy of one that is being closed."""
    row = portfolios.portfolio(tx, tenant, portfolio_id)
    tx.refresh(row)
    if row.state == CLOSED or (row.state == CLOSING and side == order_terms.BUY):
        raise _refused(row, "it takes no orders to buy", path)


def hold_deposits(tx: Session, tenant: str, account_id: str) -> None:
    """AccountClosed if the account's portfolio is closed or being closed."""
    query = select(Portfolio).where(
        col(Portfolio.tenant) == tenant,
        col(Portfolio.account_id) == account_id,
        col(Portfolio.state).in_((CLOSING, CLOSED)),
    )
    row = tx.scalars(query.limit(1)).first()
    if row is not None:
        raise _refused(row, "it takes no deposits", "account_id")


def _refused(row: Portfolio, why: str, path: str) -> AccountClosed:
    is_what = "is closed" if row.state == CLOSED else "is being closed"
    return AccountClosed(f"portfolio {row.portfolio_id} {is_what}: {why}", path)


def transfer_out(tx: Session, tenant: str, row: Portfolio, reference: str, origin: Origin) -> dict[str, int]:
    """Hand every unit to the client at another registry, at its cost: no gain, no proceeds. Units by ETF."""
    parcels = portfolios.parcels(tx, tenant, row.portfolio_id)
    units: dict[str, int] = {}
    lines = []
    for each in parcels:
        subject = Subject(row.portfolio_id, each.etf, each.parcel_id, each.acquired, -each.units)
        lines.append(Posting(Book.SECURITIES, -each.cost_base_cents, subject))
        units[each.etf] = units.get(each.etf, 0) + each.units
    cost = sum(each.cost_base_cents for each in parcels)
    kept = account(tx, tenant, row.account_id, lock=True)
    about = _about(f"{TRANSFER}:{reference}", TRANSFER, kept, origin)
    if lines:
        ledger.post(tx, tenant, row.account_id, about, [*lines, Posting(Book.CAPITAL, cost)])
    return dict(sorted(units.items()))


def left(tx: Session, tenant: str, row: Portfolio) -> list[str]:
    """What still stands in the way of closing, in words; nothing when it can be closed."""
    books = ledger.balances(tx, tenant, row.account_id)
    kept = [
        f"{book.value} {books[book] / 100:.2f}"
        for book in (Book.CASH, Book.UNSETTLED, Book.SECURITIES, Book.OWED)
        if books.get(book)
    ]
    held = [f"{units} {etf}" for etf, units in portfolios.positions(tx, tenant, row.portfolio_id).items()]
    still_open = [
        f"order {each.client_order_id}" for each in orders.open_orders(tx, tenant, row.portfolio_id)
    ]
    return [*kept, *held, *still_open]


def close(tx: Session, tenant: str, row: Portfolio, origin: Origin) -> dict[Book, int]:
    """Bring every book to zero and close the account; answers what stood in them before.

    What is `left` must be nothing. Fees, income, tax and gains go to capital, which then has paid out all
    that was paid in: the entry has no ETFs and no parcels, so that reports of a year do not count it.
    """
    kept = account(tx, tenant, row.account_id, lock=True)
    books = {book: cents for book, cents in ledger.balances(tx, tenant, row.account_id).items() if cents}
    if books:
        about = _about(f"{ENTRY}:{row.account_id}", ENTRY, kept, origin)
        lines = [Posting(book, -cents) for book, cents in books.items()]
        ledger.post(tx, tenant, row.account_id, about, lines)
    kept.closed_at, row.state = origin.at, CLOSED
    tx.add_all([kept, row])
    return books


def _about(reference: str, kind: str, kept: Account, origin: Origin) -> About:
    return About(
        reference,
        kind,
        origin.day,
        kept.currency,
        origin.at,
        effect_root=origin.effect_root,
        actor=origin.actor,
    )
