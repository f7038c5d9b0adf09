"""How assets move together: the sample covariance, and estimators that shrink it to a simpler one.

EngineError
└── BadReturns   too few rows, or a value that is not a finite number

A sample covariance of many assets over few days is badly conditioned: an optimiser leans on its
errors. Shrinkage mixes it with a target that has few parameters; the share of the target (the
intensity) has a closed form, so that nothing is tuned. All are per period; times the periods of a year
they are a year's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineError

Floats = NDArray[np.float64]


class BadReturns(EngineError):
    """Too few rows, or a value that is not a finite number."""


@dataclass(frozen=True, slots=True)
class CovarianceEstimate:
    """A covariance per period and the share of the target in it: 0 is the sample alone."""

    matrix: Floats
    intensity: float


def check_returns(returns: Floats, least: int = 2, path: str = "returns") -> Floats:
    """Returns, periods by assets, as they are; BadReturns when they cannot be estimated from.

    `least` is how many rows there must be. The first value that is not finite is named by row and column.
    """
    if returns.ndim != 2 or returns.shape[1] == 0:
        raise BadReturns("returns must be a table: a row for each period, a column for each asset", path)
    if returns.shape[0] < least:
        raise BadReturns(f"{returns.shape[0]} rows of returns are too few; {least} are needed", path)
    if not np.isfinite(returns).all():
        row, column = np.argwhere(~np.isfinite(returns))[0].tolist()
        raise BadReturns(
            f"the return in row {row}, column {column} is {returns[row, column]}; fill or drop it first",
            f"{path}[{row}][{column}]",
        )
    return returns


def sample(returns: Floats) -> CovarianceEstimate:
    """The sample covariance, Σ (x-m)(x-m)'/(n-1)."""
    check_returns(returns)
    return CovarianceEstimate(np.atleast_2d(np.cov(returns, rowvar=False)), 0.0)


def ledoit_wolf(returns: Floats) -> CovarianceEstimate:
    """Shrunk to a multiple of the identity: equal variances, no correlation.

    Ledoit and Wolf (2004), A well-conditioned estimator for large-dimensional covariance matrices,
    J. Multivariate Analysis 88: intensity = min(b², d²)/d², d² the distance of sample and target, b² the
    sample's own error. Moments divide by n, as in the paper. Of one asset the target is the sample.
    """
    centred = _centred(returns)
    rows, assets = centred.shape
    moments = centred.T @ centred / rows
    mean_variance = np.trace(moments) / assets
    squares = centred**2
    # Σ over t of ‖x_t x_t' - S‖² = Σ over t of (x_t'x_t)² - n‖S‖², without any n by p by p table.
    error = ((squares.sum(axis=1) ** 2).mean() - (moments**2).sum()) / rows
    distance = (moments**2).sum() - assets * mean_variance**2
    intensity = _share(error, distance)
    return CovarianceEstimate(_mixed(moments, mean_variance * np.eye(assets), intensity), intensity)


def oracle_approximating(returns: Floats) -> CovarianceEstimate:
    """Shrunk to a multiple of the identity by the intensity that is best for normal returns.

    Chen, Wiesel, Eldar and Hero (2010), Shrinkage algorithms for MMSE covariance estimation, IEEE Trans.
    Signal Processing 58, equation 23, with the terms in 1/p that scikit-learn leaves out as it does.
    """
    centred = _centred(returns)
    rows, assets = centred.shape
    moments = centred.T @ centred / rows
    mean_variance = np.trace(moments) / assets
    mean_square = (moments**2).mean()
    intensity = _share(mean_square + mean_variance**2, (rows + 1) * (mean_square - mean_variance**2 / assets))
    return CovarianceEstimate(_mixed(moments, mean_variance * np.eye(assets), intensity), intensity)


def constant_correlation(returns: Floats) -> CovarianceEstimate:
    """Shrunk to the covariance that has the sample's variances and its mean correlation everywhere.

    Ledoit and Wolf (2004), Honey, I shrunk the sample covariance matrix, J. Portfolio Management 30,
    appendix B. Fits assets that share a market better than the identity does. BadReturns when an asset
    never moves: it has no correlation. Of one asset the target is the sample.
    """
    centred = _centred(returns)
    rows, assets = centred.shape
    moments = centred.T @ centred / rows
    deviations = np.sqrt(np.diag(moments))
    if (deviations == 0).any():
        still = int(np.argmin(deviations))
        raise BadReturns(f"the asset in column {still} never moves, so it has no correlation", "returns")
    if assets == 1:
        return CovarianceEstimate(moments, 0.0)
    correlations = moments / np.outer(deviations, deviations)
    mean_correlation = (correlations.sum() - assets) / (assets * (assets - 1))
    target = mean_correlation * np.outer(deviations, deviations)
    np.fill_diagonal(target, deviations**2)

    squares = centred**2
    errors = squares.T @ squares / rows - moments**2
    # θ_ii,ij: how the error of asset i's variance goes with that of its covariance with j.
    leaning = (centred**3).T @ centred / rows - np.diag(moments)[:, None] * moments
    np.fill_diagonal(leaning, 0.0)
    pull = mean_correlation * (leaning * np.outer(1 / deviations, deviations)).sum()
    error = (errors.sum() - np.trace(errors) - pull) / rows
    intensity = _share(error, ((moments - target) ** 2).sum())
    return CovarianceEstimate(_mixed(moments, target, intensity), intensity)


METHODS: MappingProxyType[str, Callable[[Floats], CovarianceEstimate]] = MappingProxyType(
    {
        "sample": sample,
        "ledoit_wolf": ledoit_wolf,
        "oracle_approximating": oracle_approximating,
        "constant_correlation": constant_correlation,
    }
)
"""Every estimator under the name that users call it by."""


def _centred(returns: Floats) -> Floats:
    check_returns(returns)
    centred: Floats = returns - returns.mean(axis=0)
    return centred


def _share(error: float, distance: float) -> float:
    """error/distance within 0 and 1; 0 where sample and target are the same to rounding."""
    if distance <= 1e-15 * max(error, np.finfo(float).tiny):
        return 0.0
    return float(min(max(error / distance, 0.0), 1.0))


def _mixed(moments: Floats, target: Floats, intensity: float) -> Floats:
    mixed: Floats = (1 - intensity) * moments + intensity * target
    return mixed
