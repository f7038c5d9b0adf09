"""The weights that limits allow once it is settled which assets may be held, and bounds over them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engines.construction.problem import TOLERANCE, Floats, Places, Row


@dataclass(frozen=True, slots=True)
class Region:
    """Weights that sum to 1, from `lowest` to `highest`, with `rows @ weights` at least `floors`."""

    lowest: Floats
    highest: Floats
    rows: Floats
    floors: Floats

    def narrowed(self, lowest: Floats, highest: Floats) -> "Region":
        """The same rows over other bounds."""
        return replace(self, lowest=lowest, highest=highest)

    def part(self, places: Places) -> "Region":
        """The region of some weights, all others zero."""
        return Region(self.lowest[places], self.highest[places], self.rows[:, places], self.floors)

    def shortfall(self, weights: Floats) -> float:
        """How far the weights are from keeping every limit, 0 where they do."""
        misses = (
            (self.lowest - weights).max(initial=0.0),
            (weights - self.highest).max(initial=0.0),
            (self.floors - self.rows @ weights).max(initial=0.0),
            abs(weights.sum() - 1),
        )
        return float(max(misses))

    def holds(self, weights: Floats) -> bool:
        """Do the weights keep every limit."""
        return self.shortfall(weights) <= TOLERANCE

    def least(self, costs: Floats, multipliers: Floats) -> float:
        """A proven lower bound of `costs @ weights` over the region.

        Any multipliers of the sum (first) and of the rows give one, by duality of linear programs; those
        of an optimum give the best.
        """
        prices = np.maximum(multipliers[1:], 0)
        reduced = self.reduced(costs, multipliers)
        at_bounds = np.where(reduced > 0, reduced * self.lowest, reduced * self.highest)
        return float(multipliers[0] + prices @ self.floors + at_bounds.sum())

    def is_empty_by(self, multipliers: Floats) -> bool:
        """Do these multipliers of broken rows prove that no weights keep all rows (Farkas' lemma)."""
        prices = multipliers / max(float(np.maximum(multipliers[1:], 0).sum()), 1e-300)
        return self.least(np.zeros_like(self.lowest), prices) > TOLERANCE

    def reduced(self, costs: Floats, multipliers: Floats) -> Floats:
        """What a little more of each weight costs, less what sum and rows pay for it."""
        found: Floats = costs - multipliers[0] - np.maximum(multipliers[1:], 0) @ self.rows
        return found


def region(lowest: Floats, highest: Floats, rows: Sequence[Row]) -> Region:
    """The region of bounds and two-sided rows; sides that every weight keeps are left out."""
    sides = [
        (sign * row.figures, sign * limit)
        for row in rows
        for sign, limit in ((1.0, row.least), (-1.0, row.most))
        if limit * sign > (sign * row.figures).min()
    ]
    figures = np.array([side for side, _ in sides]).reshape(len(sides), len(lowest))
    return Region(lowest, highest, figures, np.array([floor for _, floor in sides]))
