"""Routing: which venue gets how much of an order, by price first and by cost where prices are equal."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from engines.trading.orders import CENT, Side


@dataclass(frozen=True, slots=True)
class Quote:
    """What a venue offers: units at a price, and what an order there costs (brokerage + rate·value)."""

    venue: str
    price: Decimal
    units: int
    brokerage: Decimal = Decimal(0)
    rate: Decimal = Decimal(0)

    def cost(self, units: int) -> Decimal:
        """What an order of so many units costs, in cents, half up."""
        return (self.brokerage + self.rate * units * self.price).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Route:
    """Units for a venue at its price; value and cost in cents."""

    venue: str
    units: int
    price: Decimal
    value: Decimal
    cost: Decimal


def route(side: Side, units: int, quotes: Sequence[Quote], limit: Decimal | None = None) -> list[Route]:
    """The order in parts: the best price first, as much as is offered there, then the next.

    Of equal prices the one where what is left costs less a unit comes first, then the first given.
    Prices worse than `limit` get nothing, so that the parts may come to less than the order.
    """
    routes: list[Route] = []
    within = [quote for quote in quotes if quote.units and _within(side, quote.price, limit)]
    while within and units:
        best = min(within, key=lambda quote: _rank(side, quote, units))
        within.remove(best)
        taken = min(units, best.units)
        value = (taken * best.price).quantize(CENT, ROUND_HALF_UP)
        routes.append(Route(best.venue, taken, best.price, value, best.cost(taken)))
        units -= taken
    return routes


def _within(side: Side, price: Decimal, limit: Decimal | None) -> bool:
    if limit is None:
        return True
    return price <= limit if side == "buy" else price >= limit


def _rank(side: Side, quote: Quote, units: int) -> tuple[Decimal, Decimal]:
    """Lower is better: the price, then what a unit costs of those that the venue would get."""
    taken = min(units, quote.units)
    return (quote.price if side == "buy" else -quote.price, quote.cost(taken) / taken)
