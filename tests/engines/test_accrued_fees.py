"""Fees by the day come to what they come to by the period, and are rounded once."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.fees import Accrued, Terms, Tier, accrued_fee, fees, hourly_fee, with_gst, yearly_fee

TIERS = [
    Tier(Decimal(250_000), Decimal("0.0066")),
    Tier(Decimal(1_000_000), Decimal("0.0044")),
    Tier(None, Decimal("0.0022")),
]
BALANCES = st.integers(0, 10**10).map(lambda cents: Decimal(cents).scaleb(-2))


def half_up(amount: Fraction) -> Decimal:
    """To the cent, by whole numbers alone."""
    return Decimal(int((amount * 200 + 1) // 2)).scaleb(-2)


@given(BALANCES, st.integers(1, 400))
def test_days_on_the_same_balance_are_charged_as_the_period_is(balance: Decimal, days: int) -> None:
    """One by one or at once, the contract's period fee comes out to the cent."""
    yearly = yearly_fee(balance, TIERS, Terms(Decimal(120), Decimal("0.05")))
    period = fees(balance, TIERS, Terms(Decimal(120), Decimal("0.05")), days).period
    assert accrued_fee([Accrued(yearly, 1)] * days) == accrued_fee([Accrued(yearly, days)]) == period


@given(st.lists(st.tuples(BALANCES, st.integers(1, 31)), max_size=40))
def test_changing_balances_are_added_up_exactly(days: list[tuple[Decimal, int]]) -> None:
    """Against fractions: nothing is rounded before the end."""
    accrued = [Accrued(yearly_fee(balance, TIERS, Terms()), count) for balance, count in days]
    exact = sum((Fraction(_by_hand(balance)) * count for balance, count in days), Fraction(0)) / 365
    assert accrued_fee(accrued) == half_up(exact)


def _by_hand(balance: Decimal) -> Fraction:
    whole = Fraction(balance)
    return (
        min(whole, 250_000) * Fraction(66, 10_000)
        + max(min(whole, 1_000_000) - 250_000, 0) * Fraction(44, 10_000)
        + max(whole - 1_000_000, 0) * Fraction(22, 10_000)
    )


@pytest.mark.parametrize(
    ("balance", "yearly"),
    [("0", "120"), ("18181.81", "120"), ("18181.82", "120.000012"), ("1250000", "5500")],
)
def test_a_year_costs_the_tiers_or_the_minimum(balance: str, yearly: str) -> None:
    """18,181.82 is the first balance whose tier comes to more than the minimum."""
    assert yearly_fee(Decimal(balance), TIERS, Terms(Decimal(120))) == Decimal(yearly)


@pytest.mark.parametrize(
    ("minutes", "fee"), [(60, "330.00"), (90, "495.00"), (1, "5.50"), (7, "38.50"), (0, "0.00")]
)
def test_work_is_charged_by_the_minute(minutes: int, fee: str) -> None:
    """330 an hour is 5.50 a minute."""
    assert hourly_fee(minutes, Decimal(330)) == Decimal(fee)


def test_half_a_cent_rounds_up() -> None:
    """Once in the fee, once in the GST on it."""
    assert hourly_fee(1, Decimal("0.30")) == Decimal("0.01")
    assert accrued_fee([Accrued(Decimal("1.825"), 1)]) == Decimal("0.01")
    assert with_gst(Decimal("0.05"), Decimal("0.1")).gst == Decimal("0.01")
    assert accrued_fee([]) == Decimal("0.00")
