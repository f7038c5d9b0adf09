"""The choice of parcels that is taxed least, against every choice there is."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.tax.errors import OversoldUnits
from engines.tax.gain_rules import GainRules, Indexing
from engines.tax.gains import capital_gains
from engines.tax.parcels import Disposal, Parcel
from engines.tax.years import TaxYear
from tests.support.gains import (
    AMERICAN,
    COMPANY,
    INDIVIDUAL,
    SUPER,
    YEAR,
    books,
    disposal,
    every_way,
    parcel,
)

Book = tuple[list[Parcel], list[Disposal]]


def a_year_later(day: date) -> date:
    """The last day that is not more than twelve months on."""
    first = day + timedelta(days=1)
    if (first.month, first.day) == (2, 29):
        return date(first.year + 1, 2, 28)
    return first.replace(year=first.year + 1) - timedelta(days=1)


def gains_of(
    book: Book, way: Sequence[tuple[int, int, int]]
) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    """Short gains, long gains, short losses and long losses of a way to sell."""
    parcels, disposals = book
    found = [Fraction(0)] * 4
    for sale, bought, units in way:
        sold, one = disposals[sale], parcels[bought]
        gain = units * (Fraction(sold.proceeds) / int(sold.units) - Fraction(one.cost_base) / int(one.units))
        long = sold.day > a_year_later(one.acquired)
        found[long + 2 * (gain < 0)] += abs(gain)
    return found[0], found[1], found[2], found[3]


def australian(share: Fraction) -> Callable[..., Fraction]:
    """Losses off short gains, then off long ones; the discount last."""

    def taxed(short: Fraction, long: Fraction, a: Fraction, b: Fraction, brought: int) -> Fraction:
        losses = a + b + brought
        off = min(losses, short)
        return short - off + max(Fraction(0), long - (losses - off)) * (1 - share)

    return taxed


def american(short: Fraction, long: Fraction, a: Fraction, b: Fraction, brought: int) -> Fraction:
    """Each term netted, then against the other; what is left at its own rate."""
    near, far = short - a - brought, long - b
    if near < 0 or far < 0:
        rate = Fraction(37 if near > 0 else 20, 100)
        return max(Fraction(0), near + far) * rate
    return near * Fraction(37, 100) + far * Fraction(20, 100)


TAXED = [
    (INDIVIDUAL, australian(Fraction(1, 2))),
    (SUPER, australian(Fraction(1, 3))),
    (COMPANY, australian(Fraction(0))),
    (AMERICAN, american),
]


@pytest.mark.parametrize(("rules", "taxed"), TAXED, ids=["individual", "super", "company", "american"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(book=books(), brought=st.integers(0, 60))
def test_no_choice_of_parcels_is_taxed_less(
    rules: GainRules, taxed: Callable[..., Fraction], book: Book, brought: int
) -> None:
    """Every way to sell whole units of two ETFs in up to four disposals; of those taxed nothing, the lowest gain."""
    ways = [gains_of(book, way) for way in every_way(*book)]
    if not ways:
        with pytest.raises(OversoldUnits):
            capital_gains(*book, "lowest_tax", rules, YEAR, Decimal(brought))
        return
    found = capital_gains(*book, "lowest_tax", rules, YEAR, Decimal(brought))
    rows = [(line.disposal, book[0].index(line.parcel), int(line.units)) for line in found.lines]
    assert all(int(line.units) == line.units for line in found.lines)
    ours = taxed(*gains_of(book, rows), brought)
    least = min(taxed(*way, brought) for way in ways)
    assert ours == least
    if least == 0:
        lowest = min(short + long - a - b for short, long, a, b in ways)
        assert sum(line.gain for line in found.lines) == lowest


def test_two_disposals_leave_each_other_the_better_parcels() -> None:
    """The first could have the dearest parcel, but only it can use the one that the second may not discount."""
    parcels = [parcel("old", 10, "2023-08-01", 100), parcel("new", 10, "2024-03-01", 150)]
    sales = [disposal(10, "2024-09-02", 300), disposal(10, "2025-03-10", 400)]
    found = capital_gains(parcels, sales, "lowest_tax", INDIVIDUAL, YEAR, Decimal(0))
    assert [line.parcel.id for line in found.lines] == ["old", "new"]
    assert found.year.net_capital_gain == (200 + 250) / 2
    dearest = capital_gains(parcels, sales, "highest_cost", INDIVIDUAL, YEAR, Decimal(0))
    assert dearest.year.net_capital_gain == 150 + 300 / 2


def test_where_losses_run_out_both_kinds_are_mixed() -> None:
    """A loss of 300 pays for three short units; the rest is better discounted, none of it split."""
    parcels = [parcel("short", 10, "2024-09-02", 1000), parcel("long", 10, "2020-01-06", 850)]
    sales = [disposal(10, "2025-03-10", 2000)]
    found = capital_gains(parcels, sales, "lowest_tax", INDIVIDUAL, YEAR, Decimal(300))
    assert {line.parcel.id: line.units for line in found.lines} == {"short": 3, "long": 7}
    assert found.year.net_capital_gain == Decimal("402.50")


@pytest.mark.parametrize("count", [200, 2_000, 6_000])
def test_large_mixtures_are_close_to_what_cannot_be_beaten(count: int) -> None:
    """Against the dual bound: whatever losses are worth, between the two ways gains are taxed, costs less."""
    draws = random.Random(3)
    parcels = [
        parcel(
            f"P{place}",
            draws.randint(1, 200),
            "2024-06-03" if place % 2 else "2022-01-04",
            0,
        )
        for place in range(count)
    ]
    parcels = [
        replace(
            one,
            cost_base=one.units * draws.randint(80, 90) + (15 * one.units if one.acquired.year > 2023 else 0),
        )
        for one in parcels
    ]
    units = int(sum(one.units for one in parcels)) // 2
    brought = units * 20
    found = capital_gains(
        parcels,
        [disposal(units, "2024-09-02", units * 150)],
        "lowest_tax",
        INDIVIDUAL,
        YEAR,
        Decimal(brought),
    )
    # The dual is highest where a short gain of 45 to 55 costs as much as half a long one of 60 to 70.
    worths = {long / 2 / short for long in range(60, 71) for short in range(45, 56)}
    bound = max(_dual(parcels, units, 150, worth, brought) for worth in worths)
    assert bound * (1 - 1e-9) <= float(found.year.net_capital_gain) <= bound * (1 + 1e-4)
    assert sum(line.units for line in found.lines) == units


def _dual(parcels: list[Parcel], units: int, price: int, worth: float, brought: int) -> float:
    """The least sum of short gains at `worth`, long ones at a half, less losses at `worth`."""
    rates = [worth if one.acquired.year > 2023 else 0.5 for one in parcels]
    costs = sorted(
        (rate * (price - float(one.cost_base / one.units)), int(one.units))
        for one, rate in zip(parcels, rates, strict=True)
    )
    total, left = -worth * brought, units
    for cost, held in costs:
        taken = min(left, held)
        total += cost * taken
        left -= taken
    return total


def test_units_are_split_no_finer_than_given() -> None:
    """Tenths of units are given, tenths are sold."""
    parcels = [parcel("short", "10.5", "2024-09-02", 1050), parcel("long", "9.5", "2020-01-06", 800)]
    sales = [disposal("10.5", "2025-03-10", 2100)]
    found = capital_gains(parcels, sales, "lowest_tax", INDIVIDUAL, YEAR, Decimal(333))
    assert all((line.units * 10) % 1 == 0 for line in found.lines)
    assert sum(line.units for line in found.lines) == Decimal("10.5")


INDEXED = Indexing(
    12, Fraction(1, 2), date(2027, 7, 1), {date(2027, 4, 1): Decimal(100), date(2028, 1, 1): Decimal(105)}
)
NEXT_YEAR = TaxYear("2027-28", date(2027, 7, 1), date(2028, 6, 30))


@settings(max_examples=60, deadline=None)
@given(
    figures=st.lists(
        st.tuples(st.integers(1, 3), st.integers(1, 40), st.integers(1, 40), st.booleans()),
        min_size=2,
        max_size=3,
    ),
    price=st.integers(1, 40),
    brought=st.integers(0, 40),
    sold=st.integers(1, 4),
)
def test_no_choice_is_taxed_less_under_indexation(
    figures: list[tuple[int, int, int, bool]], price: int, brought: int, sold: int
) -> None:
    """Parcels bought before and after the change, every way to sell them settled by the same rules."""
    parcels = [
        parcel(str(at), units, "2025-03-03" if old else "2027-08-02", units * cost, worth=units * worth)
        for at, (units, cost, worth, old) in enumerate(figures)
    ]
    held = sum(units for units, *_ in figures)
    sales = [disposal(min(sold, held), "2028-02-01", min(sold, held) * price)]
    least = min(_named(parcels, sales, way, brought) for way in every_way(parcels, sales))
    found = capital_gains(parcels, sales, "lowest_tax", INDEXED, NEXT_YEAR, Decimal(brought))
    assert found.year.net_capital_gain == pytest.approx(least, abs=Decimal("0.05"))


def _named(
    parcels: list[Parcel], sales: list[Disposal], way: Sequence[tuple[int, int, int]], brought: int
) -> Decimal:
    """The gain of one way to sell: parcels cut to what it takes, all of it sold."""
    kept = [
        replace(
            parcels[at],
            units=Decimal(units),
            cost_base=parcels[at].cost_base * units / parcels[at].units,
            market_value=(parcels[at].market_value or 0) * units / parcels[at].units,
        )
        for _, at, units in way
    ]
    return capital_gains(kept, sales, "fifo", INDEXED, NEXT_YEAR, Decimal(brought)).year.net_capital_gain
