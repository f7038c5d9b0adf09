"""How far a planned goal has come: against its plan, and against its target."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Earned:
    """What a strategy is expected to earn in a year, after fees, from so many months on."""

    month: int
    yearly: float


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan that a client took; `earned` are the steps of its strategy in order, from month 0 on."""

    planned_on: date
    initial: Decimal
    monthly: Decimal
    target: Decimal | None
    earned: Sequence[Earned]


def months_since(start: date, day: date) -> int:
    """Whole months that have passed; 0 before `start`."""
    return max((day.year - start.year) * MONTHS + day.month - start.month - (day.day < start.day), 0)


def expected(plan: Planned, day: date) -> float:
    """What the plan holds on `day` if its strategy earns what is expected, contributions at month's end.

    Step by step worth·g^n + monthly·(g^n - 1)/(g - 1), where g is the growth of a month and n the step's
    months that have passed.
    """
    months, worth = months_since(plan.planned_on, day), float(plan.initial)
    ends = [*(step.month for step in plan.earned[1:]), months]
    for step, end in zip(plan.earned, ends, strict=True):
        passed = max(min(end, months) - step.month, 0)
        growth = (1 + step.yearly) ** (1 / MONTHS)
        grown: float = growth**passed
        paid = passed if growth == 1 else (grown - 1) / (growth - 1)
        worth = worth * grown + float(plan.monthly) * paid
    return worth


def reached(
    plan: Planned, value: Decimal, milestones: Sequence[Decimal], told: Iterable[Decimal]
) -> list[Decimal]:
    """Milestones (shares of the target) that `value` has come to and nobody was told of, rising.

    Those that were there when the plan was made are none; nor has a plan without a target any.
    """
    if plan.target is None:
        return []
    known = set(told)
    return [
        share for share in milestones if plan.initial < share * plan.target <= value and share not in known
    ]
