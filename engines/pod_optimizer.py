"""The best allocation of a pod: exact, by looking at every allocation on the grid.

EngineError
└── Infeasible   no allocation keeps all limits
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineError
from engines.estimates import Estimates, volatility
from engines.pod_objectives import PodObjective
from engines.weight_grid import bounded_grid

Floats = NDArray[np.float64]
TOLERANCE = 1e-9
BLOCK = 256
"""So many allocations are measured at once where the bound is not enough to rule them out."""


class Infeasible(EngineError):
    """No allocation keeps all limits; `clashing` names those that cannot hold together."""

    def __init__(self, message: str, clashing: Sequence[str]) -> None:
        super().__init__(message, f"limits.{clashing[0]}")
        self.clashing = tuple(clashing)


@dataclass(frozen=True, slots=True)
class PodLimits:
    """Bounds of each ETF's weight, and of the whole pod; all fractions, volatility a year's."""

    lowest: Floats
    highest: Floats
    max_volatility: float
    min_liquidity: float


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
    allowed = _allocations(limits, grid_steps)
    calm = volatility(allowed, estimates.covariance) <= limits.max_volatility + TOLERANCE
    liquid = allowed @ liquidity >= limits.min_liquidity - TOLERANCE
    kept = allowed[calm & liquid]
    if not len(kept):
        raise _clash_of_whole_pod(allowed, estimates, liquidity, limits, bool(calm.any()), bool(liquid.any()))
    return _largest(objective, estimates, kept)


def _allocations(limits: PodLimits, steps: int) -> Floats:
    lowest = np.ceil(limits.lowest * steps - TOLERANCE).astype(int)
    highest = np.floor(limits.highest * steps + TOLERANCE).astype(int)
    allowed = bounded_grid(lowest.tolist(), highest.tolist(), steps)
    if not len(allowed):
        raise _clash_of_bounds(lowest, highest, steps)
    shares: Floats = allowed / steps
    return shares


def _largest(objective: PodObjective, estimates: Estimates, allocations: Floats) -> BestAllocation:
    """Measure allocations by falling bound, until the bound is below the best value found."""
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


def _clash_of_bounds(lowest: NDArray[np.int64], highest: NDArray[np.int64], steps: int) -> Infeasible:
    grid = 1 / steps
    crossed = np.flatnonzero(lowest > highest)
    if crossed.size:
        low, high = lowest[crossed[0]] * grid, highest[crossed[0]] * grid
        return Infeasible(
            f"an ETF must be at least {low:g} of the pod and at most {high:g} on the grid of {grid:g}; raise "
            "limits.max_weight or the max in limits.weights, or lower the min (the pod's is in pods.yaml)",
            ("max_weight", "weights"),
        )
    if lowest.sum() > steps:
        return Infeasible(
            f"the min weights sum to {lowest.sum() * grid:g} on the grid of {grid:g}; lower limits.weights",
            ("weights",),
        )
    return Infeasible(
        f"the ETFs left may hold at most {highest.sum() * grid:g} of the pod on the grid of {grid:g}; "
        "raise limits.max_weight or the max in limits.weights, or exclude fewer",
        ("max_weight", "weights", "exclude"),
    )


def _clash_of_whole_pod(
    allowed: Floats,
    estimates: Estimates,
    liquidity: Floats,
    limits: PodLimits,
    calm: bool,
    liquid: bool,
) -> Infeasible:
    risk, ease = volatility(allowed, estimates.covariance).min(), (allowed @ liquidity).max()
    complaints: Mapping[str, str] = {
        "max_volatility": f"volatility {limits.max_volatility:.4f} (the least possible is {risk:.4f})",
        "min_liquidity": f"liquidity {limits.min_liquidity:.4f} (the most possible is {ease:.4f})",
    }
    clashing = [name for name, met in (("max_volatility", calm), ("min_liquidity", liquid)) if not met]
    clashing = clashing or list(complaints)
    reasons = " together with ".join(complaints[name] for name in clashing)
    return Infeasible(f"no allocation on the grid meets {reasons}; loosen limits.{clashing[0]}", clashing)
