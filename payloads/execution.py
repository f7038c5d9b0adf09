"""Best execution: what orders cost against the price when they were decided, and the market's average."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from payloads.base import Amount, Etf, Identifier, IsoDate, Payload, Price, Units, repeated
from payloads.blocks import UNKNOWN_BLOCK
from payloads.bounds import AmountFromZero, ExactMoment, PositivePrice, PositiveUnits
from payloads.entry import DeclaredError, Effect, Entry
from payloads.orders import Side
from payloads.storage import READ_ERRORS, UNKNOWN_PORTFOLIO

BasisPoints = Annotated[Price, Field(description="basis points, to four places; positive is a cost")]


class Done(Payload):
    """Units that filled at a price, and when."""

    units: PositiveUnits
    price: PositivePrice
    executed_at: ExactMoment | None = None


class ExecutedOrder(Payload):
    """An order and what became of it."""

    id: Identifier
    etf: Etf
    side: Side
    units: Annotated[PositiveUnits, Field(description="as ordered")]
    arrival_price: Annotated[PositivePrice, Field(description="the market's when the order was decided")]
    fills: list[Done] = Field(default_factory=list, max_length=100_000)
    brokerage: AmountFromZero = Field(Decimal(0), description="what the broker charged for it")
    closing_price: PositivePrice | None = Field(
        None, description="what the units that did not fill are measured by"
    )
    decided_at: ExactMoment | None = None


class MarketTrade(Payload):
    """One trade of the market's tape, whoever made it."""

    etf: Etf
    at: ExactMoment
    price: PositivePrice
    units: PositiveUnits


Tape = Annotated[
    list[MarketTrade],
    Field(
        max_length=1_000_000,
        description="the market's trades; those of an order's ETF from its decision to its last fill make "
        "its VWAP",
    ),
]


class MeasureExecution(Payload):
    """Orders with their fills, and the market's tape."""

    orders: list[ExecutedOrder] = Field(min_length=1, max_length=10_000)
    tape: Tape = Field(default_factory=list)

    @field_validator("orders")
    @classmethod
    def _once_each(cls, orders: list[ExecutedOrder]) -> list[ExecutedOrder]:
        if (twice := repeated(order.id for order in orders)) is not None:
            raise ValueError(f"two orders {twice}")
        return orders


class Costs(Payload):
    """What something cost; positive is a cost, negative a gain, for buys and sells alike.

    `execution_cost` is against the arrival price and `vwap_cost` against the market's average, both over
    what filled. `opportunity_cost` is what the units that did not fill lost by the closing price.
    `shortfall` is execution, opportunity and brokerage, `shortfall_bps` its share of all that was
    ordered at the arrival price. Null is what cannot be measured: no fill, no tape, no closing price.
    """

    execution_cost: Amount
    execution_bps: BasisPoints | None
    vwap_cost: Amount | None
    vwap_bps: BasisPoints | None
    opportunity_cost: Amount | None
    brokerage: Amount
    shortfall: Amount | None
    shortfall_bps: BasisPoints | None


class OrderQuality(Costs):
    """One order's costs; prices per unit, to eight places."""

    order: str
    etf: Etf
    side: Side
    ordered: Units
    filled: Units
    arrival_price: Price
    average_price: Price | None
    vwap: Price | None


class Unmeasured(Payload):
    """An order that is not in the report, and why."""

    order: str
    reason: str


class ExecutionQuality(Payload):
    """Every order's costs and their sum, in which each counts by its money; null where one of them is."""

    orders: list[OrderQuality]
    total: Costs
    unmeasured: list[Unmeasured] = Field(default_factory=list)


class BestExecution(Payload):
    """Whose orders to report on: a portfolio's, or a block as one order; by the day they were decided."""

    portfolio_id: Identifier | None = None
    block_id: Identifier | None = None
    since: IsoDate | None = None
    until: IsoDate | None = Field(None, description="this day included")
    tape: Tape = Field(default_factory=list)

    @model_validator(mode="after")
    def _of_one_thing(self) -> "BestExecution":
        if (self.portfolio_id is None) == (self.block_id is None):
            raise ValueError("give portfolio_id or block_id, one of them")
        return self


OVER_FILLED = DeclaredError("OverFilled", "an order with more units filled than were ordered")

ENTRIES = (
    Entry(
        "orders.measure_execution",
        "Measure orders against arrival price and VWAP: implementation shortfall in basis points",
        MeasureExecution,
        ExecutionQuality,
        errors=(OVER_FILLED,),
    ),
    Entry(
        "orders.best_execution",
        "Report how well a portfolio's orders, or a block, were executed",
        BestExecution,
        ExecutionQuality,
        Effect.READS,
        errors=(
            UNKNOWN_PORTFOLIO,
            UNKNOWN_BLOCK,
            DeclaredError("NoSnapshot", "there is no snapshot to take closing prices from"),
            DeclaredError("UnknownEtf", "the snapshot has no price for an ETF"),
            DeclaredError("SnapshotDamaged", "the stored bytes are not those of the digest"),
            OVER_FILLED,
            *READ_ERRORS,
        ),
        files=("trading",),
    ),
)
