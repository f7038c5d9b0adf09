"""Routing between venues: the best price first, then the lower cost, and nothing beyond the limit."""

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from activities.order_routing import route_order
from engines.trading.routing import Quote, route
from payloads.order_routing import RoutedOrder, RouteOrder
from tests.support.contexts import pure_context

ASX: dict[str, Any] = {"venue": "ASX", "price": Decimal("90.00"), "units": 100, "brokerage": 10}
CXA: dict[str, Any] = {"venue": "CXA", "price": Decimal("90.00"), "units": 100, "brokerage": 6}


def routed(side: str, units: int, *venues: dict[str, Any], limit: Any = None) -> RoutedOrder:
    ask = {"side": side, "units": units, "venues": list(venues), "limit": limit}
    answer = route_order(RouteOrder.model_validate(ask), pure_context())
    assert isinstance(answer, RoutedOrder)
    return answer


def parts(answer: RoutedOrder) -> list[tuple[str, int]]:
    return [(each.venue, each.units) for each in answer.routes]


def test_the_better_price_comes_first() -> None:
    """For a buy the lower, for a sell the higher; the cost does not count."""
    better = CXA | {"price": Decimal("89.99"), "brokerage": 30}
    assert parts(routed("buy", 150, ASX, better)) == [("CXA", 100), ("ASX", 50)]
    assert parts(routed("sell", 150, ASX, better)) == [("ASX", 100), ("CXA", 50)]


def test_of_equal_prices_the_cheaper_venue_comes_first() -> None:
    """Then the first given."""
    assert parts(routed("buy", 150, ASX, CXA)) == [("CXA", 100), ("ASX", 50)]
    assert parts(routed("buy", 150, ASX, ASX | {"venue": "CXA"})) == [("ASX", 100), ("CXA", 50)]


def test_nothing_goes_beyond_the_limit_or_what_is_offered() -> None:
    """What finds no price is said to be left."""
    answer = routed("buy", 300, ASX, CXA | {"price": Decimal("90.01")}, limit=Decimal("90.00"))
    assert (parts(answer), answer.units, answer.unrouted) == ([("ASX", 100)], 100, 200)
    nothing = routed("buy", 1, ASX, limit=Decimal("89"))
    assert (nothing.routes, nothing.unrouted, nothing.average_price) == ([], 1, None)
    assert parts(routed("buy", 1, ASX | {"units": 0}, CXA)) == [("CXA", 1)]


def test_value_and_cost_are_added_up() -> None:
    """100 at 89.99 for 6 and 50 at 90.00 for 10 and a tenth of a percent."""
    answer = routed("buy", 150, ASX | {"rate": Decimal("0.001")}, CXA | {"price": Decimal("89.99")})
    assert (answer.value, answer.cost) == (Decimal("13499.00"), Decimal("20.50"))
    assert answer.average_price == Decimal("89.99333333")


@pytest.mark.parametrize(
    ("change", "path"),
    [({"units": 0}, ("units",)), ({"venues": []}, ("venues",)), ({"venues": [ASX, ASX]}, ("venues",))],
)
def test_what_cannot_be_is_refused(change: dict[str, Any], path: tuple[str, ...]) -> None:
    """No units, no venues, or one venue twice."""
    with pytest.raises(ValidationError) as caught:
        RouteOrder.model_validate({"side": "buy", "units": 1, "venues": [ASX], **change})
    assert caught.value.errors()[0]["loc"] == path


@given(
    st.sampled_from(["buy", "sell"]),
    st.integers(1, 200),
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 80)), min_size=1, max_size=4),
)
def test_no_other_division_has_a_better_value(side: Any, units: int, offers: list[tuple[int, int]]) -> None:
    """Against every order in which the venues could be filled."""
    quotes = [Quote(str(place), Decimal(price), size) for place, (price, size) in enumerate(offers)]
    sign = 1 if side == "buy" else -1

    def value(order: tuple[Quote, ...]) -> Decimal:
        left, total = units, Decimal(0)
        for quote in order:
            taken = min(left, quote.units)
            left, total = left - taken, total + taken * quote.price
        return sign * total

    found = route(side, units, quotes)
    assert sum(each.units for each in found) == min(units, sum(quote.units for quote in quotes))
    assert sign * sum(each.value for each in found) == min(map(value, permutations(quotes)))
