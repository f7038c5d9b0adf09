"""Construction: closed forms, scipy as a second opinion, invariants, and what is refused."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from engines.construction.construct import construct
from engines.construction.problem import (
    Aim,
    Constructed,
    Floats,
    Infeasible,
    Limits,
    NoPositiveExcessReturn,
    NotPositiveSemidefinite,
    Objective,
    Row,
    Universe,
)
from engines.errors import EngineError, InvalidValue

THREE = Universe(
    np.array([0.08, 0.06, 0.04]),
    np.array([[0.04, 0.006, 0.002], [0.006, 0.0225, 0.001], [0.002, 0.001, 0.01]]),
)
BEST: tuple[Objective, ...] = ("min_variance", "max_sharpe", "max_utility")


def universe(size: int, seed: int, *, days: int | None = None) -> Universe:
    """Assets of a few common factors; with `days` the covariance of so few that it is singular."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(0, 0.06, (size, 4)) + np.array([0.12, 0, 0, 0])
    covariance = factors @ factors.T + np.diag(rng.uniform(0.03, 0.2, size) ** 2)
    if days is not None:
        covariance = np.cov(rng.multivariate_normal(np.zeros(size), covariance, days), rowvar=False)
    return Universe(rng.uniform(0.02, 0.12, size), covariance)


def value(chosen: Universe, aim: Aim, weights: Floats) -> float:
    """The objective, written down once more."""
    variance, gain = float(weights @ chosen.covariance @ weights), float(weights @ chosen.expected_returns)
    match aim.objective:
        case "min_variance":
            return variance
        case "max_utility":
            return gain - aim.risk_aversion / 2 * variance
        case _:
            return (gain - aim.risk_free) / variance**0.5


def second_opinion(chosen: Universe, limits: Limits, aim: Aim) -> float:
    """The best value that scipy's SLSQP finds from several starts; limits on holdings are not asked of it."""
    size, sign = len(chosen.expected_returns), 1 if aim.objective == "min_variance" else -1
    rules = [{"type": "eq", "fun": lambda w: w.sum() - 1}]
    for row in limits.rows:
        if np.isfinite(row.least):
            rules.append({"type": "ineq", "fun": lambda w, row=row: row.figures @ w - row.least})
        if np.isfinite(row.most):
            rules.append({"type": "ineq", "fun": lambda w, row=row: row.most - row.figures @ w})
    found = []
    for seed in range(3):
        start = np.random.default_rng(seed).dirichlet(np.ones(size))
        answer = optimize.minimize(
            lambda w: sign * value(chosen, aim, w),
            start,
            method="SLSQP",
            bounds=[(0, limits.max_weight)] * size,
            constraints=rules,
            options={"ftol": 1e-14, "maxiter": 500},
        )
        found.append(float(answer.fun))
    return sign * min(found)


def check(found: Constructed, chosen: Universe, limits: Limits, aim: Aim) -> None:
    """Limits are kept, the value is that of the weights, and the bound is on its side of it."""
    weights, held = found.weights, found.weights[found.weights > 0]
    assert weights.sum() == pytest.approx(1, abs=1e-9)
    assert weights.min() >= 0
    assert weights.max() <= limits.max_weight + 1e-9
    assert held.min() >= limits.min_weight - 1e-9
    assert limits.max_assets is None or len(held) <= limits.max_assets
    for row in limits.rows:
        assert row.least - 1e-9 <= row.figures @ weights <= row.most + 1e-9
    assert found.value == pytest.approx(value(chosen, aim, weights), abs=1e-12)
    assert found.value is not None
    assert found.bound is not None
    better = found.bound - found.value if aim.objective == "min_variance" else found.value - found.bound
    assert better <= 1e-12


@pytest.mark.parametrize(
    ("given_", "limits", "aim", "expected"),
    [
        (THREE, Limits(), Aim("max_sharpe", 0.02), [0.287541713, 0.3281423804, 0.3843159066]),
        (
            Universe(np.zeros(5), np.diag([0.05, 0.1, 0.15, 0.2, 0.25]) ** 2),
            Limits(max_weight=0.3),
            Aim("min_variance"),
            [0.3, 0.3, 0.2080624187, 0.1170351105, 0.0749024707],
        ),
        # Independent assets: each weight is (return - 0.035) over three times its variance.
        (
            Universe(np.array([0.05, 0.065]), np.diag([0.01, 0.02])),
            Limits(),
            Aim("max_utility", risk_aversion=3.0),
            [0.5, 0.5],
        ),
        (
            Universe(np.zeros(3), np.diag([0.01, 0.04, 0.16])),
            Limits(),
            Aim("risk_parity"),
            [4 / 7, 2 / 7, 1 / 7],
        ),
        # Two assets: weights are as 1/deviation whatever the correlation (Maillard, Roncalli and Teiletche 2010).
        (
            Universe(np.zeros(2), np.array([[0.04, 0.014], [0.014, 0.01]])),
            Limits(),
            Aim("risk_parity"),
            [1 / 3, 2 / 3],
        ),
    ],
)  # fmt: skip
def test_closed_forms(given_: Universe, limits: Limits, aim: Aim, expected: list[float]) -> None:
    """Weights that anyone can work out."""
    assert construct(given_, limits, aim).weights == pytest.approx(np.array(expected), abs=1e-9)


ROWS = (
    Row(np.array([1.0, 1, 1, 0, 0, 0, 0, 0, 0, 0]), 0.3, 0.5, "groups[0].min", "groups[0].max"),
    Row(np.array([0.0, 0, 1, 1, 1, 1, 0, 0, 0, 0]), -np.inf, 0.25, "groups[1].min", "groups[1].max"),
)


@pytest.mark.parametrize("objective", BEST)
@pytest.mark.parametrize("rows", [(), ROWS], ids=["free", "groups"])
@pytest.mark.parametrize("seed", range(4))
def test_another_solver_finds_nothing_better(objective: Objective, rows: tuple[Row, ...], seed: int) -> None:
    """Against SLSQP, with caps, groups and a target return."""
    chosen, aim = universe(10, seed), Aim(objective, 0.02, 3.0)
    target = Row(chosen.expected_returns, 0.075, np.inf, "target_return", "target_return")
    limits = Limits(max_weight=0.3, rows=(*rows, target))
    found = construct(chosen, limits, aim)
    check(found, chosen, limits, aim)
    assert found.gap == pytest.approx(0, abs=1e-9)
    assert found.value == pytest.approx(second_opinion(chosen, limits, aim), rel=1e-6)


@settings(max_examples=40)
@given(
    st.integers(2, 40),
    st.integers(0, 10**6),
    st.sampled_from(BEST),
    st.floats(0.1, 1),
    st.booleans(),
    st.booleans(),
)
def test_every_answer_proves_itself(
    size: int, seed: int, objective: Objective, cap: float, grouped: bool, singular: bool
) -> None:
    """Whatever the universe, also one whose covariance is singular: limits kept, gap closed."""
    chosen, aim = (
        universe(size, seed, days=max(2, size // 2) if singular else None),
        Aim(objective, 0.01, 2.0),
    )
    first = (np.arange(size) < (size + 1) // 2).astype(float)
    rows = (Row(first, 0.2, 0.7, "groups[0].min", "groups[0].max"),) if grouped else ()
    limits = Limits(
        max_weight=max(cap, 1 / size, 0.7 / (size // 2)) if grouped else max(cap, 1 / size), rows=rows
    )
    limits = Limits(max_weight=min(limits.max_weight, 1.0), rows=rows)
    found = construct(chosen, limits, aim)
    if found.value is None:  # Assets of so short a history can be combined to no risk at all.
        assert singular
        assert value(chosen, Aim("min_variance"), found.weights) == pytest.approx(0, abs=1e-12)
        return
    check(found, chosen, limits, aim)
    assert found.gap is not None
    assert found.gap <= 1e-7 * max(1, abs(found.value or 0))


@pytest.mark.parametrize("objective", BEST)
@pytest.mark.parametrize("seed", range(3))
def test_holdings_are_the_best_of_all_combinations(objective: Objective, seed: int) -> None:
    """At most 3 of 8 with 15% to 60% each: every choice of assets is tried by hand."""
    chosen, aim, limits = universe(8, seed), Aim(objective, 0.02, 3.0), Limits(0.15, 0.6, 3)
    found = construct(chosen, limits, aim)
    check(found, chosen, limits, aim)
    assert found.gap == pytest.approx(0, abs=1e-9)
    best = []
    for count in (2, 3):
        for some in combinations(range(8), count):
            places = list(some)
            part = Universe(chosen.expected_returns[places], chosen.covariance[np.ix_(places, places)])
            floors = tuple(Row(row, 0.15, np.inf, "min", "min") for row in np.eye(count))
            try:
                best.append(construct(part, Limits(max_weight=0.6, rows=floors), aim).value)
            except NoPositiveExcessReturn:
                continue
    extreme = min if objective == "min_variance" else max
    assert found.value == pytest.approx(extreme(one for one in best if one is not None), abs=1e-10)


def test_a_search_cut_short_says_how_far_it_may_be() -> None:
    """Without nodes there is an answer within limits, and a gap."""
    chosen, aim, limits = universe(60, 5), Aim("min_variance"), Limits(0.02, 0.3, 6)
    short, whole = construct(chosen, limits, aim, nodes=0), construct(chosen, limits, aim, nodes=5000)
    check(short, chosen, limits, aim)
    assert short.gap is not None
    assert short.value is not None
    assert whole.value is not None
    assert short.gap > 0
    assert short.value >= whole.value >= short.value - short.gap


def test_the_same_question_has_the_same_answer() -> None:
    """Bit for bit."""
    chosen, aim, limits = universe(40, 1), Aim("max_sharpe", 0.01), Limits(0.02, 0.3, 8)
    first, second = (construct(chosen, limits, aim) for _ in range(2))
    assert first.weights.tobytes() == second.weights.tobytes()


@pytest.mark.parametrize("size", [2, 10, 60])
def test_risk_parity_shares_risk_equally(size: int) -> None:
    """Each asset brings 1/n of the variance."""
    chosen = universe(size, size)
    weights = construct(chosen, Limits(), Aim("risk_parity")).weights
    shares = weights * (chosen.covariance @ weights) / (weights @ chosen.covariance @ weights)
    assert shares == pytest.approx(np.full(size, 1 / size), abs=1e-10)


def test_risk_parity_under_caps_and_floors() -> None:
    """Between them risk is equal, at a cap it is less, at a floor more."""
    chosen = universe(12, 3)
    weights = construct(chosen, Limits(0.06, 0.12), Aim("risk_parity")).weights
    risk = weights * (chosen.covariance @ weights)
    between = (weights > 0.06) & (weights < 0.12)
    assert weights.sum() == pytest.approx(1, abs=1e-9)
    assert between.any()
    assert (weights == 0.12).any()
    assert (weights == 0.06).any()
    assert np.ptp(risk[between]) == pytest.approx(0, abs=1e-12)
    assert risk[weights == 0.12].max() <= risk[between].mean() + 1e-12
    assert risk[weights == 0.06].min() >= risk[between].mean() - 1e-12


@settings(max_examples=60)
@given(st.integers(2, 25), st.integers(0, 10**6), st.floats(0, 0.95), st.floats(1.02, 4))
def test_risk_parity_between_limits_holds_or_is_refused(
    size: int, seed: int, low: float, high: float
) -> None:
    """Equal between floor and cap, less at the cap, more at the floor; refused where that cannot be."""
    rng = np.random.default_rng(seed)
    moves = rng.normal(0, 0.1, (size, size))
    covariance = moves @ moves.T + np.diag(rng.uniform(0.01, 0.3, size) ** 2)
    floor, cap = low / size, min(1.0, high / size)
    try:
        found = construct(Universe(np.zeros(size), covariance), Limits(floor, cap), Aim("risk_parity"))
    except Infeasible:
        assert floor > 0.3 / size
        return
    weights = found.weights
    risk = weights * (covariance @ weights)
    between = (weights > floor) & (weights < cap)
    assert weights.sum() == pytest.approx(1, abs=1e-9)
    if between.any():
        common = risk[between].mean()
        assert common > 0
        assert risk[between] == pytest.approx(np.full(between.sum(), common), rel=1e-9)
        assert (risk[weights >= cap] <= common * (1 + 1e-9)).all()
        assert (risk[weights <= floor] >= common * (1 - 1e-9)).all()


def barred(*places: int) -> dict[str, Any]:
    """Assets of three left out by exclude."""
    return {"exclude": np.isin(np.arange(3), places)}


@pytest.mark.parametrize(
    ("limits", "out", "clashing"),
    [
        (Limits(max_weight=0.3), (), ["max_weight"]),
        (Limits(max_weight=0.4), (0,), ["exclude", "max_weight"]),
        (Limits(max_weight=0.4, max_assets=2), (), ["max_weight", "max_assets"]),
        (Limits(min_weight=0.4, max_weight=0.45), (), ["min_weight", "max_weight"]),
        (Limits(), (0, 1, 2), ["exclude"]),
        (Limits(rows=(Row(THREE.expected_returns, 0.09, np.inf, "target_return", ""),)), (), ["target_return"]),
        (
            Limits(max_weight=0.5, rows=(Row(THREE.expected_returns, 0.075, np.inf, "target_return", ""),)),
            (),
            ["max_weight", "target_return"],
        ),
        (
            Limits(
                rows=(
                    Row(np.array([1.0, 1, 0]), -np.inf, 0.3, "groups[0].min", "groups[0].max"),
                    Row(np.array([0, 0, 1.0]), 0.1, 0.6, "groups[1].min", "groups[1].max"),
                )
            ),
            (),
            ["groups[0].max", "groups[1].max"],
        ),
    ],
)  # fmt: skip
def test_limits_that_clash_are_named(limits: Limits, out: tuple[int, ...], clashing: list[str]) -> None:
    """Those and no others."""
    with pytest.raises(Infeasible) as refused:
        construct(THREE, limits, Aim("min_variance"), barred=barred(*out))
    assert list(refused.value.clashing) == clashing
    assert refused.value.path == clashing[0]


@pytest.mark.parametrize("limits", [Limits(), Limits(max_weight=0.5), Limits(0.1, 1, 1), Limits(0.1, 0.5, 2)])
def test_no_positive_excess_return_is_an_error_of_its_own(limits: Limits) -> None:
    """Not a negative ratio, and not weights beyond their cap."""
    with pytest.raises(NoPositiveExcessReturn):
        construct(THREE, limits, Aim("max_sharpe", 0.08))


def test_rows_that_meet_at_a_corner_do_not_send_the_search_in_circles() -> None:
    """Three rows through one corner, from a start that breaks two of them: once it never ended."""
    chosen = Universe(
        np.array([0.07496935, 0.0448318, 0.05445326]), np.diag([2.71706736, 7.82203868, 8.64150394])
    )
    rows = (
        Row(chosen.expected_returns, 0.05808480622800181, np.inf, "target_return", ""),
        Row(np.array([1.0, 1, 0]), 0.2, 0.9, "groups[0].min", "groups[0].max"),
    )
    limits, aim = Limits(max_assets=2, rows=rows), Aim("min_variance")
    found = construct(chosen, limits, aim)
    check(found, chosen, limits, aim)
    # Of two assets that do not move together weights are as 1/variance.
    assert found.weights == pytest.approx([8.64150394 / 11.3585713, 0, 2.71706736 / 11.3585713], abs=1e-8)


def test_a_cap_can_take_the_excess_away() -> None:
    """One asset returns more than cash, and half of another spoils it."""
    chosen = Universe(np.array([0.05, -0.05, -0.05]), THREE.covariance)
    assert construct(chosen, Limits(), Aim("max_sharpe", 0.03)).weights[0] == 1
    with pytest.raises(NoPositiveExcessReturn):
        construct(chosen, Limits(max_weight=0.5), Aim("max_sharpe", 0.03))


@pytest.mark.parametrize(
    ("covariance", "kind"),
    [
        ([[0.04, 0.05, 0], [0.05, 0.04, 0], [0, 0, 0.01]], NotPositiveSemidefinite),
        ([[0.04, 0.01, 0], [0.02, 0.04, 0], [0, 0, 0.01]], NotPositiveSemidefinite),
        ([[-0.04, 0, 0], [0, 0.04, 0], [0, 0, 0.01]], NotPositiveSemidefinite),
    ],
)
@pytest.mark.parametrize("objective", [*BEST, "risk_parity"])
def test_what_is_no_covariance_is_refused(
    covariance: list[list[float]], kind: type[EngineError], objective: Objective
) -> None:
    """At its path, whatever the objective."""
    with pytest.raises(kind) as refused:
        construct(Universe(THREE.expected_returns, np.array(covariance)), Limits(), Aim(objective))
    assert refused.value.path == "covariance"


def test_cash_has_no_ratio_and_no_share_of_risk() -> None:
    """A riskless asset above the risk-free rate makes the ratio endless; risk parity refuses it."""
    chosen = Universe(np.array([0.05, 0.06, 0.07]), np.diag([0.0, 0.02, 0.03]))
    found = construct(chosen, Limits(), Aim("max_sharpe", 0.04))
    assert (found.value, found.bound) == (None, None)
    assert found.weights[0] == pytest.approx(1, abs=1e-6)
    with pytest.raises(InvalidValue) as refused:
        construct(chosen, Limits(), Aim("risk_parity"))
    assert refused.value.path == "covariance[0][0]"


def test_cash_at_the_risk_free_rate_leaves_the_tangency_ratio() -> None:
    """Every mix of cash with the tangency portfolio has its ratio, the square root of μ'Σ⁻¹μ."""
    chosen = Universe(np.array([0.04, 0.06, 0.07]), np.diag([0.0, 0.02, 0.03]))
    found = construct(chosen, Limits(), Aim("max_sharpe", 0.04))
    assert found.value == pytest.approx((0.02**2 / 0.02 + 0.03**2 / 0.03) ** 0.5, rel=1e-6)
