"""The best allocation of a pod: exact, by looking at every allowed allocation on the grid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.estimates import Estimates
from engines.pod_limits import PodLimits, allowed_allocations
from engines.pod_objectives import PodObjective

Floats = NDArray[np.float64]
BLOCK = 64
"""So many allocations are measured at once where the bound is not enough to rule them out."""


@dataclass(frozen=True, slots=True)
class BestAllocation:
    """Weights of each ETF, multiples of the grid, and the objective there."""

    weights: Floats
    value: float


def best_allocation(
    objective: PodObjective, estimates: Estimates, liquidity: Floats, limits: PodLimits, *, grid_steps: int
) -> BestAllocation:
    """The allocation on the grid of 1/grid_steps with the largest objective; of equals, the first.

    Infeasible names the limits that leave no allocation.
    """
    allowed = allowed_allocations(estimates, liquidity, limits, grid_steps=grid_steps)
    return best_of(objective, estimates, allowed)


def best_of(objective: PodObjective, estimates: Estimates, allocations: Floats) -> BestAllocation:
    """The first of the best of these allocations.

    They are measured by falling bound, until the bound is below the best value found.
    """
    bounds = objective.bound(allocations, estimates)
    order = np.argsort(-bounds, kind="stable")
    best = BestAllocation(allocations[order[0]], -np.inf)
    for start in range(0, len(order), BLOCK):
        block = order[start : start + BLOCK]
        if bounds[block[0]] <= best.value:
            break
        values = objective.value(allocations[block], estimates)
        place = int(np.argmax(values))
        if values[place] > best.value:
            best = BestAllocation(allocations[block[place]], float(values[place]))
    return best
