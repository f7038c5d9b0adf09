"""Slices of a block at the broker: sending one, recording what they fill, cancelling them.

ActivityError
└── SliceBeyondLimit   a slice at a worse limit than the block's
"""

from collections.abc import Iterable
from decimal import Decimal

from sqlmodel import Session

from activities.block_report import tell_of_block
from activities.context import Context
from activities.delivering import Answer, deliver, found
from activities.errors import ActivityError
from activities.order_checks import Checks, checks_now
from activities.orders import OrderRejected
from activities.registry import implements
from activities.settling import News, OtherBroker, Settlement, ask_broker, settlement_rules
from adapters.broker import BrokerOrder, OrderRefused, OrderState, Side
from adapters.failpoints import failpoint
from payloads.block_slices import SendSlice, SentSlice
from store import blocks, order_life
from store.blocks import Reported
from store.order_terms import BUY
from store.tables import OPEN_STATES, Block, BlockSlice
from store.tables import OrderState as Kept


class SliceBeyondLimit(ActivityError):
    """A slice at a worse limit than the block's."""


@implements("orders.send_slice")
def send_slice(ask: SendSlice, context: Context) -> SentSlice:
    """Keep the intent, send it, record the acknowledgement; tried again, what was sent is asked for."""
    client_order_id, checks = _slice_id(context), checks_now(context)
    with context.services.database.transaction() as tx:
        block = blocks.load(tx, context.call.tenant, ask.block_id)
        _held_by(block.broker, checks.broker.name, f"block {block.block_id}")
        sent_before = tx.get(BlockSlice, (block.tenant, client_order_id)) is not None
        one = blocks.intend_slice(tx, block, _wanted(ask, block, client_order_id, checks, context))
        wanted = BrokerOrder(client_order_id, block.etf, Side(block.side), one.units, one.limit_price)
        waits = one.state == Kept.INTENDED
        if waits and not sent_before:
            _check(tx, checks, wanted, context)
    failpoint("slices.after_intent")
    if waits:
        _send(ask.block_id, wanted, checks, sent_before, context)
    with context.services.database.reading() as tx:
        one = blocks.slice_of(tx, context.call.tenant, client_order_id)
        if one.state == Kept.REJECTED:
            raise OrderRejected(f"{one.broker} rejected a slice of {ask.block_id}: {one.reason}", "units")
    return SentSlice(order=client_order_id)


def _slice_id(context: Context) -> str:
    """The slice's identity. What the broker rejected is asked for anew when a person retries the step."""
    call = context.call
    client_order_id = call.key("slice")
    with context.services.database.reading() as tx:
        for turn in range(2, call.turn + 1):
            before = tx.get(BlockSlice, (call.tenant, client_order_id))
            if before is None or before.state != Kept.REJECTED:
                break
            client_order_id = call.key(f"slice#{turn}")
    return client_order_id


def _wanted(
    ask: SendSlice, block: Block, client_order_id: str, checks: Checks, context: Context
) -> BlockSlice:
    at = context.now()
    return BlockSlice(
        tenant=block.tenant,
        client_order_id=client_order_id,
        block_id=block.block_id,
        units=ask.units,
        limit_price=_limit(ask.limit, block),
        broker=checks.broker.name,
        created_at=at,
        updated_at=at,
    )


def _limit(asked: Decimal | None, block: Block) -> Decimal | None:
    """The slice's own limit or the block's; the clients' cash is held at the block's."""
    if asked is None or block.limit_price is None:
        return asked or block.limit_price
    worse = asked > block.limit_price if block.side == BUY else asked < block.limit_price
    if worse:
        raise SliceBeyondLimit(
            f"a limit of {asked} is worse than the {block.limit_price} of block {block.block_id}", "limit"
        )
    return asked


def _check(tx: Session, checks: Checks, wanted: BrokerOrder, context: Context) -> None:
    try:
        checks.before_sending(tx, context.call.tenant, wanted.etf, wanted.units, wanted.limit, "")
    except ActivityError as error:
        error.path = error.path.removeprefix(".")
        raise


def _held_by(broker: str, name: str, what: str) -> None:
    if broker != name:
        raise OtherBroker(f"{what} is at {broker}, this worker speaks to {name}; run a worker for {broker}")


def _send(block_id: str, wanted: BrokerOrder, checks: Checks, sent_before: bool, context: Context) -> None:
    answer = found(checks.broker, wanted.client_order_id) if sent_before else None
    if answer is None:
        with context.services.database.reading() as tx:
            _check(tx, checks, wanted, context)
        answer = deliver(checks.broker, wanted)
    failpoint("slices.after_send")
    _record(block_id, wanted, answer, context)


def _record(block_id: str, wanted: BrokerOrder, answer: Answer, context: Context) -> None:
    at, tenant = context.now(), context.call.tenant
    with context.services.database.transaction() as tx:
        one = blocks.slice_of(tx, tenant, wanted.client_order_id)
        if answer.state is OrderState.REJECTED and one.state in OPEN_STATES:
            blocks.close_slice(tx, one, Kept.REJECTED, at, answer.reason)
        else:
            blocks.acknowledge(tx, one, answer.broker_order_id, at)
        called_off = one.state in (Kept.PENDING_CANCEL, Kept.CANCELLED)
        told = {
            "order": one.client_order_id,
            "units": one.units,
            "limit": one.limit_price,
            "reason": one.reason,
        }
        tell_of_block(tx, context, block_id, "SliceSent", told)
    if called_off:
        # Someone stopped the block while this sender was held up: it must not stay at the broker.
        cancel_slices(context, [wanted.client_order_id])


def settle_slices(context: Context, ids: Iterable[str]) -> list[str]:
    """Record what the broker reports of these slices; answers the ids of those still open."""
    broker, tenant = context.services.broker, context.call.tenant
    ids = list(ids)
    with context.services.database.reading() as tx:
        for client_order_id in ids:
            _held_by(
                blocks.slice_of(tx, tenant, client_order_id).broker, broker.name, f"slice {client_order_id}"
            )
    news = [ask_broker(broker, client_order_id) for client_order_id in ids]
    failpoint("slices.before_recording")
    with context.services.database.reading() as tx:
        fresh = [told for told in news if not _known(blocks.slice_of(tx, tenant, told.client_order_id), told)]
    if fresh:
        rules = settlement_rules(context)
        with context.services.database.transaction() as tx:
            for told in fresh:
                _take_in(tx, told, rules, context)
    failpoint("slices.after_recording")
    with context.services.database.reading() as tx:
        return [each for each in ids if blocks.slice_of(tx, tenant, each).state in OPEN_STATES]


def _known(one: BlockSlice, told: News) -> bool:
    """Whether the store has all of this already."""
    if told.state is None:
        return True
    closed_alike = one.state not in OPEN_STATES or not told.state.state.closed
    return closed_alike and one.cum_units == sum(fill.units for fill in told.executions)


def _take_in(tx: Session, told: News, rules: Settlement, context: Context) -> None:
    state, at = told.state, context.now()
    assert state is not None  # what never arrived brings nothing new
    one = blocks.slice_of(tx, context.call.tenant, told.client_order_id)
    for each in told.executions:
        day = rules.trade_date(each.executed_at)
        blocks.record(tx, one, Reported(each.execution_id, each.units, each.price, each.executed_at, day), at)
    # A state that counts more fills than were reported waits for the rest before the slice closes.
    if state.state.closed and one.state in OPEN_STATES and one.cum_units >= state.filled:
        blocks.close_slice(tx, one, state.state.value, at, state.reason)


def cancel_slices(context: Context, ids: Iterable[str]) -> None:
    """Have the broker stop working these slices; the store knows first, so that nobody sends them."""
    ids, tenant = list(ids), context.call.tenant
    with context.services.database.transaction() as tx:
        for client_order_id in ids:
            order_life.begin_cancel(tx, blocks.slice_of(tx, tenant, client_order_id), context.now())
    for client_order_id in ids:
        try:
            context.services.broker.cancel(client_order_id)
        except OrderRefused:
            _close_unless_there(context, client_order_id)
        failpoint("slices.after_cancel")
    settle_slices(context, ids)


def _close_unless_there(context: Context, client_order_id: str) -> None:
    if context.services.broker.find(client_order_id) is not None:
        return
    with context.services.database.transaction() as tx:
        one = blocks.slice_of(tx, context.call.tenant, client_order_id)
        if one.state in OPEN_STATES:
            reason = "cancelled before it reached the broker"
            blocks.close_slice(tx, one, Kept.CANCELLED, context.now(), reason)
