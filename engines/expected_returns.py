"""What assets are expected to earn, by named methods; returns are simple, answers are of a year.

`historical`   what they earned: the mean return, compounded over a year's periods
`shrunk`       the same pulled to the mean of the minimum-variance portfolio (Bayes-Stein)
`equilibrium`  what they must earn for the market to hold what it holds (reverse optimisation)

A decade of prices says little of the mean: the standard error of a 15% volatility over ten years is
almost five points. The last two lean on covariances, which are known far better.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.covariance import BadReturns, check_returns
from engines.errors import InvalidValue

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ShrunkMeans:
    """Expected returns of a year, the share of the target in the means of a period, and the target's year."""

    expected: Floats
    intensity: float
    target: float


def historical(returns: Floats, *, periods_per_year: int) -> Floats:
    """(1 + mean return)^periods - 1, of each column. One row is enough, and says next to nothing."""
    return compounded(check_returns(returns, 1).mean(axis=0), periods_per_year)


def shrunk(returns: Floats, *, periods_per_year: int) -> ShrunkMeans:
    """Means pulled together as far as their own noise asks for.

    Jorion (1986), Bayes-Stein estimation for portfolio analysis, J. Financial and Quantitative Analysis
    21, equations 14 and 17: target μ0 = 1'Σ⁻¹m/1'Σ⁻¹1, share (N+2)/((N+2) + T(m-μ0)'Σ⁻¹(m-μ0)), Σ the
    sample covariance (n-1) times (T-1)/(T-N-2). BadReturns unless there are at least three periods
    more than assets, or when assets copy each other, so that Σ cannot be inverted. One asset is its own
    target and stays as it is.
    """
    assets = returns.shape[1] if returns.ndim == 2 else 1
    check_returns(returns, assets + 3)
    rows = len(returns)
    means = returns.mean(axis=0)
    covariance = np.atleast_2d(np.cov(returns, rowvar=False)) * (rows - 1) / (rows - assets - 2)
    ones = np.ones(assets)
    weighing, weighed = _solved(covariance, np.column_stack([ones, means])).T
    target = float(ones @ weighed / (ones @ weighing))
    away = means - target
    spread = float(away @ (weighed - target * weighing))
    intensity = (assets + 2) / (assets + 2 + rows * max(spread, 0.0))
    pulled = means + intensity * (target - means)
    return ShrunkMeans(
        compounded(pulled, periods_per_year), intensity, float(compounded(np.array(target), periods_per_year))
    )


def equilibrium(
    covariance_with_market: Floats, *, market_variance: float, risk_free: float, market_premium: float
) -> Floats:
    """Risk-free rate plus each asset's beta to the market times the market's premium, all of a year.

    Black and Litterman (1992): π = r + δΣw with w the market's weights. Given here by Σw, the covariance
    of each asset with the market, and w'Σw; δ = premium/w'Σw. InvalidValue when the market does not move.
    """
    if not market_variance > 0:
        raise InvalidValue(
            "the market portfolio does not move, so nothing can be priced by it", "market_portfolio"
        )
    expected: Floats = risk_free + covariance_with_market * (market_premium / market_variance)
    return expected


def compounded(mean: Floats, periods_per_year: int) -> Floats:
    """A mean return a period as a year's."""
    yearly: Floats = (1 + mean) ** periods_per_year - 1
    return yearly


def _solved(covariance: Floats, right: Floats) -> Floats:
    """Σ⁻¹ times columns; BadReturns when Σ is singular to rounding."""
    if np.linalg.cond(covariance) > 1e14:
        raise BadReturns(
            "some assets copy each other or never move, so the covariance cannot be inverted; "
            "leave one of them out, or take the method `historical`",
            "returns",
        )
    solved: Floats = np.asarray(np.linalg.solve(covariance, right), dtype=np.float64)
    return solved
