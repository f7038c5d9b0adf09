"""Wash sales: published examples, and what must hold of any trades."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.errors import EngineError, InvalidValue
from engines.tax.errors import OversoldUnits
from engines.tax.wash_sales import Rule, Trade, WashSales, wash_sales

START = date(2024, 1, 1)


def trade(id: str, day: int, units: object, price: object, etf: str = "ABC", fees: object = 0) -> Trade:
    """A purchase (b…) or a sale (s…) so many days after the start."""
    return Trade(
        id,
        START + timedelta(days=day),
        etf,
        id.startswith("b"),
        Decimal(str(units)),
        Decimal(str(price)),
        Decimal(str(fees)),
    )


def found(*trades: Trade, days: int = 30, equivalents: Sequence[frozenset[str]] = ()) -> WashSales:
    """The wash sales of some trades."""
    return wash_sales(trades, Rule(timedelta(days=days), equivalents))


def split(result: WashSales) -> dict[str, tuple[Decimal, Decimal]]:
    """What is disallowed and allowed of each sale."""
    return {sale.id: (sale.disallowed, sale.allowed) for sale in result.sales}


def test_the_loss_moves_into_the_replacement() -> None:
    """Publication 550: 100 for 1,000, sold for 750, bought again for 800: a basis of 1,050."""
    result = found(trade("b1", 0, 100, 10), trade("s1", 150, 100, "7.5"), trade("b2", 170, 100, 8))
    assert split(result) == {"s1": (250, 0)}
    (lot,) = result.lots
    assert (lot.id, lot.basis, result.sales[0].replaced_by) == ("b2", 1050, ("b2",))
    assert lot.acquired == START + timedelta(days=170 - 150)


@pytest.mark.parametrize(("day", "disallowed"), [(70, 100), (69, 0), (100, 100), (130, 100), (131, 0)])
def test_the_window_is_thirty_days_both_ways(day: int, disallowed: int) -> None:
    """Sold on day 100; both ends count, and so does the day of the sale."""
    result = found(trade("b1", 0, 10, 20), trade("b2", day, 10, 10), trade("s1", 100, 10, 10))
    assert result.sales[0].disallowed == disallowed


def test_fewer_replacements_disallow_a_part() -> None:
    """40 of 100 units are bought again: 40% of the loss, and none of it twice."""
    result = found(
        trade("b1", 0, 100, 30), trade("s1", 100, 60, 20), trade("s2", 101, 40, 20), trade("b2", 105, 40, 20)
    )
    assert split(result) == {"s1": (400, 200), "s2": (0, 400)}
    assert [(lot.id, lot.units, lot.basis) for lot in result.lots] == [("b2", 40, 1200)]


def test_more_replacements_are_two_lots() -> None:
    """25 of the 100 bought again replace what was sold, and keep its holding period."""
    result = found(trade("b1", 0, 25, 30), trade("s1", 100, 25, 20), trade("b2", 110, 100, 20))
    assert [(lot.id, lot.units, lot.basis) for lot in result.lots] == [("b2", 25, 750), ("b2", 75, 1500)]
    assert [(lot.acquired - START).days for lot in result.lots] == [10, 110]


def test_the_oldest_replacement_comes_first() -> None:
    """One bought before the sale, two after it; the first two are needed."""
    result = found(
        trade("b1", 0, 30, 30), trade("b3", 110, 20, 20), trade("b2", 90, 20, 20), trade("b4", 111, 20, 20),
        trade("s1", 100, 30, 20),
    )  # fmt: skip
    assert result.sales[0].replaced_by == ("b2", "b3")
    assert [(lot.id, lot.basis) for lot in result.lots] == [
        ("b2", 600),
        ("b3", 300),
        ("b3", 200),
        ("b4", 400),
    ]


def test_losses_run_on_through_a_chain() -> None:
    """A worked answer: 400 into B, which is then sold 300 below its basis, which goes into C."""
    result = found(
        trade("bA", 0, 100, 10), trade("bB", 365, 100, 5), trade("sA", 374, 100, 6), trade("bC", 389, 100, 5),
        trade("sB", 405, 100, 6),
    )  # fmt: skip
    assert split(result) == {"sA": (400, 0), "sB": (300, 0)}
    assert [sale.gain for sale in result.sales] == [-400, -300]
    assert [(lot.id, lot.basis) for lot in result.lots] == [("bC", 800)]


def test_what_is_left_of_the_purchase_sold_replaces_nothing() -> None:
    """Half of one recent purchase is sold: its other half is no replacement."""
    result = found(trade("b1", 0, 100, 30), trade("s1", 10, 50, 20))
    assert split(result) == {"s1": (0, 500)}


def test_equivalents_replace_each_other() -> None:
    """Only those of one group."""
    trades = (
        trade("b1", 0, 10, 30),
        trade("s1", 100, 10, 20),
        trade("b2", 101, 10, 20, "XYZ"),
        trade("b3", 101, 10, 20, "OTHER"),
    )
    assert split(found(*trades)) == {"s1": (0, 100)}
    result = found(*trades, equivalents=[frozenset({"XYZ", "ABC"}), frozenset({"XYZ", "OTHER"})])
    assert (split(result), result.sales[0].replaced_by) == ({"s1": (100, 0)}, ("b2",))


def test_fees_count_on_both_sides() -> None:
    """Bought for 1,010, sold for 890: a loss of 120."""
    result = found(trade("b1", 0, 100, 10, fees=10), trade("s1", 100, 100, 9, fees=10))
    assert result.sales[0].gain == -120


def test_losses_of_a_sale_are_first_set_against_its_gains() -> None:
    """A lot with 1,000 of loss and one with 600 of gain: 400 of loss, on the first lot's units."""
    result = found(
        trade("b1", 0, 100, 30), trade("b2", 1, 100, 14), trade("s1", 100, 200, 20), trade("b3", 110, 50, 20)
    )
    assert split(result) == {"s1": (200, 200)}


def test_purchases_of_a_day_come_before_its_sales() -> None:
    """Listed after the sale, sold by it all the same."""
    assert found(trade("s1", 5, 10, 20), trade("b1", 5, 10, 10)).sales[0].gain == 100


@pytest.mark.parametrize(
    ("trades", "error", "path"),
    [
        ([trade("b1", 0, 10, 1), trade("s1", 1, 11, 1)], OversoldUnits, "trades[1].units"),
        ([trade("s1", 0, 1, 1), trade("b1", 1, 10, 1)], OversoldUnits, "trades[0].units"),
        ([trade("b1", 0, 10, 1), trade("s1", 1, 1, 1, "XYZ")], OversoldUnits, "trades[1].units"),
        ([trade("b1", 1_000_000, 10, 1)], InvalidValue, "trades[0].date"),
    ],
)
def test_what_was_not_bought_is_not_sold(trades: list[Trade], error: type[EngineError], path: str) -> None:
    """With the place of the sale."""
    with pytest.raises(error) as refused:
        found(*trades)
    assert refused.value.path == path


DEALS = st.lists(
    st.tuples(
        st.integers(0, 90), st.booleans(), st.integers(1, 9), st.integers(1, 2000), st.sampled_from("AB")
    ),
    min_size=2,
    max_size=14,
)


@settings(max_examples=200, deadline=None)
@given(deals=DEALS, identical=st.booleans())
def test_no_loss_is_disallowed_twice_or_lost(
    deals: list[tuple[int, bool, int, int, str]], identical: bool
) -> None:
    """Disallowed is never above the loss; what is disallowed stands in the basis of what is held or was sold."""
    held, trades = {"A": 0, "B": 0}, []
    for place, (day, buys, units, price, etf) in enumerate(
        sorted(deals, key=lambda deal: (deal[0], not deal[1]))
    ):
        units = units if buys else min(units, held[etf])
        if units:
            held[etf] += units if buys else -units
            id = f"{'b' if buys else 's'}{place}"
            trades.append(trade(id, day, Decimal(units) / 2, Decimal(price) / 100, etf))
    result = found(*trades, equivalents=[frozenset("AB")] if identical else [])
    spent = sum(one.money if one.buys else -one.money for one in trades)
    realised = sum(sale.gain + sale.disallowed for sale in result.sales)
    assert sum(lot.basis for lot in result.lots) == Decimal(spent) / 100 + realised
    for sale in result.sales:
        assert sale.disallowed >= 0
        assert sale.disallowed + sale.allowed == max(0, -sale.gain)
        assert bool(sale.replaced_by) == bool(sale.disallowed)
    bought = sum(one.units if one.buys else -one.units for one in trades)
    assert sum(lot.units for lot in result.lots) == bought
