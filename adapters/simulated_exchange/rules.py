"""The rule book of the simulated venue, after the Australian exchange's."""

from decimal import Decimal

from adapters.broker import BrokerOrder

# Minimum price steps of ASX Operating Rules Procedures 3.1: 0.1 cent below 10 cents, half a cent
# below 2 dollars, 1 cent from there on. (price below which the step holds, step)
TICKS = ((Decimal("0.10"), Decimal("0.001")), (Decimal("2"), Decimal("0.005")))
TICK_ABOVE = Decimal("0.01")


def tick(price: Decimal) -> Decimal:
    """The smallest step of a price at that level."""
    return next((step for below, step in TICKS if price < below), TICK_ABOVE)


def objection(order: BrokerOrder, listed: bool) -> str | None:
    """Why the venue cannot take the order at all, or None."""
    if not listed:
        return f"{order.etf} is not listed here"
    if order.units < 1:
        return f"{order.units} units; an order needs at least one whole unit"
    if order.limit is not None and order.limit <= 0:
        return f"limit {order.limit} is not a price"
    if order.limit is not None and order.limit % tick(order.limit) != 0:
        return f"limit {order.limit} is off the tick of {tick(order.limit)}"
    return None
