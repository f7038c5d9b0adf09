"""Verification: what was executed, held against what was approved.

A difference is a finding, never an error: what was bought stays bought, and people look into it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from engines.trading.orders import Side

Line = tuple[str, Side]
"""An ETF and a side: a proposal has at most one order of each."""


class Code(StrEnum):
    """What can differ."""

    NOT_EXECUTED = "not_executed"
    PARTLY_EXECUTED = "partly_executed"
    TOO_MUCH = "too_much"
    NOT_PLANNED = "not_planned"
    COST_DIFFERS = "cost_differs"


@dataclass(frozen=True, slots=True)
class Planned:
    """An order as it was approved; `cost` is its brokerage, None where it was not planned."""

    units: int
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Executed:
    """What became of an order: units filled, and the brokerage charged for them."""

    units: int
    cost: Decimal


NOTHING = Executed(0, Decimal(0))


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which execution departs from the plan, in units or, for a cost, in money."""

    code: Code
    etf: str
    side: Side
    planned: Decimal
    executed: Decimal


def verify(planned: Mapping[Line, Planned], executed: Mapping[Line, Executed]) -> Sequence[Difference]:
    """Every difference, in the order planned, what nobody planned last; none when all is as approved.

    The cost is compared where something was executed, and for as much as was planned: an order that
    filled in part is charged once, as planned.
    """
    found = [
        each for line, plan in planned.items() for each in _of_line(line, plan, executed.get(line, NOTHING))
    ]
    unplanned = [line for line, done in executed.items() if line not in planned and done.units]
    return [*found, *(_difference(Code.NOT_PLANNED, line, 0, executed[line].units) for line in unplanned)]


def _of_line(line: Line, plan: Planned, done: Executed) -> Iterator[Difference]:
    if done.units == 0:
        yield _difference(Code.NOT_EXECUTED, line, plan.units, 0)
    elif done.units < plan.units:
        yield _difference(Code.PARTLY_EXECUTED, line, plan.units, done.units)
    elif done.units > plan.units:
        yield _difference(Code.TOO_MUCH, line, plan.units, done.units)
    if done.units and plan.cost is not None and done.cost != plan.cost:
        yield _difference(Code.COST_DIFFERS, line, plan.cost, done.cost)


def _difference(code: Code, line: Line, planned: Decimal | int, executed: Decimal | int) -> Difference:
    return Difference(code, *line, Decimal(planned), Decimal(executed))
