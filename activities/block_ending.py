"""The end of a block: waiting for its slices, and giving every client their part of what filled."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import groupby

from sqlmodel import Session

from activities.block_report import fill_id, report_on_block, tell_of_block, to_places
from activities.block_slices import cancel_slices, settle_slices
from activities.context import Context
from activities.effects import once, recorded
from activities.fill_report import tell
from activities.parcel_choice import parcel_choice
from activities.registry import implements
from activities.settling import Settlement, settlement_rules
from activities.waiting import Looks, waiting
from adapters.failpoints import failpoint
from dsl.durations import parse_duration
from engines.trading.blocks import Part, average_price, share_block
from payloads.block_ending import AwaitBlock, CancelBlock, CancelledBlock
from payloads.blocks import BlockReport
from payloads.files.fees import FeesFile
from payloads.files.trading import TradingFile
from store import blocks, effects, fills, leases, order_life, order_reports, orders
from store.cents import from_cents, to_cents
from store.fills import Executed, Share
from store.tables import OPEN_STATES, Block, BlockExecution, Order, OrderState


@implements("orders.await_block")
@waiting
def await_block(ask: AwaitBlock, context: Context) -> Looks[BlockReport]:
    """Record fills as they come; at the deadline cancel what is left; then share out, once."""
    reported = recorded(ask, context, BlockReport)
    if reported is not None:
        return reported
    yield from _slices_closed(ask.block_id, _deadline(ask, context), context)
    return once(ask, context, BlockReport, lambda tx: _report(tx, ask, context))


@implements("orders.cancel_block")
@waiting
def cancel_block(ask: CancelBlock, context: Context) -> Looks[CancelledBlock]:
    """Cancel whatever is open, then share out what filled; without a block there is nothing to do."""
    with context.services.database.reading() as tx:
        there = blocks.find(tx, context.call.tenant, ask.block_id) is not None
    if not there:
        return CancelledBlock(block_id=ask.block_id, cancelled=False, filled=0)
    yield from _slices_closed(ask.block_id, context.now(), context)
    with context.services.database.transaction() as tx:
        block = blocks.load(tx, context.call.tenant, ask.block_id)
        _share_out(tx, block, context)
        _end(tx, block, context)
        filled = sum(part.cum_units for part in orders.of_block(tx, block.tenant, block.block_id))
    return CancelledBlock(block_id=ask.block_id, cancelled=True, filled=filled)


def _deadline(ask: AwaitBlock, context: Context) -> datetime:
    """How long to wait: decided at the first look, kept for the next ones."""
    length = parse_duration(ask.within)
    assert isinstance(length, timedelta)  # the input's schema has no sessions
    call = context.call
    with context.services.database.transaction() as tx:
        blocks.load(tx, call.tenant, ask.block_id)
        if ask.until is not None:
            return ask.until
        content = ask.model_dump(mode="python")
        decided = effects.once(
            tx, call.tenant, call.key("watch"), content, lambda: (context.now() + length).isoformat()
        )
    return datetime.fromisoformat(decided)


def _slices_closed(block_id: str, deadline: datetime, context: Context) -> Iterator[float]:
    """Looks at the broker until none of the block's slices can fill any more."""
    polling = context.catalogue.read("trading", TradingFile).polling
    pause, cancelled = polling.first_seconds, False
    still_open = settle_slices(context, _that_may_fill(block_id, polling.late_fill_days, context))
    while still_open:
        if context.now() >= deadline and not cancelled:
            cancel_slices(context, still_open)
            cancelled = True
        else:
            yield pause
            pause = min(pause * polling.factor, polling.longest_seconds)
        still_open = settle_slices(context, still_open)
    failpoint("slices.all_closed")


def _that_may_fill(block_id: str, late_days: int, context: Context) -> list[str]:
    """Open slices, and those that ended unfilled of late: a fill can follow its cancel."""
    since = context.now() - timedelta(days=late_days)
    with context.services.database.reading() as tx:
        return [
            one.client_order_id
            for one in blocks.slices(tx, context.call.tenant, block_id)
            if one.state in OPEN_STATES
            or (
                one.state in (OrderState.CANCELLED, OrderState.EXPIRED)
                and one.cum_units < one.units
                and one.updated_at >= since
            )
        ]


def _report(tx: Session, ask: AwaitBlock, context: Context) -> BlockReport:
    block = blocks.load(tx, context.call.tenant, ask.block_id)
    _share_out(tx, block, context)
    _end(tx, block, context)
    return report_on_block(tx, block)


def _share_out(tx: Session, block: Block, context: Context) -> None:
    """Book every client's part of what filled since the last time, a day's trades at one average price."""
    fresh = [each for each in blocks.executions(tx, block.tenant, block.block_id) if not each.allocation]
    by_day = sorted(fresh, key=lambda each: each.trade_date)
    rules = settlement_rules(context)
    for _, day in groupby(by_day, key=lambda each: each.trade_date):
        _share_day(tx, block, list(day), rules, context)


def _share_day(
    tx: Session, block: Block, executions: list[BlockExecution], rules: Settlement, context: Context
) -> None:
    block.allocations += 1
    found = orders.of_block(tx, block.tenant, block.block_id)
    filled = [(each.units, Fraction(each.price)) for each in executions]
    brokerage = to_cents(context.catalogue.read("fees", FeesFile).brokerage.value)
    lacking = [order.units - order.cum_units for order in found]
    parts = share_block(filled, lacking, brokerage, block.minimum_units)
    for order, part in zip(found, parts, strict=True):
        if part.units:
            _book(tx, block, order, part, executions, rules, context)
    blocks.mark_shared(tx, block, executions)
    told = {
        "allocation": block.allocations,
        "trade_date": executions[0].trade_date,
        "average_price": to_places(average_price(filled)),
        "executions": [each.execution_id for each in executions],
        "parts": [_told(order, part) for order, part in zip(found, parts, strict=True)],
    }
    tell_of_block(tx, context, block.block_id, "BlockAllocated", told)


def _told(order: Order, part: Part) -> dict[str, object]:
    return {
        "portfolio_id": order.portfolio_id,
        "order": order.client_order_id,
        "units": part.units,
        "value": from_cents(part.value_cents),
        "brokerage": from_cents(part.brokerage_cents),
    }


def _book(
    tx: Session,
    block: Block,
    order: Order,
    part: Part,
    executions: list[BlockExecution],
    rules: Settlement,
    context: Context,
) -> None:
    last, at = executions[-1], context.now()
    had_ended = order.state not in OPEN_STATES
    executed = Executed(
        execution_id=fill_id(block.block_id, block.allocations, order.line),
        units=part.units,
        price=to_places(average_price([(each.units, Fraction(each.price)) for each in executions])),
        executed_at=last.executed_at,
        trade_date=last.trade_date,
        settles_on=rules.settles_on(last.trade_date),
        share=Share(part.value_cents, part.brokerage_cents),
    )
    choose = parcel_choice(context)
    fills.book(tx, block.tenant, order, executed, brokerage_cents=0, choose=choose, at=at)
    order_reports.mark_late(tx, order, at, had_ended=had_ended)


def _end(tx: Session, block: Block, context: Context) -> None:
    """Close what is left of every client's order, tell each of them, and give their portfolios back."""
    at, ended_before = context.now(), block.closed_at is not None
    for order in orders.of_block(tx, block.tenant, block.block_id):
        if order.state in OPEN_STATES:
            order_life.close(tx, order, OrderState.CANCELLED, at, "the block ended before it filled")
        _tell_client(tx, order, context)
        if not ended_before:
            leases.release(tx, block.tenant, order.portfolio_id, block.effect_root)
    blocks.close(tx, block, at)


def _tell_client(tx: Session, order: Order, context: Context) -> None:
    """The fact of what a client got, once; what came late stands in a fact of its own."""
    if order_reports.is_untold(order):
        tell(tx, order.portfolio_id, [order], context)
    elif order_reports.is_late(order):
        tell(tx, order.portfolio_id, [order], context, late=True)
    if order_reports.is_late(order):
        order_reports.mark_late_told(tx, [order], context.call.key(), context.now())
    order_reports.mark_reported(tx, [order], context.call.key(), context.now())
