"""Cash: what an account has, what of it is settled, and what can be spent.

Cash is counted by the day of the trade, as the exchange counts it: what a sale brought can pay for a
purchase on the same day, because both settle together. Only settled cash can leave the account.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from store import ledger
from store.accounts import account
from store.ledger import About, Posting
from store.tables import MONEY, OPEN_STATES, SAME_ENTRY, Book, LedgerEntry, LedgerPosting, Order

# Where the other half of a plain movement of money stands.
COUNTER = {
    "deposit": Book.CAPITAL,
    "withdrawal": Book.CAPITAL,
    "fee": Book.FEES,
    "interest": Book.INCOME,
}
SETTLEMENT = "settlement"


@dataclass(frozen=True, slots=True)
class Settled:
    """A trade that has settled: cents that came in, negative for those paid."""

    account_id: str
    reference: str
    cents: int


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


def accounts_due(tx: Session, tenant: str, on: date) -> list[str]:
    """The accounts with trades that settle by `on` and have not yet."""
    query = _due(tenant, on).with_only_columns(col(LedgerEntry.account_id)).distinct()
    return list(tx.scalars(query.order_by(col(LedgerEntry.account_id))))


def settle_due(
    tx: Session,
    tenant: str,
    account_id: str,
    on: date,
    *,
    at: datetime,
    effect_root: str = "",
    actor: str = "system",
) -> list[Settled]:
    """Turn the account's trades that settle by `on` into cash; answers those that had not yet."""
    currency = account(tx, tenant, account_id, lock=True).currency
    query = _due(tenant, on).where(col(LedgerEntry.account_id) == account_id)
    done = []
    for reference, due, cents in tx.execute(
        query.order_by(col(LedgerPosting.settles_on), col(LedgerEntry.sequence))
    ):
        about = About(
            f"{SETTLEMENT}:{reference}", SETTLEMENT, due, currency, at, effect_root=effect_root, actor=actor
        )
        money = [Posting(Book.CASH, cents), Posting(Book.UNSETTLED, -cents)]
        if ledger.post(tx, tenant, account_id, about, money):
            done.append(Settled(account_id, reference, cents))
    return done


def settled_by(tx: Session, tenant: str, effect_root: str) -> list[Settled]:
    """What one run has settled, by account."""
    query = (
        select(col(LedgerEntry.account_id), col(LedgerEntry.reference), col(LedgerPosting.amount_cents))
        .join(LedgerPosting, SAME_ENTRY)
        .where(
            col(LedgerEntry.tenant) == tenant,
            col(LedgerEntry.kind) == SETTLEMENT,
            col(LedgerEntry.effect_root) == effect_root,
            col(LedgerPosting.book) == Book.CASH,
        )
        .order_by(col(LedgerEntry.account_id), col(LedgerEntry.sequence))
    )
    return [Settled(*row) for row in tx.execute(query)]


def _due(tenant: str, on: date) -> Select[str, date | None, int]:
    """(reference, settlement day, cents) of each trade that settles by `on` and has not yet."""
    settlement = aliased(LedgerEntry)
    settled_already = exists().where(
        col(settlement.tenant) == col(LedgerEntry.tenant),
        col(settlement.account_id) == col(LedgerEntry.account_id),
        col(settlement.reference) == SETTLEMENT + ":" + col(LedgerEntry.reference),
    )
    return (
        select(col(LedgerEntry.reference), col(LedgerPosting.settles_on), col(LedgerPosting.amount_cents))
        .join(LedgerPosting, SAME_ENTRY)
        .where(
            col(LedgerEntry.tenant) == tenant,
            col(LedgerPosting.book) == Book.UNSETTLED,
            col(LedgerPosting.settles_on) <= on,
            ~settled_already,
        )
    )


def _sum(tx: Session, tenant: str, account_id: str, *books: Book) -> int:
    total = select(func.coalesce(func.sum(col(LedgerPosting.amount_cents)), 0)).where(
        col(LedgerPosting.tenant) == tenant,
        col(LedgerPosting.account_id) == account_id,
        col(LedgerPosting.book).in_(books),
    )
    return int(tx.scalar(total) or 0)
