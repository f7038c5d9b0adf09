"""A year's capital gains: which parcels were sold, what each brought, and what of it is taxed.

The proceeds of a disposal are shared over the parcels it took by largest remainder. A parcel that is
sold in pieces gives each its share of the cost base that is left, half up to the cent, so that neither
proceeds nor cost base lose a cent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import NamedTuple

from engines.errors import InvalidValue
from engines.shares import cents_by_weight
from engines.tax.errors import OutsideYear
from engines.tax.gain_rules import GainRules, Piece, Standing, YearOfGains
from engines.tax.months import held_longer
from engines.tax.parcel_choice import ORDERS, taken_as_named, taken_in_order
from engines.tax.parcels import Disposal, Parcel, Taken, by_day, in_cents, in_parts, in_units
from engines.tax.rules import cents
from engines.tax.years import TaxYear


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


@dataclass(frozen=True, slots=True)
class CapitalGains:
    """Every line, in the order of the disposals as given, and the year's figures."""

    lines: tuple[Line, ...]
    year: YearOfGains


def capital_gains(
    parcels: Sequence[Parcel],
    disposals: Sequence[Disposal],
    method: str,
    rules: GainRules,
    year: TaxYear,
    brought_forward: Decimal,
) -> CapitalGains:
    """The gains of a year by fifo, lifo, highest_cost, lowest_tax or specific.

    OutsideYear, OversoldUnits, UnknownParcel and what the rules refuse; InvalidValue where parcels are
    named without `specific`, or not named with it.
    """
    _check(disposals, method, year)
    taken = _taken(parcels, disposals, method, rules, Standing(brought_forward))
    lines = _lines(parcels, disposals, taken, rules)
    return CapitalGains(lines, rules.settle(lines, brought_forward))


def one_sale(
    parcels: Sequence[Parcel], sold: Disposal, method: str, rules: GainRules, before: Standing
) -> tuple[Line, ...]:
    """What one more sale takes in a year of which the gains so far are known.

    By lowest_tax it is what makes the year's net gain the least, given what was sold before. Errors are
    those of `capital_gains`.
    """
    return _lines(parcels, [sold], _taken(parcels, [sold], method, rules, before), rules)


def _taken(
    parcels: Sequence[Parcel],
    disposals: Sequence[Disposal],
    method: str,
    rules: GainRules,
    before: Standing,
) -> list[Taken]:
    if method == "specific":
        return taken_as_named(parcels, disposals)
    if method == "lowest_tax":
        # Brings in the solvers, which take longer to load than the other methods to answer.
        from engines.tax.lowest_tax import taken_for_least

        return taken_for_least(parcels, disposals, rules, before)
    return taken_in_order(parcels, disposals, ORDERS[method])


def _check(disposals: Sequence[Disposal], method: str, year: TaxYear) -> None:
    for place, disposal in enumerate(disposals):
        if not year.first <= disposal.day <= year.last:
            raise OutsideYear(
                f"a disposal on {disposal.day} is not of {year.name} ({year.first} to {year.last}); "
                "ask for its own year",
                f"disposals[{place}].date",
            )
        if (disposal.parcel_ids is not None) != (method == "specific"):
            raise InvalidValue(
                f"parcels are named for the method specific, and for no other; this is {method}",
                f"disposals[{place}].parcel_ids",
            )


def _lines(
    parcels: Sequence[Parcel], disposals: Sequence[Disposal], taken: Sequence[Taken], rules: GainRules
) -> tuple[Line, ...]:
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
