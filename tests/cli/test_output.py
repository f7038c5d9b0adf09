"""How values are laid out for people."""

from decimal import Decimal

import pytest

from cli.output import percent


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (Decimal("-0.000049"), "0.00%"),
        (-0.00001, "0.00%"),
        (Decimal("-0.00005001"), "-0.01%"),
        (Decimal("0.2166"), "21.66%"),
        (0, "0.00%"),
        (None, None),
    ],
)
def test_a_share_that_rounds_to_nothing_has_no_sign(share: Decimal | float | None, shown: str | None) -> None:
    """`-0.00%` would say that something is missing."""
    assert percent(share) == shown
