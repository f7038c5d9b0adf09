"""Rebalancing: how far a portfolio has drifted, and the trades that bring it back."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidatorFunctionWrapHandler, WrapValidator, model_validator

from payloads.base import Amount, Etf, Payload, Price, Real, Units
from payloads.bounds import (
    AmountFromZero,
    MoneyFromZero,
    PositivePrice,
    PositiveUnits,
    RateBelowOne,
    Share,
    Weight,
)
from payloads.entry import DeclaredError, Entry


class Band(Payload):
    """How far a weight may drift: in points, as a share of the target, or the smaller of both."""

    absolute: Share | None = Field(None, description="points of the whole: 0.05 is five points")
    relative: Share | None = Field(None, description="share of the target")
    floor: Share | None = Field(None, description="at least so many points, however small the target")

    @model_validator(mode="after")
    def _says_something(self) -> "Band":
        if self.absolute is None and self.relative is None:
            raise ValueError("a band needs `absolute`, `relative` or both")
        return self


_SHARE: TypeAdapter[Decimal] = TypeAdapter(Share)


def _number_is_absolute(value: Any, as_band: ValidatorFunctionWrapHandler) -> Band:
    """A band from its parts or from a number; problems of the number are the band's own."""
    if isinstance(value, dict | Band):
        band: Band = as_band(value)
        return band
    return Band(absolute=_SHARE.validate_python(value))


NumberOrBand = Annotated[Band, WrapValidator(_number_is_absolute, json_schema_input_type=Share | Band)]


class CheckDrift(Payload):
    """Weights as they are, as they should be, and the band between them."""

    current: dict[Etf, Weight]
    target: dict[Etf, Weight]
    band: NumberOrBand


class Drift(Payload):
    """How far each ETF is from its target, and which are beyond their band."""

    rebalance_needed: bool
    drifts: dict[Etf, Price] = Field(description="current less target")
    bands: dict[Etf, Price] = Field(description="how far each may drift")
    breaches: list[Etf]
    total_drift: Price = Field(description="half the sum of absolute drifts")


class TradingCosts(Payload):
    """What an order costs: brokerage + rate · value."""

    brokerage: AmountFromZero = Field(default=0, validate_default=True)
    rate: RateBelowOne = Field(default=0, validate_default=True, description="share of an order's value")


class PlanTrades(Payload):
    """A portfolio, the prices it trades at, and the weights it should have."""

    positions: dict[Etf, Units]
    prices: dict[Etf, PositivePrice]
    cash: MoneyFromZero
    target: dict[Etf, Weight] = Field(description="weights of the whole, cash included; at most 1 together")
    costs: TradingCosts = Field(default_factory=TradingCosts)
    min_trade: MoneyFromZero = Field(default=0, validate_default=True, description="no order is worth less")
    buffer: MoneyFromZero = Field(default=0, validate_default=True, description="money that stays cash")
    min_first_holding: MoneyFromZero = Field(
        default=0,
        validate_default=True,
        description="a first holding that falls below it is rounded up, or dropped and its weight shared out",
    )
    max_weight: Weight = Field(
        default=1,
        validate_default=True,
        description="no rounding up and no weight shared out raises a holding above it; the rest stays cash",
    )


class Trade(Payload):
    """One order, at the price it was planned with."""

    etf: Etf
    side: Literal["buy", "sell"]
    units: PositiveUnits
    price: Price
    value: Amount
    cost: Amount


class TradePlan(Payload):
    """The orders, sells first, and the portfolio after them."""

    orders: list[Trade]
    cash_after: Amount
    costs: Amount
    weights_after: dict[Etf, Real] = Field(description="shares of the whole, cash included")
    tracking_error: Real = Field(description="half the sum of |after - target|")


ENTRIES = (
    Entry(
        name="rebalancing.check",
        summary="Say whether weights have drifted beyond their bands",
        input=CheckDrift,
        output=Drift,
        errors=(DeclaredError("TargetAboveOne", "the target weights add up to more than 1"),),
    ),
    Entry(
        name="rebalancing.plan_trades",
        summary="Plan whole-unit orders that bring a portfolio to its target without overspending",
        input=PlanTrades,
        output=TradePlan,
        errors=(
            DeclaredError("MissingPrice", "an ETF that is held or wanted has no price"),
            DeclaredError("TargetAboveOne", "the target weights add up to more than 1"),
            DeclaredError("BufferTooLarge", "the buffer is more than the whole portfolio"),
        ),
    ),
)
