"""What a backtest's owner would have owed on distributions and sales, year by year.

Parcels are sold first in, first out. A parcel's cost base holds the costs of buying it, proceeds are
after the costs of selling. Losses of a year and those brought forward come off gains that get no
discount first, then off the others; what is left of those is discounted. The tax is paid from
elsewhere: the portfolio's values are before tax. Franking credits are not counted.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from engines.backtest.run import Run
from engines.backtest.trades import NO_TRADE
from engines.tax.errors import NotCovered
from engines.tax.portfolio import GainsRule

# What is left of a parcel below this share of the units sold is rounding.
DUST = 1e-9


@dataclass(frozen=True, slots=True)
class TaxTerms:
    """The owner's rate on the next dollar, the last month of a tax year, the rule on gains of a day."""

    marginal_rate: float
    last_month: int
    gains_rule: Callable[[date], GainsRule]


@dataclass(frozen=True, slots=True)
class TaxYear:
    """A year of tax, named by the calendar year that it ends in; amounts are positive."""

    ends_in: int
    income: float = 0.0
    discountable_gains: float = 0.0
    other_gains: float = 0.0
    losses: float = 0.0
    net_capital_gain: float = 0.0
    losses_carried_forward: float = 0.0
    tax: float = 0.0


@dataclass(frozen=True, slots=True)
class Taxes:
    """All years in which anything happened, and the gain that was not realised at the end (may be a loss)."""

    years: tuple[TaxYear, ...]
    unrealised_gain: float

    @property
    def total(self) -> float:
        """The tax of all years."""
        return sum(year.tax for year in self.years)


@dataclass(frozen=True, slots=True)
class _Parcel:
    acquired: date
    units: float
    cost_base: float


class _Book:
    """Parcels and years, filled event by event."""

    def __init__(self, terms: TaxTerms) -> None:
        self._terms = terms
        self.years: dict[int, TaxYear] = {}
        self.parcels: deque[_Parcel] = deque()

    def paid(self, day: date, amount: float) -> None:
        """A distribution."""
        year = self._year(day)
        self.years[year.ends_in] = replace(year, income=year.income + amount)

    def bought(self, day: date, units: float, cost_base: float) -> None:
        """A purchase, costs included."""
        self.parcels.append(_Parcel(day, units, cost_base))

    def sold(self, day: date, units: float, proceeds: float) -> None:
        """A sale, out of the oldest parcels; proceeds are after costs."""
        left = units
        while left > DUST * units and self.parcels:
            oldest = self.parcels.popleft()
            taken = min(left, oldest.units)
            share = taken / oldest.units
            self._gain(day, oldest.acquired, proceeds * taken / units - oldest.cost_base * share)
            if oldest.units - taken > DUST * units:
                rest = _Parcel(oldest.acquired, oldest.units - taken, oldest.cost_base * (1 - share))
                self.parcels.appendleft(rest)
            left -= taken

    def _gain(self, day: date, acquired: date, gain: float) -> None:
        year = self._year(day)
        if gain < 0:
            found = replace(year, losses=year.losses - gain)
        elif self._terms.gains_rule(day).discountable(acquired, day):
            found = replace(year, discountable_gains=year.discountable_gains + gain)
        else:
            found = replace(year, other_gains=year.other_gains + gain)
        self.years[year.ends_in] = found

    def _year(self, day: date) -> TaxYear:
        ends_in = day.year + (day.month > self._terms.last_month)
        return self.years.get(ends_in, TaxYear(ends_in))


def taxes(run: Run, terms: TaxTerms) -> Taxes:
    """The tax years of a course; NotCovered when the rule on a year's gains is not known."""
    book, unrealised = _Book(terms), 0.0
    for place in range(len(run.assets)):
        book.parcels = deque()
        _fill(book, run, place)
        value = float(run.closes[-1, place]) * sum(parcel.units for parcel in book.parcels)
        unrealised += value - sum(parcel.cost_base for parcel in book.parcels)
    return Taxes(assessed(book.years, terms), unrealised)


def _fill(book: _Book, run: Run, place: int) -> None:
    """Trades and distributions of one asset in their order; on one day it is paid before it is traded."""
    traded = np.abs(run.trades[:, place]) > NO_TRADE * run.value[run.starts]
    trades = {int(run.starts[segment]): int(segment) for segment in np.flatnonzero(traded)}
    payouts = (
        {int(row) for row in np.flatnonzero(run.payouts[:, place])} if run.payouts is not None else set()
    )
    for row in sorted({*trades, *payouts}):
        day, close = run.dates[row], float(run.closes[row, place])
        if row in payouts and run.payouts is not None:
            amount = sum(parcel.units for parcel in book.parcels) * float(run.payouts[row, place])
            book.paid(day, amount)
            if run.paid is None:
                book.bought(day, amount / close, amount)
        if row in trades:
            value = float(run.trades[trades[row], place])
            cost = float(run.costs[trades[row], place])
            if value > 0:
                book.bought(day, value / close, value + cost)
            else:
                book.sold(day, -value / close, -value - cost)


def assessed(years: dict[int, TaxYear], terms: TaxTerms) -> tuple[TaxYear, ...]:
    """The years from the first to the last, losses set off and carried, the tax worked out."""
    carried, found = 0.0, []
    for ends_in in range(min(years, default=0), max(years, default=-1) + 1):
        year = years.get(ends_in, TaxYear(ends_in))
        losses = year.losses + carried
        other = max(year.other_gains - losses, 0.0)
        losses -= year.other_gains - other
        discountable = max(year.discountable_gains - losses, 0.0)
        carried = losses - (year.discountable_gains - discountable)
        net = other + (discountable * (1 - _discount(ends_in, terms)) if discountable else 0.0)
        tax = terms.marginal_rate * (year.income + net)
        found.append(replace(year, net_capital_gain=net, losses_carried_forward=carried, tax=tax))
    return tuple(found)


def _discount(ends_in: int, terms: TaxTerms) -> float:
    rule = terms.gains_rule(date(ends_in, terms.last_month, 1))
    if rule.discount is None:
        raise NotCovered(
            f"gains of the tax year to {ends_in} follow {rule.replaced_by}, not covered yet", "tax"
        )
    return float(rule.discount)
