"""The bound where only so many may be held is below every such portfolio, and near the best of them."""

from itertools import combinations

import numpy as np
import pytest

from engines.construction.construct import construct
from engines.construction.objectives import QuadraticLoss
from engines.construction.perspective import perspective
from engines.construction.problem import Aim, Floats, Limits, Universe
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


@pytest.mark.parametrize("seed", range(6))
def test_no_portfolio_of_any_branch_is_below_its_bound(seed: int) -> None:
    """Held against every choice of three of eight, all told, and with some that must or may not be held."""
    covariance, most = covariance_of(8, seed), 3
    allowed = region(np.zeros(8), np.ones(8), ())
    loss = QuadraticLoss(2 * covariance, 2 * covariance, np.zeros(8))
    closer = perspective(loss, allowed, loss.least(allowed), most)
    assert closer is not None
    every = np.ones(8, dtype=bool)
    whole = min(least_variance(covariance, held) for held in combinations(range(8), most))
    bound = closer.bound(closer.loss.least(allowed), ~every, every, most)
    assert loss.least(allowed).bound < bound <= whole * (1 + 1e-12)
    for out in range(8):
        may = every.copy()
        may[out] = False
        narrow = allowed.narrowed(allowed.lowest, may.astype(float))
        solved = closer.loss.least(narrow)
        without = [held for held in combinations(range(8), most) if out not in held]
        best = min(least_variance(covariance, held) for held in without)
        assert closer.bound(solved, ~every, may, most) <= best * (1 + 1e-12)
        must = ~may
        among = [held for held in combinations(range(8), most) if out in held]
        best = min(least_variance(covariance, held) for held in among)
        assert closer.bound(closer.loss.least(allowed), must, every, most) <= best * (1 + 1e-12)


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
