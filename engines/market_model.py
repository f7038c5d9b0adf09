"""Prices of a simulated market: regimes, common factors and fat tails, drawn from a seed.

A day's log return of a fund is its drift, plus what its factors, its exposure group and it alone
are shaken by. The regime (a Markov chain) scales all shocks of a day; so does one draw that makes
them Student t together, which is why extreme days hit all funds at once. Every stream of draws
runs in the order of days: a longer path begins with the shorter one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Regimes:
    """Daily transitions (rows from, columns to), shocks' multiplier, and drift by factor a year.

    `drift` is in volatilities of the factor: rows are regimes, columns factors.
    """

    transition: Floats
    volatility: Floats
    drift: Floats


@dataclass(frozen=True, slots=True)
class FundModel:
    """What moves each fund, in volatilities a year; `price_return` is a year's, without distributions."""

    price_return: Floats
    loadings: Floats  # funds by factors
    group: Indices  # exposure group of each fund, from 0
    group_volatility: Floats
    own_volatility: Floats


def simulate_log_returns(
    regimes: Regimes, funds: FundModel, *, days: int, days_a_year: int, tail_degrees: float, seed: int
) -> Floats:
    """Daily log returns, days by funds; the same seed and model give the same numbers."""
    streams = [np.random.Generator(np.random.PCG64(s)) for s in np.random.SeedSequence(seed).spawn(5)]
    chain, tail, factor, group, own = streams
    state = regime_path(regimes.transition, chain.random(days))
    # A multivariate t of unit variance: one chi-square a day under all normal draws of that day.
    fat = np.sqrt((tail_degrees - 2) / tail.chisquare(tail_degrees, days))
    scale = _unit_multipliers(regimes)[state] * fat / np.sqrt(days_a_year)

    groups = int(funds.group.max()) + 1
    shocks = factor.standard_normal((days, funds.loadings.shape[1])) @ funds.loadings.T
    shocks += group.standard_normal((days, groups))[:, funds.group] * funds.group_volatility
    shocks += own.standard_normal((days, funds.group.size)) * funds.own_volatility

    drift = (_centred_drift(regimes) @ funds.loadings.T)[state]
    growth = np.log1p(funds.price_return) - _variance(funds) / 2
    returns: Floats = (growth + drift) / days_a_year + shocks * scale[:, None]
    return returns


@dataclass(frozen=True, slots=True)
class Paid:
    """Prices that carry what has accrued since a unit last went ex, and what it paid when it did.

    Both are shares of the bare price, days by funds: `accrued` is above it, `paid` is zero but on ex-days.
    """

    accrued: Floats
    paid: Floats


def distributed(yields: Floats, goes_ex: NDArray[np.bool_], *, days_a_year: int) -> Paid:
    """How yearly `yields` build up day by day, and are paid out on the days that `goes_ex` marks.

    `goes_ex` is days by funds. A day adds a yield's share of a year; on an ex-day all that has accrued,
    that day's share included, is paid, so that no total return is lost or jumps.
    """
    days = np.arange(1, len(goes_ex) + 1)[:, None]
    ex_days = np.where(goes_ex, days, 0)
    last = np.maximum.accumulate(ex_days, axis=0)
    before = np.vstack([np.zeros_like(last[:1]), last[:-1]])
    share = yields / days_a_year
    return Paid((days - last) * share, np.where(goes_ex, (days - before) * share, 0.0))


def regime_path(transition: Floats, uniforms: Floats) -> Indices:
    """The regime of each day, starting in the first regime; one uniform draw moves one day."""
    ladder = np.cumsum(transition, axis=1).tolist()
    last = len(ladder) - 1
    state, path = 0, []
    for draw in uniforms.tolist():
        path.append(state)
        steps = ladder[state]
        state = next((to for to in range(last) if draw < steps[to]), last)
    return np.array(path, dtype=np.int64)


def stationary(transition: Floats) -> Floats:
    """The long-run share of days in each regime: π with πP = π and Σπ = 1."""
    size = transition.shape[0]
    system = np.vstack([transition.T - np.eye(size), np.ones(size)])
    shares: Floats = np.linalg.lstsq(system, np.append(np.zeros(size), 1.0), rcond=None)[0]
    return shares


def _unit_multipliers(regimes: Regimes) -> Floats:
    """Multipliers scaled to a long-run mean square of one, so that volatilities mean what they say."""
    mean_square = stationary(regimes.transition) @ regimes.volatility**2
    multipliers: Floats = regimes.volatility / np.sqrt(mean_square)
    return multipliers


def _centred_drift(regimes: Regimes) -> Floats:
    return regimes.drift - stationary(regimes.transition) @ regimes.drift


def _variance(funds: FundModel) -> Floats:
    variance: Floats = (funds.loadings**2).sum(axis=1) + funds.group_volatility**2 + funds.own_volatility**2
    return variance
