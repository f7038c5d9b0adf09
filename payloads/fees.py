"""Fees on a balance by tiers."""

from typing import Annotated

from pydantic import Field

from payloads.base import Amount, Payload, Price, Whole
from payloads.bounds import AmountFromZero, PositivePrice, RateBelowOne, Weight
from payloads.entry import DeclaredError, Entry


class FeeTier(Payload):
    """A yearly rate on the slice of the balance between the tier before and this one's end."""

    up_to: PositivePrice | None = Field(None, description="where the slice ends; absent or null: never")
    rate: RateBelowOne = Field(description="a year, share of the slice")


class CalculateFees(Payload):
    """A balance, and the schedule that it is charged by."""

    balance: AmountFromZero
    tiers: Annotated[list[FeeTier], Field(min_length=1)]
    minimum: AmountFromZero = Field(default=0, validate_default=True, description="the least fee of a year")
    discount: Weight = Field(
        default=0, validate_default=True, description="share off the fee, the minimum included"
    )
    gst: RateBelowOne = Field(default=0, validate_default=True, description="rate, on top of the fee")
    days: Annotated[Whole, Field(ge=0, le=36_600)] = Field(365, description="of a year of 365")


class FeeLine(Payload):
    """What one tier charges a year, before minimum and discount."""

    above: Price
    up_to: Price | None
    rate: Price
    amount: Amount = Field(description="what of the balance lies in the tier")
    fee: Amount


class FeesCharged(Payload):
    """Fees in cents; `total` is what an invoice of the period asks for."""

    annual: Amount = Field(description="a year's fee, after minimum and discount, without GST")
    period: Amount = Field(description="the fee of the days, without GST")
    gst: Amount = Field(description="on the period's fee")
    total: Amount = Field(description="period + gst")
    lines: list[FeeLine] = Field(description="the tiers that the balance reaches")


ENTRIES = (
    Entry(
        name="fees.calculate",
        summary="Charge a balance by tiers, with minimum, discount, GST and days",
        input=CalculateFees,
        output=FeesCharged,
        errors=(DeclaredError("UnfitTiers", "the tiers do not rise, or end below the balance"),),
    ),
)
