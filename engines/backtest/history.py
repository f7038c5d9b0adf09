"""What a backtest runs over: closing prices by day and asset, distributions, and money paid in or out.

EngineError
├── TooFewRows        less than two days of prices
├── DatesOutOfOrder   a date is not after the one before it
├── FutureDate        a date lies after the day the backtest is run
├── PricesDoNotMatch  a column has not one price for each date
├── BadPrice          a price is missing, zero, negative or absurd
├── NoSuchDay         a distribution or flow falls on no day of the prices
└── BadDistribution   a distribution of an asset that is not held
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineError

Floats = NDArray[np.float64]

# East of Greenwich a session's date may already be tomorrow's.
ZONES = timedelta(days=1)
# Prices have up to eight decimals. Beyond these bounds products of prices and units lose their digits.
LOWEST_PRICE, HIGHEST_PRICE = 1e-8, 1e12


class TooFewRows(EngineError):
    """Less than two days of prices."""


class DatesOutOfOrder(EngineError):
    """A date is not after the one before it."""


class FutureDate(EngineError):
    """A date lies after the day the backtest is run."""


class PricesDoNotMatch(EngineError):
    """A column has not one price for each date."""


class BadPrice(EngineError):
    """A price is missing, zero or negative."""


class NoSuchDay(EngineError):
    """A distribution or flow falls on no day of the prices, or on the first."""


class BadDistribution(EngineError):
    """A distribution of an asset that is not held."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Closing prices, days by assets; `payouts` is money per unit on its day, `flows` money by row.

    A payout belongs to who held the unit at the close before, and comes at the close of its day.
    A flow is paid in (positive) or out (negative) at the close of its day.
    """

    dates: tuple[date, ...]
    assets: tuple[str, ...]
    prices: Floats
    payouts: Floats | None = None
    flows: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Distribution:
    """An amount per unit, by the day its price goes ex."""

    day: date
    asset: str
    amount: float


@dataclass(frozen=True, slots=True)
class Flow:
    """Money paid in (positive) or taken out (negative) at the close of a day."""

    day: date
    amount: float


def history(
    dates: Sequence[date],
    columns: Mapping[str, Sequence[float]],
    assets: Sequence[str],
    today: date,
    *,
    distributions: Sequence[Distribution] = (),
    flows: Sequence[Flow] = (),
) -> History:
    """The history of `assets`, checked; paths of errors are those of `backtest.run`'s input."""
    check_dates(dates, today)
    prices = np.empty((len(dates), len(assets)))
    for place, asset in enumerate(assets):
        prices[:, place] = _column(columns[asset], len(dates), f"prices.columns.{asset}")
    row = {day: place for place, day in enumerate(dates)}
    return History(
        dates=tuple(dates),
        assets=tuple(assets),
        prices=prices,
        payouts=_payouts(distributions, row, assets),
        flows=_flows(flows, row),
    )


def check_dates(dates: Sequence[date], today: date) -> None:
    """Refuse less than two dates, one not after the one before it, and one after `today` (UTC)."""
    if len(dates) < 2:
        raise TooFewRows(
            f"a backtest needs at least two days of prices, here {'is' if len(dates) == 1 else 'are'} "
            f"{len(dates)}; give a longer history",
            "prices.dates",
        )
    for place in range(1, len(dates)):
        if dates[place] <= dates[place - 1]:
            raise DatesOutOfOrder(
                f"{dates[place]} comes after {dates[place - 1]}; list days oldest first, each once",
                f"prices.dates[{place}]",
            )
    if dates[-1] > today + ZONES:
        place = next(place for place, day in enumerate(dates) if day > today + ZONES)
        raise FutureDate(
            f"{dates[place]} lies in the future; a backtest takes prices that were", f"prices.dates[{place}]"
        )


def _column(prices: Sequence[float], days: int, path: str) -> Floats:
    if len(prices) != days:
        raise PricesDoNotMatch(f"there are {days} dates and {len(prices)} prices; give one a date", path)
    column = np.asarray(prices, dtype=np.float64)
    wrong = np.flatnonzero(~((column >= LOWEST_PRICE) & (column <= HIGHEST_PRICE)))
    if wrong.size:
        raise BadPrice(
            f"a price must be a number above zero (from {LOWEST_PRICE:.8f} to {HIGHEST_PRICE:,.0f}), this is "
            f"{column[wrong[0]]:g}; mend the data or leave the day out",
            f"{path}[{wrong[0]}]",
        )
    return column


def _payouts(
    distributions: Sequence[Distribution], row: Mapping[date, int], assets: Sequence[str]
) -> Floats | None:
    if not distributions:
        return None
    payouts = np.zeros((len(row), len(assets)))
    place = {asset: column for column, asset in enumerate(assets)}
    for number, paid in enumerate(distributions):
        if paid.asset not in place:
            raise BadDistribution(
                f"{paid.asset} is not held here; leave its distributions out", f"distributions[{number}].etf"
            )
        payouts[_row(paid.day, row, f"distributions[{number}].date"), place[paid.asset]] += paid.amount
    return payouts


def _flows(flows: Sequence[Flow], row: Mapping[date, int]) -> dict[int, float]:
    found: dict[int, float] = {}
    for number, flow in enumerate(flows):
        place = _row(flow.day, row, f"flows[{number}].date")
        found[place] = found.get(place, 0.0) + flow.amount
    return found


def _row(day: date, row: Mapping[date, int], path: str) -> int:
    if row.get(day, 0) == 0:
        why = "is the first day, on which `initial` is invested" if day in row else "has no prices"
        raise NoSuchDay(f"{day} {why}; give a later day that has prices", path)
    return row[day]
