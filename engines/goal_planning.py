"""Plans of goals: what is missing, and how a plan changes step by step while it is not good enough.

EngineError
└── GoalTooFar   the goal's date is further away than a plan can run
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from engines.errors import EngineError
from engines.goals import GoalInPast


class GoalTooFar(EngineError):
    """The goal's date is further away than a plan can run."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is there, what is paid in each month, what is wanted after how many months; `riskier` by so many
    risk categories than the client's own.

    An AUD of the amount takes `multiple` of capital: 1, or more where the amount is a year's income.
    """

    initial: Decimal
    monthly: Decimal
    amount: Decimal
    months: int
    riskier: int = 0
    multiple: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of adjustment: what a step is worth, and how many there are."""

    name: str
    step: Decimal
    most: int


def months_between(start: date, end: date) -> int:
    """Whole months from `start` to `end`; GoalInPast where there is none."""
    months = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    if months < 1:
        raise GoalInPast(f"{end} is less than a month after {start}; give a later date", "goal.target_date")
    return months


def hold_within(months: int, changes: Sequence[Change], most: int) -> None:
    """Refuse a goal that would be more than `most` months away once every adjustment is made."""
    farthest = months + sum(int(change.step) * change.most for change in changes if change.name == "later")
    if farthest > most:
        raise GoalTooFar(
            f"the goal may be {farthest} months away, with all that it may be put off; a plan runs {most}",
            "goal.target_date",
        )


def sequence(changes: Sequence[Change]) -> list[str]:
    """The adjustments in the order they are made: a step of each in turn, as long as it has any."""
    longest = max((change.most for change in changes), default=0)
    return [change.name for turn in range(longest) for change in changes if turn < change.most]


def adjusted(plan: Plan, changes: Sequence[Change], turn: int) -> tuple[Plan, list[str]]:
    """The plan after its first `turn` adjustments, and their names.

    Steps are of the plan as it was asked for: contributions rise by a share of the capital that it takes,
    spread over its months, the amount falls by a share of itself.
    """
    steps = {change.name: change.step for change in changes}
    made = sequence(changes)[:turn]
    now = plan
    for name in made:
        now = _step(now, plan, name, steps)
    return now, made


def _step(now: Plan, asked: Plan, name: str, steps: Mapping[str, Decimal]) -> Plan:
    step = steps[name]
    match name:
        case "contribute_more":
            return replace(now, monthly=now.monthly + step * asked.amount * asked.multiple / asked.months)
        case "later":
            return replace(now, months=now.months + int(step))
        case "lower_target":
            return replace(now, amount=now.amount - step * asked.amount)
        case "other_risk":
            return replace(now, riskier=now.riskier + int(step))
        case _:
            raise ValueError(f"{name} is no adjustment")


def gap(initial: Decimal, monthly: Decimal, needed: Decimal, months: int) -> Decimal:
    """What neither the money that is there nor contributions cover; 0 where they do."""
    return max(needed - initial - monthly * months, Decimal(0))
