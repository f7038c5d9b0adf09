"""The bound where only so many may be held is below every such portfolio, and near the best of them."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.construction.construct import construct
from engines.construction.objectives import Loss, QuadraticLoss, RatioLoss
from engines.construction.perspective import perspective
from engines.construction.problem import (
    Aim,
    Floats,
    Infeasible,
    Limits,
    NoPositiveExcessReturn,
    Row,
    Universe,
)
from engines.construction.region import region


def covariance_of(size: int, seed: int) -> Floats:
    """Of two common factors and a variance of each asset's own."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(0.05, 0.1, (size, 2))
    found: Floats = factors @ factors.T + np.diag(rng.uniform(0.05, 0.3, size) ** 2)
    return found


def least_variance(covariance: Floats, places: tuple[int, ...]) -> float:
    """Of long-only portfolios of these assets: the best of all whose inner weights solve the equations."""
    best = np.inf
    for count in range(1, len(places) + 1):
        for inner in combinations(places, count):
            raw = np.linalg.solve(covariance[np.ix_(inner, inner)], np.ones(count))
            if (raw > 0).all():
                best = min(best, 1 / raw.sum())
    return float(best)


@pytest.mark.parametrize("held", [1, 4, 7])
def test_uncorrelated_assets_of_one_variance_have_a_closed_form(held: int) -> None:
    """The least variance of k of them is σ²/k, which is proven; without counts the bound would be σ²/40."""
    universe = Universe(np.zeros(40), 0.04 * np.eye(40))
    found = construct(universe, Limits(max_assets=held), Aim("min_variance"))
    assert found.value == pytest.approx(0.04 / held, rel=1e-12)
    assert found.bound == pytest.approx(0.04 / held, rel=1e-8)


def highest_ratio(covariance: Floats, excess: Floats, places: tuple[int, ...]) -> float:
    """Of long-only portfolios of these assets, by the tangency portfolio's equations."""
    best = 0.0
    for count in range(1, len(places) + 1):
        for inner in map(list, combinations(places, count)):
            raw = np.linalg.solve(covariance[np.ix_(inner, inner)], excess[inner])
            if (raw > 0).all():
                best = max(best, float(excess[inner] @ raw))
    return float(np.sqrt(best))


@pytest.mark.parametrize("objective", ["variance", "ratio"])
@pytest.mark.parametrize("seed", range(6))
def test_no_portfolio_of_any_branch_is_below_its_bound(seed: int, objective: str) -> None:
    """Held against every choice of three of eight, all told, and with some that must or may not be held."""
    covariance, most = covariance_of(8, seed), 3
    excess = np.random.default_rng(seed).uniform(0.02, 0.1, 8)
    allowed = region(np.zeros(8), np.ones(8), ())
    loss: Loss
    if objective == "ratio":
        calm = least_variance(covariance, tuple(range(8))) ** 0.5
        loss = RatioLoss(covariance, covariance, excess, calm)
        losses = {held: -highest_ratio(covariance, excess, held) for held in combinations(range(8), most)}
    else:
        loss = QuadraticLoss(2 * covariance, 2 * covariance, np.zeros(8))
        losses = {held: least_variance(covariance, held) for held in combinations(range(8), most)}
    relaxed = loss.least(allowed)
    closer = perspective(loss, allowed, relaxed, most)
    assert closer is not None
    every = np.ones(8, dtype=bool)
    solved = closer.least(allowed, relaxed)
    bound = closer.bound(solved, ~every, every, most)
    assert relaxed.bound < bound <= min(losses.values()) + 1e-12
    for out in range(8):
        may = every.copy()
        may[out] = False
        narrow = allowed.narrowed(allowed.lowest, may.astype(float))
        less = closer.least(narrow, loss.least(narrow), solved)
        best = min(losses[held] for held in losses if out not in held)
        assert closer.bound(less, ~every, may, most) <= best + 1e-12
        best = min(losses[held] for held in losses if out in held)
        assert closer.bound(solved, ~may, every, most) <= best + 1e-12


@settings(max_examples=12)
@given(
    st.integers(0, 10**6),
    st.integers(1, 3),
    st.floats(0.35, 1),
    st.sampled_from([0.0, 0.05, 0.2]),
    st.booleans(),
    st.booleans(),
)
def test_the_first_bound_and_the_proven_best_hold_for_every_choice(
    seed: int, most: int, cap: float, floor: float, grouped: bool, cash: bool
) -> None:
    """Sharpe ratios of up to three of six, with caps, floors and a group: each choice is worked out alone."""
    rng, aim = np.random.default_rng(seed), Aim("max_sharpe", 0.02)
    covariance = covariance_of(6, seed)
    if cash:
        covariance[0], covariance[:, 0] = 0, 0
        covariance[0, 0] = 1e-6
    whole = Universe(rng.uniform(0.0, 0.12, 6), covariance)
    group = (np.arange(6) < 3).astype(float)
    rows = (Row(group, 0.1, 0.6, "groups[0].min", "groups[0].max"),) if grouped else ()
    ratios = [
        found
        for count in range(1, most + 1)
        for held in combinations(range(6), count)
        if (found := ratio_of_all(whole, list(held), cap, floor, rows, aim)) is not None
    ]
    limits = Limits(floor, cap, most, rows)
    if not ratios:
        with pytest.raises((Infeasible, NoPositiveExcessReturn)):
            construct(whole, limits, aim)
        return
    first, proven = construct(whole, limits, aim, nodes=0), construct(whole, limits, aim, nodes=2000)
    assert first.bound is not None
    assert first.bound >= max(ratios) * (1 - 1e-9)
    assert proven.value == pytest.approx(max(ratios), rel=1e-7)
    assert proven.bound == pytest.approx(max(ratios), rel=1e-7)


def ratio_of_all(
    whole: Universe, held: list[int], cap: float, floor: float, rows: tuple[Row, ...], aim: Aim
) -> float | None:
    """The best Sharpe ratio with each of these assets held, without counting; None where there is none."""
    part = Universe(whole.expected_returns[held], whole.covariance[np.ix_(held, held)])
    each = tuple(Row(one, floor, np.inf, "min", "min") for one in np.eye(len(held)))
    cut = tuple(Row(row.figures[held], row.least, row.most, row.low_name, row.high_name) for row in rows)
    try:
        return construct(part, Limits(max_weight=cap, rows=each + cut), aim).value
    except (Infeasible, NoPositiveExcessReturn):
        return None


def test_a_universe_of_many_small_risks_is_known_to_a_hundredth() -> None:
    """Twelve of 137 whose own variances dominate: the bound without counts is three times too low."""
    found = construct(
        Universe(np.zeros(137), covariance_of(137, 3)), Limits(0.02, 0.3, 12), Aim("min_variance")
    )
    assert found.value is not None
    assert found.gap is not None
    assert found.gap < 0.01 * found.value


def test_assets_that_copy_each_other_have_no_variance_of_their_own() -> None:
    """Nothing can be taken out of such a covariance; the answer comes without the closer bound."""
    covariance = np.full((4, 4), 0.04)
    allowed = region(np.zeros(4), np.ones(4), ())
    loss = QuadraticLoss(2 * covariance, 2 * covariance + 1e-12 * np.eye(4), np.zeros(4))
    assert perspective(loss, allowed, loss.least(allowed), 2) is None
