"""What moved in an account, entry by entry: money, what went into each ETF, and units."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from store.tables import MONEY, SAME_ENTRY, Book, LedgerEntry, LedgerPosting

RECOUNTS = ("split", "consolidation")
"""Kinds of entries after which units are counted anew."""


@dataclass(slots=True)
class Movement:
    """An entry in cents: what money it brought, what of it is the owner's own, and what it was spent on.

    `spent` is by ETF, `costs` what fees and tax took that belong to none; interest is in `money` alone.
    """

    day: date
    kind: str
    money: int = 0
    paid_in: int = 0
    costs: int = 0
    spent: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    units: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def recounts(self) -> bool:
        """Units were only counted anew."""
        return self.kind in RECOUNTS

    def add(self, row: LedgerPosting) -> None:
        """Take one line of the entry in."""
        book = Book(row.book)
        if book in MONEY:
            self.money += row.amount_cents
        elif book == Book.CAPITAL:
            self.paid_in -= row.amount_cents
        elif row.etf is not None:
            self.spent[row.etf] += row.amount_cents
            self.units[row.etf] += row.units
        elif book != Book.INCOME:
            self.costs += row.amount_cents


def movements(tx: Session, tenant: str, account_id: str) -> list[Movement]:
    """Everything that was ever booked on the account, by its days and then as it was booked."""
    query = (
        select(LedgerEntry, LedgerPosting)
        .join(LedgerPosting, SAME_ENTRY)
        .where(col(LedgerEntry.tenant) == tenant, col(LedgerEntry.account_id) == account_id)
        .order_by(col(LedgerEntry.effective), col(LedgerEntry.sequence), col(LedgerPosting.line))
    )
    rows = [(entry, posting) for entry, posting in tx.execute(query)]
    return list(_entries(rows))


def _entries(rows: list[tuple[LedgerEntry, LedgerPosting]]) -> Iterator[Movement]:
    found: Movement | None = None
    sequence = None
    for entry, posting in rows:
        if entry.sequence != sequence:
            if found is not None:
                yield found
            found, sequence = Movement(entry.effective, entry.kind), entry.sequence
        assert found is not None
        found.add(posting)
    if found is not None:
        yield found
