"""Fees by tiers."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.fees import Fees, Terms, Tier, UnfitTiers, fees


def tiers(*rows: tuple[object, str]) -> list[Tier]:
    """Tiers by their ends and rates."""
    return [Tier(None if top is None else Decimal(str(top)), Decimal(rate)) for top, rate in rows]


SCHEDULE = tiers((250_000, "0.0088"), (500_000, "0.0066"), (None, "0.0044"))


def charged(balance: object, days: int = 365, **terms: str) -> Fees:
    """Fees on a balance by the schedule."""
    return fees(
        Decimal(str(balance)), SCHEDULE, Terms(**{name: Decimal(rate) for name, rate in terms.items()}), days
    )


def test_each_rate_is_charged_on_its_own_slice() -> None:
    """600,000: 2,200 on the first 250,000, 1,650 on the next, 440 on the last 100,000."""
    found = charged(600_000)
    assert [one.fee for one in found.slices] == [2200, 1650, 440]
    assert [one.amount for one in found.slices] == [250_000, 250_000, 100_000]
    assert (found.annual, found.period, found.gst) == (4290, 4290, 0)


@pytest.mark.parametrize(
    ("balance", "annual", "lines"),
    [(0, 0, 0), (250_000, 2200, 1), ("250000.01", 2200, 2), (500_000, 3850, 2), (1_000_000, 6050, 3)],
)
def test_a_balance_at_a_tiers_end_lies_in_it(balance: object, annual: int, lines: int) -> None:
    """A cent more reaches the next."""
    found = charged(balance)
    assert (found.annual, len(found.slices)) == (annual, lines)


def test_the_minimum_is_charged_and_discounted() -> None:
    """600 in place of 88, less a tenth; of nothing, too."""
    assert charged(10_000, minimum="600", discount="0.1").annual == 540
    assert charged(0, minimum="600").annual == 600
    assert charged(600_000, minimum="600", discount="0.5").annual == 2145


def test_a_period_is_its_days_of_365_and_gst_comes_on_top() -> None:
    """31 days of 4,290 are 364.36, with GST of 36.44."""
    found = charged(600_000, 31, gst="0.1")
    assert (found.annual, found.period, found.gst) == (4290, Decimal("364.36"), Decimal("36.44"))
    assert charged(600_000, 0, gst="0.1").period == 0


@pytest.mark.parametrize(
    ("rows", "path"),
    [
        ([(100, "0.01"), (100, "0.02"), (None, "0.03")], "tiers[1].up_to"),
        ([(None, "0.01"), (100, "0.02")], "tiers[0].up_to"),
        ([(100, "0.01"), (200, "0.02")], "tiers[1].up_to"),
    ],
)
def test_tiers_that_leave_a_balance_uncharged_are_refused(rows: list[tuple[object, str]], path: str) -> None:
    """They rise, the last goes on, or ends above the balance."""
    with pytest.raises(UnfitTiers) as refused:
        fees(Decimal(201), tiers(*rows), Terms(), 365)
    assert refused.value.path == path


@given(
    balance=st.decimals(0, 10**7, places=2),
    rates=st.lists(st.decimals(0, "0.05", places=5), min_size=1, max_size=5),
)
def test_slices_and_fees_add_up(balance: Decimal, rates: list[Decimal]) -> None:
    """To the balance, and to the exact fee within half a cent."""
    schedule = [Tier(Decimal(1000 * 4**place), rate) for place, rate in enumerate(rates[:-1])]
    found = fees(balance, [*schedule, Tier(None, rates[-1])], Terms(), 365)
    assert sum(one.amount for one in found.slices) == balance
    assert sum(one.fee for one in found.slices) == found.annual
    exact = sum(Fraction(one.amount) * Fraction(one.rate) for one in found.slices)
    assert abs(exact - Fraction(found.annual)) <= Fraction(1, 200)
