"""One portfolio's risk, from its weights and the returns of what it holds.

EngineError
└── InvalidValue   the returns cannot be measured, or are too few to hold a VaR against

The past is looked at as if the weights of today had been held all along; what is not in an asset is cash,
which neither gains nor loses. Losses are positive.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from engines.errors import InvalidValue
from engines.risk_measures import Method, TailLoss, deviation, max_drawdown, tail_loss
from engines.var_backtest import Verdict, kupiec

Floats = NDArray[np.float64]
METHODS: tuple[Method, ...] = ("historical", "normal", "cornish_fisher")


@dataclass(frozen=True, slots=True)
class Horizon:
    """How the past is read: VaR at `confidence`, held against the day after each `window` days."""

    confidence: float
    window: int
    significance: float
    periods_per_year: float


@dataclass(frozen=True, slots=True)
class Tail:
    """VaR and CVaR by one method, and how often its VaR of the days before was exceeded."""

    loss: TailLoss
    observations: int
    exceptions: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Correlation:
    """How alike the assets moved: None where fewer than two of them move at all.

    `diversification` is the weighted mean of their volatilities over the portfolio's.
    """

    mean: float | None
    highest: float | None
    pair: tuple[int, int] | None
    diversification: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything measured; `recent_drawdown` is the largest fall within the last window."""

    volatility: float
    tails: Mapping[Method, Tail]
    max_drawdown: float
    recent_drawdown: float
    concentration: float
    correlation: Correlation


def report(weights: Floats, returns: Floats, horizon: Horizon) -> Report:
    """Measure `returns` (days by assets, oldest first) under `weights`, whose rest to 1 is cash.

    Needs more days than the window has. `concentration` is Herfindahl's index, the sum of squared
    weights: 1 where all is in one asset.
    """
    if len(returns) <= horizon.window:
        raise InvalidValue(
            f"{len(returns)} returns are too few to hold a VaR of {horizon.window} days against", "returns"
        )
    whole = returns @ weights
    return Report(
        volatility=deviation(whole) * sqrt(horizon.periods_per_year),
        tails=_tails(whole, horizon),
        max_drawdown=max_drawdown(whole),
        recent_drawdown=max_drawdown(whole[-horizon.window :]),
        concentration=float(weights @ weights),
        correlation=_correlation(weights, returns, deviation(whole)),
    )


def _tails(whole: Floats, horizon: Horizon) -> dict[Method, Tail]:
    """Each day's loss is held against the VaR of the days before it alone."""
    share = 1 - horizon.confidence
    earlier = sliding_window_view(whole[:-1], horizon.window)
    following = whole[horizon.window :]
    rolling: dict[Method, Floats] = {
        "historical": np.quantile(earlier, share, axis=1),
        **_rolling_quantiles(whole, horizon.window, share),
    }
    return {method: _tail(whole, method, following, rolling[method], horizon) for method in METHODS}


def _tail(whole: Floats, method: Method, following: Floats, rolling: Floats, horizon: Horizon) -> Tail:
    exceptions = int((following < rolling).sum())
    verdict = kupiec(len(following), exceptions, horizon.confidence, significance=horizon.significance)
    return Tail(tail_loss(whole, horizon.confidence, method), len(following), exceptions, verdict)


def _rolling_quantiles(whole: Floats, window: int, share: float) -> dict[Method, Floats]:
    """The normal quantile and Cornish-Fisher's of each window, its moments from running sums.

    Deviation is of the sample; skewness and kurtosis are of the population, as in `tail_loss`.
    """
    z = NormalDist().inv_cdf(share)
    centre = float(whole.mean())
    # Sums of powers of what is near zero: nothing large cancels.
    first, second, third, fourth = (_running_mean((whole - centre) ** power, window) for power in range(1, 5))
    variance = np.maximum(second - first**2, 0)
    spread = np.sqrt(variance * window / (window - 1))
    moves = np.where(variance > 0, variance, 1)
    skew = (third - 3 * first * second + 2 * first**3) / moves**1.5
    excess = (fourth - 4 * first * third + 6 * first**2 * second - 3 * first**4) / moves**2 - 3
    bent = z + (z**2 - 1) * skew / 6 + (z**3 - 3 * z) * excess / 24 - (2 * z**3 - 5 * z) * skew**2 / 36
    mean = first + centre
    return {"normal": mean + spread * z, "cornish_fisher": mean + spread * bent}


def _running_mean(values: Floats, window: int) -> Floats:
    """The mean of each window that a day follows."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    means: Floats = (sums[window:-1] - sums[: -window - 1]) / window
    return means


def _correlation(weights: Floats, returns: Floats, whole: float) -> Correlation:
    held = np.flatnonzero((weights > 0) & (np.ptp(returns, axis=0) > 0))
    if len(held) < 2:
        return Correlation(None, None, None, None)
    moving, share = returns[:, held], weights[held]
    spreads = moving.std(axis=0, ddof=1)
    between = np.clip(np.corrcoef(moving, rowvar=False), -1, 1)
    rows, columns = np.triu_indices(len(held), 1)
    pairs, heavy = between[rows, columns], share[rows] * share[columns]
    most = int(pairs.argmax())
    return Correlation(
        mean=float((pairs * heavy).sum() / heavy.sum()),
        highest=float(pairs[most]),
        pair=(int(held[rows[most]]), int(held[columns[most]])),
        diversification=float(share @ spreads) / whole if whole > 0 else None,
    )
