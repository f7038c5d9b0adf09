"""Slices of a block: parts of it that are orders at the broker."""

from pydantic import Field

from payloads.base import Payload
from payloads.blocks import OTHER_BROKER, UNANSWERED, UNKNOWN_BLOCK, BlockId
from payloads.bounds import PositivePrice, PositiveUnits
from payloads.entry import DeclaredError, Effect, Entry, Role
from payloads.orders import BROKER_ERRORS, SEND_ERRORS
from payloads.storage import EFFECT_ERRORS


class SendSlice(Payload):
    """How much of a block to send to the broker now."""

    block_id: BlockId
    units: PositiveUnits
    limit: PositivePrice | None = Field(None, description="no worse than the block's, which it is by default")


class SentSlice(Payload):
    """The slice's client order id."""

    order: str


ENTRIES = (
    Entry(
        "orders.send_slice",
        "Send a part of a block to the broker, once",
        SendSlice,
        SentSlice,
        Effect.TRADES,
        Role.BROKER,
        errors=(
            UNKNOWN_BLOCK,
            DeclaredError("BlockClosed", "the block is over: nothing more is sent for it"),
            DeclaredError("SliceTooLarge", "a slice of more units than the block has left to send"),
            DeclaredError("SliceBeyondLimit", "a slice at a worse limit than the block's"),
            DeclaredError("OrderRejected", "the broker rejected the slice"),
            *SEND_ERRORS,
            OTHER_BROKER,
            *BROKER_ERRORS,
            UNANSWERED,
            *EFFECT_ERRORS,
        ),
        no_undo="orders.cancel_block, the undo of opening the block, stops its slices",
        files=("limits", "trading"),
    ),
)
