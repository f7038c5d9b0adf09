"""What a course of values comes to: return, risk, and the table of its drawdowns.

Returns are of each close over the close before, a flow taken out of the later one. Yearly figures
state their years: `cagr` counts calendar days over 365, volatility and ratios take the root of
`periods_per_year`. Losses and drawdowns are positive. A ratio over zero is None.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DAYS_A_YEAR = 365
# Deviations below it are rounding of a course that never moves.
NO_RISK = 1e-12


@dataclass(frozen=True, slots=True)
class Metrics:
    """A course in figures; shares and ratios, 0.05 is five percent."""

    total_return: float
    cagr: float | None
    volatility: float
    sharpe_ratio: float | None
    sortino_ratio: float | None
    calmar_ratio: float | None
    max_drawdown: float
    best_period: float
    worst_period: float
    years: float


@dataclass(frozen=True, slots=True)
class Drawdown:
    """A fall from a high to the day it is reached again (None: not yet); `depth` is the share lost."""

    peak: date
    trough: date
    recovered: date | None
    depth: float
    days: int


def period_returns(value: Floats, flows: Mapping[int, float]) -> Floats:
    """Returns from close to close; a flow comes at the close of its row and is no return."""
    earned = value[1:].copy()
    for row, flow in flows.items():
        earned[row - 1] -= flow
    returns: Floats = earned / value[:-1] - 1
    return returns


def measure(
    dates: Sequence[date],
    returns: Floats,
    *,
    opening_return: float = 0.0,
    risk_free: float = 0.0,
    periods_per_year: float = 252,
) -> Metrics:
    """The figures of `returns`, one for each date but the first, on which `opening_return` was made.

    total_return = Π(1 + r) - 1, the opening included; cagr = (1 + total_return)^(365/days) - 1.
    volatility = sample deviation (n-1) · √periods; 0 for a single return. With the excess e = r -
    risk_free/periods: sharpe = mean(e)/deviation(e) · √periods, sortino = mean(e)/√mean(min(e, 0)²) ·
    √periods (Sortino and Price 1994), calmar = cagr/max_drawdown (Young 1991, over the whole history).
    """
    growth = (1 + opening_return) * float(np.prod(1 + returns))
    years = (dates[-1] - dates[0]).days / DAYS_A_YEAR
    deviation = float(np.std(returns, ddof=1)) if len(returns) > 1 else 0.0
    excess = returns - risk_free / periods_per_year
    shortfall = math.sqrt(float(np.mean(np.minimum(excess, 0) ** 2)))
    yearly = math.sqrt(periods_per_year)
    cagr = _yearly(growth, years)
    fall = float(falls(returns).max())
    return Metrics(
        total_return=growth - 1,
        cagr=cagr,
        volatility=deviation * yearly,
        sharpe_ratio=_ratio(float(excess.mean()) * yearly, deviation),
        sortino_ratio=_ratio(float(excess.mean()) * yearly, shortfall),
        calmar_ratio=None if cagr is None else _ratio(cagr, fall),
        max_drawdown=fall,
        best_period=float(returns.max()),
        worst_period=float(returns.min()),
        years=years,
    )


def falls(returns: Floats) -> Floats:
    """The share lost since the highest value so far, at the first date and after each return."""
    growth = np.concatenate([[1.0], np.cumprod(1 + returns)])
    below: Floats = 1 - growth / np.maximum.accumulate(growth)
    return below


def drawdowns(dates: Sequence[date], returns: Floats, most: int = 10) -> list[Drawdown]:
    """The deepest falls, deepest first; each from its high to the day the high is reached again."""
    below = falls(returns)
    under = np.concatenate([[False], below > NO_RISK, [False]])
    edges = np.flatnonzero(under[1:] != under[:-1])
    found = [
        _drawdown(dates, below, int(begin), int(end))
        for begin, end in zip(edges[::2], edges[1::2], strict=True)
    ]
    return sorted(found, key=lambda fall: -fall.depth)[:most]


def _drawdown(dates: Sequence[date], below: Floats, begin: int, end: int) -> Drawdown:
    """The fall over rows `begin` to before `end`; the high is the row before."""
    recovered = dates[end] if end < len(below) else None
    return Drawdown(
        peak=dates[begin - 1],
        trough=dates[begin + int(below[begin:end].argmax())],
        recovered=recovered,
        depth=float(below[begin:end].max()),
        days=((recovered or dates[-1]) - dates[begin - 1]).days,
    )


def _yearly(growth: float, years: float) -> float | None:
    """None where all is lost, and where a year of such growth is beyond numbers: a history of days."""
    if growth <= 0:
        return None
    try:
        return float(growth ** (1 / years) - 1)
    except OverflowError:
        return None


def _ratio(above: float, below: float) -> float | None:
    return above / below if below > NO_RISK else None
