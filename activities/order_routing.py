"""Routing an order between venues."""

from decimal import Decimal
from fractions import Fraction

from activities.block_report import to_places
from activities.context import Context
from activities.registry import implements
from engines.trading.blocks import average_price
from engines.trading.routing import Quote, route
from payloads.order_routing import RoutedOrder, RoutedPart, RouteOrder


@implements("orders.route")
def route_order(ask: RouteOrder, context: Context) -> RoutedOrder:
    """Divide the order by what the venues offer."""
    quotes = [Quote(each.venue, each.price, each.units, each.brokerage, each.rate) for each in ask.venues]
    found = route(ask.side, ask.units, quotes, ask.limit)
    routed = sum(each.units for each in found)
    return RoutedOrder(
        routes=[RoutedPart.model_validate(each, from_attributes=True) for each in found],
        units=routed,
        unrouted=ask.units - routed,
        average_price=to_places(average_price([(each.units, Fraction(each.price)) for each in found]))
        if found
        else None,
        value=sum((each.value for each in found), Decimal(0)),
        cost=sum((each.cost for each in found), Decimal(0)),
    )
