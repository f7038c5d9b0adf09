"""Orders: sending them, waiting for their fills, cancelling what is left."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from payloads.base import Amount, Etf, Identifier, Payload, Price, Units, repeated
from payloads.entry import DeclaredError, Effect, Entry, Role
from payloads.storage import ACCOUNT_CLOSED, EFFECT_ERRORS, UNKNOWN_PORTFOLIO

Side = Literal["buy", "sell"]
OrderStatus = Literal["FILLED", "PARTIAL", "CANCELLED", "REJECTED", "EXPIRED"]
PositivePrice = Annotated[Price, Field(gt=0)]
Length = Annotated[
    str,
    StringConstraints(pattern=r"^((0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?s|(0|[1-9][0-9]{0,5})[mhdw])$"),
    Field(json_schema_extra={"format": "duration"}),
]
"""A length of time as the definition language writes it: `90s`, `5m`, `2h`, `1d`, `1w`."""


class Trade(Payload):
    """One order wanted. `price`, `value` and `cost` are what was planned: recorded, never sent."""

    etf: Etf
    side: Side
    units: Annotated[Units, Field(gt=0, description="whole units")]
    limit: PositivePrice | None = Field(
        None,
        description="worst price a unit; without it a buy takes the snapshot's, a sell is at market",
    )
    price: PositivePrice | None = Field(None, description="price planned with")
    value: Annotated[Amount, Field(ge=0)] | None = Field(None, description="units times price, as planned")
    cost: Annotated[Amount, Field(ge=0)] | None = Field(None, description="brokerage, as planned")
    parcel_ids: Annotated[list[Identifier], Field(min_length=1)] | None = Field(
        None, description="parcels that a sell takes, in that order; without it, by the portfolio's method"
    )

    @model_validator(mode="after")
    def _sells_name_parcels(self) -> "Trade":
        if self.parcel_ids is not None and self.side == "buy":
            raise ValueError("only a sell takes parcels; leave parcel_ids out")
        if self.parcel_ids is not None and len(set(self.parcel_ids)) < len(self.parcel_ids):
            raise ValueError("a parcel is named twice")
        return self


class SubmitOrders(Payload):
    """The orders of one portfolio; sells are sent before buys."""

    portfolio_id: Identifier
    trades: list[Trade] = Field(max_length=500, description="at most one a side of each ETF")

    @field_validator("trades")
    @classmethod
    def _one_order_a_side(cls, trades: list[Trade]) -> list[Trade]:
        if (twice := repeated((trade.side, trade.etf) for trade in trades)) is not None:
            raise ValueError(f"two trades {' '.join(twice)}; add their units up in one")
        return trades


class RejectedOrder(Payload):
    """An order that the broker would not take, and its reason."""

    order: str
    etf: Etf
    side: Side
    units: Units
    reason: str


class SubmittedOrders(Payload):
    """Every order sent, in the order of sending: the client order ids, rejected ones included."""

    orders: list[str]
    rejected: list[RejectedOrder] = Field(default_factory=list)


class AwaitFills(Payload):
    """Which orders to wait for, and how long."""

    portfolio_id: Identifier
    orders: list[str] | None = Field(
        None,
        max_length=500,
        description="client order ids; without it, this run's unreported orders and any still open",
    )
    within: Length = Field("1d", description="from the first look; then what is left is cancelled")


class Fill(Payload):
    """One execution as it was booked. `value` is units times price, in cents, always positive."""

    order: str
    execution_id: str
    etf: Etf
    side: Side
    units: Units
    price: Price
    value: Amount
    executed_at: datetime


class ExecutionResult(Payload):
    """What became of one order. `price` is the average paid or received, null when nothing filled.

    `total_cost` is the value of its fills without `brokerage`; for a sell, what came in.
    """

    order: str
    etf: Etf
    action: Literal["BUY", "SELL"]
    shares: Units
    price: Price | None
    total_cost: Amount
    brokerage: Amount
    status: OrderStatus
    execution_time: datetime | None
    reason: str = ""


class ExecutionSummary(Payload):
    """How many orders filled whole, not at all, and in part."""

    successful: int
    failed: int
    partial: int


class FillReport(Payload):
    """`filled`: every order whole; `partial`: something filled; `expired`: nothing did."""

    status: Literal["filled", "partial", "expired"]
    fills: list[Fill]
    execution_results: list[ExecutionResult]
    execution_summary: ExecutionSummary
    total_trades: int
    total_cost: Amount = Field(description="units times price over all fills, bought and sold")
    transaction_costs: Amount = Field(description="brokerage of these orders")


class CancelOpen(Payload):
    """Whose open orders to cancel."""

    portfolio_id: Identifier


class CancelledOrders(Payload):
    """The client order ids that were open and are cancelled now; empty when nothing was open."""

    cancelled: list[str]


_UNREADABLE = DeclaredError(
    "AnswerUnreadable", "the broker's answer cannot be understood; asked again", retryable=True
)
_DENIED = DeclaredError("BrokerAccessDenied", "the broker does not accept the token; nothing was done")
_UNAVAILABLE = DeclaredError("BrokerUnavailable", "the broker cannot be reached", retryable=True)
_UNANSWERED = DeclaredError(
    "OutcomeUnknown", "the broker did not answer; asked again by client order id", retryable=True
)
BROKER_ERRORS = (_UNAVAILABLE, _UNREADABLE, _DENIED)
SEND_ERRORS = (
    DeclaredError("TradingHalted", "trading is halted: in all, in an ETF, or at the broker"),
    DeclaredError("PriceOutsideCollar", "a limit is too far from the snapshot's price"),
    DeclaredError("OrderTooLarge", "an order is worth more than one order may be"),
    DeclaredError("SimulatedMarketData", "simulated prices may trade only on a simulated broker"),
    DeclaredError("NoSnapshot", "there is no snapshot to take reference prices from"),
    DeclaredError("UnknownEtf", "the snapshot has no price for an ETF"),
    DeclaredError("SnapshotDamaged", "the stored bytes are not those of the digest"),
)
_SETTLING_ERRORS = (
    UNKNOWN_PORTFOLIO,
    ACCOUNT_CLOSED,
    DeclaredError("OtherBroker", "an order is at a broker that this worker does not speak to"),
    DeclaredError("FillMismatch", "the broker reported a fill that cannot be true of its order"),
    *BROKER_ERRORS,
    _UNANSWERED,
    *EFFECT_ERRORS,
)

ENTRIES = (
    Entry(
        "orders.submit",
        "Store each order's intent, send it to the broker and record the acknowledgement",
        SubmitOrders,
        SubmittedOrders,
        Effect.TRADES,
        Role.BROKER,
        errors=(
            *SEND_ERRORS,
            DeclaredError(
                "InsufficientCash", "buys and their brokerage come to more than the cash available"
            ),
            DeclaredError("InsufficientUnits", "a sell of more units than are held and not on sale already"),
            DeclaredError("UnknownParcel", "a sell names a parcel that the portfolio does not have"),
            DeclaredError(
                "ProceedsOutstanding", "buys wait for sells that have not filled yet", retryable=True
            ),
            DeclaredError("OrderRejected", "the broker rejected every order"),
            *_SETTLING_ERRORS,
        ),
        files=("fees", "limits", "tax_au", "trading"),
    ),
    Entry(
        "orders.await_fills",
        "Wait for orders to fill, book each fill once, cancel what is left in the end",
        AwaitFills,
        FillReport,
        Effect.EFFECT,
        Role.BROKER,
        errors=(
            DeclaredError("UnknownOrder", "the portfolio has no order of that id"),
            *_SETTLING_ERRORS,
        ),
        no_undo="it books what the market did, which stays true; open orders are undone where they were sent",
        files=("fees", "limits", "tax_au", "trading"),
    ),
    Entry(
        "orders.cancel_open",
        "Cancel a portfolio's open orders, those of unknown outcome included, and book late fills",
        CancelOpen,
        CancelledOrders,
        Effect.EFFECT,
        Role.BROKER,
        errors=_SETTLING_ERRORS,
        no_undo="an order that is cancelled is not sent again by itself",
        files=("fees", "limits", "tax_au", "trading"),
    ),
)
