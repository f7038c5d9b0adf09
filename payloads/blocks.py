"""Blocks: one order for many clients, filled in slices and shared out fairly."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, field_validator

from payloads.base import Amount, Etf, Identifier, IsoDate, Payload, Price, Units, repeated
from payloads.bounds import AmountFromZero, PositivePrice, PositiveUnits
from payloads.entry import DeclaredError, Effect, Entry, Role
from payloads.orders import BROKER_ERRORS, SEND_ERRORS, Side
from payloads.storage import EFFECT_ERRORS, READ_ERRORS, UNKNOWN_PORTFOLIO

MOST_PARTS = 5000
BlockId = Identifier


class Filled(Payload):
    """Units that filled at a price."""

    units: PositiveUnits
    price: PositivePrice


class Lacking(Payload):
    """A client and the units that still lack to complete their order."""

    id: Identifier
    units: Annotated[Units, Field(ge=0)]


class ShareFills(Payload):
    """What filled of a block, and who waits for it; ties go to the first in the order given."""

    fills: list[Filled] = Field(max_length=100_000)
    parts: list[Lacking] = Field(min_length=1, max_length=MOST_PARTS)
    minimum_units: PositiveUnits = Field(
        1, description="the fewest units that a client is given, unless they complete the order"
    )
    brokerage: AmountFromZero = Field(0, description="of the whole block", validate_default=True)

    @field_validator("parts")
    @classmethod
    def _once_each(cls, parts: list[Lacking]) -> list[Lacking]:
        return _each_once(parts, [part.id for part in parts])


class SharedPart(Payload):
    """What a client gets: units, what they cost at the average price, and their share of the brokerage."""

    id: str
    units: Units
    value: Amount
    brokerage: Amount


class SharedFills(Payload):
    """Every client's part, in the order given; the parts add up to `units`, `value` and the brokerage.

    `average_price` is per unit, to eight places; null when nothing filled.
    """

    parts: list[SharedPart]
    units: Units
    value: Amount
    average_price: Price | None


class BlockPart(Payload):
    """One client's part of a block, in whole units."""

    portfolio_id: Identifier
    units: PositiveUnits


class OpenBlock(Payload):
    """What is bought or sold for whom."""

    block_id: BlockId
    etf: Etf
    side: Side
    parts: list[BlockPart] = Field(min_length=1, max_length=MOST_PARTS)
    limit: PositivePrice | None = Field(
        None,
        description="worst price a unit; without it a buy takes the snapshot's, a sell is at market",
    )
    minimum_units: PositiveUnits = Field(
        1, description="the fewest units that a client is given, unless they complete the order"
    )

    @field_validator("parts")
    @classmethod
    def _once_each(cls, parts: list[BlockPart]) -> list[BlockPart]:
        return _each_once(parts, [part.portfolio_id for part in parts])


class OpenedBlock(Payload):
    """A block that may be traded now: its units in all, its limit, and the clients' orders."""

    block_id: str
    units: Units
    limit: Price | None
    arrival_price: Price = Field(description="the newest snapshot's, that execution is measured against")
    orders: list[str]


class ClientPart(Payload):
    """What a client ordered and got; `price` is the average of the whole block, null without units."""

    portfolio_id: str
    order: str
    ordered: Units
    units: Units
    price: Price | None
    value: Amount
    brokerage: Amount
    state: str


class BlockReport(Payload):
    """What became of a block. `filled`: whole; `partial`: something filled; `expired`: nothing did."""

    block_id: str
    etf: str
    side: Side
    status: Literal["filled", "partial", "expired"]
    ordered: Units
    filled: Units
    average_price: Price | None
    value: Amount
    brokerage: Amount
    parts: list[ClientPart]


class ShowBlock(Payload):
    """Which block to show."""

    block_id: BlockId


class SliceShown(Payload):
    """A slice as it stands at the broker, as far as is known."""

    order: str
    broker_order_id: str | None
    units: Units
    limit: Price | None
    state: str
    filled: Units
    average_price: Price | None
    reason: str
    sent_at: datetime


class ExecutionShown(Payload):
    """An execution, the slice it belongs to, and the allocation that shared it out (0: none yet)."""

    execution_id: str
    order: str
    units: Units
    price: Price
    executed_at: datetime
    trade_date: IsoDate
    allocation: Units


class AllocationShown(Payload):
    """What a client was given in one allocation."""

    allocation: Units
    portfolio_id: str
    units: Units
    price: Price
    value: Amount
    brokerage: Amount


class BlockTrail(BlockReport):
    """A block from the intent to every client's part: the report, and how it came about."""

    limit: Price | None
    arrival_price: Price
    minimum_units: Units
    workflow_id: str
    by: str
    opened_at: datetime
    closed_at: datetime | None
    slices: list[SliceShown]
    executions: list[ExecutionShown]
    allocations: list[AllocationShown]


def _each_once(parts: list, names: list[str]) -> list:  # type: ignore[type-arg] # of parts of either kind
    if (twice := repeated(names)) is not None:
        raise ValueError(f"two parts for {twice}; add their units up in one")
    return parts


UNKNOWN_BLOCK = DeclaredError("UnknownBlock", "there is no block of that id")
OTHER_BROKER = DeclaredError("OtherBroker", "a slice is at a broker that this worker does not speak to")
UNANSWERED = DeclaredError(
    "OutcomeUnknown", "the broker did not answer; asked again by client order id", retryable=True
)

ENTRIES = (
    Entry(
        "orders.allocate",
        "Share what filled between clients: whole units in proportion, one average price, no cent lost",
        ShareFills,
        SharedFills,
        errors=(DeclaredError("FilledTooMuch", "more units filled than the clients lack"),),
    ),
    Entry(
        "orders.open_block",
        "Take every client's part of a block: their portfolios' leases, cash and units; nothing is sent",
        OpenBlock,
        OpenedBlock,
        Effect.EFFECT,
        Role.BROKER,
        errors=(
            UNKNOWN_PORTFOLIO,
            DeclaredError("BlockExists", "another run has opened a block of that id"),
            DeclaredError("PortfolioBusy", "another run trades one of the portfolios", retryable=True),
            DeclaredError("InsufficientCash", "a part and its brokerage come to more than the client's cash"),
            DeclaredError("InsufficientUnits", "a part of more units than are held and not on sale already"),
            *SEND_ERRORS,
            *BROKER_ERRORS,
            *EFFECT_ERRORS,
        ),
        files=("fees", "trading"),
    ),
    Entry(
        "orders.show_block",
        "Show how a block was traded, from every client's order to every client's part",
        ShowBlock,
        BlockTrail,
        Effect.READS,
        errors=(UNKNOWN_BLOCK, *READ_ERRORS),
    ),
)
