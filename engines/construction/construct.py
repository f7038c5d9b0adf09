"""The best portfolio of a universe within limits: by variance, Sharpe ratio, utility, or risk parity.

Every answer is held against its own limits before it is given, and comes with a proven bound.
"""

from collections.abc import Mapping
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from engines.construction.feasible import Wanted, clash
from engines.construction.holdings import Search, choose
from engines.construction.objectives import NO_EXCESS, Loss, QuadraticLoss, RatioLoss, Solved
from engines.construction.problem import (
    TOLERANCE,
    Aim,
    Constructed,
    Floats,
    Infeasible,
    Limits,
    NoPositiveExcessReturn,
    NotPositiveSemidefinite,
    NotSolved,
    Row,
    Universe,
)
from engines.construction.region import Region, region
from engines.construction.risk_parity import risk_parity

Flags = NDArray[np.bool_]
NEGATIVE = 1e-9
"""A variance below zero by this share of the largest is rounding, beyond it no covariance."""
DEFINITE = 1e-10
RIDGE = 1e-12
NO_SCALE = 1e-2
"""The variance of an asset of 10% volatility, for a covariance that is zero throughout."""
NODES = 400
"""Of the search for which assets to hold among USUAL, so many of them free: about half a second."""
USUAL, USUALLY_FREE = 137, 25


def construct(
    universe: Universe,
    limits: Limits,
    aim: Aim,
    *,
    barred: Mapping[str, Flags] | None = None,
    nodes: int | None = None,
) -> Constructed:
    """The best weights within the limits, absent assets 0; `barred` are assets left out, by the reason.

    A search for what to hold looks at so many `nodes`. Infeasible names limits that clash;
    NoPositiveExcessReturn is for the Sharpe ratio alone.
    """
    wanted = Wanted(limits, barred or {}, len(universe.expected_returns))
    check_covariance(universe.covariance)
    left = wanted.left()
    if (
        not left.any()
        or limits.min_weight > limits.max_weight
        or left.sum() * limits.max_weight < 1 - TOLERANCE
    ):
        raise clash(wanted)
    narrow, within = _narrowed(universe, limits, left)
    try:
        found = (
            _of_parity(narrow, within)
            if aim.objective == "risk_parity"
            else _best(narrow, within, aim, wanted, nodes)
        )
    except Infeasible as error:
        raise error if error.clashing else clash(wanted) from None
    _check_kept(found.weights, within)
    weights = np.zeros(wanted.size)
    weights[left] = found.weights
    return Constructed(weights, found.value, found.bound)


def check_covariance(covariance: Floats) -> None:
    """Refuse a matrix that is not symmetric, or gives some portfolio a negative variance."""
    largest = float(np.abs(covariance).max())
    if float(np.abs(covariance - covariance.T).max()) > NEGATIVE * largest:
        row, column = np.unravel_index(int(np.abs(covariance - covariance.T).argmax()), covariance.shape)
        raise NotPositiveSemidefinite(
            f"row {row}, column {column} is {covariance[row, column]:g}, and the other way round "
            f"{covariance[column, row]:g}; a covariance is symmetric",
            "covariance",
        )
    if _is_definite(covariance + NEGATIVE * largest * np.eye(len(covariance))) or largest == 0:
        return
    least = float(np.linalg.eigvalsh(covariance)[0])
    raise NotPositiveSemidefinite(
        f"the covariance gives some portfolio a negative variance (its least eigenvalue is {least:.3g}); "
        "estimate it from one complete history, or shrink it",
        "covariance",
    )


def _is_definite(matrix: Floats, *, least: float = 0.0) -> bool:
    try:
        return bool(np.diagonal(np.linalg.cholesky(matrix)).min() ** 2 > least)
    except np.linalg.LinAlgError:
        return False


def _narrowed(universe: Universe, limits: Limits, left: Flags) -> tuple[Universe, Limits]:
    """Universe and limits of the assets left."""
    covariance = universe.covariance if left.all() else universe.covariance[np.ix_(left, left)]
    rows = tuple(
        Row(row.figures[left], row.least, row.most, row.low_name, row.high_name) for row in limits.rows
    )
    return (
        Universe(universe.expected_returns[left], (covariance + covariance.T) / 2),
        Limits(limits.min_weight, limits.max_weight, limits.max_assets, rows),
    )


def _of_parity(universe: Universe, limits: Limits) -> Constructed:
    """Risk parity has one answer, which holds every asset: other limits are kept by it, or clash with it."""
    size = len(universe.expected_returns)
    if limits.max_assets is not None and limits.max_assets < size:
        raise Infeasible(
            f"risk parity holds all {size} assets, and max_assets is {limits.max_assets}; exclude some",
            ("max_assets",),
        )
    if limits.min_weight * size > 1 + TOLERANCE:
        raise Infeasible(
            f"risk parity holds all {size} assets, which min_weight {limits.min_weight:g} leaves no room for",
            ("min_weight",),
        )
    found = risk_parity(universe.covariance, floor=limits.min_weight, cap=limits.max_weight)
    for row in limits.rows:
        reached = float(row.figures @ found.weights)
        broken = row.low_name if reached < row.least - TOLERANCE else row.high_name
        if not row.least - TOLERANCE <= reached <= row.most + TOLERANCE:
            raise Infeasible(
                f"risk parity has one answer, which reaches {reached:.6g} and breaks {broken}; "
                "it can be limited by min_weight, max_weight and exclude alone",
                (broken,),
            )
    return found


def _best(universe: Universe, limits: Limits, aim: Aim, wanted: Wanted, nodes: int | None) -> Constructed:
    """The least loss, over holdings too where these are limited."""
    size = len(universe.expected_returns)
    allowed = region(np.zeros(size), np.full(size, limits.max_weight), limits.rows)
    loss = _loss(universe, aim, allowed)
    relaxed = loss.least(allowed)
    search = Search(loss, allowed, limits)
    sign = 1.0 if aim.objective == "min_variance" else -1.0
    if search.keeps(relaxed.optimum.weights):
        return _constructed(relaxed.optimum.weights, relaxed.loss, relaxed.bound, sign)
    chosen = choose(
        search,
        relaxed,
        wanted.of_the_left(limits),
        nodes=_nodes(relaxed, limits, aim) if nodes is None else nodes,
    )
    if chosen is None:
        raise Infeasible("no assets can be held within all limits", ())
    if aim.objective == "max_sharpe" and chosen.loss >= 0:
        raise NoPositiveExcessReturn(NO_EXCESS, "expected_returns")
    return _constructed(chosen.weights, chosen.loss, chosen.bound, sign)


def _nodes(relaxed: Solved, limits: Limits, aim: Aim) -> int:
    """So many that the search takes about as long for any size, with rows or without, for any objective."""
    free = max(int(relaxed.optimum.free.sum()), USUALLY_FREE)
    slower = (3 if aim.objective == "max_sharpe" else 1) * (3 if limits.rows else 1)
    return NODES * USUAL * USUALLY_FREE // (len(relaxed.prices) * free * slower)


def _constructed(weights: Floats, loss: float, bound: float, sign: float) -> Constructed:
    value, best = (sign * one if np.isfinite(one) else None for one in (loss, bound))
    return Constructed(weights, value, best)


def _loss(universe: Universe, aim: Aim, allowed: Region) -> Loss:
    """The objective as a loss."""
    covariance, returns = universe.covariance, universe.expected_returns
    definite = _definite(covariance)
    if aim.objective == "max_utility":
        return QuadraticLoss(aim.risk_aversion * covariance, aim.risk_aversion * definite, -returns)
    twice = 2 * covariance
    variance = QuadraticLoss(twice, twice if definite is covariance else 2 * definite, np.zeros_like(returns))
    if aim.objective == "min_variance":
        return variance
    excess = returns - aim.risk_free
    if excess.max() <= 0:
        variance.least(allowed)  # Limits that clash are told first.
        raise NoPositiveExcessReturn(NO_EXCESS, "expected_returns")
    return RatioLoss(covariance, definite, excess, _least_volatility(variance, allowed))


def _least_volatility(variance: QuadraticLoss, allowed: Region) -> float:
    """Below every portfolio's volatility: that of the best with any signs, where one is well defined."""
    if variance.definite is variance.hessian:
        size = len(variance.costs)
        return sqrt(0.5 / float(np.linalg.solve(variance.hessian, np.ones(size)).sum()))
    return sqrt(max(variance.least(allowed).bound, 0.0))


def _definite(covariance: Floats) -> Floats:
    """The covariance with as little on its diagonal as makes it positive definite."""
    scale = float(np.diagonal(covariance).max()) or NO_SCALE
    one = scale * np.eye(len(covariance))
    if _is_definite(covariance, least=DEFINITE * scale):
        return covariance
    little = RIDGE if _is_definite(covariance + RIDGE * one) else 2 * NEGATIVE
    return covariance + little * one


def _check_kept(weights: Floats, limits: Limits) -> None:
    """Hold an answer against every limit it was asked to keep, whatever found it."""
    held = weights[weights > 0]
    rows = [(float(row.figures @ weights), row) for row in limits.rows]
    kept = (
        bool(np.isfinite(weights).all())
        and abs(weights.sum() - 1) <= TOLERANCE
        and weights.min() >= 0
        and weights.max() <= limits.max_weight + TOLERANCE
        and bool((held >= limits.min_weight - TOLERANCE).all())
        and (limits.max_assets is None or len(held) <= limits.max_assets)
        and all(row.least - TOLERANCE <= reached <= row.most + TOLERANCE for reached, row in rows)
    )
    if not kept:
        raise NotSolved("the weights found break their own limits; scale the covariance to a year's")
