"""Risk parity: every asset brings the same share of the portfolio's variance.

Weights where w·(Σw) is the same for all make ½w'Σw - s·Σ ln w least, for some s > 0 (Spinu 2013, An
Algorithm for Computing Risk Parity Weights); so do weights with a cap and a floor, where assets at their
cap bring less and assets at their floor more (Richard and Roncalli 2019, Constrained Risk Budgeting
Portfolios). Cyclical coordinate descent finds them for each s, and s follows from the sum of weights.
"""

from math import sqrt

import numpy as np

from engines.construction.problem import Constructed, Floats, NotSolved
from engines.errors import InvalidValue

SWEEPS = 10_000
NEARLY = 1e-13
HALVINGS = 200


def risk_parity(covariance: Floats, *, floor: float, cap: float) -> Constructed:
    """The weights, which hold every asset; floors and caps must leave room for weights that sum to 1.

    Refuses assets without risk: they cannot bring a share of it. `value` is the largest distance of a
    share of the variance from the common one, over the assets between floor and cap.
    """
    _check(covariance)
    weights = _unlimited(covariance)
    if weights.max() > cap or weights.min() < floor:
        weights = _limited(covariance, weights, floor, cap)
    return Constructed(weights, _unevenness(covariance, weights, floor, cap), 0.0)


def _unlimited(covariance: Floats) -> Floats:
    """Newton's steps for Σx = 1/x, damped as long as they are far (Spinu), then scaled to sum to 1."""
    spread = np.sqrt(np.diagonal(covariance))
    correlation = covariance / np.outer(spread, spread)
    x = np.full(len(spread), 1 / sqrt(correlation.sum())) if correlation.sum() > 0 else np.ones(len(spread))
    for _ in range(SWEEPS):
        slope = correlation @ x - 1 / x
        step = np.linalg.solve(correlation + np.diag(x**-2.0), slope)
        decrement = sqrt(max(float(step @ slope), 0.0))
        damping = 1 / (1 + decrement) if decrement > 0.25 else 1.0
        x = x - damping * step
        if decrement <= NEARLY * sqrt(len(x)):
            weights: Floats = x / spread / (x / spread).sum()
            return weights
        if not np.isfinite(x).all() or x.max() > 1e8:
            break
    raise _riskless()


def _limited(covariance: Floats, weights: Floats, floor: float, cap: float) -> Floats:
    """The same with caps and floors: of all s, the one at which weights sum to 1."""
    weights = np.clip(weights, max(floor, 1e-12), cap)
    common = float(weights @ covariance @ weights) / len(weights)
    low, high = common, common
    while _descended(covariance, weights, low, floor, cap).sum() > 1:
        low /= 4
    while _descended(covariance, weights, high, floor, cap).sum() < 1 - NEARLY and high < 1e6 * common:
        high *= 4
    for _ in range(HALVINGS):
        middle = sqrt(low * high)
        weights = _descended(covariance, weights, middle, floor, cap)
        if abs(weights.sum() - 1) <= NEARLY or high <= low * (1 + 1e-15):
            return weights
        low, high = (middle, high) if weights.sum() < 1 else (low, middle)
    return weights


def _descended(covariance: Floats, start: Floats, common: float, floor: float, cap: float) -> Floats:
    """Weights whose w·(Σw) is `common` between floor and cap, one coordinate after the other."""
    weights, pulled = start.copy(), covariance @ start
    for _ in range(SWEEPS):
        moved = 0.0
        for place, variance in enumerate(np.diagonal(covariance)):
            rest = pulled[place] - variance * weights[place]
            best = (-rest + sqrt(rest * rest + 4 * variance * common)) / (2 * variance)
            best = min(max(best, floor), cap)
            change = best - weights[place]
            if change:
                pulled += covariance[place] * change
                weights[place] = best
                moved = max(moved, abs(change))
        if moved <= NEARLY / 10:
            return weights
    raise NotSolved("the weights of equal risk were not found; the covariance is too close to singular")


def _unevenness(covariance: Floats, weights: Floats, floor: float, cap: float) -> float:
    shares = weights * (covariance @ weights) / float(weights @ covariance @ weights)
    between = shares[(weights > floor) & (weights < cap)]
    return float(np.abs(between - between.mean()).max()) if between.size else 0.0


def _check(covariance: Floats) -> None:
    for place in (np.diagonal(covariance) <= 0).nonzero()[0]:
        raise InvalidValue(
            "an asset without variance cannot bring a share of the risk; leave it out by exclude",
            f"covariance[{place}][{place}]",
        )


def _riskless() -> InvalidValue:
    return InvalidValue(
        "these assets can be combined to no risk at all, so there is none to share equally", "covariance"
    )
