"""How far a planned goal has come: against its plan, and against its target."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan that a client took: `yearly` is what its strategy is expected to earn after fees."""

    planned_on: date
    initial: Decimal
    monthly: Decimal
    target: Decimal | None
    yearly: float


def months_since(start: date, day: date) -> int:
    """Whole months that have passed; 0 before `start`."""
    return max((day.year - start.year) * MONTHS + day.month - start.month - (day.day < start.day), 0)


def expected(plan: Planned, day: date) -> float:
    """What the plan holds on `day` if its strategy earns what is expected, contributions at month's end.

    initial·g^n + monthly·(g^n - 1)/(g - 1), where g is the growth of a month and n the months passed.
    """
    months, growth = months_since(plan.planned_on, day), (1 + plan.yearly) ** (1 / MONTHS)
    grown: float = growth**months
    paid = months if growth == 1 else (grown - 1) / (growth - 1)
    return float(plan.initial) * grown + float(plan.monthly) * paid


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
