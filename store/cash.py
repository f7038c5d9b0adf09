"""Cash: what an account has, what of it is settled, and what can be spent.

Cash is counted by the day of the trade, as the exchange counts it: what a sale brought can pay for a
purchase on the same day, because both settle together. Only settled cash can leave the account.
"""

from datetime import date, datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from store import ledger
from store.accounts import account
from store.ledger import About, Posting
from store.tables import MONEY, OPEN_STATES, Book, LedgerEntry, LedgerPosting, Order

# Where the other half of a plain movement of money stands.
COUNTER = {
    "deposit": Book.CAPITAL,
    "withdrawal": Book.CAPITAL,
    "fee": Book.FEES,
    "interest": Book.INCOME,
}
SETTLEMENT = "settlement"


def balance(tx: Session, tenant: str, account_id: str) -> int:
    """Cents on the account, trades counted from their day on; 0 if nothing was ever booked."""
    return _sum(tx, tenant, account_id, *MONEY)


def settled(tx: Session, tenant: str, account_id: str) -> int:
    """Cents that could leave the account today: what is settled, less what purchases still have to pay."""
    due = min(0, _sum(tx, tenant, account_id, Book.UNSETTLED))
    return _sum(tx, tenant, account_id, Book.CASH) + due - reserved(tx, tenant, account_id)


def unsettled(tx: Session, tenant: str, account_id: str) -> int:
    """Cents of trades that have not settled: positive is still to come in, negative still to be paid."""
    return _sum(tx, tenant, account_id, Book.UNSETTLED)


def reserved(tx: Session, tenant: str, account_id: str) -> int:
    """Cents that open buy orders may still take."""
    total = select(func.coalesce(func.sum(col(Order.reserved_cents)), 0)).where(
        col(Order.tenant) == tenant,
        col(Order.account_id) == account_id,
        col(Order.side) == "buy",
        col(Order.state).in_(OPEN_STATES),
    )
    return int(tx.scalar(total) or 0)


def available(tx: Session, tenant: str, account_id: str) -> int:
    """Cents that can be spent: the balance without what open buy orders have reserved.

    In a transaction that may write, the account is locked until it ends, so that what was
    available still is when it is spent.
    """
    account(tx, tenant, account_id, lock=bool(tx.info["writes"]))
    return balance(tx, tenant, account_id) - reserved(tx, tenant, account_id)


def book(
    tx: Session,
    tenant: str,
    account_id: str,
    *,
    reference: str,
    kind: str,
    amount_cents: int,
    currency: str,
    at: datetime,
    effective: date | None = None,
    effect_root: str = "",
    actor: str = "system",
) -> bool:
    """Book money that came in (negative: went out), once for each reference; False if it was before.

    `kind` is one of COUNTER's; `effective` is the day of `at` if it is not given.
    """
    about = About(reference, kind, effective or at.date(), currency, at, effect_root=effect_root, actor=actor)
    postings = [Posting(Book.CASH, amount_cents), Posting(COUNTER[kind], -amount_cents)]
    return ledger.post(tx, tenant, account_id, about, postings)


def settle_due(
    tx: Session,
    tenant: str,
    account_id: str,
    on: date,
    *,
    at: datetime,
    effect_root: str = "",
    actor: str = "system",
) -> list[str]:
    """Turn the trades that settle by `on` into cash; answers the references of those that had not yet."""
    currency = account(tx, tenant, account_id, lock=True).currency
    done = []
    for reference, due, cents in _due(tx, tenant, account_id, on):
        about = About(
            f"{SETTLEMENT}:{reference}", SETTLEMENT, due, currency, at, effect_root=effect_root, actor=actor
        )
        if ledger.post(
            tx, tenant, account_id, about, [Posting(Book.CASH, cents), Posting(Book.UNSETTLED, -cents)]
        ):
            done.append(reference)
    return done


def _due(tx: Session, tenant: str, account_id: str, on: date) -> list[tuple[str, date, int]]:
    """(reference, settlement day, cents) of each trade that has settled by `on`, oldest first."""
    settled_ones = select(col(LedgerEntry.reference)).where(
        col(LedgerEntry.tenant) == tenant,
        col(LedgerEntry.account_id) == account_id,
        col(LedgerEntry.kind) == SETTLEMENT,
    )
    query = (
        select(col(LedgerEntry.reference), col(LedgerPosting.settles_on), col(LedgerPosting.amount_cents))
        .join(
            LedgerPosting,
            (col(LedgerPosting.tenant) == col(LedgerEntry.tenant))
            & (col(LedgerPosting.account_id) == col(LedgerEntry.account_id))
            & (col(LedgerPosting.sequence) == col(LedgerEntry.sequence)),
        )
        .where(
            col(LedgerEntry.tenant) == tenant,
            col(LedgerEntry.account_id) == account_id,
            col(LedgerPosting.book) == Book.UNSETTLED,
            col(LedgerPosting.settles_on) <= on,
            (SETTLEMENT + ":" + col(LedgerEntry.reference)).not_in(settled_ones),
        )
        .order_by(col(LedgerPosting.settles_on), col(LedgerEntry.sequence))
    )
    return [(reference, due, int(cents)) for reference, due, cents in tx.execute(query)]


def _sum(tx: Session, tenant: str, account_id: str, *books: Book) -> int:
    total = select(func.coalesce(func.sum(col(LedgerPosting.amount_cents)), 0)).where(
        col(LedgerPosting.tenant) == tenant,
        col(LedgerPosting.account_id) == account_id,
        col(LedgerPosting.book).in_(books),
    )
    return int(tx.scalar(total) or 0)
