"""What an account's books say of one tax year's income: distributions, other income, cost bases, fees.

A fund's distribution is income of the year in which its holders became entitled to it: of the year of
the last session on which the units traded with it, though it be paid in the next (ITAA 1936 section 97;
ITAA 1997 section 276-80). All else counts on the day for which it was booked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from engines.books import (
    COST_BASE,
    FEES,
    GAINS,
    INCOME,
    MONEY,
    SECURITIES,
    WITHHELD,
    Booked,
    between,
    standing,
    total,
    units_held,
)
from engines.calendars import last_session
from engines.tax.year_gains import Gain, gains_of
from engines.tax.years import TaxYear

DISTRIBUTION = "distribution"
INTEREST = "interest"
TRADES = ("purchase", "sale")


@dataclass(frozen=True, slots=True)
class Announced:
    """What was told with a distribution and is in no book; `franking` is the franked share of it."""

    ex_date: date
    units: int
    franking: Decimal
    credit_cents: int


@dataclass(frozen=True, slots=True)
class Distributed:
    """One distribution; `announced` is None where nothing was told of it."""

    entry: Booked
    etf: str
    income: int
    withheld: int
    reinvested: int
    cash: int
    announced: Announced | None

    @property
    def franked(self) -> int:
        """The franked part of the income, half up to the cent."""
        share = Decimal(0) if self.announced is None else self.announced.franking
        return int((self.income * share).quantize(Decimal(1), ROUND_HALF_UP))

    @property
    def credit(self) -> int:
        """The franking credit attached."""
        return 0 if self.announced is None else self.announced.credit_cents


@dataclass(frozen=True, slots=True)
class Moved:
    """What a fund's annual statement moved of one parcel; positive: a higher cost base, more gain."""

    entry: Booked
    etf: str
    parcel: str
    acquired: date | None
    cost: int
    gain: int


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How one book's movements of the year lead to what is reported, all but `ledger` of standing entries.

    reported = ledger - taken_back - of_other_years + from_other_years.
    """

    book: str
    ledger: int
    taken_back: int
    of_other_years: int
    from_other_years: int


@dataclass(frozen=True, slots=True)
class YearOfBooks:
    """A tax year of an account, as its books and the announcements have it."""

    entries: Sequence[Booked]
    announced: Mapping[str, Announced]
    year: TaxYear
    exchange: str

    def standing(self) -> list[Booked]:
        """The entries of the year that hold, distributions apart."""
        return [entry for entry in self._standing_between() if entry.kind != DISTRIBUTION]

    def distributions(self) -> list[Distributed]:
        """The distributions of the year, in the order in which they were paid."""
        paid = between(standing(self.entries), self.year.first, date.max)
        return [
            self._distributed(entry) for entry in paid if entry.kind == DISTRIBUTION and self._is_of(entry)
        ]

    def other_income(self) -> list[Booked]:
        """Interest, and income that is neither a distribution nor a fund's statement."""
        return [
            entry
            for entry in self.standing()
            if entry.kind != COST_BASE and (entry.into(INCOME) or entry.into(WITHHELD))
        ]

    def statements(self) -> list[Booked]:
        """The funds' annual statements."""
        return [entry for entry in self.standing() if entry.kind == COST_BASE]

    def fees(self) -> list[Booked]:
        """What the client paid for advice and administration."""
        return [entry for entry in self.standing() if entry.into(FEES)]

    def trades(self) -> list[Booked]:
        """The purchases and sales."""
        return [entry for entry in self.standing() if entry.kind in TRADES]

    def outstanding(self) -> list[str]:
        """The ETFs that were held at the end of the year and whose statement was not booked."""
        told = {line.etf for entry in self.statements() for line in entry.lines}
        held = units_held(standing(self.entries), self.year.last)
        return [etf for etf in held if etf not in told]

    def gains(self) -> list[Gain]:
        """The gains and losses of the year."""
        return [gain for gain in gains_of(self.entries) if self._holds(gain.day)]

    def reconciled(self, book: str) -> Reconciled:
        """The book's movements of the year, and what of them is told in another one."""
        here = between(self.entries, self.year.first, self.year.last)
        whole, kept = total(here, book), total(self._standing_between(), book)
        return Reconciled(book, whole, whole - kept, self._told_elsewhere(book), self._from_elsewhere(book))

    def _told_elsewhere(self, book: str) -> int:
        """Cents booked in the year that are told in another."""
        if book == GAINS:
            every = gains_of(self.entries)
            return -sum(gain.gain for gain in every if self._holds(gain.booked) and not self._holds(gain.day))
        paid = [entry for entry in self._standing_between() if entry.kind == DISTRIBUTION]
        return total([entry for entry in paid if not self._is_of(entry)], book)

    def _from_elsewhere(self, book: str) -> int:
        """Cents told in the year that are booked in another."""
        if book == GAINS:
            return -sum(gain.gain for gain in self.gains() if not self._holds(gain.booked))
        paid = [found.entry for found in self.distributions()]
        return total([entry for entry in paid if not self._holds(entry.day)], book)

    def _holds(self, day: date) -> bool:
        return self.year.first <= day <= self.year.last

    def _standing_between(self) -> list[Booked]:
        return between(standing(self.entries), self.year.first, self.year.last)

    def _is_of(self, entry: Booked) -> bool:
        """Whether a distribution is income of the year."""
        told = self.announced.get(entry.reference)
        day = entry.day if told is None else last_session(self.exchange, told.ex_date)
        return self._holds(day)

    def _distributed(self, entry: Booked) -> Distributed:
        return distributed(entry, self.announced.get(entry.reference))


def distributed(entry: Booked, announced: Announced | None) -> Distributed:
    """An entry of a distribution, read."""
    return Distributed(
        entry=entry,
        etf=next((line.etf for line in entry.lines if line.etf), ""),
        income=-entry.into(INCOME),
        withheld=entry.into(WITHHELD),
        reinvested=entry.into(SECURITIES),
        cash=entry.into(*MONEY),
        announced=announced,
    )


def moved(entry: Booked) -> list[Moved]:
    """What a fund's statement moved, parcel by parcel, in the order in which it was booked."""
    parcels = {line.parcel: line for line in entry.lines if line.parcel}
    return [
        Moved(
            entry,
            etf=line.etf or "",
            parcel=parcel,
            acquired=line.acquired,
            cost=sum(each.cents for each in entry.lines_of(SECURITIES) if each.parcel == parcel),
            gain=-sum(each.cents for each in entry.lines_of(GAINS) if each.parcel == parcel),
        )
        for parcel, line in parcels.items()
    ]
