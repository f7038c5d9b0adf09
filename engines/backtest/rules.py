"""When a portfolio is brought back to its target: never, by the calendar, or when it leaves its bands."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

Cadence = Literal["daily", "weekly", "monthly", "quarterly", "half_yearly", "yearly"]
CADENCES: tuple[Cadence, ...] = get_args(Cadence)

# Computed weights count as beyond a band only by more than this.
WITHIN = 1e-9
FIRST_LOOK, LONGEST_LOOK = 32, 1024


class Rule(Protocol):
    """Says when the next rebalance is due."""

    def next_day(self, day: int, units: Floats, prices: Floats, cash: Floats | None) -> int:
        """The first row after `day` on which to rebalance; the number of rows when there is none.

        `units` are held from `day` on; `cash` is what lies beside them, by row from `day` + 1 on.
        """


@dataclass(frozen=True, slots=True)
class Static:
    """Bought once and held."""

    def next_day(self, day: int, units: Floats, prices: Floats, cash: Floats | None) -> int:
        """Never."""
        return len(prices)


@dataclass(frozen=True, slots=True, eq=False)
class Periodic:
    """On given rows, in order."""

    days: list[int]

    def next_day(self, day: int, units: Floats, prices: Floats, cash: Floats | None) -> int:
        """The next of the rows."""
        place = bisect_right(self.days, day)
        return self.days[place] if place < len(self.days) else len(prices)


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """When a weight is beyond `allowed` from its target; looked at on the days of `looks` (None: all)."""

    target: Floats
    allowed: Floats
    looks: Flags | None = None

    def next_day(self, day: int, units: Floats, prices: Floats, cash: Floats | None) -> int:
        """The first row at whose close a weight lies beyond its band; rows are looked at in blocks."""
        begin, size, limit = day + 1, FIRST_LOOK, self.allowed + WITHIN
        while begin < len(prices):
            end = min(begin + size, len(prices))
            held = prices[begin:end] * units
            whole = held.sum(axis=1)
            if cash is not None:
                whole = whole + cash[begin - day - 1 : end - day - 1]
            held /= whole[:, None]
            held -= self.target
            beyond: Flags = np.logical_or.reduce(np.abs(held, out=held) > limit, axis=1)
            if self.looks is not None:
                beyond &= self.looks[begin:end]
            first = int(beyond.argmax())
            if beyond[first]:
                return begin + first
            begin, size = end, min(size * 2, LONGEST_LOOK)
        return len(prices)


def period_starts(dates: Sequence[date], cadence: Cadence) -> list[int]:
    """Rows that begin a new day, ISO week, month, quarter, half or year; the first row is none.

    These are the days on which bt's RunDaily, RunWeekly, RunMonthly … run after their first.
    """
    if cadence == "daily":
        return list(range(1, len(dates)))
    if cadence == "weekly":
        # Day 1 is a Monday.
        periods = [(day.toordinal() - 1) // 7 for day in dates]
    else:
        months = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}[cadence]
        periods = [(day.year * 12 + day.month - 1) // months for day in dates]
    return [row for row in range(1, len(dates)) if periods[row] != periods[row - 1]]
