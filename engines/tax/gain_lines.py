"""The lines of disposals: units of a parcel that one took, what they brought and what they cost."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from engines.shares import cents_by_weight
from engines.tax.gain_rules import GainRules, Piece
from engines.tax.months import held_longer
from engines.tax.parcels import Disposal, Parcel, Taken, by_day, in_cents, in_parts, in_units
from engines.tax.rules import CENT, cents


class Line(NamedTuple):
    """Units of one parcel that one disposal took; `gain` is negative for a loss."""

    parcel: Parcel
    disposal: int
    units: Decimal
    proceeds: Decimal
    cost_base: Decimal
    days_held: int
    held_long: bool
    ordinary: Decimal
    favoured: Decimal
    discountable: bool

    @property
    def gain(self) -> Decimal:
        """Before indexation, losses and discount."""
        return self.proceeds - self.cost_base


def lines_of(
    parcels: Sequence[Parcel], disposals: Sequence[Disposal], taken: Sequence[Taken], rules: GainRules
) -> tuple[Line, ...]:
    """A line for each parcel that a disposal took, in the order of the disposals as given.

    Proceeds are shared by largest remainder, and a parcel's cost base half up, of what is left of it.
    """
    by_disposal: list[list[Taken]] = [[] for _ in disposals]
    for one in taken:
        by_disposal[one.disposal].append(one)
    left: dict[int, tuple[int, int]] = {}  # parts and cents, of parcels that were sold in pieces
    found: list[list[Line]] = [[] for _ in disposals]
    for place in by_day(disposals):
        disposal, pieces = disposals[place], by_disposal[place]
        proceeds = cents_by_weight(in_cents(disposal.proceeds), [one.parts for one in pieces])
        lines = found[place]
        for one, brought in zip(pieces, proceeds, strict=True):
            at, parts = one.parcel, one.parts
            parcel = parcels[at]
            held, cost = left.get(at) or (in_parts(parcel.units), in_cents(parcel.cost_base))
            if parts != held:
                whole, cost = cost, _half_up(cost * parts, held)
                left[at] = held - parts, whole - cost
            lines.append(_line(parcel, disposal, one, CENT * brought, CENT * cost, rules))
    return tuple(chain.from_iterable(found))


def _line(
    parcel: Parcel, disposal: Disposal, one: Taken, proceeds: Decimal, cost_base: Decimal, rules: GainRules
) -> Line:
    acquired, sold, units, worth = parcel.acquired, disposal.day, in_units(one.parts), parcel.market_value
    days, long = _held(acquired, sold, rules.months_held)
    value = None if worth is None else cents(worth * units / parcel.units)
    parts = rules.parts(Piece(acquired, sold, proceeds, cost_base, long, value, one.parcel))
    ordinary, favoured = parts
    discountable = rules.discountable(parts)
    return Line(
        parcel, one.disposal, units, proceeds, cost_base, days, long, ordinary, favoured, discountable
    )


# Portfolios have many parcels and few days on which they were bought.
@lru_cache(maxsize=4096)
def _held(acquired: date, sold: date, months: int) -> tuple[int, bool]:
    """For how many days, and whether for longer than the months."""
    return (sold - acquired).days, held_longer(acquired, sold, months)


def _half_up(number: int, divisor: int) -> int:
    return (2 * number + divisor) // (2 * divisor)
