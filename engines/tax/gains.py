"""A year's capital gains: which parcels were sold, what each brought, and what of it is taxed.

The proceeds of a disposal are shared over the parcels it took by largest remainder. A parcel that is
sold in pieces gives each its share of the cost base that is left, half up to the cent, so that neither
proceeds nor cost base lose a cent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from engines.errors import InvalidValue
from engines.tax.errors import OutsideYear
from engines.tax.gain_lines import Line, lines_of
from engines.tax.gain_rules import GainRules, Standing, YearOfGains
from engines.tax.parcel_choice import ORDERS, taken_as_named, taken_in_order
from engines.tax.parcels import Disposal, Parcel, Taken
from engines.tax.years import TaxYear


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
    lines = lines_of(parcels, disposals, taken, rules)
    return CapitalGains(lines, rules.settle(lines, brought_forward))


def one_sale(
    parcels: Sequence[Parcel], sold: Disposal, method: str, rules: GainRules, before: Standing
) -> tuple[Line, ...]:
    """What one more sale takes in a year of which the gains so far are known.

    By lowest_tax it is what makes the year's net gain the least, given what was sold before. Errors are
    those of `capital_gains`.
    """
    return lines_of(parcels, [sold], _taken(parcels, [sold], method, rules, before), rules)


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
                "the method specific takes the parcels that a disposal names; name them"
                if method == "specific"
                else f"parcels are named for the method specific only; {method} chooses them itself",
                f"disposals[{place}].parcel_ids",
            )
