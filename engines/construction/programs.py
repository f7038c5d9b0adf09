"""A loss as a quadratic program ½x'Hx + c'x, whose least tells what no portfolio's loss is below.

Variance and utility are one in the weights. The Sharpe ratio is one in sizes, which are weights times how
much is invested, k: of ½k²·variance - k·(excess return) the least over k is -½(Sharpe ratio)², where k is the
ratio over the volatility (Charnes and Cooper 1962, Programming with linear fractional functionals).
"""

from dataclasses import dataclass
from math import inf, sqrt
from typing import Protocol

import numpy as np

from engines.construction.objectives import Loss, QuadraticLoss, RatioLoss, Solved
from engines.construction.problem import Floats
from engines.construction.quadratic import Optimum
from engines.construction.region import Region


class Program(Protocol):
    """What is asked of either; figures of `loss` are by asset."""

    @property
    def loss(self) -> QuadraticLoss:
        """The program over all of x."""
        ...

    def ready(self, loss: QuadraticLoss) -> QuadraticLoss:
        """Another H and c, as `least` takes them."""
        ...

    def least(self, ready: QuadraticLoss, allowed: Region, relaxed: Solved, before: Solved | None) -> Solved:
        """The best x of allowed weights.

        The best weights of the loss itself, `relaxed`, and an answer `before` for a wider region save turns.
        """
        ...

    def sizes(self, solved: Solved) -> Floats:
        """By asset, of an answer."""
        ...

    def bound(self, solved: Solved, taken: float) -> float:
        """Below every loss for which the program is at most so much less than an answer."""
        ...


@dataclass(frozen=True, slots=True)
class OfWeights:
    """A quadratic loss."""

    loss: QuadraticLoss

    def ready(self, loss: QuadraticLoss) -> QuadraticLoss:
        """As it is."""
        return loss

    def least(self, ready: QuadraticLoss, allowed: Region, relaxed: Solved, before: Solved | None) -> Solved:
        """As of any quadratic loss."""
        return ready.least(allowed, before or relaxed)

    def sizes(self, solved: Solved) -> Floats:
        """The weights."""
        return solved.optimum.weights

    def bound(self, solved: Solved, taken: float) -> float:
        """The answer's, less that."""
        return solved.bound - taken


@dataclass(frozen=True, slots=True)
class OfSizes:
    """A ratio. Sizes are solved for as shares of the `largest` k that can be best.

    What is left of it is one share more, so that all sum to 1 as weights do.
    """

    ratio: RatioLoss
    largest: float

    @property
    def loss(self) -> QuadraticLoss:
        """Half the variance less the excess return."""
        return QuadraticLoss(self.ratio.covariance, self.ratio.definite, -self.ratio.excess)

    def ready(self, loss: QuadraticLoss) -> QuadraticLoss:
        """In shares, over the square of the largest; the rest costs nothing."""
        hessian, definite = (np.pad(matrix, ((0, 1), (0, 1))) for matrix in (loss.hessian, loss.definite))
        return QuadraticLoss(hessian, definite, np.append(loss.costs / self.largest, 0.0))

    def least(self, ready: QuadraticLoss, allowed: Region, relaxed: Solved, before: Solved | None) -> Solved:
        """From the answer before where the shares of those still allowed keep the rows."""
        shares = _shares(allowed)
        if before is not None:
            kept = before.optimum.weights[:-1] * shares.highest[:-1]
            if shares.holds(_with_rest(kept)):
                return ready.least(shares, _at(_with_rest(kept), before))
        return ready.least(shares, _at(_with_rest(self._best_shares(relaxed.optimum.weights)), relaxed))

    def sizes(self, solved: Solved) -> Floats:
        """Shares, times the largest."""
        return self.largest * solved.optimum.weights[:-1]

    def bound(self, solved: Solved, taken: float) -> float:
        """Less the highest ratio that this leaves possible."""
        return -sqrt(max(2 * (taken - self.largest**2 * solved.bound), 0.0))

    def _best_shares(self, weights: Floats) -> Floats:
        """Of the k that is best for these weights."""
        gain = float(self.ratio.excess @ weights)
        variance = float(weights @ self.ratio.definite @ weights)
        return min(max(gain / (variance * self.largest), 0.0), 1.0) * weights


def program_of(loss: Loss, relaxed: Solved) -> Program | None:
    """The program of a loss whose best is `relaxed`; None where nothing is known of the largest size."""
    if isinstance(loss, QuadraticLoss):
        return OfWeights(loss)
    if isinstance(loss, RatioLoss) and loss.least_volatility > 0 and -inf < relaxed.bound < 0:
        return OfSizes(loss, -relaxed.bound / loss.least_volatility)
    return None


def _shares(allowed: Region) -> Region:
    """What bounds say of weights, rows say of shares."""
    each = np.eye(len(allowed.lowest))
    capped, floored = (allowed.highest > 0) & (allowed.highest < 1), allowed.lowest > 0
    rows = (
        allowed.highest[capped, None] - each[capped],
        each[floored] - allowed.lowest[floored, None],
        allowed.rows - allowed.floors[:, None],
    )
    figures = np.pad(np.vstack(rows), ((0, 0), (0, 1)))
    highest = np.append((allowed.highest > 0).astype(np.float64), 1.0)
    return Region(np.zeros(len(highest)), highest, figures, np.zeros(len(figures)))


def _with_rest(shares: Floats) -> Floats:
    return np.append(shares, 1 - shares.sum())


def _at(shares: Floats, near: Solved) -> Solved:
    """Where a search may begin; only its weights, and which are free, count."""
    start = Optimum(shares, np.zeros(1), shares > 0, np.zeros((1, len(shares))))
    return Solved(start, near.loss, near.bound, near.prices)
