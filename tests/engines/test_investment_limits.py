"""What an amount of cash can buy, and who may open an account."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.applications import (
    ImplausibleBirthDate,
    UnderAge,
    UnsupportedCurrency,
    check_age,
    check_currency,
    completed_years,
)
from engines.investment_limits import CapitalTooSmall, HouseLimits, investment_limits

HOUSE = HouseLimits(
    min_weight=Fraction("0.02"),
    max_weight=Fraction("0.30"),
    max_etfs=12,
    fewest_etfs=4,
    min_first_holding=Decimal(500),
    brokerage=Decimal(10),
    cash_buffer=Decimal(0),
)


@pytest.mark.parametrize(
    ("cash", "min_weight", "max_etfs"),
    [
        ("100000", Fraction("0.02"), 12),
        ("25500", Fraction("0.02"), 12),
        ("25499", Fraction(510, 25499), 12),
        ("6120", Fraction(510, 6120), 12),
        ("6119.99", Fraction(51000, 611999), 11),
        ("2040", Fraction("0.25"), 4),
    ],
)
def test_small_cash_buys_fewer_and_larger_holdings(cash: str, min_weight: Fraction, max_etfs: int) -> None:
    """max(2%, 510/cash) and min(12, cash/510 rounded down)."""
    found = investment_limits(Decimal(cash), HOUSE)
    assert (found.min_weight, found.max_etfs) == (min_weight, max_etfs)


def test_cash_below_four_first_holdings_is_refused() -> None:
    """4·(500 + 10) is the least; the message says so."""
    with pytest.raises(CapitalTooSmall, match=r"2040") as refused:
        investment_limits(Decimal("2039.99"), HOUSE)
    assert refused.value.path == "cash"
    with pytest.raises(CapitalTooSmall, match=r"^1500\.00 cannot buy"):
        investment_limits(Decimal("1500.0"), HOUSE)


@given(cash=st.integers(204_000, 10**9).map(lambda cents: Decimal(cents) / 100))
def test_the_limits_can_always_be_kept(cash: Decimal) -> None:
    """The fewest holdings fit under their least weight, the most reach the whole."""
    found = investment_limits(cash, HOUSE)
    assert found.max_etfs >= HOUSE.fewest_etfs
    assert found.min_weight * HOUSE.fewest_etfs <= 1
    assert found.min_weight <= HOUSE.max_weight
    assert HOUSE.max_weight * found.max_etfs >= 1
    assert found.min_weight * Fraction(cash) >= 510


@pytest.mark.parametrize(
    ("born", "as_of", "age"),
    [
        (date(1990, 11, 15), date(2025, 11, 15), 35),
        (date(1990, 11, 16), date(2025, 11, 15), 34),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2025, 11, 15), date(2025, 11, 15), 0),
    ],
)
def test_age_is_counted_in_completed_years(born: date, as_of: date, age: int) -> None:
    """On the birthday, not the day before."""
    assert completed_years(born, as_of) == age


def test_a_child_is_refused_without_telling_the_birth_date() -> None:
    """Messages go to logs; birth dates do not."""
    with pytest.raises(UnderAge) as refused:
        check_age(date(2007, 11, 16), date(2025, 11, 15), 18, 120, "customer.date_of_birth")
    assert refused.value.path == "customer.date_of_birth"
    assert "2007" not in refused.value.message


@pytest.mark.parametrize("born", [date(2026, 1, 1), date(1900, 1, 1)])
def test_a_slip_in_the_birth_date_is_refused(born: date) -> None:
    """Not yet born, or older than anyone."""
    with pytest.raises(ImplausibleBirthDate):
        check_age(born, date(2025, 11, 15), 18, 120, "customer.date_of_birth")


def test_a_currency_that_no_account_has_is_refused() -> None:
    """The message names those there are."""
    with pytest.raises(UnsupportedCurrency, match="AUD") as refused:
        check_currency("USD", ["AUD"])
    assert refused.value.path == "currency"
