"""Which allocations of a pod keep all its limits, on the grid of its weights.

EngineError
└── Infeasible   no allocation keeps all limits
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineError
from engines.estimates import Estimates, volatility
from engines.weight_grid import bounded_grid

Floats = NDArray[np.float64]
TOLERANCE = 1e-9


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


def allocations_within(limits: PodLimits, grid_steps: int) -> Floats:
    """Every allocation on the grid of 1/grid_steps within each ETF's bounds; Infeasible if there is none."""
    lowest = np.ceil(limits.lowest * grid_steps - TOLERANCE).astype(int)
    highest = np.floor(limits.highest * grid_steps + TOLERANCE).astype(int)
    allowed = bounded_grid(lowest.tolist(), highest.tolist(), grid_steps)
    if not len(allowed):
        raise _clash_of_bounds(lowest, highest, grid_steps)
    shares: Floats = allowed / grid_steps
    return shares


def allowed_allocations(
    estimates: Estimates, liquidity: Floats, limits: PodLimits, *, grid_steps: int
) -> Floats:
    """Those within bounds that are calm and liquid enough; Infeasible names the limits that clash."""
    allowed = allocations_within(limits, grid_steps)
    calm = volatility(allowed, estimates.covariance) <= limits.max_volatility + TOLERANCE
    liquid = allowed @ liquidity >= limits.min_liquidity - TOLERANCE
    kept: Floats = allowed[calm & liquid]
    if not len(kept):
        raise _clash_of_whole_pod(allowed, estimates, liquidity, limits, bool(calm.any()), bool(liquid.any()))
    return kept


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
