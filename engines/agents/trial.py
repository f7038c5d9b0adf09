"""A policy on days that it has not learned from, beside what anybody could do without learning."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.agents.errors import HistoryTooShort
from engines.agents.experience import TRAILING
from engines.agents.task import Aim, PodTask, nearest_row
from engines.estimates import max_drawdown

Floats = NDArray[np.float64]
Decide = Callable[[float, float, Floats | None], Floats]
"""Weights for the market's unrest, the fall from the high, and what is held (None at the start)."""


@dataclass(frozen=True, slots=True)
class Market:
    """Days that follow each other: returns of the pod's ETFs and of its benchmark, and what went before."""

    before: Floats
    returns: Floats
    benchmark: Floats
    sessions_a_year: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of a way to hold the pod: a year's figures, costs paid.

    `score` is the pod's own objective, measured on what happened. `turnover` is half of what was
    traded a year, as a share of the pod; what is bought at the start is not counted.
    """

    annual_return: float
    volatility: float
    sharpe_ratio: float | None
    max_drawdown: float
    turnover: float
    score: float


def baselines(task: PodTask, covariance: Floats) -> Mapping[str, Floats]:
    """Equal weights, inverse volatility, least variance: the nearest on the pod's grid and in its limits."""
    inverse = 1 / np.sqrt(np.diag(covariance))
    variance = ((task.allocations @ covariance) * task.allocations).sum(axis=1)
    return {
        "equal_weights": task.even(),
        "inverse_volatility": nearest_row(task.allocations, inverse / inverse.sum()),
        "minimum_variance": task.allocations[int(np.argmin(variance))],
    }


def live(task: PodTask, market: Market, decide: Decide, *, sessions: int) -> Figures:
    """Live through the market: decide every so many sessions, pay for each trade once, drift between.

    HistoryTooShort without a day to live through.
    """
    if len(market.returns) < 2:
        raise HistoryTooShort("there are no sessions left to try a policy on")
    every = np.vstack([market.before, market.returns])
    day, traded, value, high = 0, 0.0, 1.0, 1.0
    held: Floats | None = None
    earned: list[float] = []
    weights: list[Floats] = []
    while day < len(market.returns):
        seen = every[: len(market.before) + day]
        wanted = decide(unrest_now(seen, len(market.before)), 1 - value / high, held)
        moved = float(np.abs(wanted - (wanted if held is None else held)).sum())
        traded += moved
        held = wanted
        for today in market.returns[day : day + sessions]:
            weights.append(held)
            gain = float(held @ today) - (task.trade_cost * moved if len(earned) == day else 0.0)
            earned.append(gain)
            held = held * (1 + today) / (1 + float(held @ today))
            value *= 1 + gain
            high = max(high, value)
        day += sessions
    return figures(task, market, np.array(earned), np.mean(weights, axis=0), traded)


def figures(task: PodTask, market: Market, earned: Floats, weights: Floats, traded: float) -> Figures:
    """Daily returns of a pod in figures of a year; `weights` are those held on average."""
    a_year, years = market.sessions_a_year, len(earned) / market.sessions_a_year
    annual = float(np.prod(1 + earned) ** (1 / years) - 1)
    volatility = float(earned.std(ddof=1) * np.sqrt(a_year))
    return Figures(
        annual_return=annual,
        volatility=volatility,
        sharpe_ratio=(float(earned.mean() * a_year) - task.cash_rate) / volatility
        if volatility > 0
        else None,
        max_drawdown=float(max_drawdown(np.ones(1), earned[:, None])[0]),
        turnover=traded / 2 / years,
        score=float(scores(task, earned[None, :], market.benchmark[None, : len(earned)], weights, a_year)[0]),
    )


def scores(task: PodTask, earned: Floats, benchmark: Floats, weights: Floats, a_year: int) -> Floats:
    """The pod's objective on daily returns, one stretch a row, for a client of usual tax and horizon."""
    mean, variance = earned.mean(axis=1) * a_year, earned.var(axis=1, ddof=1) * a_year
    match task.aim:
        case Aim.PRESERVED_RETURN:
            fall = max_drawdown(np.eye(len(earned)), earned.T)
            score: Floats = mean - task.variance_penalty / 2 * variance - task.drawdown_penalty * fall
        case Aim.AFTER_TAX_INCOME:
            kept = float(weights @ task.income) * (1 - task.usual_tax_rate)
            score = kept - task.variance_penalty / 2 * variance
        case Aim.SHARPE_RATIO:
            score = (mean - task.cash_rate) / np.sqrt(np.maximum(variance, np.finfo(float).tiny))
        case Aim.EXCESS_RETURN:
            score = mean - benchmark.mean(axis=1) * a_year
    return score


def confidence(
    task: PodTask,
    market: Market,
    weights: Floats,
    against: Mapping[str, Floats],
    *,
    episodes: int,
    sessions: int,
    block: int,
    rng: np.random.Generator,
) -> float:
    """The share of held-out episodes in which holding `weights` beats the best of the baselines.

    Episodes are drawn in circular blocks from the market's days; the best baseline is the one of the
    highest mean score over them all.
    """
    days = len(market.returns)
    first = rng.integers(0, days, (episodes, -(-sessions // block)))
    drawn = ((first[:, :, None] + np.arange(block)) % days).reshape(episodes, -1)[:, :sessions]
    benchmark = market.benchmark[drawn]

    def of(held: Floats) -> Floats:
        return scores(task, (market.returns @ held)[drawn], benchmark, held, market.sessions_a_year)

    rival = max((of(held) for held in against.values()), key=lambda score: float(score.mean()))
    return float((of(weights) > rival).mean())


def unrest_now(returns: Floats, usual: int) -> float:
    """ln(volatility of the last sessions / that of the first `usual`), of the ETFs' mean; 0 is average."""
    mean = returns.mean(axis=1)
    recent, longest = mean[-TRAILING:].std(), max(float(mean[:usual].std()), np.finfo(float).tiny)
    return float(np.log(max(recent / longest, 1e-3)))
