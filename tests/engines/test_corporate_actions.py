"""Exchanges of units lose no unit, no cent of cost base, and pay the fraction that is left."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.corporate_actions import Lot, exchanged, payments, value_cents
from engines.errors import InvalidValue

LOTS = st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**9)), min_size=1, max_size=8).map(
    lambda rows: [Lot(f"L{place}", units, cents) for place, (units, cents) in enumerate(rows)]
)
RATIOS = st.builds(Fraction, st.integers(1, 50), st.integers(1, 50))
PRICES = st.decimals(Decimal("0.01"), Decimal("500"), places=4)


@given(lots=LOTS, ratio=RATIOS, price=PRICES)
def test_units_cost_base_and_cash_are_conserved(lots: list[Lot], ratio: Fraction, price: Decimal) -> None:
    """Each lot is within a unit of its share; all of the cost base stays, with units where there are any."""
    after = exchanged(lots, ratio, price)
    exact = sum(lot.units for lot in lots) * ratio
    assert after.units == exact.numerator // exact.denominator
    assert sum(lot.cost_cents for lot in after.lots) == sum(lot.cost_cents for lot in lots)
    assert abs(after.fraction_cents - (exact - after.units) * Fraction(price) * 100) <= Fraction(1, 2)
    total = sum(lot.units for lot in lots)
    for old, new in zip(lots, after.lots, strict=True):
        assert abs(new.units - Fraction(after.units * old.units, total)) < 1
        assert new.units or not after.units or not new.cost_cents


@given(lots=LOTS, cents=st.integers(0, 10**9))
def test_payments_are_shared_to_the_cent(lots: list[Lot], cents: int) -> None:
    """Each lot gets its share by units, to within a cent."""
    shares, units = payments(lots, cents), sum(lot.units for lot in lots)
    assert sum(shares) == cents
    assert all(
        abs(share - Fraction(cents * lot.units, units)) < 1 for share, lot in zip(shares, lots, strict=True)
    )


def test_a_split_and_its_consolidation_bring_the_lots_back() -> None:
    """Three for one, then one for three."""
    lots = [Lot("a", 7, 701), Lot("b", 5, 502)]
    after = exchanged(lots, Fraction(3), None)
    assert [lot.units for lot in after.lots] == [21, 15]
    assert list(exchanged(after.lots, Fraction(1, 3), None).lots) == lots


def test_a_fraction_needs_a_price() -> None:
    """And the price is above zero; so is the ratio."""
    for price in (None, Decimal(0)):
        with pytest.raises(InvalidValue) as refused:
            exchanged([Lot("a", 3, 300)], Fraction(1, 2), price)
        assert refused.value.path == "price"
    with pytest.raises(InvalidValue):
        exchanged([Lot("a", 3, 300)], Fraction(0), None)


def test_too_few_for_one_unit_are_paid_for_alone() -> None:
    """Three units of one for ten are 0.3 of a unit: 0.3 * 50.05 = 15.015 is 15.02."""
    after = exchanged([Lot("a", 1, 100), Lot("b", 2, 200)], Fraction(1, 10), Decimal("50.05"))
    assert (after.units, after.fraction_cents) == (0, 1502)
    assert value_cents(3, Decimal("5.005")) == 1502
