"""A wrong trade and its correction leave client and firm together with what the market gave."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.trade_correction import Correction, Done, correction

SIDES = st.sampled_from(["buy", "sell"])
WRONG = st.builds(Done, SIDES, st.integers(1, 10**6), st.integers(1, 10**10), st.integers(0, 10_000))


@given(WRONG, SIDES, st.integers(0, 10**6))
def test_nothing_is_made_or_lost_by_the_correction_itself(wrong: Done, side: str, units: int) -> None:
    """Units and cents of the right trade and the firm's share are those of the wrong one."""
    found = correction(wrong, side, units)
    assert found.right.signed_units + found.firm_units == wrong.signed_units
    assert found.right.money_cents + found.firm_cents == wrong.money_cents
    assert abs(found.right.value_cents - Fraction(wrong.value_cents * units, wrong.units)) <= Fraction(1, 2)


@given(WRONG)
def test_the_same_trade_for_somebody_else_is_nothing_to_the_firm(wrong: Done) -> None:
    """Brokerage goes with the trade."""
    found = correction(wrong, wrong.side, wrong.units)
    assert found == Correction(wrong, 0, 0)


@pytest.mark.parametrize(
    ("side", "units", "firm"),
    [
        ("buy", 10, (90, -8_100_00)),  # a zero too many
        ("buy", 0, (100, -9_010_00)),  # nobody ordered it: the firm bears the brokerage
        ("sell", 100, (200, -18_000_00)),  # both ways
        ("buy", 103, (-3, 270_00)),  # too few
    ],
)
def test_what_the_firm_takes_over_of_100_bought_at_90(side: str, units: int, firm: tuple[int, int]) -> None:
    """9,000.00 and 10.00 of brokerage."""
    found = correction(Done("buy", 100, 9_000_00, 10_00), side, units)
    assert (found.firm_units, found.firm_cents) == firm


def test_half_a_cent_rounds_up() -> None:
    """1 of 2 units for 0.03."""
    assert correction(Done("buy", 2, 3, 0), "buy", 1).right.value_cents == 2
