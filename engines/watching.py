"""What the monitoring sweeps measure, of many portfolios at once.

Portfolios stand in columns: the lines of portfolio `i`, an ETF that it holds or is to hold, are
`offsets[i]:offsets[i + 1]`, and so with its goals. What has no value is NaN and never zero; `faults` say why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Shares = NDArray[np.float32]
Whole = NDArray[np.int64]

ONE_DAY_IN_20 = NormalDist().inv_cdf(0.95)
WHOLE_METRICS = ("days_to_goal",)
FLAGS = ("regime_changed",)


class Fault(IntEnum):
    """Why a portfolio is not measured as others are; the first that is true of it."""

    NONE = 0
    WORTHLESS = 1  # empty, or it owes as much as it holds: no share of it can be said
    UNPRICED = 2  # an ETF that it holds has no price


@dataclass(frozen=True, slots=True)
class Portfolios:
    """Portfolios in columns. Money in cents; days are proleptic ordinals.

    `pod` has a row a line: how much of the ETF each pod asked for, together 1, or 0 where no pod is known.
    """

    offsets: Whole
    etf: Whole  # place in the market's columns
    units: Whole
    cost: Whole  # cost base of the units
    target: Floats  # weight that the ETF is to have; 0 where none
    pod: Shares
    cash: Whole
    capital: Whole  # paid in, less taken out
    marginal_rate: Floats  # NaN where not known
    goal_offsets: Whole
    goal_day: Whole

    def __len__(self) -> int:
        return len(self.cash)


@dataclass(frozen=True, slots=True)
class Market:
    """Prices (NaN for none), covariance of a day's returns, and the market's yearly volatility.

    `ceilings` are the yearly volatilities that the pods may have, NaN for none; `regime` is the place of the
    one that the market is in, NaN where none is told apart.
    """

    prices: Floats
    covariance: Floats
    sessions_per_year: int
    volatility: float
    brokerage: float
    ceilings: tuple[float, ...] = ()
    regime: float = float("nan")


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept of the measurement before; NaN for what was not measured.

    The value in AUD, its peak, the capital in cents, and the regime that the market was in.
    """

    value: Floats
    peak: Floats
    capital: Floats
    regime: Floats

    @classmethod
    def nothing(cls, count: int) -> "Kept":
        """Of portfolios that were never measured."""
        return cls(*(np.full(count, np.nan) for _ in range(4)))


@dataclass(frozen=True, slots=True)
class Measured:
    """The metrics by name, one number a portfolio; what is to be kept; and why something is missing."""

    metrics: Mapping[str, Floats]
    faults: NDArray[np.int8]
    kept: Kept

    def of(self, place: int) -> dict[str, float | int | bool]:
        """The metrics of one portfolio, without those that it could not be measured by."""
        found = {name: float(numbers[place]) for name, numbers in self.metrics.items()}
        return {
            name: bool(number) if name in FLAGS else int(number) if name in WHOLE_METRICS else number
            for name, number in found.items()
            if not np.isnan(number)
        }


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines with what they are worth: `owner` is the place of the portfolio."""

    owner: Whole
    held: NDArray[np.bool_]
    worth: Floats
    share: Floats  # of the portfolio's value


def measure(portfolios: Portfolios, market: Market, kept: Kept, today: int) -> Measured:
    """Every metric of every portfolio, on the day `today` (an ordinal).

    The volatility of pods is left out where nobody's pods are known, the market's where it has none, and
    the change of its regime where none is told apart.
    """
    count = len(portfolios)
    owner = np.repeat(np.arange(count), np.diff(portfolios.offsets))
    held = portfolios.units > 0
    worth = np.where(held, portfolios.units * market.prices[portfolios.etf], 0.0)
    cash = portfolios.cash / 100.0
    value = _sums(owner, worth, count) + cash
    faults = _faults(value)
    value = np.where(faults == Fault.NONE, value, np.nan)
    lines = _Lines(owner, held, worth, worth / value[owner])
    day, pods = _volatilities(portfolios, market, lines)
    day[np.isnan(value)] = np.nan
    after = _kept(kept, value, portfolios.capital / 1.0, market.regime)
    metrics = {
        **_drifts(portfolios, lines),
        **_of_pods(pods * np.sqrt(market.sessions_per_year), market),
        "position_loss": _position_loss(portfolios, lines),
        "market_volatility": np.full(count, market.volatility),
        "var_95": ONE_DAY_IN_20 * day,
        "drawdown": 1.0 - value / after.peak,
        "cash_share": cash / value,
        "days_to_goal": _days_to_goal(portfolios, today),
        "harvest_benefit": _harvest_benefit(portfolios, market, lines),
    }
    if np.isnan(market.volatility):
        del metrics["market_volatility"]
    if not np.isnan(market.regime):
        metrics["regime_changed"] = np.where(
            np.isnan(kept.regime), 0.0, (kept.regime != market.regime).astype(np.float64)
        )
    return Measured(metrics, faults, after)


def _faults(value: Floats) -> NDArray[np.int8]:
    faults = np.zeros(len(value), dtype=np.int8)
    faults[value <= 0] = Fault.WORTHLESS
    faults[np.isnan(value)] = Fault.UNPRICED
    return faults


def _drifts(portfolios: Portfolios, lines: _Lines) -> dict[str, Floats]:
    """Half the sum of deviations, and the largest; NaN without a target."""
    count = len(portfolios)
    apart = np.abs(lines.share - portfolios.target)
    aimed = _sums(lines.owner, portfolios.target, count) > 0
    largest = _largest(lines.owner, apart, count)
    return {
        "portfolio_drift": np.where(aimed, _sums(lines.owner, apart, count) / 2, np.nan),
        "largest_drift": np.where(aimed, largest, np.nan),
    }


def _of_pods(volatilities: Floats, market: Market) -> dict[str, Floats]:
    """The highest volatility of a portfolio's pods, and how far the furthest is above its own ceiling.

    NaN where no pod of the portfolio is known; nothing where nobody's are.
    """
    if np.isnan(volatilities).all():
        return {}
    above = volatilities - np.array(market.ceilings)
    return {"pod_volatility": _highest(volatilities), "pod_volatility_excess": _highest(above)}


def _highest(columns: Floats) -> Floats:
    """The largest number of each row; NaN for a row of NaN."""
    found: Floats = np.where(np.isnan(columns), -np.inf, columns).max(axis=1)
    return np.where(np.isneginf(found), np.nan, found)


def _position_loss(portfolios: Portfolios, lines: _Lines) -> Floats:
    """The largest loss, at least 0; NaN where nothing is held, or what is held cost nothing."""
    cost = portfolios.cost / 100.0
    counted = lines.held & (cost > 0)
    loss = 1.0 - lines.worth[counted] / cost[counted]
    return _largest(lines.owner[counted], np.maximum(loss, 0.0), len(portfolios))


def _harvest_benefit(portfolios: Portfolios, market: Market, lines: _Lines) -> Floats:
    """Marginal rate times the loss of a position, less the brokerage of selling, of those where it pays.

    Positions count whole: a parcel at a gain takes from another's loss. NaN where nothing is held or the
    rate is not known.
    """
    count = len(portfolios)
    loss = portfolios.cost / 100.0 - lines.worth
    saved = loss * portfolios.marginal_rate[lines.owner] - market.brokerage
    saved = np.where(lines.held, np.maximum(saved, 0.0), 0.0)
    holds = np.bincount(lines.owner[lines.held], minlength=count) > 0
    return np.where(holds, _sums(lines.owner, saved, count), np.nan)


def _days_to_goal(portfolios: Portfolios, today: int) -> Floats:
    """Days until the next goal that is not in the past; NaN where there is none."""
    count = len(portfolios)
    owner = np.repeat(np.arange(count), np.diff(portfolios.goal_offsets))
    days = portfolios.goal_day - today
    ahead = days >= 0
    return -_largest(owner[ahead], -days[ahead].astype(np.float64), count)


def _volatilities(portfolios: Portfolios, market: Market, lines: _Lines) -> tuple[Floats, Floats]:
    """A day's volatility of each portfolio, cash being calm, and of each of its pods, NaN for one it has not.

    Lines are paired with those that stand 0, 1, 2, … places behind them in the same portfolio.
    """
    count, pods = len(portfolios), portfolios.pod.shape[1]
    whole, parts = np.zeros(count), np.zeros((count, pods))
    left, lag = np.flatnonzero(lines.held), 0
    while left.size:
        right = left + lag
        moved = lines.share[left] * lines.share[right]
        moved *= market.covariance[portfolios.etf[left], portfolios.etf[right]] * (2.0 if lag else 1.0)
        moved[~lines.held[right]] = 0.0
        whole += _sums(lines.owner[left], moved, count)
        together = portfolios.pod[left] * portfolios.pod[right]
        for pod in range(pods):
            both = together[:, pod] > 0
            parts[:, pod] += _sums(lines.owner[left[both]], moved[both] * together[both, pod], count)
        lag += 1
        left = left[left + lag < len(lines.owner)]
        left = left[lines.owner[left] == lines.owner[left + lag]]
    each = np.full((count, pods), np.nan)
    for pod in range(pods):
        shares = _sums(lines.owner, np.where(lines.held, lines.share * portfolios.pod[:, pod], 0.0), count)
        np.divide(np.sqrt(np.maximum(parts[:, pod], 0.0)), shares, out=each[:, pod], where=shares > 0)
    return np.sqrt(np.maximum(whole, 0.0)), each


def _kept(before: Kept, value: Floats, capital: Floats, regime: float) -> Kept:
    """Peaks carried on: what was paid in or taken out moves them in proportion and is neither gain nor loss.

    Where there is no value, all stays as it was; where there was none before, the peak is the value.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        grown = (before.value + (capital - before.capital) / 100.0) / before.value
    carried = np.where(grown > 0, before.peak * grown, np.nan)
    unknown = np.isnan(value)
    return Kept(
        np.where(unknown, before.value, value),
        np.where(unknown, before.peak, np.fmax(carried, value)),
        np.where(unknown, before.capital, capital),
        before.regime if np.isnan(regime) else np.full(len(value), regime),
    )


def _sums(owner: Whole, amounts: Floats, count: int) -> Floats:
    """The sum of each owner's amounts, in the order of the lines; NaN if one of them is."""
    sums: Floats = np.bincount(owner, weights=amounts, minlength=count).astype(np.float64, copy=False)
    return sums


def _largest(owner: Whole, amounts: Floats, count: int) -> Floats:
    """The largest of each owner's amounts, NaN if one of them is, or there is none; owners ascend."""
    found = np.full(count, np.nan)
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    if starts.size:
        found[owner[starts]] = np.maximum.reduceat(amounts, starts)
    return found
