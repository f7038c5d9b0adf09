"""Goals mapped to pods, and capital divided between pods."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.goals import horizons_from
from activities.pods import rules_from
from engines.goals import DuplicateGoal, Goal, GoalInPast, map_goals
from engines.pod_allocation import PodShare, UnknownPod, WeightsNotWhole, allocate, split
from payloads.files.pod_allocation import PodAllocationFile
from tests.support.contexts import catalogue_files

FILE = PodAllocationFile.model_validate(catalogue_files()["pod_allocation"])
HORIZONS, RULES = horizons_from(FILE), rules_from(FILE)
TODAY = date(2025, 11, 15)
CATEGORIES = ("conservative", "moderate", "growth", "aggressive")

goals = st.lists(
    st.builds(
        Goal,
        goal_id=st.uuids().map(str),
        target_amount=st.decimals(1, 10**7, places=2),
        target_date=st.integers(0, 20_000).map(lambda days: TODAY + timedelta(days=days)),
        priority=st.sampled_from(["high", "medium", "low"]),
    ),
    max_size=6,
    unique_by=lambda goal: goal.goal_id,
)


def goal(days: int, priority: str = "medium", amount: int = 1000, goal_id: str = "g") -> Goal:
    """A goal so many days from today."""
    return Goal(goal_id, Decimal(amount), TODAY + timedelta(days=days), priority)


def shares(
    category: str = "growth", age: int = 40, wanted: tuple[Goal, ...] = (), capital: str = "100000"
) -> dict[str, PodShare]:
    """The allocation by pod."""
    found = allocate(
        RULES, category=category, age=age, goals=wanted, total_capital=Decimal(capital), as_of=TODAY
    )
    return {share.pod: share for share in found}


def weights(found: dict[str, PodShare]) -> list[float]:
    """Weights in the order of pods."""
    return [float(share.weight) for share in found.values()]


@pytest.mark.parametrize(
    ("days", "priority", "pod"),
    [
        (0, "high", "POD1"), (730, "high", "POD1"), (731, "high", "POD2"),
        (1826, "low", "POD2"), (1827, "low", "POD3"),
        (3652, "low", "POD3"), (3653, "low", "POD4"), (3653, "medium", "POD4"), (3653, "high", "POD3"),
    ],
)  # fmt: skip
def test_boundaries_are_years_of_365_and_a_quarter_days(days: int, priority: str, pod: str) -> None:
    """2, 5 and 10 years are 730.5, 1826.25 and 3652.5 days; beyond ten years priority decides."""
    assert map_goals([goal(days, priority)], TODAY, HORIZONS)[0].pod == pod


@pytest.mark.parametrize(
    ("days", "years"), [(365, "0.9993"), (1461, "4.0000"), (10592, "28.9993"), (0, "0.0000")]
)
def test_years_are_shown_to_four_decimals(days: int, years: str) -> None:
    """Days over 365.25, half up."""
    assert str(map_goals([goal(days)], TODAY, HORIZONS)[0].years) == years


def test_a_goal_in_the_past_is_refused_at_its_date() -> None:
    """Yesterday is past, today is not."""
    with pytest.raises(GoalInPast) as refused:
        map_goals([goal(5), goal(-1, goal_id="h")], TODAY, HORIZONS)
    assert refused.value.path == "goals[1].target_date"


def test_a_goal_given_twice_is_refused() -> None:
    """Its amount would count double."""
    with pytest.raises(DuplicateGoal) as refused:
        shares(wanted=(goal(5), goal(900)))
    assert refused.value.path == "goals[1].goal_id"


@pytest.mark.parametrize(
    ("category", "age", "expected"),
    [
        ("conservative", 45, [0.40, 0.40, 0.15, 0.05]),
        ("moderate", 30, [0.20, 0.30, 0.40, 0.10]),
        ("growth", 60, [0.15, 0.25, 0.50, 0.10]),
        ("aggressive", 45, [0.10, 0.15, 0.55, 0.20]),
        ("growth", 29, [0.10, 0.25, 0.55, 0.10]),
        ("conservative", 61, [0.50, 0.40, 0.05, 0.05]),
    ],
)
def test_without_goals_the_base_table_moves_by_age_alone(
    category: str, age: int, expected: list[float]
) -> None:
    """Five points under 30, ten over 60, nothing at exactly 30 and 60."""
    assert weights(shares(category, age)) == pytest.approx(expected, abs=1e-12)


def test_goals_draw_a_fifth_of_the_weight_by_amount() -> None:
    """0.8·base + 0.2·share: two goals of 3:1 in POD1 and POD2."""
    found = shares("moderate", 40, (goal(100, amount=3000), goal(1000, amount=1000, goal_id="h")))
    assert weights(found) == pytest.approx([0.16 + 0.15, 0.24 + 0.05, 0.32, 0.08], abs=1e-12)
    assert [share.goals for share in found.values()] == [("g",), ("h",), (), ()]


@given(
    category=st.sampled_from(CATEGORIES),
    age=st.integers(0, 120),
    wanted=goals,
    capital=st.decimals(Decimal("0.01"), 10**9, places=2),
)
def test_weights_add_up_to_one_and_capital_to_the_cent(
    category: str, age: int, wanted: list[Goal], capital: Decimal
) -> None:
    """And no weight is below zero, every goal is served by one pod."""
    found = allocate(RULES, category=category, age=age, goals=wanted, total_capital=capital, as_of=TODAY)
    assert sum(share.weight for share in found) == 1
    assert sum(share.capital for share in found) == capital
    assert min(share.weight for share in found) >= 0
    assert sorted(name for share in found for name in share.goals) == sorted(one.goal_id for one in wanted)


@given(wanted=goals)
def test_the_order_of_goals_does_not_matter(wanted: list[Goal]) -> None:
    """Weights come from amounts, not from places."""
    one = allocate(RULES, category="growth", age=40, goals=wanted, total_capital=Decimal(1000), as_of=TODAY)
    other = allocate(
        RULES, category="growth", age=40, goals=wanted[::-1], total_capital=Decimal(1000), as_of=TODAY
    )
    assert [share.weight for share in one] == [share.weight for share in other]
    assert [share.capital for share in one] == [share.capital for share in other]


def test_the_glide_path_takes_no_more_than_there_is() -> None:
    """A pod with four points gives four of ten."""
    changed = catalogue_files()["pod_allocation"]
    base = {"POD1": "0.50", "POD2": "0.40", "POD3": "0.04", "POD4": "0.06"}
    rules = rules_from(
        PodAllocationFile.model_validate({**changed, "base_weights": dict.fromkeys(CATEGORIES, base)})
    )
    found = allocate(rules, category="growth", age=70, goals=(), total_capital=Decimal(100), as_of=TODAY)
    assert [share.weight for share in found] == [Fraction(54, 100), Fraction(2, 5), 0, Fraction(6, 100)]


def test_known_weights_split_new_capital_to_the_cent() -> None:
    """Thirds of a dollar, the cent to the first."""
    names = {"POD1": "One", "POD2": "Two", "POD3": "Three"}
    found = split(names, dict.fromkeys(names, Fraction(1, 3)), Decimal("1.00"))
    assert [str(share.capital) for share in found] == ["0.34", "0.33", "0.33"]


@pytest.mark.parametrize(
    ("given_weights", "error", "path"),
    [
        ({"POD1": "0.5", "POD9": "0.5"}, UnknownPod, "weights.POD9"),
        ({"POD1": "0.5", "POD2": "0.4"}, WeightsNotWhole, "weights"),
    ],
)
def test_weights_that_are_no_split_are_refused(
    given_weights: dict[str, str], error: type[Exception], path: str
) -> None:
    """Unknown pods and weights that leave something over."""
    with pytest.raises(error) as refused:
        split(RULES.names, {pod: Fraction(weight) for pod, weight in given_weights.items()}, Decimal(10))
    assert refused.value.path == path  # type: ignore[attr-defined]
