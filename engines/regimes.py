"""Which regime a market is in: a hidden Markov chain behind daily returns with fat tails.

Each regime draws a day's return from a Student t of its own mean and deviation; a Markov chain moves
between regimes. `filtered` says what each day could know (nothing of later days), `smoothed` what is
known at the end, `fit` finds the parameters under which the returns are most likely.

Hamilton (1989), A new approach to the economic analysis of nonstationary time series, Econometrica 57;
Rabiner (1989), A tutorial on hidden Markov models, Proc. IEEE 77, scaled recursions of section V.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import lgamma, log, pi
from operator import mul

import numpy as np
from numpy.typing import NDArray

from engines.covariance import BadReturns, check_returns
from engines.market_model import stationary

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RegimeModel:
    """Regimes from the calmest to the wildest: chances of moving a day (rows from), mean and deviation a day.

    `tail_degrees` (above 2) are those of the Student t, `deviation` is that of the returns, not its scale.
    """

    transition: Floats
    mean: Floats
    deviation: Floats
    tail_degrees: float


@dataclass(frozen=True, slots=True)
class Fit:
    """The model fitted, and how the log likelihood rose from round to round."""

    model: RegimeModel
    log_likelihoods: tuple[float, ...]
    converged: bool


@dataclass(frozen=True, slots=True)
class Spell:
    """Days in one regime without a break: places of the first and the last."""

    regime: int
    first: int
    last: int


def filtered(returns: Floats, model: RegimeModel) -> Floats:
    """The chance of each regime on each day, days by regimes, from returns up to that day alone.

    The chain starts from its long-run shares. BadReturns when a return is no number, or there is none.
    """
    return _forward(_densities(_series(returns, 1), model), model.transition)[0]


def smoothed(returns: Floats, model: RegimeModel) -> Floats:
    """The chance of each regime on each day, with the hindsight of all returns."""
    densities = _densities(_series(returns, 1), model)
    forward, scales = _forward(densities, model.transition)
    together: Floats = forward * _backward(densities, model.transition, scales)
    return together


def log_likelihood(returns: Floats, model: RegimeModel) -> float:
    """How likely the returns are under the model."""
    densities = _densities(_series(returns, 1), model)
    return float(np.log(_forward(densities, model.transition)[1]).sum())


def fit(returns: Floats, start: RegimeModel, *, rounds: int = 200, tolerance: float = 1e-6) -> Fit:
    """The most likely model near `start`, by expectation and maximisation; its regimes rise in deviation.

    The tail stays as given. It ends when a round adds less than `tolerance` a day, or after `rounds`. At
    least 20 returns a regime; a deviation stays above a twentieth of that of all, so that no regime
    shrinks onto a single day.
    """
    regimes = len(start.mean)
    series = _series(returns, 20 * regimes)
    least = max(series.std() / 20, 1e-8)
    model, history = start, list[float]()
    for _ in range(rounds):
        better, likelihood = _improved(series, model, least)
        history.append(likelihood)
        if len(history) > 1 and history[-1] - history[-2] < tolerance * len(series):
            return Fit(_rising(model), tuple(history), True)
        model = better
    return Fit(_rising(model), tuple(history), False)


def spells(probabilities: Floats) -> list[Spell]:
    """Runs of days with the same likeliest regime, the earliest first."""
    likeliest = probabilities.argmax(axis=1)
    starts = [0, *(np.flatnonzero(np.diff(likeliest)) + 1).tolist()]
    ends = [*(start - 1 for start in starts[1:]), len(likeliest) - 1]
    return [Spell(int(likeliest[first]), first, last) for first, last in zip(starts, ends, strict=True)]


def portfolio_returns(prices: Floats, weights: Sequence[float]) -> Floats:
    """Daily log returns of a portfolio set back to its weights each day; prices are days by assets."""
    simple = prices[1:] / prices[:-1] - 1
    returns: Floats = np.log1p(simple @ np.asarray(weights))
    return returns


def _series(returns: Floats, least: int) -> Floats:
    if returns.ndim != 1:
        raise BadReturns("a regime is read from one series of returns", "returns")
    return check_returns(returns[:, None], least)[:, 0]


def _standardised(returns: Floats, model: RegimeModel) -> tuple[Floats, Floats]:
    """Distances from each regime's mean in units of its t's scale, days by regimes, and the scales."""
    degrees = model.tail_degrees
    scale = model.deviation * np.sqrt((degrees - 2) / degrees)
    return (returns[:, None] - model.mean) / scale, scale


def _densities(returns: Floats, model: RegimeModel) -> Floats:
    """Student t densities, days by regimes."""
    degrees = model.tail_degrees
    distance, scale = _standardised(returns, model)
    constant = lgamma((degrees + 1) / 2) - lgamma(degrees / 2) - log(degrees * pi) / 2
    logs = constant - np.log(scale) - (degrees + 1) / 2 * np.log1p(distance**2 / degrees)
    densities: Floats = np.exp(logs)
    return densities


def _forward(densities: Floats, transition: Floats) -> tuple[Floats, Floats]:
    """Filtered chances, and each day's density given the days before it (Rabiner's 1/c)."""
    # Plain numbers: for a few regimes they are ten times faster than arrays of three.
    columns = transition.T.tolist()
    chances, scales = [], []
    expected = stationary(transition).tolist()
    for density in densities.tolist():
        joint = [chance * likely for chance, likely in zip(expected, density, strict=True)]
        scale = sum(joint)
        now = [part / scale for part in joint]
        chances.append(now)
        scales.append(scale)
        expected = [sum(map(mul, now, column)) for column in columns]
    return np.array(chances), np.array(scales)


def _backward(densities: Floats, transition: Floats, scales: Floats) -> Floats:
    """What later days say of each regime, days by regimes; one everywhere on the last day."""
    rows = transition.tolist()
    later = [[1.0] * len(rows)]
    for density in (densities[1:] / scales[1:, None])[::-1].tolist():
        ahead = list(map(mul, density, later[-1]))
        later.append([sum(map(mul, row, ahead)) for row in rows])
    return np.array(later[::-1])


def _improved(returns: Floats, model: RegimeModel, least: float) -> tuple[RegimeModel, float]:
    """One round: chances under the old model, the parameters that fit them best, and the old likelihood.

    Of a t with fixed degrees, a day weighs (f+1)/(f+z²), f the degrees: far days weigh little.
    """
    densities = _densities(returns, model)
    forward, scales = _forward(densities, model.transition)
    later = _backward(densities, model.transition, scales)
    chances = forward * later
    moves = forward[:-1].T @ (densities[1:] * later[1:] / scales[1:, None]) * model.transition

    degrees = model.tail_degrees
    distance, _ = _standardised(returns, model)
    weights = chances * (degrees + 1) / (degrees + distance**2)
    mean = weights.T @ returns / weights.sum(axis=0)
    variance = (weights * (returns[:, None] - mean) ** 2).sum(axis=0) / chances.sum(axis=0)
    better = RegimeModel(
        transition=moves / moves.sum(axis=1, keepdims=True),
        mean=mean,
        deviation=np.maximum(np.sqrt(variance * degrees / (degrees - 2)), least),
        tail_degrees=degrees,
    )
    return better, float(np.log(scales).sum())


def _rising(model: RegimeModel) -> RegimeModel:
    order = np.argsort(model.deviation, kind="stable")
    return replace(
        model,
        transition=model.transition[np.ix_(order, order)],
        mean=model.mean[order],
        deviation=model.deviation[order],
    )
