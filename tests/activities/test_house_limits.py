"""What the house buys keeps the limits that the house looks at afterwards."""

from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from activities.runner import run
from activities.snapshots import default_snapshot
from tests.support.contexts import catalogue_files, pure_context

CONTEXT = pure_context()
SNAPSHOT = default_snapshot(CONTEXT.catalogue)
CONCENTRATION = ("etf", "single_stock", "sector")
GOAL = {"goal_id": "G", "goal_name": "Later", "target_amount": 500_000, "flexibility": "flexible"}
GOALS = {
    "no goal": [],
    "all of it far away": [{**GOAL, "target_date": "2056-06-30", "priority": "medium"}],
    "all of it soon": [{**GOAL, "target_date": "2027-06-30", "priority": "high"}],
}


def done(name: str, **given: Any) -> dict[str, Any]:
    return run(name, given, CONTEXT, strict=True)


@cache
def optimized(pod: str, score: int) -> dict[str, Any]:
    """What a pod asks for, which is the same for any capital."""
    return done("pods.optimize", pod=pod, capital=1, risk_score=score, marginal_rate=0.3)


def bought(score: int, capital: int, goals: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The master portfolio and the plan of trades, as `investment` comes by them."""
    shares = done(
        "pods.allocate", risk_score=score, age=40, goals=goals, total_capital=capital, as_of="2026-06-30"
    )
    limits = done("portfolio.investment_limits", cash=capital)
    found = {pod: optimized(pod, score) for pod in shares["pods"]}
    master = done(
        "portfolio.optimize",
        pods={
            pod: {"capital": shares["pods"][pod]["capital"], "allocation": one["allocation"]}
            for pod, one in found.items()
        },
        limits={name: limits[name] for name in ("max_etfs", "min_weight", "max_weight")},
        groups=limits["groups"],
        substitutes={pod: one["universe"] for pod, one in found.items()},
        costs={"brokerage": limits["brokerage"]},
    )
    plan = done(
        "rebalancing.plan_trades",
        positions={},
        prices={etf: SNAPSHOT.closing(etf) for etf in master["weights"]},
        cash=limits["tradeable_cash"],
        target=master["weights"],
        costs={"brokerage": limits["brokerage"]},
        max_weight=limits["max_weight"],
        min_first_holding=limits["min_first_holding"],
        groups=limits["groups"],
    )
    return master, plan


@pytest.mark.parametrize("goals", GOALS)
@pytest.mark.parametrize("score", [30, 60, 80, 100])
@pytest.mark.parametrize("capital", [2_040, 7_500, 100_000])
def test_what_is_bought_breaks_no_limit_of_concentration(goals: str, score: int, capital: int) -> None:
    """For every category of risk, from the least capital that is taken on: also where pods want one sector."""
    limits = {name: catalogue_files()["risk"]["limits"][name]["value"] for name in CONCENTRATION}
    _, plan = bought(score, capital, GOALS[goals])
    assert plan["orders"]
    weights = {etf: Decimal(str(round(weight, 12))) for etf, weight in plan["weights_after"].items()}
    assert done("risk.check_limits", weights=weights, limits=limits)["breaches"] == []


def test_what_limits_keep_from_pods_is_said() -> None:
    """A pod that wants nothing but technology holds what else it may hold, and people are told."""
    master, _ = bought(100, 100_000, GOALS["all of it far away"])
    sector, *held = [(found["code"], found["text"]) for found in master["findings"]]
    assert sector[0] == "group_limit"
    assert "technology, which may be at most 23.0%" in sector[1]
    assert all(code == "not_asked_for" for code, _ in held)
    assert [text for _, text in held if text.startswith("POD4 holds") and " of QUAL" in text]
    assert done("pods.optimize", pod="POD4", capital=1)["universe"].count("QUAL") == 1
