"""Wash sales: losses that are disallowed because the same was bought around the sale."""

from typing import Annotated, Literal

from pydantic import Field

from payloads.base import Amount, Etf, Identifier, IsoDate, Payload, Price, Whole
from payloads.bounds import AmountFromZero, ExactUnits, PositivePrice
from payloads.entry import DeclaredError, Entry


class PricedTrade(Payload):
    """One purchase or sale."""

    id: Identifier
    date: IsoDate
    etf: Etf
    side: Literal["buy", "sell"]
    units: ExactUnits
    price: PositivePrice = Field(description="of a unit")
    fees: AmountFromZero = Field(default=0, validate_default=True, description="of the whole trade")


class FindWashSales(Payload):
    """Every purchase and sale of the ETFs, from the first purchase on."""

    trades: list[PricedTrade]
    window_days: Annotated[Whole, Field(ge=0, le=366)] | None = Field(
        None, description="days before and after a sale; those of the law if absent"
    )
    equivalents: list[Annotated[list[Etf], Field(min_length=2)]] = Field(
        default_factory=list, description="groups of ETFs that are substantially identical"
    )


class WashedSale(Payload):
    """One sale, and how its loss is split."""

    id: Identifier
    gain: Amount = Field(description="negative for a loss; before disallowing")
    disallowed: Amount
    allowed: Amount = Field(description="the rest of a loss; both are 0 for a gain")
    replaced_by: list[Identifier] = Field(description="the purchases whose basis has what is disallowed")


class RemainingLot(Payload):
    """Units that are left of a purchase; a purchase that replaces in part is two lots."""

    id: Identifier
    etf: Etf
    units: Price
    basis: Amount = Field(description="of all units, with losses moved into it")
    acquired: IsoDate = Field(description="the day that counts for the holding period")


class WashSales(Payload):
    """Sales in the order of their days, and the lots that are left, the first purchase first."""

    sales: list[WashedSale]
    lots: list[RemainingLot]


ENTRIES = (
    Entry(
        name="tax.wash_sales",
        summary="Split losses into allowed and disallowed by the wash sale rule of the United States",
        input=FindWashSales,
        output=WashSales,
        errors=(
            DeclaredError("OversoldUnits", "more units are sold than were bought by then"),
            DeclaredError("InvalidValue", "a trade's day is out of all bounds"),
        ),
        files=("tax_us",),
    ),
)
