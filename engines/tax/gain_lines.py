"""The lines of disposals: units of a parcel that one took, what they brought and what they cost."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import chain
from typing import NamedTuple

from engines.shares import cents_by_weight
from engines.tax.gain_rules import GainRules, Piece
from engines.tax.months import held_longer
from engines.tax.parcels import Disposal, Parcel, Taken, by_day, in_cents, in_parts, in_units
from engines.tax.rules import cents


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
    parts_left = [in_parts(parcel.units) for parcel in parcels]
    cost_left = [in_cents(parcel.cost_base) for parcel in parcels]
    found: list[list[Line]] = [[] for _ in disposals]
    for place in by_day(disposals):
        disposal, pieces = disposals[place], by_disposal[place]
        proceeds = cents_by_weight(in_cents(disposal.proceeds), [one.parts for one in pieces])
        lines = found[place]
        for one, brought in zip(pieces, proceeds, strict=True):
            at, parts = one.parcel, one.parts
            cost, left = cost_left[at], parts_left[at]
            if parts != left:
                cost = _half_up(cost * parts, left)
            cost_left[at] -= cost
            parts_left[at] = left - parts
            lines.append(_line(parcels[at], disposal, one, _money(brought), _money(cost), rules))
    return tuple(chain.from_iterable(found))


def _line(
    parcel: Parcel, disposal: Disposal, one: Taken, proceeds: Decimal, cost_base: Decimal, rules: GainRules
) -> Line:
    units, worth = in_units(one.parts), parcel.market_value
    long = held_longer(parcel.acquired, disposal.day, rules.months_held)
    value = None if worth is None else cents(worth * units / parcel.units)
    piece = Piece(parcel.acquired, disposal.day, proceeds, cost_base, long, value, one.parcel)
    parts = rules.parts(piece)
    days = (disposal.day - parcel.acquired).days
    discountable = rules.discountable(parts)
    return Line(parcel, one.disposal, units, proceeds, cost_base, days, long, *parts, discountable)


def _half_up(number: int, divisor: int) -> int:
    return (2 * number + divisor) // (2 * divisor)


def _money(whole_cents: int) -> Decimal:
    return Decimal(whole_cents).scaleb(-2)
