"""The exact optimum of a pod is the optimum, by other ways of looking for it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from engines.estimates import Estimates, max_drawdown, volatility
from engines.pod_limits import Infeasible, PodLimits
from engines.pod_objectives import (
    AfterTaxIncome,
    ExcessReturn,
    PodObjective,
    PreservedReturn,
    SharpeRatio,
    after_tax_income,
)
from engines.pod_optimizer import best_allocation

ASSETS = 4
STEPS = 20


def market(seed: int) -> Estimates:
    """Estimates of four assets from random daily returns."""
    rng = np.random.default_rng(seed)
    mixing = rng.normal(0, 0.006, (ASSETS, ASSETS))
    returns = rng.standard_t(5, (300, ASSETS)) @ mixing + rng.uniform(0.0001, 0.0005, ASSETS)
    return Estimates(rng.uniform(0.02, 0.12, ASSETS), np.cov(returns.T) * 252, returns)


def limits(*, high: float = 1.0, volatility: float = 9.0, liquidity: float = 0.0) -> PodLimits:
    """The same highest weight for all; ceilings that do not bind unless given."""
    return PodLimits(np.zeros(ASSETS), np.full(ASSETS, high), volatility, liquidity)


def objectives(seed: int) -> list[PodObjective]:
    """One of each kind."""
    income = np.random.default_rng(seed).uniform(0, 0.06, ASSETS)
    return [
        PreservedReturn(variance_penalty=6, drawdown_penalty=0.1),
        AfterTaxIncome(income, variance_penalty=3),
        SharpeRatio(cash_rate=0.03),
        ExcessReturn(benchmark_return=0.05),
    ]


LIQUIDITY = np.array([1.0, 0.9, 0.8, 0.7])


@given(seed=st.integers(0, 10_000), kind=st.integers(0, 3), draws=st.integers(0, 10_000))
def test_no_allocation_on_the_grid_is_better(seed: int, kind: int, draws: int) -> None:
    """Random allocations of the grid that keep the limits never score higher; the answer keeps them too."""
    estimates, objective = market(seed), objectives(seed)[kind]
    calmest = np.sqrt(np.diagonal(estimates.covariance)).min()
    asked = limits(high=0.6, volatility=calmest * 1.1, liquidity=0.8)
    try:
        best = best_allocation(objective, estimates, LIQUIDITY, asked, grid_steps=STEPS)
    except Infeasible:
        best = None
    rivals = np.random.default_rng(draws).multinomial(STEPS, np.full(ASSETS, 1 / ASSETS), 300) / STEPS
    kept = rivals[
        (rivals.max(axis=1) <= 0.6)
        & (volatility(rivals, estimates.covariance) <= calmest * 1.1)
        & (rivals @ LIQUIDITY >= 0.8)
    ]
    if best is None:
        assert not len(kept)
        return
    assert best.weights.sum() == pytest.approx(1)
    assert best.weights.max() <= 0.6 + 1e-12
    assert volatility(best.weights, estimates.covariance) <= calmest * 1.1 + 1e-9
    assert best.weights @ LIQUIDITY >= 0.8 - 1e-9
    assert best.value == pytest.approx(float(objective.value(best.weights[None, :], estimates)[0]))
    if len(kept):
        assert objective.value(kept, estimates).max() <= best.value + 1e-12


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", [1, 2])
def test_a_fine_grid_comes_close_to_the_continuous_optimum(seed: int, kind: int) -> None:
    """An independent solver over all weights is never beaten, and hardly ahead of a grid of 1/100."""
    estimates, objective = market(seed), objectives(seed)[kind]
    best = best_allocation(objective, estimates, LIQUIDITY, limits(high=0.5), grid_steps=100)
    found = minimize(
        lambda weights: -float(objective.value(weights[None, :], estimates)[0]),
        np.full(ASSETS, 1 / ASSETS),
        bounds=[(0, 0.5)] * ASSETS,
        constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1},
        options={"ftol": 1e-12},
    )
    assert best.value <= -found.fun + 1e-7
    assert best.value == pytest.approx(-found.fun, abs=2e-3)


@given(seed=st.integers(0, 10_000))
def test_a_bound_is_never_below_the_value(seed: int) -> None:
    """The search may leave out what its bound rules out."""
    estimates = market(seed)
    rows = np.random.default_rng(seed).dirichlet(np.ones(ASSETS), 50)
    for objective in objectives(seed):
        assert (objective.bound(rows, estimates) >= objective.value(rows, estimates) - 1e-15).all()


def test_preserved_return_by_its_formula() -> None:
    """Return less half the penalty times variance, less the drawdown's penalty."""
    estimates = market(3)
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    expected = (
        weights @ estimates.expected_return
        - 3 * weights @ estimates.covariance @ weights
        - 0.1 * max_drawdown(weights, estimates.returns)[0]
    )
    assert PreservedReturn(6, 0.1).value(weights[None, :], estimates)[0] == pytest.approx(expected)


def test_income_after_tax_by_the_tax_offices_example() -> None:
    """70 fully franked carry 30 of credit: at 47% 53 of 100 stay, at 15% 85, at 0% all 100."""
    for rate, kept in ((0.47, 0.53), (0.15, 0.85), (0.0, 1.0)):
        income = after_tax_income(np.array([0.7]), np.array([1.0]), marginal_rate=rate, company_rate=0.3)
        assert income[0] == pytest.approx(kept)


def test_without_risk_there_is_no_ratio() -> None:
    """An allocation without volatility is never chosen for its Sharpe ratio."""
    still = Estimates(np.array([0.05]), np.zeros((1, 1)), np.zeros((2, 1)))
    assert SharpeRatio(0.0).value(np.ones((1, 1)), still)[0] == -np.inf


@pytest.mark.parametrize(
    ("asked", "clashing", "told"),
    [
        (limits(high=0.2), ("max_weight", "weights", "exclude"), "at most 0.8"),
        (limits(volatility=0.0001), ("max_volatility",), "the least possible is"),
        (limits(liquidity=0.99, high=0.5), ("min_liquidity",), "the most possible is 0.9500"),
        (PodLimits(np.full(4, 0.3), np.ones(4), 9, 0), ("weights",), "sum to 1.2"),
        (
            PodLimits(np.array([0.5, 0, 0, 0]), np.full(4, 0.4), 9, 0),
            ("max_weight", "weights"),
            "at least 0.5 of the pod and at most 0.4",
        ),
    ],
)
def test_what_clashes_is_named(asked: PodLimits, clashing: tuple[str, ...], told: str) -> None:
    """No allocation is an error that names the limits, how far they are apart, and where to loosen."""
    with pytest.raises(Infeasible, match=told) as refused:
        best_allocation(SharpeRatio(0), market(1), LIQUIDITY, asked, grid_steps=STEPS)
    assert refused.value.clashing == clashing
    assert refused.value.path == f"limits.{clashing[0]}"


def test_two_limits_that_clash_only_together_are_both_named() -> None:
    """Calm alone and liquid alone are possible, both at once are not."""
    covariance = np.diag([0.09, 0.0001, 0.0001, 0.0001])
    estimates = Estimates(np.full(4, 0.05), covariance, np.zeros((2, 4)))
    liquidity = np.array([1.0, 0.1, 0.1, 0.1])
    with pytest.raises(Infeasible) as refused:
        best_allocation(
            SharpeRatio(0), estimates, liquidity, limits(volatility=0.02, liquidity=0.9), grid_steps=STEPS
        )
    assert refused.value.clashing == ("max_volatility", "min_liquidity")
