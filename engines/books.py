"""An account's books as reports read them: entries in double entry, and which of them still stand.

Amounts are whole cents, with the ledger's signs: what the client owns or spent is positive, so income
and gains are negative.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

MONEY = ("cash", "unsettled")
SECURITIES, FEES, WITHHELD, INCOME, GAINS, CAPITAL = (
    "securities",
    "fees",
    "withheld",
    "income",
    "gains",
    "capital",
)
# The kind of entry by which a fund's annual statement moves cost bases: nothing is paid.
COST_BASE = "cost_base"


@dataclass(frozen=True, slots=True)
class Line:
    """Cents into a book, and the ETF, parcel and units that they are about, if they are."""

    book: str
    cents: int
    etf: str | None = None
    parcel: str | None = None
    acquired: date | None = None
    units: int = 0


@dataclass(frozen=True, slots=True)
class Booked:
    """One entry, on the day that it counts for; `reverses` names the entry that it takes back."""

    sequence: int
    reference: str
    kind: str
    day: date
    lines: tuple[Line, ...]
    reverses: str | None = None

    def into(self, *books: str) -> int:
        """Cents that the entry put into these books."""
        return sum(line.cents for line in self.lines if line.book in books)

    def lines_of(self, book: str) -> tuple[Line, ...]:
        """The lines of one book."""
        return tuple(line for line in self.lines if line.book == book)

    def disposes(self, line: Line) -> bool:
        """Whether a line of securities sold units: a sale states its gain, be it none."""
        return line.units < 0 and any(line.parcel == gain.parcel for gain in self.lines_of(GAINS))


def standing(entries: Iterable[Booked]) -> list[Booked]:
    """The entries that hold: neither taken back nor what takes another one back."""
    kept = list(entries)
    gone = {entry.reverses for entry in kept}
    return [entry for entry in kept if entry.reverses is None and entry.reference not in gone]


def between(entries: Iterable[Booked], first: date, last: date) -> list[Booked]:
    """The entries of the days from `first` to `last`, both counted, day by day."""
    found = [entry for entry in entries if first <= entry.day <= last]
    return sorted(found, key=lambda entry: (entry.day, entry.sequence))


def total(entries: Iterable[Booked], *books: str) -> int:
    """Cents that all of these entries put into some books."""
    return sum(entry.into(*books) for entry in entries)


def units_held(entries: Sequence[Booked], until: date) -> dict[str, int]:
    """Units by ETF, in alphabetical order, at the end of the day `until`; none that are sold out."""
    held: dict[str, int] = {}
    for entry in entries:
        if entry.day <= until:
            for line in entry.lines_of(SECURITIES):
                if line.etf is not None:
                    held[line.etf] = held.get(line.etf, 0) + line.units
    return {etf: units for etf, units in sorted(held.items()) if units}
