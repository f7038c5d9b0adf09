"""Blocks: everybody gets their proportion in whole units, at one price, and no cent is lost."""

from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.trading.blocks import FilledTooMuch, average_price, share_block, share_units

LACKING = st.lists(st.integers(0, 500), min_size=1, max_size=8).filter(any)


@pytest.mark.parametrize(
    ("filled", "lacking", "shares"),
    [
        (200, [100, 50, 50], [100, 50, 50]),
        (10, [100, 50, 50], [5, 3, 2]),  # quotas 5, 2.5, 2.5: the tie goes to the first
        (7, [60, 30, 10], [4, 2, 1]),  # quotas 4.2, 2.1, 0.7
        (1, [1, 1, 1], [1, 0, 0]),
        (0, [5, 5], [0, 0]),
        (3, [0, 3], [0, 3]),
    ],
)
def test_units_go_by_largest_remainder(filled: int, lacking: list[int], shares: list[int]) -> None:
    """Quotas rounded down, the units that are left to the largest remainders, ties to the first."""
    assert share_units(filled, lacking) == shares


@pytest.mark.parametrize(
    ("filled", "lacking", "minimum", "shares"),
    [
        (10, [100, 50, 50], 3, [7, 3, 0]),  # of shares 5, 3, 2 the last is too small
        (10, [100, 50, 50], 4, [10, 0, 0]),  # of two that get too little the last stands back, then the other
        (10, [100, 50, 3], 3, [7, 3, 0]),  # 0.196 of a unit is nothing, and no lot that is too small
        (152, [100, 50, 3], 4, [99, 50, 3]),  # an order smaller than the lot may be completed
        (2, [100, 100], 5, [2, 0]),  # somebody has to take what filled
        (6, [3, 3, 3], 3, [3, 3, 0]),
        (5, [3, 3], 3, [3, 2]),  # nobody can stand back: the others could not take it all
    ],
)
def test_nobody_gets_less_than_the_minimum_lot(
    filled: int, lacking: list[int], minimum: int, shares: list[int]
) -> None:
    """Whoever would get too little stands back, the smallest first, while the others can take it."""
    assert share_units(filled, lacking, minimum) == shares


def test_more_than_was_ordered_cannot_have_filled() -> None:
    """Nothing is shared out that nobody asked for."""
    with pytest.raises(FilledTooMuch, match="11 units filled, and the clients lack 10"):
        share_units(11, [5, 5])


@given(LACKING, st.data(), st.integers(1, 20))
def test_every_unit_goes_to_somebody_who_lacks_it(
    lacking: list[int], data: st.DataObject, minimum: int
) -> None:
    """The shares add up to what filled; none is above what is lacking."""
    filled = data.draw(st.integers(0, sum(lacking)))
    shares = share_units(filled, lacking, minimum)
    assert sum(shares) == filled
    assert all(0 <= share <= lack for share, lack in zip(shares, lacking, strict=True))


@given(LACKING, st.data())
def test_without_a_minimum_nobody_is_a_unit_off_their_quota(lacking: list[int], data: st.DataObject) -> None:
    """The quota rule: a share is the exact proportion rounded down or up."""
    filled = data.draw(st.integers(0, sum(lacking)))
    for share, lack in zip(share_units(filled, lacking), lacking, strict=True):
        assert abs(share - Fraction(filled * lack, sum(lacking))) < 1


@given(LACKING, st.lists(st.integers(1, 40), max_size=12))
def test_in_parts_everybody_stays_in_proportion(lacking: list[int], parts: list[int]) -> None:
    """Shared out as it fills, a block ends whole, and on the way nobody gets more than ordered."""
    left, got = list(lacking), [0] * len(lacking)
    total = sum(lacking)
    for so_far in [*(each for each in accumulate(parts) if each < total), total]:
        now = share_units(so_far - sum(got), left)
        got = [had + part for had, part in zip(got, now, strict=True)]
        left = [lack - part for lack, part in zip(left, now, strict=True)]
        assert min(left) >= 0
    assert got == lacking


def test_all_pay_one_average_price_and_the_cents_add_up() -> None:
    """100 at 10.00 and 50 at 10.01 come to 1500.50; brokerage of 10.00 is shared by units."""
    executions = [(100, Fraction("10.00")), (50, Fraction("10.01"))]
    parts = share_block(executions, [75, 50, 25], 1000)
    assert [part.units for part in parts] == [75, 50, 25]
    assert [part.value_cents for part in parts] == [75025, 50017, 25008]
    assert [part.brokerage_cents for part in parts] == [500, 333, 167]
    assert average_price(executions) == Fraction(150050, 15000)


def test_half_a_cent_of_the_whole_goes_up_once() -> None:
    """Three clients with a unit each at 0.115 owe 34.5 cents together: 35, not three times 12."""
    parts = share_block([(3, Fraction("0.115"))], [1, 1, 1], 0)
    assert [part.value_cents for part in parts] == [12, 12, 11]


def test_nothing_filled_costs_nothing() -> None:
    """No units, no value, and no brokerage either."""
    assert [part.units for part in share_block([], [5, 5], 1000)] == [0, 0]
    assert [part.brokerage_cents for part in share_block([], [5, 5], 1000)] == [0, 0]


@given(
    LACKING,
    st.lists(st.tuples(st.integers(1, 90), st.decimals(Decimal("0.001"), 200, places=3)), max_size=5),
    st.integers(0, 5000),
)
def test_no_cent_is_lost_and_nobody_pays_a_cent_more_than_the_price(
    lacking: list[int], fills: list[tuple[int, Decimal]], brokerage: int
) -> None:
    """The parts are the whole; each is within a cent of its units at the average price."""
    executions = [(units, Fraction(price)) for units, price in fills]
    if sum(units for units, _ in executions) > sum(lacking):
        executions = []
    parts = share_block(executions, lacking, brokerage)
    value = sum(units * price for units, price in executions) * 100
    assert abs(sum(part.value_cents for part in parts) - value) <= Fraction(1, 2)
    assert sum(part.brokerage_cents for part in parts) == (brokerage if executions else 0)
    for part in parts:
        if executions:
            assert abs(part.value_cents - part.units * average_price(executions) * 100) < Fraction(3, 2)
