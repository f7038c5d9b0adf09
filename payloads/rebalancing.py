"""Rebalancing: how far a portfolio has drifted, and the trades that bring it back."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidatorFunctionWrapHandler, WrapValidator, model_validator

from payloads.base import Amount, Etf, Flag, IsoDate, Payload, Price, Real, Units
from payloads.bounds import (
    AmountFromZero,
    MoneyFromZero,
    PositivePrice,
    PositiveUnits,
    RateBelowOne,
    Share,
    Weight,
)
from payloads.capital_gains import Parcel
from payloads.entry import DeclaredError, Entry
from payloads.group_limits import GroupLimit
from payloads.parcel_methods import ParcelMethod
from payloads.tax import UNKNOWN_TAX_YEAR

Mode = Literal["full", "band_edge", "cash_flows_first", "buy_only"]
"""What may be traded on the way to the target."""
Reason = Literal[
    "to_target",
    "to_band_edge",
    "worth_it",
    "beyond_limit",
    "raises_cash",
    "not_worth_it",
    "within_band",
    "sells_nothing",
    "cash_suffices",
    "on_target",
    "too_small",
    "no_money",
]


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


class TaxOnSales(Payload):
    """What is known of the tax on sales: only trades are made that are worth their cost and this tax."""

    parcels: list[Parcel] = Field(description="all that is held")
    marginal_rate: Weight
    as_of: IsoDate
    method: ParcelMethod = Field("fifo", description="which parcels a sale takes")
    benefit_rate: Share | None = Field(
        None, description="worth a year of money that comes nearer to its target; by the catalogue if absent"
    )
    always_beyond: Share | None = Field(
        None,
        description="an ETF that drifted further is traded whatever it costs; by the catalogue if absent",
    )


class TradeWay(Payload):
    """In which mode trades are planned."""

    mode: Mode = Field(
        "full",
        description="full: all to target; band_edge: what is beyond its band, to the edge; cash_flows_first: "
        "cash buys, and sales only where that leaves something beyond its band; buy_only: cash buys",
    )
    band: NumberOrBand | None = Field(None, description="by the catalogue if absent")


class PlanTrades(TradeWay):
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
    groups: list[GroupLimit] = Field(
        default_factory=list,
        max_length=100,
        description="no rounding up and no weight shared out raises a group above its max",
    )
    tax: TaxOnSales | None = Field(None, description="without it no trade is weighed against what it costs")


class Trade(Payload):
    """One order, at the price it was planned with."""

    etf: Etf
    side: Literal["buy", "sell"]
    units: PositiveUnits
    price: Price
    value: Amount
    cost: Amount


class SoldParcel(Payload):
    """Units of a parcel that a sale takes; a loss is a negative gain."""

    parcel: str
    units: Price
    gain: Amount
    discountable: Flag


class TradeDecision(Payload):
    """Why an ETF is traded, or why not. What is not made shows the trade that was thought of, if any.

    `worth` is what the trade is worth a year, `tax` what it adds to the tax on the sales before it.
    """

    etf: Etf
    made: Flag
    reason: Reason
    text: str
    drift: Real = Field(description="before the trades: share of the whole less target")
    side: Literal["buy", "sell"] | None = None
    units: Units | None = None
    value: Amount | None = None
    cost: Amount | None = None
    worth: Amount | None = None
    tax: Amount | None = None
    parcels: list[SoldParcel] = Field(default_factory=list)


class TradePlan(Payload):
    """The orders, sells first, the portfolio after them, and a decision for every ETF held or wanted."""

    orders: list[Trade]
    cash_after: Amount
    costs: Amount
    weights_after: dict[Etf, Real] = Field(description="shares of the whole, cash included")
    tracking_error: Real = Field(description="half the sum of |after - target|")
    mode: Mode = "full"
    decisions: list[TradeDecision] = Field(default_factory=list)
    tax: Amount | None = Field(None, description="on all sales; null where it was not asked for")
    assumptions: list[str] = Field(default_factory=list)


MISSING_PARCELS = DeclaredError("MissingParcels", "the parcels do not cover the units of an ETF")

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
            MISSING_PARCELS,
            UNKNOWN_TAX_YEAR,
        ),
        files=("rebalancing", "tax_au"),
    ),
)
