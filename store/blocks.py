"""Blocks: what is traded for many clients at once, the slices at the broker, and what those filled.

StoreError
├── UnknownBlock   there is no block of that id
├── BlockExists    another run has opened a block of that id
├── BlockClosed    the block is over: nothing more is sent for it
└── SliceTooLarge  a slice of more units than the block has left to send
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import select
from sqlmodel import Session, col

from store.errors import StoreError
from store.fills import PRICE_PLACES, FillMismatch
from store.order_life import touch
from store.sql import insert_missing
from store.tables import OPEN_STATES, Block, BlockExecution, BlockSlice, OrderState


class UnknownBlock(StoreError):
    """There is no block of that id."""


class BlockExists(StoreError):
    """Another run has opened a block of that id."""


class BlockClosed(StoreError):
    """The block is over: nothing more is sent for it."""


class SliceTooLarge(StoreError):
    """A slice of more units than the block has left to send."""


@dataclass(frozen=True, slots=True)
class Reported:
    """An execution of a slice as the broker reported it, and the day it counts for at the exchange."""

    execution_id: str
    units: int
    price: Decimal
    executed_at: datetime
    trade_date: date


def open_block(tx: Session, block: Block) -> None:
    """Keep a new block; BlockExists if its id is taken."""
    if not insert_missing(tx, block):
        raise BlockExists(f"there is a block {block.block_id} already; give this one another id", "block_id")


def find(tx: Session, tenant: str, block_id: str) -> Block | None:
    """The block, or None; in a transaction that writes it stays locked until that ends."""
    lock = bool(tx.info["writes"])
    return tx.get(Block, (tenant, block_id), with_for_update=lock or None, populate_existing=lock)


def load(tx: Session, tenant: str, block_id: str) -> Block:
    """The block; UnknownBlock if there is none."""
    block = find(tx, tenant, block_id)
    if block is None:
        raise UnknownBlock(f"there is no block {block_id}", "block_id")
    return block


def close(tx: Session, block: Block, at: datetime) -> None:
    """The block is over; what closed it first stays."""
    block.closed_at = block.closed_at or at
    tx.add(block)
    tx.flush()


def intend_slice(tx: Session, block: Block, wanted: BlockSlice) -> BlockSlice:
    """Keep the intent to send a slice; one kept before is answered as it stands.

    BlockClosed and SliceTooLarge keep nothing: what open slices have still to fill is spoken for.
    """
    kept = tx.get(BlockSlice, (wanted.tenant, wanted.client_order_id))
    if kept is not None:
        return kept
    if block.closed_at is not None:
        raise BlockClosed(
            f"block {block.block_id} was closed at {block.closed_at:%Y-%m-%d %H:%M} UTC", "block_id"
        )
    left = block.units - sum(_spoken_for(each) for each in slices(tx, block.tenant, block.block_id))
    if wanted.units > left:
        raise SliceTooLarge(
            f"{wanted.units} {block.etf} were to be sent, and block {block.block_id} has {left} of "
            f"{block.units} left to send",
            "units",
        )
    tx.add(wanted)
    tx.flush()
    return wanted


def _spoken_for(one: BlockSlice) -> int:
    return one.units if one.state in OPEN_STATES else one.cum_units


def slices(tx: Session, tenant: str, block_id: str) -> list[BlockSlice]:
    """The block's slices, the oldest first."""
    query = select(BlockSlice).where(col(BlockSlice.tenant) == tenant, col(BlockSlice.block_id) == block_id)
    return list(tx.scalars(query.order_by(col(BlockSlice.created_at), col(BlockSlice.client_order_id))))


def slice_of(tx: Session, tenant: str, client_order_id: str) -> BlockSlice:
    """A slice that exists, locked until a writing transaction ends."""
    lock = bool(tx.info["writes"])
    return tx.get_one(
        BlockSlice, (tenant, client_order_id), with_for_update=lock or None, populate_existing=lock
    )


def sent_through(tx: Session, tenant: str, broker: str, since: datetime) -> list[tuple[BlockSlice, Block]]:
    """Slices that were meant for a broker since then, with their blocks, the oldest first."""
    query = (
        select(BlockSlice, Block)
        .join(
            Block,
            (col(Block.tenant) == col(BlockSlice.tenant)) & (col(Block.block_id) == col(BlockSlice.block_id)),
        )
        .where(
            col(BlockSlice.tenant) == tenant,
            col(BlockSlice.broker) == broker,
            col(BlockSlice.created_at) >= since,
        )
    )
    return [(one, block) for one, block in tx.execute(query.order_by(col(BlockSlice.created_at)))]


def is_slice(tx: Session, client_order_id: str) -> bool:
    """Whether any tenant has sent a slice of that id."""
    query = select(col(BlockSlice.client_order_id)).where(col(BlockSlice.client_order_id) == client_order_id)
    return tx.scalar(query.limit(1)) is not None


def acknowledge(tx: Session, one: BlockSlice, broker_order_id: str, at: datetime) -> None:
    """The broker has the slice; whatever became of it meanwhile stays."""
    one.broker_order_id = broker_order_id
    if one.state == OrderState.INTENDED:
        one.state = OrderState.NEW
    touch(tx, one, at)


def close_slice(tx: Session, one: BlockSlice, state: str, at: datetime, reason: str = "") -> None:
    """The broker works the slice no more."""
    one.state, one.reason = state, reason or one.reason
    touch(tx, one, at)


def record(tx: Session, one: BlockSlice, reported: Reported, at: datetime) -> bool:
    """Keep one execution of a slice; False if it was kept before. FillMismatch if it cannot be true."""
    key = (one.tenant, one.broker, reported.execution_id)
    known = tx.get(BlockExecution, key)
    if known is not None and known.client_order_id == one.client_order_id:
        return False
    if known is not None or not 1 <= reported.units <= one.units - one.cum_units:
        raise FillMismatch(
            f"{one.broker} reports {reported.units} more on slice {one.client_order_id} of block "
            f"{one.block_id}, which has {one.units - one.cum_units} left of {one.units}, as execution "
            f"{reported.execution_id}; ask the broker"
        )
    tx.add(
        BlockExecution(
            tenant=one.tenant,
            broker=one.broker,
            execution_id=reported.execution_id,
            client_order_id=one.client_order_id,
            units=reported.units,
            price=reported.price,
            trade_date=reported.trade_date,
            executed_at=reported.executed_at,
            recorded_at=at,
        )
    )
    tx.flush()
    filled = _of_slice(tx, one)
    one.cum_units = sum(each.units for each in filled)
    spent = sum((each.units * each.price for each in filled), Decimal(0))
    one.average_price = (spent / one.cum_units).quantize(PRICE_PLACES, ROUND_HALF_UP)
    if one.cum_units == one.units:
        one.state = OrderState.FILLED
    elif one.state in (OrderState.INTENDED, OrderState.NEW):
        one.state = OrderState.PARTIALLY_FILLED
    touch(tx, one, at)
    return True


def _of_slice(tx: Session, one: BlockSlice) -> list[BlockExecution]:
    query = select(BlockExecution).where(
        col(BlockExecution.tenant) == one.tenant, col(BlockExecution.client_order_id) == one.client_order_id
    )
    return list(tx.scalars(query))


def executions(tx: Session, tenant: str, block_id: str) -> list[BlockExecution]:
    """Everything that the block's slices filled, the oldest first."""
    query = (
        select(BlockExecution)
        .join(
            BlockSlice,
            (col(BlockSlice.tenant) == col(BlockExecution.tenant))
            & (col(BlockSlice.client_order_id) == col(BlockExecution.client_order_id)),
        )
        .where(col(BlockSlice.tenant) == tenant, col(BlockSlice.block_id) == block_id)
    )
    return list(tx.scalars(query.order_by(col(BlockExecution.executed_at), col(BlockExecution.execution_id))))


def mark_shared(tx: Session, block: Block, done: Iterable[BlockExecution]) -> None:
    """Note that the clients have their parts of these executions, in the block's newest allocation."""
    for execution in done:
        execution.allocation = block.allocations
        tx.add(execution)
    tx.flush()
