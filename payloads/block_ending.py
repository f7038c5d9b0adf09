"""The end of a block: what filled is shared out between its clients."""

from pydantic import Field

from payloads.base import Flag, Payload, Units
from payloads.blocks import OTHER_BROKER, UNANSWERED, UNKNOWN_BLOCK, BlockId, BlockReport
from payloads.bounds import ExactMoment
from payloads.entry import DeclaredError, Effect, Entry, Role
from payloads.orders import BROKER_ERRORS, Length
from payloads.storage import EFFECT_ERRORS


class AwaitBlock(Payload):
    """Which block to bring to its end, and how long its slices may still fill."""

    block_id: BlockId
    within: Length = Field("1d", description="from the first look; then what is left is cancelled")
    until: ExactMoment | None = Field(None, description="a moment, in the place of `within`")


class CancelBlock(Payload):
    """Which block to stop."""

    block_id: BlockId


class CancelledBlock(Payload):
    """Whether there was a block to stop; what had filled by then was shared out."""

    block_id: str
    cancelled: Flag
    filled: Units


_MISMATCH = DeclaredError("FillMismatch", "the broker reported a fill that cannot be true of its order")
_CLOSING_ERRORS = (_MISMATCH, OTHER_BROKER, *BROKER_ERRORS, UNANSWERED, *EFFECT_ERRORS)

ENTRIES = (
    Entry(
        "orders.await_block",
        "Wait for a block's slices to fill, cancel what is left, and give every client their part",
        AwaitBlock,
        BlockReport,
        Effect.EFFECT,
        Role.BROKER,
        errors=(UNKNOWN_BLOCK, *_CLOSING_ERRORS),
        no_undo="it books what the market did, which stays true",
        files=("fees", "limits", "trading"),
    ),
    Entry(
        "orders.cancel_block",
        "Stop a block, give every client their part of what filled, and free what was held for the rest",
        CancelBlock,
        CancelledBlock,
        Effect.EFFECT,
        Role.BROKER,
        errors=_CLOSING_ERRORS,
        no_undo="a block that is stopped is not traded again by itself",
        files=("fees", "limits", "trading"),
    ),
)
