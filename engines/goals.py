"""Which pod serves a goal: by the years to it, and beyond the last horizon by its priority.

EngineError
├── GoalInPast      a goal's date lies before the day it is looked at
└── DuplicateGoal   two goals have the same id
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from engines.errors import EngineError

SHOWN = Decimal("0.0001")


class GoalInPast(EngineError):
    """A goal's date lies before the day it is looked at."""


class DuplicateGoal(EngineError):
    """Two goals have the same id."""


@dataclass(frozen=True, slots=True)
class Goal:
    """An amount (above 0) wanted by a date."""

    goal_id: str
    target_amount: Decimal
    target_date: date
    priority: str


@dataclass(frozen=True, slots=True)
class Horizon:
    """Goals less than so many years away belong to this pod."""

    below_years: Fraction
    pod: str


@dataclass(frozen=True, slots=True)
class Horizons:
    """Horizons, nearest first, and the pods by priority beyond the last."""

    days_per_year: Fraction
    near: tuple[Horizon, ...]
    beyond: Mapping[str, str]

    def years_to(self, goal: Goal, as_of: date) -> Fraction:
        """Calendar days from `as_of` to the goal, in years; not rounded."""
        return Fraction((goal.target_date - as_of).days) / self.days_per_year

    def pod_of(self, goal: Goal, as_of: date) -> str:
        """The pod that serves the goal."""
        years = self.years_to(goal, as_of)
        nearest = (horizon.pod for horizon in self.near if years < horizon.below_years)
        return next(nearest, self.beyond[goal.priority])


@dataclass(frozen=True, slots=True)
class Mapped:
    """A goal's pod, and the years to it as shown: four decimals, half up."""

    goal: Goal
    pod: str
    years: Decimal


def check_goals(goals: Sequence[Goal], as_of: date) -> None:
    """Refuse a goal dated before `as_of`, and two goals of one id; a goal due on the day is none of these."""
    seen: set[str] = set()
    for place, goal in enumerate(goals):
        if goal.target_date < as_of:
            raise GoalInPast(
                f"goal {goal.goal_id} was due on {goal.target_date}, before {as_of}; give a later date",
                f"goals[{place}].target_date",
            )
        if goal.goal_id in seen:
            raise DuplicateGoal(f"goal {goal.goal_id} is given twice", f"goals[{place}].goal_id")
        seen.add(goal.goal_id)


def map_goals(goals: Sequence[Goal], as_of: date, horizons: Horizons) -> list[Mapped]:
    """Every goal's pod, in the order given."""
    check_goals(goals, as_of)
    return [
        Mapped(goal, horizons.pod_of(goal, as_of), _shown(horizons.years_to(goal, as_of))) for goal in goals
    ]


def _shown(years: Fraction) -> Decimal:
    exact = Decimal(years.numerator) / Decimal(years.denominator)
    return exact.quantize(SHOWN, ROUND_HALF_UP)
