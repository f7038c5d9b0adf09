"""The ledger: what happened to each account, in double entry, each thing once.

An entry is a list of postings that add up to zero. Entries are never changed; a mistake is taken back
by a reversal. Positions, parcels and disposals are projections: `projections` makes them from the same
postings, entry by entry as they are booked, or all anew.

StoreError
├── ReferenceConflict   the reference was booked with other postings
├── UnknownReference    nothing was booked under that reference
└── CannotReverse       the entry is a reversal itself, or what it brought has been used since
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from store import projections
from store.accounts import account, hold_currency, hold_open
from store.errors import StoreError
from store.projections import Movement
from store.tables import MONEY, SAME_ENTRY, Book, LedgerEntry, LedgerPosting

REVERSAL = "reversal"


class ReferenceConflict(StoreError):
    """The reference was booked with other postings."""


class UnknownReference(StoreError):
    """Nothing was booked under that reference."""


class CannotReverse(StoreError):
    """The entry cannot be taken back."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a posting is about: an ETF of a portfolio, and for securities and gains one parcel of it.

    `units` are what the posting moves; none where only the cost base changes.
    """

    portfolio_id: str
    etf: str
    parcel_id: str | None = None
    acquired: date | None = None
    units: int = 0


@dataclass(frozen=True, slots=True)
class Posting:
    """Cents into a book (negative: out of it), and the ETF they belong to, if they do."""

    book: Book
    amount_cents: int
    subject: Subject | None = None
    settles_on: date | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What an entry is: its reference, unique in the account, and who booked it when and why."""

    reference: str
    kind: str
    effective: date
    currency: str
    at: datetime
    effect_root: str = ""
    actor: str = "system"
    reason: str = ""
    reverses: str | None = None


def post(tx: Session, tenant: str, account_id: str, about: About, postings: Sequence[Posting]) -> bool:
    """Add an entry, once for each reference; False if it was booked before.

    ReferenceConflict if the reference was booked with other postings; AccountClosed; ValueError if they do
    not add up.
    """
    if sum(posting.amount_cents for posting in postings):
        raise ValueError(f"the postings of {about.reference} do not add up to zero")
    kept = account(tx, tenant, account_id, lock=True)
    hold_currency(kept, about.currency)
    before = find(tx, tenant, account_id, about.reference)
    if before is not None:
        _hold_same(before, postings_of(tx, before), about, postings)
        return False
    hold_open(kept)
    entry = _entry(tenant, account_id, _next_sequence(tx, tenant, account_id), about)
    rows = [_row(entry, line, posting) for line, posting in enumerate(postings)]
    # All of it or nothing, also where the caller goes on after units turn out to be gone.
    with tx.begin_nested():
        tx.add(entry)
        tx.flush()
        tx.add_all(rows)
        projections.apply(tx, Movement(entry, rows))
    return True


def reverse(tx: Session, tenant: str, account_id: str, reference: str, about: About) -> bool:
    """Take the entry of `reference` back by one with every posting turned round; False if it was before.

    `about` says when, by whom and why; its reference and kind are the reversal's own. UnknownReference;
    CannotReverse for a reversal, and where units that it brought are gone.
    """
    entry = find(tx, tenant, account_id, reference)
    if entry is None:
        raise UnknownReference(f"nothing is booked on {account_id} under {reference}", "reference")
    if entry.reverses is not None:
        raise CannotReverse(
            f"{reference} takes {entry.reverses} back; book the right entry instead", "reference"
        )
    turned = [
        replace(_posting(row), amount_cents=-row.amount_cents, subject=_turned(row))
        for row in postings_of(tx, entry)
    ]
    own = replace(about, reference=reversal_of(reference), kind=REVERSAL, reverses=reference)
    try:
        return post(tx, tenant, account_id, own, turned)
    except projections.UnitsGone as gone:
        raise CannotReverse(f"{reference} cannot be taken back: {gone}", "reference") from gone


def reversal_of(reference: str) -> str:
    """The reference of the entry that takes that one back."""
    return f"{REVERSAL}:{reference}"


def money_of(tx: Session, tenant: str, account_id: str, reference: str) -> int:
    """Cents that the entry of `reference` brought in (negative: took out); UnknownReference."""
    entry = find(tx, tenant, account_id, reference)
    if entry is None:
        raise UnknownReference(f"nothing is booked on {account_id} under {reference}", "reference")
    return sum(row.amount_cents for row in postings_of(tx, entry) if row.book in MONEY)


def find(tx: Session, tenant: str, account_id: str, reference: str) -> LedgerEntry | None:
    """The entry of that reference, None if it was not booked."""
    query = select(LedgerEntry).where(
        col(LedgerEntry.tenant) == tenant,
        col(LedgerEntry.account_id) == account_id,
        col(LedgerEntry.reference) == reference,
    )
    return tx.scalars(query).first()


def unreversed(tx: Session, tenant: str, account_id: str, kind: str, effect_root: str) -> list[LedgerEntry]:
    """What one run booked of that kind and nobody took back, in the order in which it was booked."""
    reversal = aliased(LedgerEntry)
    taken_back = exists().where(
        col(reversal.tenant) == col(LedgerEntry.tenant),
        col(reversal.account_id) == col(LedgerEntry.account_id),
        col(reversal.reverses) == col(LedgerEntry.reference),
    )
    query = select(LedgerEntry).where(
        col(LedgerEntry.tenant) == tenant,
        col(LedgerEntry.account_id) == account_id,
        col(LedgerEntry.kind) == kind,
        col(LedgerEntry.effect_root) == effect_root,
        ~taken_back,
    )
    return list(tx.scalars(query.order_by(col(LedgerEntry.sequence))))


def has_entry(tx: Session, tenant: str, account_id: str, kind: str) -> bool:
    """Whether anything of that kind was ever booked."""
    query = select(LedgerEntry).where(
        col(LedgerEntry.tenant) == tenant,
        col(LedgerEntry.account_id) == account_id,
        col(LedgerEntry.kind) == kind,
    )
    return tx.scalars(query.limit(1)).first() is not None


def balances(tx: Session, tenant: str, account_id: str) -> dict[Book, int]:
    """Cents in each book that was ever posted to; they add up to zero."""
    query = (
        select(col(LedgerPosting.book), func.sum(col(LedgerPosting.amount_cents)))
        .where(col(LedgerPosting.tenant) == tenant, col(LedgerPosting.account_id) == account_id)
        .group_by(col(LedgerPosting.book))
    )
    return {Book(book): int(cents) for book, cents in tx.execute(query)}


def entries(
    tx: Session, tenant: str, account_id: str, since: date = date.min, until: date = date.max
) -> list[LedgerEntry]:
    """What happened from `since` to `until`, both counted, in the order in which it was booked."""
    query = select(LedgerEntry).where(
        col(LedgerEntry.tenant) == tenant,
        col(LedgerEntry.account_id) == account_id,
        col(LedgerEntry.effective) >= since,
        col(LedgerEntry.effective) <= until,
    )
    return list(tx.scalars(query.order_by(col(LedgerEntry.sequence))))


def whole(tx: Session, tenant: str, account_id: str) -> list[tuple[LedgerEntry, list[LedgerPosting]]]:
    """Every entry of the account with its lines, in the order in which they were booked."""
    query = (
        select(LedgerEntry, LedgerPosting)
        .outerjoin(LedgerPosting, SAME_ENTRY)
        .where(col(LedgerEntry.tenant) == tenant, col(LedgerEntry.account_id) == account_id)
        .order_by(col(LedgerEntry.sequence), col(LedgerPosting.line))
    )
    found: dict[int, tuple[LedgerEntry, list[LedgerPosting]]] = {}
    for entry, row in tx.execute(query):
        found.setdefault(entry.sequence, (entry, []))[1].extend([row] if row else [])
    return list(found.values())


def postings_of(tx: Session, entry: LedgerEntry) -> list[LedgerPosting]:
    """The lines of an entry, in their order."""
    query = select(LedgerPosting).where(
        col(LedgerPosting.tenant) == entry.tenant,
        col(LedgerPosting.account_id) == entry.account_id,
        col(LedgerPosting.sequence) == entry.sequence,
    )
    return list(tx.scalars(query.order_by(col(LedgerPosting.line))))


def _entry(tenant: str, account_id: str, sequence: int, about: About) -> LedgerEntry:
    return LedgerEntry(
        tenant=tenant,
        account_id=account_id,
        sequence=sequence,
        reference=about.reference,
        kind=about.kind,
        effective=about.effective,
        currency=about.currency,
        reverses=about.reverses,
        reason=about.reason,
        booked_at=about.at,
        effect_root=about.effect_root,
        actor=about.actor,
    )


def _row(entry: LedgerEntry, line: int, posting: Posting) -> LedgerPosting:
    row = LedgerPosting(
        tenant=entry.tenant,
        account_id=entry.account_id,
        sequence=entry.sequence,
        line=line,
        book=posting.book,
        amount_cents=posting.amount_cents,
        settles_on=posting.settles_on,
    )
    subject = posting.subject
    if subject is not None:
        row.portfolio_id, row.etf, row.units = subject.portfolio_id, subject.etf, subject.units
        row.parcel_id, row.acquired = subject.parcel_id, subject.acquired
    return row


def _posting(row: LedgerPosting) -> Posting:
    return Posting(Book(row.book), row.amount_cents, _subject(row), row.settles_on)


def _subject(row: LedgerPosting) -> Subject | None:
    if row.portfolio_id is None or row.etf is None:
        return None
    return Subject(row.portfolio_id, row.etf, row.parcel_id, row.acquired, row.units)


def _turned(row: LedgerPosting) -> Subject | None:
    subject = _subject(row)
    return None if subject is None else replace(subject, units=-subject.units)


def _hold_same(
    before: LedgerEntry, rows: Sequence[LedgerPosting], about: About, postings: Sequence[Posting]
) -> None:
    if (before.kind, [_posting(row) for row in rows]) != (about.kind, list(postings)):
        was = _money([_posting(row) for row in rows])
        raise ReferenceConflict(
            f"reference {about.reference} was booked as {before.kind} of {was} {before.currency}, not as "
            f"{about.kind} of {_money(postings)}; give the other payment its own",
            "reference",
        )


def _money(postings: Sequence[Posting]) -> str:
    cents = sum(posting.amount_cents for posting in postings if posting.book in MONEY)
    return f"{cents / 100:.2f}"


def _next_sequence(tx: Session, tenant: str, account_id: str) -> int:
    last = select(func.max(col(LedgerEntry.sequence))).where(
        col(LedgerEntry.tenant) == tenant, col(LedgerEntry.account_id) == account_id
    )
    return (tx.scalar(last) or 0) + 1
