"""Several goals on one portfolio: a waterfall by priority."""

from decimal import Decimal
from typing import Any

import pytest

from activities.runner import ActivityFault, run
from tests.support.contexts import pure_context

HOUSE = {"goal_id": "HOUSE", "goal_type": "purchase", "target_amount": 60_000, "target_date": "2029-06-30"}
LEAVE = {"goal_id": "LEAVE", "goal_type": "income", "target_amount": 12_000, "target_date": "2028-06-30"}


def shared(value: int, *goals: dict[str, Any], **given: Any) -> dict[str, Any]:
    asked = {"value": value, "goals": list(goals), "risk_score": 45, "as_of": "2026-06-30", **given}
    return run("goals.share_out", asked, pure_context(), strict=True)


def test_each_takes_what_it_needs_of_what_is_left() -> None:
    """The last may find less; nothing is lost, and the order decides."""
    found = shared(1_000_000, HOUSE, LEAVE)
    house, leave = (share["needed"] for share in found["shares"])
    assert found["left"] == 1_000_000 - house - leave
    little = house + 1000
    first, second = shared(little, HOUSE, LEAVE)["shares"]
    assert (first["reserved"], first["covered"]) == (house, True)
    assert (second["reserved"], second["needed"], second["covered"]) == (1000, leave, False)
    turned = shared(little, LEAVE, HOUSE)
    assert [share["covered"] for share in turned["shares"]] == [True, False]
    assert turned["left"] == 0


def test_what_is_needed_is_just_enough() -> None:
    """Simulated with it the goal succeeds as often as wanted with one strategy, with less with none."""

    def best(initial: Decimal) -> float:
        given = {"goal": HOUSE, "initial": initial, "risk_score": 45, "as_of": "2026-06-30"}
        plan = run("goals.plan", given, pure_context(), strict=True)
        named = ("initial", "years", "target", "inflation", "annual_fee")
        asked = {name: plan[name] for name in named}
        strategies = [{k: v for k, v in each.items() if k != "name"} for each in plan["strategies"]]
        return max(
            run("goals.simulate", asked | each, pure_context(), strict=True)["success_probability"]
            for each in strategies
        )

    needed = shared(0, HOUSE)["shares"][0]["needed"]
    assert best(needed) >= 0.8
    assert best(round(needed * Decimal("0.999"), 2)) < 0.8


def test_without_goals_all_is_left() -> None:
    """And an empty portfolio covers nothing."""
    assert shared(500) == {"shares": [], "left": 500}
    assert shared(0, HOUSE)["shares"][0]["reserved"] == 0


def test_what_cannot_be_shared_out_is_refused() -> None:
    """A goal in the past, by its place; one goal twice."""
    with pytest.raises(ActivityFault) as refused:
        shared(5, HOUSE, LEAVE | {"target_date": "2026-07-01"})
    assert (refused.value.type, refused.value.path) == ("GoalInPast", "goals[1].target_date")
    with pytest.raises(ActivityFault) as refused:
        shared(5, HOUSE, HOUSE)
    assert (refused.value.type, refused.value.path) == ("InvalidInput", "goals")
