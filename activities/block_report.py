"""What became of a block: the report, the audit trail, and the facts on the block's own stream."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from activities.context import Context
from engines.trading.blocks import average_price, half_up
from payloads.blocks import (
    AllocationShown,
    BlockReport,
    BlockTrail,
    ClientPart,
    ExecutionShown,
    SliceShown,
)
from store import blocks, events, fills, orders
from store.cents import from_cents
from store.fills import PRICE_PLACES, BookedFill
from store.tables import Block, BlockExecution, BlockSlice, Order

STREAM = "block:"


def to_places(price: Fraction) -> Decimal:
    """A price to the eight places that are kept, half up."""
    return Decimal(half_up(price / Fraction(PRICE_PLACES))) * PRICE_PLACES


def fill_id(block_id: str, allocation: int, line: int) -> str:
    """The id under which a client's part of an allocation is booked."""
    return f"{block_id}/{allocation}/{line}"


def tell_of_block(tx: Session, context: Context, block_id: str, name: str, data: Mapping[str, Any]) -> None:
    """Append a fact to the block's stream, in the caller's name."""
    call = context.call
    events.append(
        tx,
        call.tenant,
        f"{STREAM}{block_id}",
        name,
        {**data, "block_id": block_id},
        at=context.now(),
        actor=call.actor,
        workflow_id=call.workflow_id,
        effect_root=call.effect_root,
        key=call.key(),
    )


def report_on_block(tx: Session, block: Block) -> BlockReport:
    """What every client got, and what the block came to in all."""
    return BlockReport.model_validate(_report(block, *_parts(tx, block)))


def trail_of(tx: Session, block: Block) -> BlockTrail:
    """The report, and the intent, slices, executions and allocations that it follows from."""
    parts, booked = _parts(tx, block)
    told: dict[str, Any] = {
        **_report(block, parts, booked),
        "limit": block.limit_price,
        "arrival_price": block.arrival_price,
        "minimum_units": block.minimum_units,
        "workflow_id": block.workflow_id,
        "by": block.actor,
        "opened_at": block.created_at,
        "closed_at": block.closed_at,
        "slices": [_slice(each) for each in blocks.slices(tx, block.tenant, block.block_id)],
        "executions": [_execution(each) for each in blocks.executions(tx, block.tenant, block.block_id)],
        "allocations": _allocations(parts, booked),
    }
    return BlockTrail.model_validate(told)


def _parts(tx: Session, block: Block) -> tuple[list[Order], dict[str, list[BookedFill]]]:
    parts = orders.of_block(tx, block.tenant, block.block_id)
    return parts, {part.client_order_id: fills.booked(tx, block.tenant, part) for part in parts}


def _report(
    block: Block, parts: Sequence[Order], booked: Mapping[str, Sequence[BookedFill]]
) -> dict[str, Any]:
    shown = [_part(part, booked[part.client_order_id]) for part in parts]
    filled = [(each.fill.units, Fraction(each.fill.price)) for part in booked.values() for each in part]
    units = sum(part.units for part in shown)
    return {
        "block_id": block.block_id,
        "etf": block.etf,
        "side": block.side,
        "status": "filled" if units == block.units else "partial" if units else "expired",
        "ordered": block.units,
        "filled": units,
        "average_price": to_places(average_price(filled)) if units else None,
        "value": sum((part.value for part in shown), Decimal(0)),
        "brokerage": sum((part.brokerage for part in shown), Decimal(0)),
        "parts": shown,
    }


def _part(order: Order, booked: Sequence[BookedFill]) -> ClientPart:
    return ClientPart(
        portfolio_id=order.portfolio_id,
        order=order.client_order_id,
        ordered=order.units,
        units=order.cum_units,
        price=order.average_price,
        value=from_cents(sum(each.value_cents for each in booked)),
        brokerage=from_cents(sum(each.fill.fees_cents for each in booked)),
        state=str(order.state),
    )


def _slice(each: BlockSlice) -> SliceShown:
    return SliceShown(
        order=each.client_order_id,
        broker_order_id=each.broker_order_id,
        units=each.units,
        limit=each.limit_price,
        state=str(each.state),
        filled=each.cum_units,
        average_price=each.average_price,
        reason=each.reason,
        sent_at=each.created_at,
    )


def _execution(each: BlockExecution) -> ExecutionShown:
    return ExecutionShown(
        execution_id=each.execution_id,
        order=each.client_order_id,
        units=each.units,
        price=each.price,
        executed_at=each.executed_at,
        trade_date=each.trade_date,
        allocation=each.allocation,
    )


def _allocations(parts: Sequence[Order], booked: Mapping[str, Sequence[BookedFill]]) -> list[AllocationShown]:
    """Every client's part of every allocation, the first allocation first."""
    found = [
        AllocationShown(
            allocation=int(each.fill.execution_id.split("/")[-2]),
            portfolio_id=part.portfolio_id,
            units=each.fill.units,
            price=each.fill.price,
            value=from_cents(each.value_cents),
            brokerage=from_cents(each.fill.fees_cents),
        )
        for part in parts
        for each in booked[part.client_order_id]
    ]
    return sorted(found, key=lambda each: each.allocation)
