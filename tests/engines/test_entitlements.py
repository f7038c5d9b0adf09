"""Distributions lose no cent: what is paid, kept back and reinvested adds up."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.cost_base import HeldThen, adjustments, statement_cents
from engines.entitlements import Terms, entitlement, reinvest
from engines.errors import InvalidValue

PRICES = st.decimals(Decimal("0.0001"), Decimal("500"), places=6)
SHARES = st.decimals(0, 1, places=4)


@given(units=st.integers(0, 10**7), amount=PRICES, franking=SHARES, withholding=SHARES, price=PRICES)
def test_income_is_cash_and_tax_and_units(
    units: int, amount: Decimal, franking: Decimal, withholding: Decimal, price: Decimal
) -> None:
    """Nothing is below zero, the credit is that of 30%, and what is left buys no further unit."""
    due = entitlement(units, Terms(amount, franking, Decimal("0.3"), withholding))
    bought = reinvest(due.cash, price)
    assert due.income == due.withheld + bought.cost + bought.rest
    assert min(due.withheld, bought.cost, bought.rest) >= 0
    assert abs(due.franking_credit - due.income * franking * 3 / 7) <= Decimal("0.01")
    assert bought.rest < price + Decimal("0.01")


def test_nothing_is_announced_of_nothing() -> None:
    """An amount and a price are above zero."""
    with pytest.raises(InvalidValue, match="more than 0"):
        entitlement(1, Terms(Decimal(0), Decimal(0), Decimal("0.3"), Decimal(0)))
    with pytest.raises(InvalidValue, match="more than 0"):
        reinvest(Decimal(1), Decimal(0))


PARCELS = st.lists(
    st.tuples(st.integers(1, 1000), st.integers(0, 1000), st.integers(0, 10**7)), min_size=1, max_size=8
).map(
    lambda rows: [
        HeldThen(f"L{n}", units, max(0, units - sold), min(units, sold), cost if sold < units else 0)
        for n, (units, sold, cost) in enumerate(rows)
    ]
)


@given(parcels=PARCELS, per_unit=st.decimals(-100, 100, places=4))
def test_a_statement_is_shared_to_the_cent(parcels: list[HeldThen], per_unit: Decimal) -> None:
    """Cost bases never fall below zero, and what they do not take is gain."""
    moves = adjustments(parcels, per_unit)
    units = sum(parcel.units for parcel in parcels)
    assert sum(move.total_cents for move in moves) == statement_cents(units, per_unit)
    for parcel, move in zip(parcels, moves, strict=True):
        assert parcel.cost_cents + move.cost_cents >= 0
        assert abs(move.total_cents - parcel.units * per_unit * 100) <= 1 + len(parcels)
