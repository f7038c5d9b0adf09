"""Stretches of history to learn from, drawn in blocks so that calm and storm stay together.

A block bootstrap (Künsch 1989) with circular blocks (Politis and Romano 1992), balanced (Davison,
Hinkley and Schechtman 1986): the starts of a draw are spread evenly over the history, so that no
draw is luckier than another.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.agents.errors import HistoryTooShort
from engines.agents.products import product

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

TRAILING = 63
"""Sessions that the present unrest of the market is judged by."""
CALM, VOLATILE = 1.1, 1.6
"""Trailing volatility over its long-run average: below the first is calm, from the second on a crisis."""


@dataclass(frozen=True, slots=True)
class Experience:
    """What each period that begins on some day of the history brings; days wrap around its end.

    `gain` and `benchmark_gain` are sums of daily returns, `spread` sums of products of daily
    deviations (days by ETFs by ETFs, the last two flattened), `unrest` the logarithm of trailing
    over long-run volatility before the day. `covariance` is a year's.
    """

    gain: Floats
    benchmark_gain: Floats
    spread: Floats
    unrest: Floats
    covariance: Floats
    sessions: int
    sessions_a_year: int

    @property
    def days(self) -> int:
        """How many days a period can begin on."""
        return len(self.gain)

    @property
    def periods_a_year(self) -> float:
        """How many periods a year has."""
        return self.sessions_a_year / self.sessions


def experience(
    returns: Floats,
    benchmark: Floats,
    expected: Floats,
    benchmark_expected: float,
    *,
    sessions: int,
    sessions_a_year: int,
) -> Experience:
    """Periods of `sessions` days from daily returns, moved so that they average what is expected a year.

    A few years of prices say little of the mean: how returns vary is taken from history, how much
    they are from `expected`. HistoryTooShort below two trailing windows, or one period.
    """
    needed = max(2 * TRAILING, sessions)
    if len(returns) < needed:
        raise HistoryTooShort(f"{len(returns)} sessions are too few to learn from, {needed} are needed")
    moved = returns - returns.mean(axis=0) + expected / sessions_a_year
    moved_benchmark = benchmark - benchmark.mean() + benchmark_expected / sessions_a_year
    deviations = returns - returns.mean(axis=0)
    products = (deviations[:, :, None] * deviations[:, None, :]).reshape(len(returns), -1)
    return Experience(
        gain=_windows(moved, sessions),
        benchmark_gain=_windows(moved_benchmark[:, None], sessions)[:, 0],
        spread=_windows(products, sessions),
        unrest=unrest_before(returns),
        covariance=product(deviations.T, deviations) / (len(returns) - 1) * sessions_a_year,
        sessions=sessions,
        sessions_a_year=sessions_a_year,
    )


def draw(rng: np.random.Generator, source: Experience, *, episodes: int, periods: int, block: int) -> Indices:
    """The days that the periods of each episode begin on, episodes by periods, in blocks of `block`."""
    blocks = -(-periods // block)
    number = episodes * blocks
    spread = (rng.permutation(number) + rng.random(number)) / number
    first = np.floor(spread * source.days).astype(np.int64).reshape(episodes, blocks)
    within = np.arange(block) * source.sessions
    days = (first[:, :, None] + within) % source.days
    drawn: Indices = days.reshape(episodes, -1)[:, :periods]
    return drawn


def unrest_before(returns: Floats) -> Floats:
    """ln(trailing volatility / long-run volatility) of the ETFs' mean before each day; 0 is average.

    The first days look back around the end of the history, which a circular bootstrap does too.
    """
    mean = returns.mean(axis=1)
    squared = (mean - mean.mean()) ** 2
    trailing = np.roll(_windows(squared[:, None], TRAILING)[:, 0], TRAILING) / TRAILING
    longest = max(float(squared.mean()), np.finfo(float).tiny)
    unrest: Floats = 0.5 * np.log(np.maximum(trailing, longest * 1e-6) / longest)
    return unrest


def regime(unrest: Floats) -> Indices:
    """0 calm, 1 volatile, 2 crisis, by trailing over long-run volatility."""
    return np.searchsorted(np.log([CALM, VOLATILE]), unrest, side="right")


def _windows(rows: Floats, length: int) -> Floats:
    """Sums of `length` rows from each row on, wrapping around the end."""
    around = np.vstack([np.zeros_like(rows[:1]), rows, rows[: length - 1]])
    running = np.cumsum(around, axis=0)
    sums: Floats = running[length:] - running[:-length]
    return sums
