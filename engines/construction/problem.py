"""What a portfolio is chosen from and within, and the errors of choosing it.

EngineError
├── Infeasible               no portfolio keeps all limits; names those that clash
├── NoPositiveExcessReturn   nothing allowed is expected to return more than the risk-free rate
├── NotPositiveSemidefinite  the covariance would give a portfolio a negative variance
└── NotSolved                no answer passed the checks against its own limits and its bound
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineError

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Objective = Literal["min_variance", "max_sharpe", "max_utility", "risk_parity"]
TOLERANCE = 1e-9
"""Limits hold to this, because weights are computed floats."""
RISKLESS = 1e-12
"""A variance of this share of the largest is none: less than rounding leaves of it."""


class Infeasible(EngineError):
    """No portfolio keeps all limits; `clashing` names those that cannot hold together."""

    def __init__(self, message: str, clashing: Sequence[str]) -> None:
        super().__init__(message, clashing[0] if clashing else "")
        self.clashing = tuple(clashing)


class NoPositiveExcessReturn(EngineError):
    """Nothing allowed is expected to return more than the risk-free rate."""


class NotPositiveSemidefinite(EngineError):
    """The covariance would give some portfolio a negative variance."""


class NotSolved(EngineError):
    """No answer passed the checks against its own limits and its bound."""


@dataclass(frozen=True, slots=True)
class Row:
    """A limit on the weighted sum of one figure of the assets, on both sides or (infinite) on one.

    `low_name` and `high_name` are the places of the sides in the input.
    """

    figures: Floats
    least: float
    most: float
    low_name: str
    high_name: str


@dataclass(frozen=True, slots=True)
class Universe:
    """Expected returns and covariance of a year, of the assets that may be held."""

    expected_returns: Floats
    covariance: Floats


@dataclass(frozen=True, slots=True)
class Limits:
    """Each weight is 0 or from `min_weight` to `max_weight`; at most `max_assets` are not 0."""

    min_weight: float = 0.0
    max_weight: float = 1.0
    max_assets: int | None = None
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Aim:
    """What is best; `risk_aversion` counts for utility, `risk_free` for the Sharpe ratio."""

    objective: Objective
    risk_free: float = 0.0
    risk_aversion: float = 1.0


@dataclass(frozen=True, slots=True)
class Constructed:
    """Weights in the order of the universe, and how good they are.

    `value` is the objective at the weights: variance, Sharpe ratio, utility, or for risk parity the
    largest distance of an uncapped asset's share of the variance from what it should be. `bound`: no
    portfolio within the limits has a better one. Both are None where a ratio has no end, the bound alone
    where rounding at no volatility leaves none.
    """

    weights: Floats
    value: float | None
    bound: float | None

    @property
    def gap(self) -> float | None:
        """How far the value may be from the best possible, from 0 up; None where that is not known."""
        if self.value is None:
            return 0.0
        return None if self.bound is None else abs(self.value - self.bound)
