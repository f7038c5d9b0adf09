"""Plans of goals by the rules of the catalogue."""

from decimal import Decimal
from typing import Any

import pytest

from activities.runner import ActivityFault, run
from tests.support.contexts import pure_context

GOAL = {
    "goal_id": "G", "goal_type": "wealth", "target_amount": 120_000, "target_date": "2036-06-30",
}  # fmt: skip


def planned(goal: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    given = {"initial": 50_000, "risk_score": 45, "as_of": "2026-06-30", **changes}
    return run("goals.plan", {"goal": {**GOAL, **(goal or {})}, **given}, pure_context(), strict=True)


@pytest.mark.parametrize("goal_type", ["purchase", "wealth", "legacy"])
def test_capital_is_needed_on_the_day(goal_type: str) -> None:
    """The amount itself, in today's money."""
    found = planned({"goal_type": goal_type})
    assert (found["target"], found["withdrawal"], found["years"]) == (120_000, None, 10)
    assert found["gap"] == 70_000


def test_retirement_needs_capital_that_its_income_can_be_drawn_from() -> None:
    """25 times a year's income at 4%."""
    found = planned({"goal_type": "retirement", "target_amount": 40_000})
    assert (found["target"], found["gap"]) == (1_000_000, 950_000)


def test_an_income_is_drawn_every_month_until_its_day() -> None:
    """It grows with inflation; no capital is asked for at the end."""
    found = planned({"goal_type": "income", "target_amount": 12_000})
    assert found["target"] is None
    drawn = found["withdrawal"]
    assert (drawn["amount"], drawn["every"], drawn["indexed"]) == (1_000, "month", True)
    assert found["gap"] == 70_000


@pytest.mark.parametrize(
    ("score", "names"),
    [
        (0, ["conservative"]),
        (30, ["conservative"]),
        (31, ["conservative", "moderate"]),
        (100, ["conservative", "moderate", "growth", "aggressive"]),
    ],
)
def test_strategies_suit_the_client(score: int, names: list[str]) -> None:
    """Their own risk category and those below it."""
    assert [strategy["name"] for strategy in planned(risk_score=score)["strategies"]] == names


def test_plans_glide_as_their_type_says() -> None:
    """A purchase is calm in its last year; wealth stays as it is; who is calm already does not glide."""
    calm, moderate = planned({"goal_type": "purchase"})["strategies"]
    assert calm["glide_path"] == []
    assert [step["from_year"] for step in moderate["glide_path"]] == [7, 8, 9]
    last = moderate["glide_path"][-1]
    assert (last["expected_return"], last["volatility"]) == (calm["expected_return"], calm["volatility"])
    assert all(each["glide_path"] == [] for each in planned()["strategies"])


def test_withdrawals_follow_the_market_where_the_client_wants_it() -> None:
    """By the guardrails of the catalogue."""
    income = {"goal_type": "income", "target_amount": 12_000}
    assert planned(income)["withdrawal"]["guardrails"] is None
    assert planned(income, guarded=True)["withdrawal"]["guardrails"]["no_cuts_in_last_years"] == 15


def test_a_rigid_goal_only_asks_for_more_money() -> None:
    """Date, amount and risk stay; after the last step there is no more."""
    found = planned({"flexibility": "rigid"}, turn=4)
    assert found["adjustments"] == ["contribute_more"] * 4
    assert (found["amount"], found["years"], found["monthly_contribution"]) == (120_000, 10, 400)
    assert found["more"] is False
    assert planned({"flexibility": "rigid"}, turn=3)["more"] is True


def test_more_contributions_are_of_the_capital_that_a_retirement_takes() -> None:
    """A tenth of 1,000,000 over 120 months, not of the 40,000 a year."""
    found = planned({"goal_type": "retirement", "target_amount": 40_000}, turn=1)
    assert found["adjustments"] == ["contribute_more"]
    assert found["monthly_contribution"] == Decimal("833.33")


def test_a_flexible_goal_may_take_more_risk_last() -> None:
    """One category above the client's own, and never above the highest."""
    found = planned(turn=99)
    assert [strategy["name"] for strategy in found["strategies"]] == ["conservative", "moderate", "growth"]
    assert len(planned(turn=99, risk_score=100)["strategies"]) == 4


def test_a_plan_is_what_simulating_takes() -> None:
    """Field by field, to the cent."""
    found = planned(monthly_contribution=Decimal("333.33"), turn=1)
    assert found["monthly_contribution"] == Decimal("433.33")
    strategy = found["strategies"][0]
    named = ("initial", "monthly_contribution", "years", "target", "withdrawal", "inflation", "annual_fee")
    given = {name: found[name] for name in named} | {
        "expected_return": strategy["expected_return"], "volatility": strategy["volatility"], "paths": 100,
    }  # fmt: skip
    assert run("goals.simulate", given, pure_context(), strict=True)["paths"] == 100


@pytest.mark.parametrize(
    ("goal", "changes", "error", "path"),
    [
        ({"target_date": "2026-07-29"}, {}, "GoalInPast", "goal.target_date"),
        ({"target_date": "2123-07-30"}, {}, "GoalTooFar", "goal.target_date"),
        ({"target_amount": 0}, {}, "InvalidInput", "goal.target_amount"),
        ({"goal_type": "fame"}, {}, "InvalidInput", "goal.goal_type"),
        ({}, {"initial": -1}, "InvalidInput", "initial"),
        ({}, {"risk_score": 101}, "InvalidInput", "risk_score"),
    ],
)
def test_what_cannot_be_is_refused(
    goal: dict[str, Any], changes: dict[str, Any], error: str, path: str
) -> None:
    """By type, and where in the input."""
    with pytest.raises(ActivityFault) as refused:
        planned(goal, **changes)
    assert (refused.value.type, refused.value.path) == (error, path)
