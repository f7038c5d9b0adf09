"""Risk parity: every asset brings the same share of the portfolio's variance.

Weights where w·(Σw) is the same for all make ½w'Σw - s·Σ ln w least, for some s > 0 (Spinu 2013, An
Algorithm for Computing Risk Parity Weights); so do weights with a cap and a floor, where assets at their
cap bring less and assets at their floor more (Richard and Roncalli 2019, Constrained Risk Budgeting
Portfolios). Newton's steps find them; where caps and floors do not settle, cyclical coordinate descent
does for each s (Griveau-Billion, Richard and Roncalli 2013), and s follows from the sum of weights.
"""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from engines.construction.problem import TOLERANCE, Constructed, Floats, Infeasible, NotSolved
from engines.errors import InvalidValue

Flags = NDArray[np.bool_]
NEARLY = 1e-13
STEPS = 200
ROUNDS = 60
SWEEPS = 10_000
HALVINGS = 200


def risk_parity(covariance: Floats, *, floor: float, cap: float) -> Constructed:
    """The weights, which hold every asset; floors and caps must leave room for weights that sum to 1.

    Refuses assets without risk: they cannot bring a share of it. Infeasible where floors force so much on
    assets that hedge the others that nothing between the limits shares risk equally. `value` is the
    largest distance of a share of the variance from the common one, over the assets between floor and cap.
    """
    _check(covariance)
    weights = _unlimited(covariance)
    if weights.max() > cap or weights.min() < floor:
        weights = _limited(covariance, weights, floor, cap)
    return Constructed(weights, _unevenness(covariance, weights, floor, cap), 0.0)


def _unlimited(covariance: Floats) -> Floats:
    """Newton's steps for Σx = 1/x, which makes ½x'Σx - Σ ln x least, then scaled to sum to 1."""
    spread = np.sqrt(np.diagonal(covariance))
    correlation = covariance / np.outer(spread, spread)
    x = 1 / np.sqrt(np.maximum(correlation.sum(axis=1), 1.0))
    for _ in range(STEPS):
        slope = correlation @ x - 1 / x
        step = np.linalg.solve(correlation + np.diag(x**-2.0), -slope)
        decrease = -float(step @ slope)
        if decrease <= NEARLY**2 * len(x):
            weights: Floats = x / spread / (x / spread).sum()
            return weights
        x = x + _length(correlation, x, step, decrease) * step
        if not np.isfinite(x).all() or x.max() > 1e8:
            break
    raise _riskless()


def _length(correlation: Floats, x: Floats, step: Floats, decrease: float) -> float:
    """How far along the step: all of it, or half as often as makes ½x'Σx - Σ ln x less by enough (Armijo)."""
    shrinking = step < 0
    length = min(1.0, 0.95 * float((x[shrinking] / -step[shrinking]).min(initial=np.inf)))
    across, along = float(step @ correlation @ x), float(step @ correlation @ step)
    while length > 1e-6:
        change = length * across + length**2 / 2 * along - float(np.log1p(length * step / x).sum())
        # Near the end rounding hides the change; there whole steps are right.
        if change <= -1e-4 * length * decrease or decrease < 1e-10:
            break
        length /= 2
    return length


def _limited(covariance: Floats, weights: Floats, floor: float, cap: float) -> Floats:
    """The same with caps and floors: Newton's steps between them, as long as these settle; else descent."""
    weights = np.clip(weights, floor, cap)
    held = (weights >= cap) | (weights <= floor)
    for _ in range(ROUNDS):
        solved = _between(covariance, weights, held) if not held.all() else None
        if solved is None:
            break
        weights, common = solved
        outside = ~held & ((weights > cap) | (weights < floor))
        weights = np.clip(weights, floor, cap)
        risk = weights * (covariance @ weights)
        pulled = held & np.where(weights >= cap, risk > common * (1 + NEARLY), risk < common * (1 - NEARLY))
        if not outside.any() and not pulled.any():
            return weights
        held = (held & ~pulled) | outside
    return _searched(covariance, np.clip(weights, floor, cap), floor, cap)


def _between(covariance: Floats, weights: Floats, held: Flags) -> tuple[Floats, float] | None:
    """Weights that are not held, and the risk that each brings; None where Newton's steps lead nowhere."""
    free = ~held
    left = 1 - float(weights[held].sum())
    if left <= 0:
        return None
    x = weights.copy()
    x[free] *= left / x[free].sum()
    count = int(free.sum())
    common = float((x * (covariance @ x))[free].mean())
    inside = covariance[np.ix_(free, free)]
    for _ in range(STEPS):
        pull = (covariance @ x)[free]
        missing = np.append(common - x[free] * pull, 0.0)
        if np.abs(missing).max() <= NEARLY * abs(common):
            return (x, common) if common > 0 else None
        system = np.zeros((count + 1, count + 1))
        system[:count, :count] = x[free][:, None] * inside + np.diag(pull)
        system[:count, count] = -1
        system[count, :count] = 1
        step = np.linalg.solve(system, missing)
        shrinking = step[:count] < 0
        length = min(1.0, 0.9 * float((x[free][shrinking] / -step[:count][shrinking]).min(initial=np.inf)))
        x[free] += length * step[:count]
        common += length * step[count]
        if not np.isfinite(x).all():
            return None
    return None


def _searched(covariance: Floats, weights: Floats, floor: float, cap: float) -> Floats:
    """Of all s the one at which weights sum to 1, each by coordinate descent: slow, and always right."""
    common = float(weights @ covariance @ weights) / len(weights)
    low, high = common, common
    while _descended(covariance, weights, low, floor, cap).sum() > 1 and low > 1e-9 * common:
        low /= 4
    while _descended(covariance, weights, high, floor, cap).sum() < 1 - NEARLY and high < 1e9 * common:
        high *= 4
    for _ in range(HALVINGS):
        middle = sqrt(low * high)
        weights = _descended(covariance, weights, middle, floor, cap)
        if abs(weights.sum() - 1) <= NEARLY or high <= low * (1 + 1e-15):
            break
        low, high = (middle, high) if weights.sum() < 1 else (low, middle)
    if abs(weights.sum() - 1) > TOLERANCE:
        raise Infeasible(
            f"no weights from {floor:g} to {cap:g} bring equal risk between these limits; lower min_weight",
            ("min_weight", "max_weight"),
        )
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
