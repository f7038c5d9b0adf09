"""Parcels and disposals for tests of capital gains, and every way to sell them."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product

from hypothesis import strategies as st

from engines.tax.gain_rules import Discounting, Terms
from engines.tax.parcels import Disposal, Parcel
from engines.tax.years import TaxYear

YEAR = TaxYear("2024-25", date(2024, 7, 1), date(2025, 6, 30))
INDIVIDUAL = Discounting(12, Fraction(1, 2))
SUPER = Discounting(12, Fraction(1, 3))
COMPANY = Discounting(12, Fraction(0))
AMERICAN = Terms(12, 0.37, 0.20, Decimal(3000))


def parcel(
    id: str, units: object, acquired: str, cost_base: object, etf: str = "AAA", worth: object = None
) -> Parcel:
    """A parcel."""
    value = None if worth is None else Decimal(str(worth))
    return Parcel(id, etf, Decimal(str(units)), date.fromisoformat(acquired), Decimal(str(cost_base)), value)


def disposal(
    units: object, day: str, proceeds: object, etf: str = "AAA", ids: Sequence[str] | None = None
) -> Disposal:
    """A disposal."""
    named = None if ids is None else tuple(ids)
    return Disposal(etf, Decimal(str(units)), date.fromisoformat(day), Decimal(str(proceeds)), named)


@st.composite
def books(
    draw: st.DrawFn, etfs: str = "AB", most_units: int = 4, most_parcels: int = 3
) -> tuple[list[Parcel], list[Disposal]]:
    """Parcels, some bought in the year of the sales, and one or two disposals an ETF that they cover.

    Prices and costs are whole dollars a unit, so that no cent is rounded anywhere.
    """
    parcels, disposals = [], []
    for etf in etfs:
        count = draw(st.integers(1, most_parcels))
        for place in range(count):
            units = draw(st.integers(1, most_units))
            bought = YEAR.first + timedelta(days=draw(st.integers(-700, 60)))
            cost = units * draw(st.integers(1, 40))
            parcels.append(Parcel(f"{etf}{place}", etf, Decimal(units), bought, Decimal(cost)))
        left = sum(int(one.units) for one in parcels if one.etf == etf)
        for _ in range(draw(st.integers(1, 2))):
            if left:
                units = draw(st.integers(1, left))
                left -= units
                day = YEAR.first + timedelta(days=draw(st.integers(60, 300)))
                disposals.append(
                    Disposal(etf, Decimal(units), day, Decimal(units * draw(st.integers(1, 40))))
                )
    return parcels, disposals


def every_way(
    parcels: Sequence[Parcel], disposals: Sequence[Disposal]
) -> Iterator[list[tuple[int, int, int]]]:
    """Every way to take whole units: rows of disposal, parcel, units."""
    yield from _ways(parcels, disposals, [int(one.units) for one in parcels], 0)


def _ways(
    parcels: Sequence[Parcel], disposals: Sequence[Disposal], left: list[int], place: int
) -> Iterator[list[tuple[int, int, int]]]:
    if place == len(disposals):
        yield []
        return
    sold = disposals[place]
    choices = [
        range(left[at] + 1) if one.etf == sold.etf and one.acquired <= sold.day else range(1)
        for at, one in enumerate(parcels)
    ]
    for taken in product(*choices):
        if sum(taken) == sold.units:
            rest = [have - gone for have, gone in zip(left, taken, strict=True)]
            for way in _ways(parcels, disposals, rest, place + 1):
                yield [(place, at, units) for at, units in enumerate(taken) if units] + way
