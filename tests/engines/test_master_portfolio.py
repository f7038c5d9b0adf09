"""The master portfolio is the best there is, within every limit, to the cent."""

from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from engines.group_limits import GroupLimit
from engines.master_portfolio import Infeasible, MasterAnswer, optimize_master
from engines.master_problem import (
    Asset,
    Costs,
    Emphasis,
    Limits,
    MasterProblem,
    PodDemand,
    broken_limits,
    judge,
    values_of,
)
from tests.support.master_oracle import lowest_objective

HOUSE = Emphasis(pods=0.6, duplication=0.2, costs=0.1, tax=0.1)
SECONDS = 20


def question(seed: int, *, floors: bool = False, current: bool = False, etfs: int = 6) -> MasterProblem:
    """A random question: up to three pods over up to `etfs` ETFs, some of one exposure."""
    rng = np.random.default_rng(seed)
    names = [f"E{number}" for number in range(int(rng.integers(3, etfs + 1)))]
    assets = {
        name: Asset(
            *rng.uniform([0.02, 0, 0, 0.5], [0.12, 0.06, 1, 1]).round(4),
            f"G{rng.integers(0, len(names) - 1)}",
        )
        for name in names
    }
    pods = tuple(demand(rng, f"P{n}", assets, floors) for n in range(int(rng.integers(1, 4))))
    held_now = dict(
        zip(names, (rng.multinomial(20, np.ones(len(names)) / len(names)) / 20).tolist(), strict=True)
    )
    return MasterProblem(
        pods=pods,
        assets=assets,
        limits=Limits(
            int(rng.integers(len(names) - 1, len(names) + 1)), float(rng.choice([0.5, 0.8, 1])), 0.05
        ),
        emphasis=Emphasis(*rng.uniform(0.05, 1, 4).round(2)),
        costs=Costs(float(rng.choice([0, 10])), float(rng.choice([0, 0.01]))),
        current={etf: weight for etf, weight in held_now.items() if weight > 0} if current else {},
    )


def demand(rng: np.random.Generator, name: str, assets: dict[str, Asset], floors: bool) -> PodDemand:
    """What one pod asks of some of the ETFs, with floors a little under what it would have."""
    chosen = rng.choice(list(assets), int(rng.integers(2, len(assets) + 1)), replace=False)
    steps = rng.multinomial(20, np.ones(len(chosen)) / len(chosen))
    asked = {str(etf): step / 20 for etf, step in zip(chosen, steps.tolist(), strict=True) if step}
    expected = sum(weight * assets[etf].expected_return for etf, weight in asked.items())
    floor = round(expected - rng.uniform(0, 0.01), 4) if floors else None
    return PodDemand(name, Decimal(int(rng.integers(100_000, 5_000_000))) / 100, asked, min_return=floor)


def hold_to_account(problem: MasterProblem, answer: MasterAnswer) -> None:
    """Fail unless every pod's cents are there, in what it asked for, and every limit holds."""
    for pod in problem.pods:
        assert sum(answer.amounts[pod.name].values()) == pod.capital
        assert set(answer.amounts[pod.name]) <= set(pod.asked)
        assert all(amount == round(amount, 2) for amount in answer.amounts[pod.name].values())
    assert broken_limits(problem, answer.amounts, cents=1) == []
    assert answer.bound <= answer.judgement.objective


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("floors", [False, True])
def test_no_choice_of_holdings_is_better(seed: int, floors: bool) -> None:
    """Every set of holdings tried, a linear program each, finds the same optimum, or none as well."""
    problem = question(seed, floors=floors)
    best = lowest_objective(problem)
    if best == float("inf"):
        with pytest.raises(Infeasible):
            optimize_master(problem, seconds=SECONDS)
        return
    answer = optimize_master(problem, seconds=SECONDS)
    hold_to_account(problem, answer)
    assert answer.judgement.objective == pytest.approx(best, abs=2e-5)
    assert answer.bound <= best + 1e-7


@pytest.mark.parametrize("seed", range(6))
def test_holdings_of_today_are_traded_only_where_it_pays(seed: int) -> None:
    """With current weights every choice of trades is tried too."""
    problem = question(seed, current=True, etfs=4)
    answer = optimize_master(problem, seconds=SECONDS)
    hold_to_account(problem, answer)
    assert answer.judgement.objective == pytest.approx(lowest_objective(problem), abs=2e-5)


def ceiling_question(seed: int) -> MasterProblem:
    """Two pods whose volatility must fall a little under what they asked for."""
    rng = np.random.default_rng(seed)
    problem = replace(question(seed, etfs=5), limits=Limits(5, 0.8, 0.02), emphasis=HOUSE)
    size = len(problem.etfs)
    mixing = rng.normal(0, 0.08, (size, size + 2))
    covariance = mixing @ mixing.T
    pods = []
    for pod in problem.pods:
        weights = np.array([pod.asked.get(etf, 0) for etf in problem.etfs])
        pods.append(replace(pod, max_volatility=float(np.sqrt(weights @ covariance @ weights)) * 0.97))
    return replace(problem, pods=tuple(pods), covariance=covariance)


def by_general_solver(problem: MasterProblem) -> float:
    """The lowest objective over all sets of holdings, the amounts of each by a general convex solver."""
    best = float("inf")
    for size in range(1, min(len(problem.etfs), problem.limits.max_etfs) + 1):
        for held in combinations(problem.etfs, size):
            best = min(best, _for_holdings(problem, set(held)))
    return best


def _for_holdings(problem: MasterProblem, held: set[str]) -> float:
    pairs = [(pod, etf) for pod in problem.pods for etf in pod.asked if etf in held]
    if {pod.name for pod, _ in pairs} != {pod.name for pod in problem.pods}:
        return float("inf")
    total = float(problem.total)
    asked = np.array([pod.asked[etf] * float(pod.capital) / total for pod, etf in pairs])
    tax = np.array([problem.tax_scores[etf] for _, etf in pairs])
    k = len(pairs)
    constraints = []
    for pod in problem.pods:
        mine = np.array([owner is pod for owner, _ in pairs])
        share = float(pod.capital) / total
        places = [problem.etfs.index(etf) for owner, etf in pairs if owner is pod]
        part = problem.covariance[np.ix_(places, places)]
        constraints.append({"type": "eq", "fun": lambda z, m=mine, s=share: z[:k][m].sum() - s})
        constraints.append(
            {
                "type": "ineq",
                "fun": lambda z, m=mine, s=share, c=part, p=pod: (
                    100 * (p.max_volatility**2 - z[:k][m] @ c @ z[:k][m] / s**2)
                ),
            }
        )
    for etf in held:
        mine = np.array([asked_for == etf for _, asked_for in pairs])
        constraints.append(
            {"type": "ineq", "fun": lambda z, m=mine: problem.limits.max_weight - z[:k][m].sum()}
        )
        constraints.append(
            {"type": "ineq", "fun": lambda z, m=mine: z[:k][m].sum() - problem.limits.min_weight}
        )
    constraints.append({"type": "ineq", "fun": lambda z: z[:k] + z[k:] - asked})
    left_out = sum(
        weight * float(pod.capital) / total
        for pod in problem.pods
        for etf, weight in pod.asked.items()
        if etf not in held
    )
    found = minimize(
        lambda z: 0.6 * (z[k:].sum() + left_out) - 0.1 * tax @ z[:k],
        np.concatenate([asked, np.zeros(k)]),
        bounds=[(0, 1)] * (2 * k),
        constraints=constraints,
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-12},
    )
    if not found.success:
        return float("inf")
    amounts: dict[str, dict[str, Decimal]] = {pod.name: {} for pod in problem.pods}
    for (pod, etf), share in zip(pairs, found.x[:k], strict=True):
        amounts[pod.name][etf] = Decimal(float(max(share, 0)) * total)
    return judge(problem, amounts).objective


@pytest.mark.parametrize("seed", [0, 2, 3, 5])
def test_ceilings_of_volatility_hold_and_cost_no_more_than_they_must(seed: int) -> None:
    """A general convex solver over every set of holdings finds nothing better, and the ceilings hold."""
    problem = ceiling_question(seed)
    best = by_general_solver(problem)
    answer = optimize_master(problem, seconds=SECONDS)
    hold_to_account(problem, answer)
    assert answer.judgement.objective == pytest.approx(best, abs=5e-5)
    assert answer.bound <= best + 5e-6


def test_two_funds_of_one_exposure_become_one() -> None:
    """With duplicates costly and the wish small, the second fund of an exposure is let go."""
    assets = {"A": Asset(0.08, 0, 0, 1, "same"), "B": Asset(0.08, 0, 0, 1, "same"), "C": Asset(0.05, 0, 0, 1)}
    pods = (PodDemand("P", Decimal(1000), {"A": 0.5, "B": 0.1, "C": 0.4}),)
    problem = MasterProblem(pods, assets, Limits(12, 0.7, 0.02), HOUSE, Costs(0, 0))
    answer = optimize_master(problem, seconds=SECONDS)
    assert answer.judgement.duplicates == 0
    assert values_of(problem, answer.amounts)["B"] == 0


def two_pods(**limits: float) -> MasterProblem:
    """Two pods over three ETFs; what is asked keeps the default limits."""
    assets = {
        "A": Asset(0.04, 0.03, 0, 1.0),
        "B": Asset(0.08, 0.04, 1, 0.9),
        "C": Asset(0.12, 0.01, 0, 0.6),
    }
    pods = (
        PodDemand("P1", Decimal(600), {"A": 0.5, "B": 0.5}),
        PodDemand("P2", Decimal(400), {"B": 0.5, "C": 0.5}),
    )
    whole = Limits(**{"max_etfs": 3, "max_weight": 0.6, "min_weight": 0.02, **limits})
    return MasterProblem(pods, assets, whole, HOUSE, Costs(10, 0), covariance=np.diag([0.0, 0.02, 0.08]))


def test_what_was_asked_is_left_alone_where_nothing_is_gained() -> None:
    """With only the pods' wishes to count, the answer is what they asked for."""
    problem = replace(two_pods(), emphasis=Emphasis(1, 0, 0, 0))
    answer = optimize_master(problem, seconds=SECONDS)
    assert answer.amounts == {
        "P1": {"A": Decimal(300), "B": Decimal(300)},
        "P2": {"B": Decimal(200), "C": Decimal(200)},
    }
    assert answer.judgement.objective == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("problem", "clashing"),
    [
        (two_pods(max_etfs=1), ("limits.max_etfs", "limits.max_weight")),
        (two_pods(max_weight=0.3), ("limits.max_weight",)),
        (two_pods(min_weight=0.55), ("limits.max_weight", "limits.min_weight")),
    ],
)
def test_limits_of_the_whole_that_clash_are_named(problem: MasterProblem, clashing: tuple[str, ...]) -> None:
    """Exactly the limits that cannot hold together, the first of them as the error's path."""
    with pytest.raises(Infeasible) as refused:
        optimize_master(problem, seconds=SECONDS)
    assert refused.value.clashing == clashing
    assert refused.value.path == clashing[0]


@pytest.mark.parametrize(
    ("change", "clashing"),
    [
        ({"min_return": 0.13}, ("pods.P2.min_return",)),
        ({"min_return": 0.11, "min_liquidity": 0.85}, ("pods.P2.min_return", "pods.P2.min_liquidity")),
        ({"max_volatility": 0.1}, ("pods.P2.max_volatility",)),
        ({"min_return": 0.11, "max_volatility": 0.2}, ("pods.P2.min_return", "pods.P2.max_volatility")),
    ],
)
def test_limits_of_a_pod_that_clash_are_named(change: dict[str, float], clashing: tuple[str, ...]) -> None:
    """Floors and ceilings of one pod are blamed with its name, those that can hold are not."""
    problem = two_pods()
    pods = (problem.pods[0], replace(problem.pods[1], **change))
    with pytest.raises(Infeasible) as refused:
        optimize_master(replace(problem, pods=pods), seconds=SECONDS)
    assert refused.value.clashing == clashing


@given(
    cents=st.lists(st.integers(1, 500), min_size=1, max_size=4),
    max_weight=st.sampled_from([0.2, 0.25, 0.3, 1 / 3]),
)
@settings(max_examples=40, deadline=None)
def test_limits_of_weights_hold_to_a_cent_a_pod_however_little_the_money(
    cents: list[int], max_weight: float
) -> None:
    """Whole cents may leave no room: then a holding misses its limit by less than a cent a pod."""
    assets = {f"E{number}": Asset(0.05, 0.03, 0.5, 0.9) for number in range(8)}
    pods = tuple(
        PodDemand(f"P{place}", Decimal(amount) / 100, dict.fromkeys(assets, 0.125))
        for place, amount in enumerate(cents)
    )
    problem = MasterProblem(pods, assets, Limits(8, max_weight, 0.02), HOUSE, Costs(0, 0))
    answer = optimize_master(problem, seconds=SECONDS)
    assert broken_limits(problem, answer.amounts, cents=len(pods)) == []
    assert sum(values_of(problem, answer.amounts).values()) == problem.total


def test_a_ceiling_needs_a_covariance() -> None:
    """A volatility ceiling that cannot be measured is refused, not ignored."""
    problem = two_pods()
    pods = (replace(problem.pods[0], max_volatility=0.1), problem.pods[1])
    with pytest.raises(ValueError, match="covariance"):
        replace(problem, pods=pods, covariance=None)


def test_what_is_held_already_costs_nothing() -> None:
    """Today's weights equal to the answer: no order, no cost."""
    problem = replace(two_pods(), emphasis=Emphasis(1, 0, 0, 0), current={"A": 0.3, "B": 0.5, "C": 0.2})
    assert optimize_master(problem, seconds=SECONDS).judgement.cost == 0


def test_selling_what_no_pod_wants_costs_an_order() -> None:
    """An ETF held now that nobody asked for is sold: one brokerage and half the spread."""
    problem = replace(
        two_pods(),
        emphasis=Emphasis(1, 0, 0.01, 0),
        costs=Costs(10, 0.01),
        current={"A": 0.3, "B": 0.5, "X": 0.2},
    )
    answer = optimize_master(problem, seconds=SECONDS)
    # X is sold and C bought: two orders, 400 of turnover at half a percent.
    assert answer.judgement.cost == pytest.approx(20 + 2)


def one_sector(most: float, **given: Any) -> MasterProblem:
    """A pod that asks for 60% of one sector and one that asks for nothing else, under a limit of the sector."""
    assets = {name: Asset(0.05, 0, 0, 1) for name in "ABCD"}
    pods = (
        PodDemand("P1", Decimal(600), {"A": 0.5, "B": 0.5}),
        PodDemand("P2", Decimal(400), {"C": 1.0}, **given),
    )
    limit = GroupLimit("groups[0]", {"B": 0.5, "C": 1.0}, most=most, name="mines")
    return MasterProblem(pods, assets, Limits(4, 1, 0.02), HOUSE, Costs(0, 0), group_limits=(limit,))


def test_what_counts_in_part_weighs_that_part_of_its_group() -> None:
    """C is 40%, half of B is 15%: for 50% a third of B has to go, to the only place that P1 asked for."""
    answer = optimize_master(one_sector(0.5), seconds=SECONDS)
    assert answer.amounts["P1"] == {"A": Decimal(400), "B": Decimal(200)}
    assert answer.bound == pytest.approx(answer.judgement.objective)


def test_a_group_whose_limit_nobody_breaks_changes_nothing() -> None:
    """At exactly its limit a group is within it."""
    free = optimize_master(replace(one_sector(0.55), group_limits=()), seconds=SECONDS)
    assert optimize_master(one_sector(0.55), seconds=SECONDS).amounts == free.amounts


def test_a_group_that_cannot_be_so_small_is_named() -> None:
    """P2 may hold nothing but C."""
    with pytest.raises(Infeasible, match=r"groups\[0\].max \(mines\) 0.3 cannot hold") as refused:
        optimize_master(one_sector(0.3), seconds=SECONDS)
    assert refused.value.clashing == ("groups[0].max",)


def test_a_group_that_cannot_be_so_large_is_named() -> None:
    """Nothing of the group is asked for by anybody, or too little."""
    problem = one_sector(1)
    least = replace(problem.group_limits[0], least=0.8)
    with pytest.raises(Infeasible) as refused:
        optimize_master(replace(problem, group_limits=(least,)), seconds=SECONDS)
    assert refused.value.clashing == ("groups[0].min",)


def test_substitutes_are_held_only_where_limits_leave_no_room() -> None:
    """Then what is nearest to the wishes: C counts twice as much as B, so that C alone gives way."""
    roomy = optimize_master(one_sector(0.5, substitutes=("D",)), seconds=SECONDS)
    assert roomy.amounts["P2"].get("D", 0) == 0
    tight = optimize_master(one_sector(0.3, substitutes=("D",)), seconds=SECONDS)
    assert tight.amounts["P2"] == {"C": Decimal(150), "D": Decimal(250)}
    assert tight.amounts["P1"] == {"A": Decimal(300), "B": Decimal(300)}
    assert tight.judgement.distance == pytest.approx(0.25)
    assert tight.problem.etfs == ("A", "B", "C", "D")


def test_where_own_substitutes_do_not_suffice_those_of_all_are_held() -> None:
    """P2's own substitute is of the same sector; what P1 asks for is not."""
    answer = optimize_master(one_sector(0.1, substitutes=("B",)), seconds=SECONDS)
    assert answer.amounts["P2"]["A"] > 0


@pytest.mark.parametrize("seed", range(12))
def test_no_better_portfolio_keeps_the_limit_of_a_group(seed: int) -> None:
    """Against brute force, with half of what was asked for of two ETFs allowed."""
    problem = question(seed)
    pair = dict.fromkeys(problem.etfs[:2], 1.0)
    free = optimize_master(problem, seconds=SECONDS)
    total = float(problem.total)
    worth = {etf: float(value) / total for etf, value in values_of(problem, free.amounts).items()}
    limit = GroupLimit("groups[0]", pair, most=round(0.8 * sum(worth[etf] for etf in pair), 6))
    limited = replace(problem, group_limits=(limit,))
    least = lowest_objective(limited)
    if least == float("inf"):
        with pytest.raises(Infeasible):
            optimize_master(limited, seconds=SECONDS)
        return
    answer = optimize_master(limited, seconds=SECONDS)
    hold_to_account(limited, answer)
    assert answer.judgement.objective == pytest.approx(least, abs=1e-4)
    assert answer.bound == pytest.approx(least, abs=1e-6)
