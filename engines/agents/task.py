"""What a pod rewards and what it allows, as its agent sees it."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Aim(StrEnum):
    """What a pod's objective is called, here as in pods.yaml."""

    PRESERVED_RETURN = "preserved_return"
    AFTER_TAX_INCOME = "after_tax_income"
    SHARPE_RATIO = "sharpe_ratio"
    EXCESS_RETURN = "excess_return"


@dataclass(frozen=True, slots=True)
class Dearness:
    """Penalties on risk are multiplied by reference_years / years to the goal, within bounds."""

    reference_years: float
    least: float
    most: float

    def at(self, years: Floats) -> Floats:
        """The multiplier for goals so many years away."""
        dear: Floats = np.clip(self.reference_years / np.maximum(years, 1e-9), self.least, self.most)
        return dear


@dataclass(frozen=True, slots=True)
class PodTask:
    """One pod: its aim, the allocations on its grid, and what risk and trading cost.

    `allocations` are weights by row, within `lowest` and `highest` of each ETF and liquid enough.
    `income` is distributions with their credits before tax. `ceiling` is the volatility a year that
    a client of the highest risk score may have, `least_share` what is left of it at the lowest.
    `trade_cost` is a share of what is bought or sold.
    """

    aim: Aim
    allocations: Floats
    lowest: Floats
    highest: Floats
    steps: int
    ceiling: float
    least_share: float
    dearness: Dearness
    trade_cost: float
    cash_rate: float
    income: Floats
    usual_tax_rate: float = 0.0
    variance_penalty: float = 0.0
    drawdown_penalty: float = 0.0

    @property
    def size(self) -> int:
        """How many ETFs there are."""
        return len(self.lowest)

    def even(self) -> Floats:
        """The allocation on the grid nearest to equal weights, the first of equals."""
        nearest: Floats = nearest_row(self.allocations, np.full(self.size, 1 / self.size))
        return nearest


@dataclass(frozen=True, slots=True)
class Situation:
    """What a policy is asked for: who the client is, what is allowed, and how the market is.

    `unrest` None asks for the allocation to hold through all markets.
    """

    allowed: Floats
    lowest: Floats
    highest: Floats
    dearness: float
    tax_rate: float
    share_of_ceiling: float
    unrest: float | None = None
    drawdown: float = 0.0
    held: Floats | None = None


def nearest_row(rows: Floats, wanted: Floats) -> Floats:
    """The row with the least squared distance to `wanted`, the first of equals."""
    found: Floats = rows[int(np.argmin(((rows - wanted) ** 2).sum(axis=1)))]
    return found
