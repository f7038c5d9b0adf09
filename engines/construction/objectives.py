"""What is best, as losses to be made least over a region: variance, utility, and the Sharpe ratio.

Each answers with a bound that follows by duality from the answer alone, whatever solver found it.
"""

from dataclasses import dataclass
from math import inf, isfinite, sqrt
from typing import Protocol

import numpy as np

from engines.construction.problem import RISKLESS, Floats, NoPositiveExcessReturn, Places
from engines.construction.quadratic import Optimum, minimise, steepest
from engines.construction.region import Region

NEARLY = 1e-13
"""A condition holds where what is left of it is this share of its terms."""
SAME = 1e-9
"""Values of t this close make the same ratio: it is flat around the best."""
ROUNDS = 200
GUESS = 0.25
NO_EXCESS = (
    "nothing allowed is expected to return more than risk_free, so that no Sharpe ratio is positive; "
    "ask for min_variance, or lower risk_free"
)


@dataclass(frozen=True, slots=True)
class Solved:
    """The best weights of a region, their loss, and a bound that no loss in the region is below.

    `prices`: how fast the bound rises with each weight that is at its lowest. `tolerance` is the return
    that was worth one of variance, where that was searched for.
    """

    optimum: Optimum
    loss: float
    bound: float
    prices: Floats
    tolerance: float = 0.0

    def part(self, places: Places) -> "Solved":
        """The same of some assets alone: no answer, but near one."""
        whole = self.optimum
        part = Optimum(whole.weights[places], whole.multipliers, whole.free[places], whole.normals[:, places])
        return Solved(part, self.loss, self.bound, self.prices[places], self.tolerance)


class Loss(Protocol):
    """What an objective answers over any region."""

    def least(self, allowed: Region, start: Solved | None = None) -> Solved:
        """The weights of the least loss; Infeasible where the region is empty."""
        ...

    def of(self, weights: Floats) -> float:
        """The loss of some weights."""
        ...

    def part(self, places: Places) -> "Loss":
        """The same of some assets alone."""
        ...


@dataclass(frozen=True, slots=True)
class QuadraticLoss:
    """½w'Hw + c'w: twice the covariance makes variance; aversion times it, less returns, utility.

    `definite` is H with the little on its diagonal that makes it positive definite.
    """

    hessian: Floats
    definite: Floats
    costs: Floats

    def least(self, allowed: Region, start: Solved | None = None) -> Solved:
        """One quadratic program; the bound is the tangent's, least over the region."""
        optimum = minimise(self.definite, self.costs, allowed, start.optimum if start else None)
        slope = self.hessian @ optimum.weights + self.costs
        loss = self.of(optimum.weights)
        rise = allowed.least(slope, optimum.multipliers) - float(slope @ optimum.weights)
        return Solved(optimum, loss, loss + min(rise, 0.0), allowed.reduced(slope, optimum.multipliers))

    def of(self, weights: Floats) -> float:
        """½w'Hw + c'w."""
        return float((self.hessian @ weights / 2 + self.costs) @ weights)

    def part(self, places: Places) -> "QuadraticLoss":
        """The same of some assets alone."""
        square = np.ix_(places, places)
        return QuadraticLoss(self.hessian[square], self.definite[square], self.costs[places])


@dataclass(frozen=True, slots=True)
class RatioLoss:
    """The Sharpe ratio with its sign changed: excess return over volatility.

    The best weights are on the efficient frontier: they make σ²/2 - t·(excess return) least for that t
    which is σ² over the excess return there. `least_volatility` is below that of all weights asked for.
    """

    covariance: Floats
    definite: Floats
    excess: Floats
    least_volatility: float = 0.0

    def least(self, allowed: Region, start: Solved | None = None) -> Solved:
        """Newton's steps for t, kept between those known to be too small and too large."""
        low, high = 0.0, inf
        t = start.tolerance if start else self._guess()
        optimum = start.optimum if start else None
        best: Solved | None = None
        for _ in range(ROUNDS):
            optimum = minimise(self.definite, -t * self.excess, allowed, optimum)
            variance, gain = self._variance(optimum.weights), float(self.excess @ optimum.weights)
            left = variance - t * gain
            if t > 0 and abs(left) <= NEARLY * (variance + t * abs(gain)):
                return self._answer(optimum, allowed, t)
            if gain > 0 and (best is None or self.of(optimum.weights) <= best.loss):
                best = Solved(optimum, self.of(optimum.weights), -inf, optimum.weights, t)
            low, high = (t, high) if left > 0 or t == 0 else (low, t)
            following = self._newton(optimum, t, variance, gain)
            if not low < following < high:
                following = self._within(low, high)
            if abs(following - t) <= SAME * t or following > self._largest():
                break
            t = following
        if best is None:
            raise NoPositiveExcessReturn(NO_EXCESS, "expected_returns")
        # Rounding hides the exact condition, as where cash makes every point of the frontier as good.
        return self._answer(best.optimum, allowed, best.tolerance)

    def of(self, weights: Floats) -> float:
        """Less the Sharpe ratio; without end where something is gained at no risk."""
        gain, variance = float(self.excess @ weights), self._variance(weights)
        if variance <= RISKLESS * float(np.diagonal(self.covariance).max()):
            return -inf if gain > 0 else inf if gain < 0 else 0.0
        return -gain / sqrt(variance)

    def part(self, places: Places) -> "RatioLoss":
        """The same of some assets alone."""
        square = np.ix_(places, places)
        return RatioLoss(
            self.covariance[square], self.definite[square], self.excess[places], self.least_volatility
        )

    def _guess(self) -> float:
        """The t of the asset with the best ratio; what it is mixed with makes it calmer."""
        variances = np.diagonal(self.covariance)
        best = int(np.argmax(self.excess / np.sqrt(np.maximum(variances, RISKLESS))))
        return float(GUESS * variances[best] / self.excess[best]) if self.excess[best] > 0 else 0.0

    def _variance(self, weights: Floats) -> float:
        return float(weights @ self.covariance @ weights)

    def _largest(self) -> float:
        return 1e12 * (1 + float(np.abs(self.covariance).max())) / float(np.abs(self.excess).max())

    def _newton(self, optimum: Optimum, t: float, variance: float, gain: float) -> float:
        """Where the condition holds as long as the same limits bind: weights are linear in t there."""
        bent = _response(self.definite, self.excess, optimum) if t > 0 else 0.0
        flat = gain - t * bent
        return (variance - t * t * bent) / flat if flat > 0 else -1.0

    def _within(self, low: float, high: float) -> float:
        if isfinite(high):
            return sqrt(low * high) if low > 0 else high / 16
        scale = float(np.diagonal(self.covariance).mean()) / float(np.abs(self.excess).max())
        return max(8 * low, scale / 16)

    def _answer(self, optimum: Optimum, allowed: Region, t: float) -> Solved:
        """Any other portfolio gains at most the ratio times its volatility, and what the tangent leaves."""
        weights = optimum.weights
        loss = self.of(weights)
        if not isfinite(loss) or loss >= 0:
            return Solved(optimum, loss, loss, np.zeros_like(weights), t)
        volatility = sqrt(self._variance(weights))
        slope = -loss / volatility * (self.covariance @ weights) - self.excess
        multipliers = optimum.multipliers * (-loss / volatility)
        rise = allowed.least(slope, multipliers)
        lowest = self.least_volatility if rise < 0 else volatility
        bound = loss + (rise / lowest if lowest > 0 else -inf) if rise < 0 else loss
        # What a weight costs in return is a cost in the ratio by its volatility: no portfolio's is larger.
        largest = sqrt(float(np.diagonal(self.covariance).max()))
        return Solved(optimum, loss, bound, allowed.reduced(slope, multipliers) / largest, t)


def _response(definite: Floats, excess: Floats, optimum: Optimum) -> float:
    """How the excess return of the optimum rises with t while the same limits bind."""
    places = optimum.free.nonzero()[0]
    step, _ = steepest(definite, optimum.normals, places, excess[places])
    return float(step @ excess[places])
