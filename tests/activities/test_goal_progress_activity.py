"""Goals held against the plans in the log of their client."""

from decimal import Decimal
from typing import Any

import pytest

from activities.runner import ActivityFault
from store import events
from store.database import Database
from tests.support.databases import NOON
from tests.support.house import House
from tests.support.ledger import PORTFOLIO, deposit
from tests.support.market import store_default

STREAM = "client:C-1"
PLAN = {
    "portfolio_id": PORTFOLIO, "goal_id": "HOUSE", "goal_type": "purchase", "planned_on": "2025-11-15",
    "share": Decimal("0.5"), "amount": 40_000, "years": 5, "initial": 5_000, "monthly_contribution": 100,
    "target": 40_000, "strategy": "moderate", "success_probability": 0.9, "adjustments": [],
}  # fmt: skip


@pytest.fixture
def house(database: Database, tenant: str) -> House:
    """A client with 30,000 in cash, half of which is for a house."""
    opened = House(database, tenant)
    opened.register()
    with database.transaction() as tx:
        store_default(tx, tenant)
        deposit(tx, tenant, 30_000_00)
    return opened


def record(house: House, name: str, **data: Any) -> None:
    with house.database.transaction() as tx:
        events.append(tx, house.tenant, STREAM, name, data, at=NOON)


def measured(house: House) -> dict[str, Any]:
    found: dict[str, Any] = house("goals.measure_progress", portfolio_id=PORTFOLIO)
    return found


def test_a_goal_is_held_against_its_plan(house: House) -> None:
    """Half of 30,000 is for it; on the day of the plan nothing more was expected than was there."""
    record(house, "GoalPlanned", **PLAN)
    found = measured(house)
    assert found["goals"] == [
        {
            "goal_id": "HOUSE", "value": 15_000, "expected": 5_000, "target": 40_000,
            "reached": Decimal("0.375"), "on_track": True,
        }
    ]  # fmt: skip
    assert [(each["goal_id"], each["milestone"]) for each in found["milestones"]] == [
        ("HOUSE", Decimal("0.25"))
    ]


def test_a_milestone_is_told_of_once(house: House) -> None:
    """The fact that it was reached is what the next look knows of it by."""
    record(house, "GoalPlanned", **PLAN)
    [milestone] = measured(house)["milestones"]
    record(house, "GoalMilestoneReached", **milestone)
    assert measured(house)["milestones"] == []


def test_plans_of_years_ago_are_held_against_money_of_today(house: House) -> None:
    """2.5% of inflation for ten years: 11,900 then are 15,233 now, and a target that was reached is not."""
    record(house, "GoalPlanned", **PLAN | {"planned_on": "2015-11-15", "target": 11_900, "years": 20})
    found = measured(house)
    assert found["goals"][0]["target"] == round(Decimal(11_900) * Decimal("1.025") ** 10, 2)
    assert [each["milestone"] for each in found["milestones"]] == [Decimal("0.5"), Decimal("0.75")]


def test_an_income_is_expected_to_be_drawn(house: House) -> None:
    """Of 60,000 for which 12,000 a year were to be drawn nothing is expected after ten years."""
    drawn = {
        "goal_type": "income",
        "target": None,
        "initial": 60_000,
        "amount": 12_000,
        "monthly_contribution": 0,
    }
    record(house, "GoalPlanned", **PLAN | drawn | {"planned_on": "2015-11-15", "years": 20})
    assert (measured(house)["goals"][0]["expected"], measured(house)["goals"][0]["on_track"]) == (0, True)


def test_the_last_plan_counts(house: House) -> None:
    """And only plans of this portfolio do."""
    record(house, "GoalPlanned", **PLAN)
    record(house, "GoalPlanned", **PLAN | {"initial": 20_000, "target": 30_000})
    record(house, "GoalPlanned", **PLAN | {"goal_id": "OTHER", "portfolio_id": "P-OTHER"})
    [goal] = measured(house)["goals"]
    assert (goal["target"], goal["on_track"]) == (30_000, False)


def test_what_is_behind_within_tolerance_is_on_track(house: House) -> None:
    """15,000 of 16,600 is less than a tenth behind; of 16,700 it is more."""
    for initial, on_track in ((16_600, True), (16_700, False)):
        record(house, "GoalPlanned", **PLAN | {"initial": initial})
        assert measured(house)["goals"][0]["on_track"] is on_track


def test_an_income_has_no_target_to_come_to(house: House) -> None:
    """It is held against its plan alone."""
    record(house, "GoalPlanned", **PLAN | {"goal_type": "income", "target": None})
    found = measured(house)
    assert (found["goals"][0]["reached"], found["milestones"]) == (None, [])


def test_nothing_planned_is_nothing_measured(house: House) -> None:
    """No goals, no milestones; an unknown portfolio is an error."""
    assert measured(house)["goals"] == []
    with pytest.raises(ActivityFault) as refused:
        house("goals.measure_progress", portfolio_id="P-NOBODY")
    assert refused.value.type == "UnknownPortfolio"
