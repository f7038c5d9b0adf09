"""Blocks: one order for many clients, and what each of them gets of what filled.

    EngineError
    └── FilledTooMuch   more units filled than the clients still lack

Fair means: in proportion to what each client still lacks, whole units by largest remainder, ties to the
first in the order given, and one average price for all. Who got the odd unit lacks one less next time, so
that a block in many parts does not favour anybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from engines.errors import EngineError
from engines.shares import cents_by_weight

CENTS = 100


class FilledTooMuch(EngineError):
    """More units filled than the clients still lack."""


@dataclass(frozen=True, slots=True)
class Part:
    """One client's part of what filled: whole units, and cents of value and brokerage (both from 0 up)."""

    units: int
    value_cents: int
    brokerage_cents: int


def share_units(filled: int, lacking: Sequence[int], minimum: int = 1) -> list[int]:
    """Whole units of `filled` for each client, in proportion to the units that each still lacks.

    Nobody gets more than is lacking, or fewer than `minimum` units unless that completes the order:
    while somebody would, the one with the smallest share (ties: the last) stands back, as long as the
    others can take it all. FilledTooMuch where more filled than is lacking.

    >>> share_units(10, [100, 50, 50])
    [5, 3, 2]
    >>> share_units(10, [100, 50, 50], minimum=3)
    [7, 3, 0]
    """
    if filled > sum(lacking):
        raise FilledTooMuch(f"{filled} units filled, and the clients lack {sum(lacking)} in all", "fills")
    weights = list(lacking)
    while True:
        units = cents_by_weight(filled, weights) if filled else [0] * len(weights)
        # A share that rounds down to nothing is no lot that is too small.
        small = [place for place, part in enumerate(units) if 0 < part < min(minimum, lacking[place])]
        able = [place for place in small if sum(weights) - weights[place] >= filled]
        if not able:
            return units
        weights[min(able, key=lambda place: (weights[place], -place))] = 0


def share_block(
    executions: Sequence[tuple[int, Fraction]], lacking: Sequence[int], brokerage_cents: int, minimum: int = 1
) -> list[Part]:
    """Each client's part of `executions` (units, price): units, value at the average price, brokerage.

    Values add up to what the executions cost, half up to the cent, and brokerage to `brokerage_cents`;
    both are shared by units, cents by largest remainder. Nothing filled costs nothing.
    """
    filled = sum(units for units, _ in executions)
    units = share_units(filled, lacking, minimum)
    if not filled:
        return [Part(0, 0, 0) for _ in units]
    value = sum((count * price for count, price in executions), Fraction(0))
    values = cents_by_weight(half_up(value * CENTS), units)
    brokerage = cents_by_weight(brokerage_cents, units)
    return [Part(*each) for each in zip(units, values, brokerage, strict=True)]


def average_price(executions: Sequence[tuple[int, Fraction]]) -> Fraction:
    """What a unit came to, exactly; of nothing it cannot be asked."""
    filled = sum(units for units, _ in executions)
    return sum((units * price for units, price in executions), Fraction(0)) / filled


def half_up(amount: Fraction) -> int:
    """The nearest whole number to an amount from 0 up, halves upwards."""
    return floor(amount + Fraction(1, 2))
