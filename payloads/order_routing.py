"""Routing an order between venues."""

from decimal import Decimal

from pydantic import Field, field_validator

from payloads.base import Amount, Identifier, Payload, Price, Units, repeated
from payloads.bounds import AmountFromZero, PositivePrice, PositiveUnits, RateBelowOne
from payloads.entry import Entry
from payloads.orders import Side


class VenueQuote(Payload):
    """What a venue offers on the side that is needed; an order there costs brokerage + rate · value."""

    venue: Identifier
    price: PositivePrice
    units: Units = Field(ge=0, description="offered at that price")
    brokerage: AmountFromZero = Decimal(0)
    rate: RateBelowOne = Decimal(0)


class RouteOrder(Payload):
    """An order, and what the venues offer: the sellers' prices for a buy, the buyers' for a sell."""

    side: Side
    units: PositiveUnits
    limit: PositivePrice | None = Field(None, description="the worst price a unit")
    venues: list[VenueQuote] = Field(min_length=1, max_length=50)

    @field_validator("venues")
    @classmethod
    def _once_each(cls, venues: list[VenueQuote]) -> list[VenueQuote]:
        if (twice := repeated(quote.venue for quote in venues)) is not None:
            raise ValueError(f"two quotes of {twice}")
        return venues


class RoutedPart(Payload):
    """Units for a venue, at its price."""

    venue: str
    units: Units
    price: Price
    value: Amount
    cost: Amount


class RoutedOrder(Payload):
    """The parts in the order in which to send them; `unrouted` units found no price within the limit."""

    routes: list[RoutedPart]
    units: Units
    unrouted: Units
    average_price: Price | None = Field(description="of what is routed, to eight places")
    value: Amount
    cost: Amount


ENTRIES = (
    Entry(
        "orders.route",
        "Divide an order between venues: the best price first, then the lower cost",
        RouteOrder,
        RoutedOrder,
    ),
)
