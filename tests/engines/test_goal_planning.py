"""Plans of goals, adjusted step by step."""

from datetime import date
from decimal import Decimal

import pytest

from engines.goal_planning import (
    Change,
    GoalTooFar,
    Plan,
    adjusted,
    gap,
    hold_within,
    months_between,
    sequence,
)
from engines.goals import GoalInPast

ASKED = Plan(Decimal(50_000), Decimal(1_500), Decimal(120_000), 60)
CHANGES = [
    Change("contribute_more", Decimal("0.1"), 2),
    Change("later", Decimal(12), 1),
    Change("lower_target", Decimal("0.05"), 3),
    Change("other_risk", Decimal(1), 1),
]


def test_one_step_of_each_in_turn() -> None:
    """What has no step left is passed over."""
    assert sequence(CHANGES) == [
        "contribute_more", "later", "lower_target", "other_risk",
        "contribute_more", "lower_target", "lower_target",
    ]  # fmt: skip
    assert sequence([]) == []


def test_steps_are_of_the_plan_that_was_asked_for() -> None:
    """After all of them: two of 200 a month (a tenth of 120,000 over 60 months), a year, 15%, one category."""
    plan, made = adjusted(ASKED, CHANGES, 7)
    assert plan == Plan(Decimal(50_000), Decimal(1_900), Decimal(102_000), 72, 1)
    assert len(made) == 7


def test_contributions_rise_by_a_share_of_the_capital_that_an_income_takes() -> None:
    """A tenth of 25 years' income of 40,000, spread over 240 months; the income itself falls by its own share."""
    asked = Plan(Decimal(0), Decimal(0), Decimal(40_000), 240, multiple=Decimal(25))
    plan, _ = adjusted(asked, CHANGES, 3)
    assert round(plan.monthly, 2) == Decimal("416.67")
    assert plan.amount == 38_000


def test_a_goal_that_no_plan_can_run_to_is_refused() -> None:
    """A year that it may be put off counts."""
    hold_within(1188, CHANGES, 1200)
    with pytest.raises(GoalTooFar) as refused:
        hold_within(1189, CHANGES, 1200)
    assert refused.value.path == "goal.target_date"


def test_no_step_is_the_plan_itself() -> None:
    """And more turns than steps are all of them."""
    assert adjusted(ASKED, CHANGES, 0) == (ASKED, [])
    assert adjusted(ASKED, CHANGES, 99) == adjusted(ASKED, CHANGES, 7)


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (date(2026, 6, 30), date(2031, 6, 30), 60),
        (date(2026, 6, 30), date(2026, 7, 31), 1),
        (date(2026, 1, 31), date(2027, 1, 30), 11),
    ],
)
def test_months_are_whole(start: date, end: date, months: int) -> None:
    """A month is over on the same day of the next."""
    assert months_between(start, end) == months


@pytest.mark.parametrize("end", [date(2026, 7, 29), date(2026, 6, 30), date(2020, 1, 1)])
def test_a_goal_within_the_month_is_refused(end: date) -> None:
    """There is nothing left to plan."""
    with pytest.raises(GoalInPast) as refused:
        months_between(date(2026, 6, 30), end)
    assert refused.value.path == "goal.target_date"


def test_the_gap_is_what_nothing_covers() -> None:
    """Never below zero."""
    assert gap(Decimal(50_000), Decimal(500), Decimal(100_000), 60) == 20_000
    assert gap(Decimal(50_000), Decimal(1_500), Decimal(100_000), 60) == 0
