"""Why a portfolio did better or worse than its benchmark: by how much was held, and by what was chosen.

The model of Brinson, Hood and Beebower (1986) with the allocation of Brinson and Fachler (1985), a day at a
time; days are linked by the factors of Cariño (1999), so that all effects add up to the active return.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SMALLEST_SHARE = 1e-3
"""Of a class of which less was at work the return says nothing: there is no interaction."""


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """Days by classes: what was at work and what it contributed, of the portfolio and of its benchmark.

    Weights are shares of the whole and add up to 1 on each day; `contributions` add up to the
    portfolio's return. `benchmark_returns` are of the classes; nan where the benchmark holds none.
    """

    weights: Floats
    contributions: Floats
    benchmark_weights: Floats
    benchmark_returns: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """Effects by class, linked over all days; `active` is what they add up to."""

    allocation: Floats
    selection: Floats
    interaction: Floats
    active: float


def attribute(days: Classes) -> Attribution:
    """Allocation, selection and interaction of each class over all days.

    With weights w, W and returns r, R: (w-W)(R-B), W(r-R) and (w-W)(r-R), where B is the benchmark's
    return. A class that the benchmark does not hold is all allocation: R is r there. What a class brought
    while less than SMALLEST_SHARE of it was at work counts as selection.
    """
    portfolio, benchmark = days.contributions.sum(axis=1), benchmark_return(days)
    daily, whole = linking(portfolio, benchmark)
    share = (daily / whole)[:, np.newaxis]
    allocation, selection, interaction = ((effect * share).sum(axis=0) for effect in _effects(days))
    return Attribution(allocation, selection, interaction, compound(portfolio) - compound(benchmark))


def benchmark_return(days: Classes) -> Floats:
    """The benchmark's return by day."""
    total: Floats = np.nansum(days.benchmark_weights * days.benchmark_returns, axis=1)
    return total


def compound(returns: Floats) -> float:
    """The return over all days together."""
    return float(np.prod(1 + returns) - 1)


def linking(portfolio: Floats, benchmark: Floats) -> tuple[Floats, float]:
    """Cariño's factors of each day and of all: (ln(1+r) - ln(1+R))/(r - R), 1/(1+r) where both are equal.

    Needs returns above -1. A day's difference times its factor over the whole's is its share of the
    difference over all days.
    """
    ends = np.array([compound(portfolio)]), np.array([compound(benchmark)])
    return _factor(portfolio, benchmark), float(_factor(*ends)[0])


def _factor(portfolio: Floats, benchmark: Floats) -> Floats:
    # With x = (r-R)/(1+R) the factor is ln(1+x)/x / (1+R), which is exact for the smallest differences.
    apart = (portfolio - benchmark) / (1 + benchmark)
    ratio = np.ones_like(apart)
    np.divide(np.log1p(apart), apart, out=ratio, where=apart != 0)
    return ratio / (1 + benchmark)


def _effects(days: Classes) -> tuple[Floats, Floats, Floats]:
    """The three effects, days by classes; on each day they add up to the active return."""
    at_work = np.abs(days.weights) >= SMALLEST_SHARE
    shares = np.where(at_work, days.weights, 1.0)
    own = np.where(at_work, days.contributions / shares, np.nan)
    theirs = np.where(np.isnan(days.benchmark_returns), np.where(at_work, own, 0.0), days.benchmark_returns)
    over = days.weights - days.benchmark_weights
    allocation = over * (theirs - benchmark_return(days)[:, np.newaxis])
    interaction = np.where(at_work, over * (own - theirs), 0.0)
    selection = days.contributions - days.weights * theirs - interaction
    return allocation, selection, interaction
