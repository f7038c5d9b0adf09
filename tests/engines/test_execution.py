"""Execution quality: positive is a cost, for buys and sells, and the parts add up to the shortfall."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.trading.execution import Executed, OverFilled, Traded, quality, vwap
from engines.trading.orders import Side

TEN = datetime(2026, 2, 2, 10, tzinfo=UTC)
PRICES = st.decimals(Decimal("0.10"), 500, places=2)


def executed(side: Side, ordered: int, arrival: str, *fills: tuple[int, str], **given: Any) -> Executed:
    return Executed(side, ordered, Decimal(arrival), [Traded(n, Decimal(p)) for n, p in fills], **given)


def test_a_buy_above_arrival_costs() -> None:
    """1,000 at 50.10 decided at 50.00: 100 of money, 20 basis points."""
    found = quality(executed("buy", 1000, "50.00", (1000, "50.10")))
    assert (found.execution.money, found.execution.bps) == (100, 20)


def test_a_sell_above_arrival_gains() -> None:
    """The same prices are 20 basis points better for who sells."""
    found = quality(executed("sell", 1000, "50.00", (1000, "50.10")))
    assert (found.execution.money, found.execution.bps) == (-100, -20)


def test_shortfall_is_execution_opportunity_and_brokerage() -> None:
    """Perold's paper portfolio, worked by hand.

    Decided: buy 1,000 at 50.00. Done: 800 at 50.10 for 20 of brokerage; it closes at 50.50. On paper 1,000
    units made 500. In fact 800 units made 800 · 0.40 - 20 = 300. The 200 between them are 40 basis points
    of 50,000.
    """
    order = executed("buy", 1000, "50", (800, "50.10"), brokerage=Decimal(20), closing=Decimal("50.50"))
    found = quality(order)
    assert found.opportunity is not None
    assert found.shortfall is not None
    assert (found.execution.money, found.opportunity.money) == (80, 100)
    assert (found.shortfall.money, found.shortfall.bps) == (200, 40)


def test_a_sell_that_did_not_fill_lost_what_the_price_fell() -> None:
    """500 to sell at 20.00, nothing done, 19.50 at the close: 250, all of it opportunity."""
    found = quality(executed("sell", 500, "20", closing=Decimal("19.5")))
    assert found.shortfall is not None
    assert (found.shortfall.money, found.shortfall.bps) == (250, 250)
    assert found.execution.bps is None


def test_what_did_not_fill_is_not_measured_without_a_closing_price() -> None:
    """No price, no figure; of an order that filled whole nothing is missing."""
    assert quality(executed("buy", 10, "20", (5, "20"))).shortfall is None
    assert quality(executed("buy", 5, "20", (5, "20"))).shortfall is not None


def test_the_markets_average_counts_while_the_order_was_worked() -> None:
    """Trades before the decision and after the last fill do not count, those at either moment do."""
    minutes = [TEN + timedelta(minutes=n) for n in range(5)]
    tape = [Traded(100, Decimal(price), at) for price, at in zip((1, 10, 11, 12, 99), minutes, strict=True)]
    fills = [Traded(1, Decimal("11.50"), minutes[2]), Traded(1, Decimal("11.50"), minutes[3])]
    found = quality(Executed("buy", 2, Decimal(11), fills, decided_at=minutes[1]), tape)
    assert found.vwap == 11
    assert found.against_vwap is not None
    assert found.against_vwap.bps == Fraction(1, 22) * 10_000


def test_the_average_is_by_units() -> None:
    """100 at 10.00 and 300 at 12.00 make 11.50; of nothing there is none."""
    assert vwap([Traded(100, Decimal(10)), Traded(300, Decimal(12))]) == Fraction(23, 2)
    assert vwap([]) is None


def test_more_than_was_ordered_cannot_have_filled() -> None:
    """Such a record is wrong, and is not measured."""
    with pytest.raises(OverFilled, match="6 units filled of 5 ordered"):
        quality(executed("buy", 5, "20", (6, "20")))


@given(
    st.sampled_from(["buy", "sell"]),
    PRICES,
    PRICES,
    st.lists(st.tuples(st.integers(1, 50), PRICES), max_size=4),
    st.integers(0, 40),
)
def test_shortfall_is_paper_less_reality(
    side: Side, arrival: Decimal, closing: Decimal, fills: list[tuple[int, Decimal]], missing: int
) -> None:
    """By Perold's definition: the paper portfolio's gain at the close less the real one's."""
    ordered = sum(units for units, _ in fills) + missing
    sign = 1 if side == "buy" else -1
    order = Executed(side, ordered, arrival, [Traded(*fill) for fill in fills], Decimal(10), closing)
    paper = sign * ordered * (Fraction(closing) - Fraction(arrival))
    real = sum((sign * n * (Fraction(closing) - Fraction(price)) for n, price in fills), Fraction(0)) - 10
    found = quality(order)
    assert found.shortfall is not None
    assert found.shortfall.money == paper - real
