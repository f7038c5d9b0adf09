"""Cash: the balance is the sum of entries that are only ever added.

StoreError
├── UnknownAccount     no account has that id
├── WrongCurrency      the account is kept in another currency
└── ReferenceConflict  the reference was booked with another amount
"""

from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from store.errors import StoreError
from store.tables import OPEN_STATES, Account, CashEntry, Order


class UnknownAccount(StoreError):
    """No account has that id."""


class WrongCurrency(StoreError):
    """The account is kept in another currency."""


class ReferenceConflict(StoreError):
    """The reference was booked before, with another amount."""


def account(tx: Session, tenant: str, account_id: str, *, lock: bool = False) -> Account:
    """The account; UnknownAccount if there is none.

    With `lock` no other transaction books, or counts on, its cash until this one ends.
    """
    found = tx.get(Account, (tenant, account_id), with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise UnknownAccount(f"no account is called {account_id}", "account_id")
    return found


def balance(tx: Session, tenant: str, account_id: str) -> int:
    """Cents on the account; 0 if nothing was ever booked."""
    total = select(func.coalesce(func.sum(col(CashEntry.amount_cents)), 0)).where(
        col(CashEntry.tenant) == tenant, col(CashEntry.account_id) == account_id
    )
    return int(tx.scalar(total) or 0)


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


def find(tx: Session, tenant: str, account_id: str, reference: str) -> CashEntry | None:
    """The entry of that reference, None if it was not booked."""
    query = select(CashEntry).where(
        col(CashEntry.tenant) == tenant,
        col(CashEntry.account_id) == account_id,
        col(CashEntry.reference) == reference,
    )
    return tx.scalars(query).first()


def has_entry(tx: Session, tenant: str, account_id: str, kind: str) -> bool:
    """Whether anything of that kind was ever booked."""
    query = select(CashEntry).where(
        col(CashEntry.tenant) == tenant,
        col(CashEntry.account_id) == account_id,
        col(CashEntry.kind) == kind,
    )
    return tx.scalars(query.limit(1)).first() is not None


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
    effect_root: str = "",
    actor: str = "system",
) -> bool:
    """Add an entry (negative: paid out), once for each reference; False if it was booked before.

    ReferenceConflict if the reference was booked with another amount or kind.
    """
    hold_currency(account(tx, tenant, account_id, lock=True), currency)
    before = find(tx, tenant, account_id, reference)
    if before is not None:
        _hold_same(before, kind, amount_cents)
        return False
    tx.add(
        CashEntry(
            tenant=tenant,
            account_id=account_id,
            sequence=_next_sequence(tx, tenant, account_id),
            reference=reference,
            kind=kind,
            amount_cents=amount_cents,
            currency=currency,
            booked_at=at,
            effect_root=effect_root,
            actor=actor,
        )
    )
    tx.flush()
    return True


def hold_currency(kept: Account, currency: str) -> None:
    """WrongCurrency unless the account is kept in `currency`."""
    if currency != kept.currency:
        raise WrongCurrency(
            f"{currency} cannot go on account {kept.account_id}, which is kept in {kept.currency}; "
            f"change the money into {kept.currency} first, then confirm that amount",
            "currency",
        )


def _hold_same(before: CashEntry, kind: str, amount_cents: int) -> None:
    if (before.kind, before.amount_cents) != (kind, amount_cents):
        raise ReferenceConflict(
            f"reference {before.reference} was booked as {before.kind} of {before.amount_cents / 100:.2f} "
            f"{before.currency}, not as {kind} of {amount_cents / 100:.2f}; give the other payment its own",
            "reference",
        )


def _next_sequence(tx: Session, tenant: str, account_id: str) -> int:
    last = select(func.max(col(CashEntry.sequence))).where(
        col(CashEntry.tenant) == tenant, col(CashEntry.account_id) == account_id
    )
    return (tx.scalar(last) or 0) + 1
