"""How far a planned goal has come: against its plan, and against its target.

Plans are in money of the day they were made: what is paid in, what is drawn and the target grow with
inflation from then on, by (1+i)^(1/12) a month, as they do where plans are simulated.
"""

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
    """A plan that a client took; `earned` are the steps of its strategy in order, from month 0 on.

    `drawn` is what is taken out at the start of each month, `inflation` a year's.
    """

    planned_on: date
    initial: Decimal
    monthly: Decimal
    target: Decimal | None
    earned: Sequence[Earned]
    drawn: Decimal = Decimal(0)
    inflation: float = 0.0


def months_since(start: date, day: date) -> int:
    """Whole months that have passed; 0 before `start`."""
    return max((day.year - start.year) * MONTHS + day.month - start.month - (day.day < start.day), 0)


def expected(plan: Planned, day: date) -> float:
    """What the plan holds on `day` if its strategy earns what is expected, contributions at month's end.

    Nothing more is drawn than there is.
    """
    worth = float(plan.initial)
    for month in range(months_since(plan.planned_on, day)):
        earned = [step for step in plan.earned if step.month <= month][-1]
        index = _index(plan, month)
        worth = max(worth - float(plan.drawn) * index, 0.0) * (1 + earned.yearly) ** (1 / MONTHS)
        worth += float(plan.monthly) * index
    return worth


def target_on(plan: Planned, day: date) -> Decimal | None:
    """The target in money of `day`, not rounded; None for a plan without one."""
    if plan.target is None:
        return None
    return plan.target * Decimal(repr(_index(plan, months_since(plan.planned_on, day))))


def _index(plan: Planned, months: int) -> float:
    """By how much prices have risen after so many months of the plan."""
    risen: float = (1 + plan.inflation) ** (months / MONTHS)
    return risen


def reached(
    plan: Planned, value: Decimal, day: date, milestones: Sequence[Decimal], told: Iterable[Decimal]
) -> list[Decimal]:
    """Milestones (shares of the target of `day`) that `value` has come to and nobody was told of, rising.

    Those that were there when the plan was made are none; nor has a plan without a target any.
    """
    target = target_on(plan, day)
    if plan.target is None or target is None:
        return []
    known = set(told)
    return [
        share
        for share in milestones
        if plan.initial < share * plan.target and share * target <= value and share not in known
    ]
