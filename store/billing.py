"""Fees of portfolios: what accrued, what was invoiced, and what of it is still owed.

An invoice is booked when it is issued: a fee of the client, and money that they owe the firm for it. Paying
and waiving take from what is owed. Only settled cash pays, so that no account is ever overdrawn for a fee.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from store import cash, ledger
from store.accounts import account
from store.ledger import About, Posting, ReferenceConflict
from store.tables import Book, FeeAccrual, FeeInvoice, FeeWork, LedgerPosting

INVOICE, PAYMENT, WAIVER = "fee_invoice", "fee_payment", "fee_waiver"


@dataclass(frozen=True, slots=True)
class Origin:
    """Which step of which run changes the books, for whom, and when; `day` is the exchange's date."""

    key: str
    effect_root: str
    actor: str
    at: datetime
    day: date


@dataclass(frozen=True, slots=True)
class Unbilled:
    """What has accrued, and the work that was done, since the last invoice."""

    accruals: Sequence[FeeAccrual]
    work: Sequence[FeeWork]


@dataclass(frozen=True, slots=True)
class Taken:
    """Cents that were taken off one invoice."""

    invoice_id: str
    cents: int


def last_accrued(tx: Session, tenant: str, portfolio_id: str) -> date | None:
    """The last day that a fee has accrued for; None before the first."""
    query = select(func.max(col(FeeAccrual.through))).where(
        col(FeeAccrual.tenant) == tenant, col(FeeAccrual.portfolio_id) == portfolio_id
    )
    last: date | None = tx.scalar(query)
    return last


def accrued_by(tx: Session, tenant: str, effect_root: str) -> list[FeeAccrual]:
    """What one run has accrued, by portfolio."""
    query = select(FeeAccrual).where(
        col(FeeAccrual.tenant) == tenant, col(FeeAccrual.effect_root) == effect_root
    )
    return list(tx.scalars(query.order_by(col(FeeAccrual.portfolio_id), col(FeeAccrual.through))))


def record_work(tx: Session, row: FeeWork) -> bool:
    """Keep work that is charged by the hour, once for its reference; False if it was kept before."""
    before = tx.get(FeeWork, (row.tenant, row.portfolio_id, row.reference))
    if before is None:
        tx.add(row)
        tx.flush()
        return True
    if (before.role, before.day, before.minutes) != (row.role, row.day, row.minutes):
        raise ReferenceConflict(
            f"{row.reference} was recorded as {before.minutes} minutes of {before.role} on {before.day}; "
            "give other work its own reference",
            "reference",
        )
    return False


def unbilled(tx: Session, tenant: str, portfolio_id: str, through: date) -> Unbilled:
    """What no invoice has asked for yet, of the days up to `through`, oldest first."""
    accruals = select(FeeAccrual).where(
        col(FeeAccrual.tenant) == tenant,
        col(FeeAccrual.portfolio_id) == portfolio_id,
        col(FeeAccrual.invoice_id).is_(None),
        col(FeeAccrual.through) <= through,
    )
    work = select(FeeWork).where(
        col(FeeWork.tenant) == tenant,
        col(FeeWork.portfolio_id) == portfolio_id,
        col(FeeWork.invoice_id).is_(None),
        col(FeeWork.day) <= through,
    )
    return Unbilled(
        list(tx.scalars(accruals.order_by(col(FeeAccrual.through)))),
        list(tx.scalars(work.order_by(col(FeeWork.day), col(FeeWork.reference)))),
    )


def issue(tx: Session, invoice: FeeInvoice, asked: Unbilled, currency: str, origin: Origin) -> None:
    """Book an invoice for what `asked` lists: the fee, and what is owed for it."""
    tx.add(invoice)
    tx.flush()
    rows: list[FeeAccrual | FeeWork] = [*asked.accruals, *asked.work]
    for row in rows:
        row.invoice_id = invoice.invoice_id
        tx.add(row)
    about = _about(f"{INVOICE}:{invoice.invoice_id}", INVOICE, currency, origin)
    postings = [Posting(Book.FEES, invoice.total_cents), Posting(Book.OWED, -invoice.total_cents)]
    ledger.post(tx, invoice.tenant, invoice.account_id, about, postings)


def open_invoices(tx: Session, tenant: str, account_id: str) -> list[FeeInvoice]:
    """The account's invoices that are not paid in full, the oldest first."""
    query = select(FeeInvoice).where(
        col(FeeInvoice.tenant) == tenant,
        col(FeeInvoice.account_id) == account_id,
        col(FeeInvoice.paid_cents) + col(FeeInvoice.waived_cents) < col(FeeInvoice.total_cents),
    )
    return list(tx.scalars(query.order_by(col(FeeInvoice.issued_at), col(FeeInvoice.invoice_id))))


def newest_invoice(tx: Session, tenant: str, portfolio_id: str) -> FeeInvoice | None:
    """The portfolio's last invoice; None before the first."""
    query = select(FeeInvoice).where(
        col(FeeInvoice.tenant) == tenant, col(FeeInvoice.portfolio_id) == portfolio_id
    )
    return tx.scalars(
        query.order_by(col(FeeInvoice.issued_at).desc(), col(FeeInvoice.invoice_id).desc()).limit(1)
    ).first()


def owed(tx: Session, tenant: str, account_id: str) -> int:
    """Cents that the client owes the firm."""
    query = select(func.coalesce(func.sum(col(LedgerPosting.amount_cents)), 0)).where(
        col(LedgerPosting.tenant) == tenant,
        col(LedgerPosting.account_id) == account_id,
        col(LedgerPosting.book) == Book.OWED,
    )
    return -int(tx.scalar(query) or 0)


def collect(tx: Session, tenant: str, account_id: str, origin: Origin) -> list[Taken]:
    """Pay what is owed from settled cash, the oldest invoice first, as far as the cash goes."""
    currency = account(tx, tenant, account_id, lock=True).currency
    left, taken = cash.settled(tx, tenant, account_id), []
    for invoice in open_invoices(tx, tenant, account_id):
        paid = min(invoice.open_cents, left)
        if paid <= 0:
            break
        invoice.paid_cents += paid
        about = _about(f"{PAYMENT}:{invoice.invoice_id}:{origin.key}", PAYMENT, currency, origin)
        ledger.post(tx, tenant, account_id, about, [Posting(Book.CASH, -paid), Posting(Book.OWED, paid)])
        tx.add(invoice)
        taken.append(Taken(invoice.invoice_id, paid))
        left -= paid
    return taken


def waive(tx: Session, tenant: str, account_id: str, origin: Origin) -> list[Taken]:
    """Let the client off what they still owe: it was no fee after all."""
    currency = account(tx, tenant, account_id, lock=True).currency
    taken = []
    for invoice in open_invoices(tx, tenant, account_id):
        cents = invoice.open_cents
        invoice.waived_cents += cents
        about = _about(f"{WAIVER}:{invoice.invoice_id}:{origin.key}", WAIVER, currency, origin)
        ledger.post(tx, tenant, account_id, about, [Posting(Book.FEES, -cents), Posting(Book.OWED, cents)])
        tx.add(invoice)
        taken.append(Taken(invoice.invoice_id, cents))
    return taken


def _about(reference: str, kind: str, currency: str, origin: Origin) -> About:
    return About(
        reference,
        kind,
        origin.day,
        currency,
        origin.at,
        effect_root=origin.effect_root,
        actor=origin.actor,
    )
