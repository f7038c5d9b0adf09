"""Money divided by largest remainder."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.shares import largest_remainder

weights = st.lists(st.fractions(0, 10), min_size=1, max_size=12).filter(any)
totals = st.decimals(0, 10**12, places=2)


@pytest.mark.parametrize(
    ("total", "parts", "expected"),
    [
        ("1.00", [1, 1, 1], ["0.34", "0.33", "0.33"]),
        ("0.02", [1, 1, 1], ["0.01", "0.01", "0.00"]),
        ("100.00", [1, 3], ["25.00", "75.00"]),
        ("0.05", [0, 1, 0], ["0.00", "0.05", "0.00"]),
        ("1234.57", [Fraction("0.12588235294117647"), Fraction("0.21764705882352942"), Fraction("0.4"), Fraction("0.2564705882352941")],
         ["155.41", "268.70", "493.83", "316.63"]),
    ],
)  # fmt: skip
def test_cents_go_to_the_largest_remainders_and_ties_to_the_first(
    total: str, parts: list[Fraction], expected: list[str]
) -> None:
    """Worked by hand: floors first, then one cent each by remainder."""
    shares = largest_remainder(Decimal(total), [Fraction(part) for part in parts])
    assert [str(share) for share in shares] == expected


@given(total=totals, parts=weights)
def test_no_cent_is_lost_or_made(total: Decimal, parts: list[Fraction]) -> None:
    """Shares add up to the total, whatever the weights."""
    assert sum(largest_remainder(total, parts)) == total


@given(total=totals, parts=weights)
def test_every_share_is_within_a_cent_of_its_exact_value(total: Decimal, parts: list[Fraction]) -> None:
    """Nobody gains or loses a whole cent against the exact share."""
    for share, weight in zip(largest_remainder(total, parts), parts, strict=True):
        assert abs(Fraction(share) - Fraction(total) * weight / sum(parts)) < Fraction(1, 100)


@pytest.mark.parametrize("parts", [[Fraction(0)], [Fraction(1), Fraction(-1, 2)]])
def test_weights_that_divide_nothing_are_refused(parts: list[Fraction]) -> None:
    """All zero, or below zero, is no division."""
    with pytest.raises(ValueError, match="weights"):
        largest_remainder(Decimal(1), parts)
