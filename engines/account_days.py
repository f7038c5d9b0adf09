"""What an account earned day by day, and by asset class, from what was booked and closing prices.

EngineError
├── TooLittleHistory   no closing price since the first money
├── NoPrice            something that was held has no price
└── NothingAtWork      something was earned while nothing was invested

Money that comes in is at work from the morning of its day, money that leaves until the evening; so are
purchases and sales within it. Costs and tax that was kept back make the return smaller.
"""

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from engines.brinson import compound
from engines.errors import EngineError

Floats = NDArray[np.float64]

CASH, COSTS = "cash", "costs"
"""Where money lies that is in no ETF, and where fees go."""


class TooLittleHistory(EngineError):
    """No closing price since the first money."""


class NoPrice(EngineError):
    """Something that was held has no price."""


class NothingAtWork(EngineError):
    """Something was earned while nothing was invested."""


@dataclass(frozen=True, slots=True)
class Booked:
    """One thing that happened on a day, in money of that day.

    `money` is what cash grew by, `paid_in` what of it the owner paid in (negative: took out), `spent` what
    went into each ETF, fees, and tax kept back (negative: came out of it), `units` what it moved by ETF.
    `restates`: units were only counted anew, as in a split.
    """

    day: date
    money: float
    paid_in: float
    spent: Mapping[str, float]
    units: Mapping[str, int]
    restates: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Closings:
    """Closing prices, sessions by ETFs, in units of the last day; and the class of each ETF."""

    sessions: Sequence[date]
    etfs: Sequence[str]
    prices: Floats
    classes: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """Every session from the first one with money: what was at work, and what it earned.

    `opened` is when the measuring begins, `opening` what was there then; a row of the tables is a
    session, a column a class of `classes`. `values` are of the evening, after what was paid in and out.
    """

    opened: date
    opening: float
    sessions: Sequence[date]
    classes: Sequence[str]
    at_work: Floats
    profit: Floats
    values: Floats
    paid_in: Mapping[date, float]

    @property
    def bases(self) -> Floats:
        """All that was at work by day."""
        total: Floats = self.at_work.sum(axis=1)
        return total

    @property
    def returns(self) -> Floats:
        """Time-weighted returns by day; 0 where nothing was at work."""
        bases = self.bases
        earned: Floats = self.profit.sum(axis=1)
        found: Floats = np.divide(earned, bases, out=np.zeros_like(bases), where=bases > 0)
        return found

    def after(self, day: date) -> "Days":
        """The days after `day`, which opens them; `day` is a session or `opened`."""
        start = bisect_right(self.sessions, day)
        return Days(
            opened=day,
            opening=float(self.values[start - 1]) if start else self.opening,
            sessions=self.sessions[start:],
            classes=self.classes,
            at_work=self.at_work[start:],
            profit=self.profit[start:],
            values=self.values[start:],
            paid_in={when: money for when, money in self.paid_in.items() if when > day},
        )

    def last_months(self, months: int) -> "Days | None":
        """The days since the close of the last session up to so many months ago; None where there is none."""
        day = months_before(self.sessions[-1], months)
        place = bisect_right(self.sessions, day)
        if place:
            return self.after(self.sessions[place - 1])
        return self if self.opened == day and self.opening else None

    def time_weighted_return(self) -> float:
        """Over all days together."""
        return compound(self.returns)


def account_days(booked: Sequence[Booked], closings: Closings) -> Days:
    """All that was earned between the first money and the last closing prices.

    `booked` is in the order of its days; what came after the last session does not count. Where money was
    there before the first price, the account opens with its value at that price.
    """
    first = _first_day(booked, closings.sessions)
    start = bisect_left(closings.sessions, first)
    opens_held = start == 0 and first <= closings.sessions[0]
    sessions = list(closings.sessions[start + opens_held :])
    if not sessions:
        raise TooLittleHistory(
            f"the first money came on {first}, and the newest closing prices are of {closings.sessions[-1]}: "
            "there is no day to measure yet",
            "portfolio_id",
        )
    ledger = _Tables(booked, closings, sessions, sessions_before=closings.sessions[:1] if opens_held else [])
    return ledger.days(opened=closings.sessions[0] if opens_held else first)


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, the last one of a month that is too short for it.

    >>> months_before(date(2025, 3, 31), 1)
    datetime.date(2025, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _first_day(booked: Sequence[Booked], sessions: Sequence[date]) -> date:
    days = [each.day for each in booked if each.money or each.units]
    if not days:
        raise TooLittleHistory("no money has come in yet", "portfolio_id")
    if days[0] > sessions[-1]:
        raise TooLittleHistory(
            f"the first money came on {days[0]}, after the newest closing prices of {sessions[-1]}",
            "portfolio_id",
        )
    return days[0]


class _Tables:
    """What was booked, laid out by session: row 0 is what was there before the first of them."""

    def __init__(
        self,
        booked: Sequence[Booked],
        closings: Closings,
        sessions: list[date],
        sessions_before: Sequence[date],
    ) -> None:
        self._sessions, self._closings = sessions, closings
        self._opened_on = sessions_before[0] if sessions_before else None
        self._classes = [CASH, COSTS, *sorted({*closings.classes.values()} - {CASH, COSTS})]
        rows = len(sessions) + 1
        self._column = {name: place for place, name in enumerate(self._classes)}
        self._money, self._flows = np.zeros(rows), np.zeros((rows, 2))
        self._bought, self._sold = (np.zeros((rows, len(self._classes))) for _ in range(2))
        self._units: dict[str, Floats] = defaultdict(lambda: np.zeros(rows))
        self._paid_in: dict[date, float] = defaultdict(float)
        for each in booked:
            if each.day <= sessions[-1]:
                self._book(each, self._row(each.day))

    def _row(self, day: date) -> int:
        """A day without a session counts for the next one."""
        if self._opened_on is not None and day <= self._opened_on:
            return 0
        return bisect_left(self._sessions, day) + 1

    def _book(self, each: Booked, row: int) -> None:
        self._money[row] += each.money
        self._flows[row, int(each.paid_in < 0)] += each.paid_in
        if each.paid_in and row:
            self._paid_in[each.day] += each.paid_in
        for name, net in self._by_class(each).items():
            table = self._bought if net > 0 and name != COSTS else self._sold
            table[row, self._column[name]] += net
        for etf, units in each.units.items():
            self._move(etf, units, row, restates=each.restates)

    def _by_class(self, each: Booked) -> dict[str, float]:
        """What went into each class; within a class one ETF may take the other's place."""
        found: dict[str, float] = defaultdict(float)
        for etf, money in each.spent.items():
            found[self._class_of(etf)] += money
        return found

    def _class_of(self, etf: str) -> str:
        return COSTS if etf == COSTS else self._closings.classes[etf]

    def _move(self, etf: str, units: int, row: int, *, restates: bool) -> None:
        before = self._units[etf].sum()
        if restates and before and before + units > 0:
            # Prices are of today's units, so what was held before is counted in them, too.
            self._units[etf] *= (before + units) / before
        else:
            self._units[etf][row] += units

    def days(self, opened: date) -> Days:
        values, cash = self._values(), np.cumsum(self._money)
        profit = np.diff(values, axis=0) - (self._bought + self._sold)[1:]
        at_work = values[:-1] + self._bought[1:]
        own = self._column[CASH]
        spent = (self._bought + self._sold)[1:].sum(axis=1)
        # Cash may lie in ETFs of its class, too.
        profit[:, own] += np.diff(cash) - self._flows[1:].sum(axis=1) + spent
        at_work[:, own] += cash[:-1] + self._flows[1:, 0] - self._bought[1:].sum(axis=1)
        whole = values.sum(axis=1) + cash
        self._hold_at_work(at_work.sum(axis=1), profit.sum(axis=1))
        return Days(
            opened,
            float(whole[0]),
            self._sessions,
            self._classes,
            at_work,
            profit,
            whole[1:],
            dict(sorted(self._paid_in.items())),
        )

    def _values(self) -> Floats:
        """Value of what is held by class, a row more than there are sessions."""
        values = np.zeros((len(self._sessions) + 1, len(self._classes)))
        prices = self._closings.prices[-len(self._sessions) :]
        before = self._closings.prices[:1] if self._opened_on else prices[:1]
        prices = np.concatenate([before, prices])
        for etf, moved in self._units.items():
            held = np.cumsum(moved)
            if etf not in self._closings.etfs:
                if np.abs(held).max() > 0:
                    raise NoPrice(f"{etf} was held, and the newest market data have no price of it", etf)
                continue
            values[:, self._column[self._class_of(etf)]] += held * prices[:, self._closings.etfs.index(etf)]
        return values

    def _hold_at_work(self, bases: Floats, profit: Floats) -> None:
        for place in np.flatnonzero((bases <= 0) & (np.abs(profit) >= 0.005)):
            raise NothingAtWork(
                f"{profit[place]:.2f} was earned on {self._sessions[place]} while nothing was invested, "
                "so there is no return",
                "portfolio_id",
            )
