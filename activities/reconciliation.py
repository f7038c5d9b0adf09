"""Reconciliation of orders: the store's record of each held against the broker's.

ActivityError
└── SpanTooLong   the span reaches back before there is a date
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session

from activities.context import Context
from activities.errors import ActivityError
from activities.registry import implements
from adapters.broker import Broker, BrokerOrderState
from dsl.durations import parse_duration
from engines.trading.orders import Side
from engines.trading.reconciliation import Difference, Kind, Recorded, compare
from payloads.reconciliation import MOST_SHOWN, OrderDifference, ReconcileOrders, Reconciliation
from store import blocks, orders
from store.order_terms import BUY
from store.tables import OPEN_STATES, BlockSlice, Order

TEXTS = {
    Kind.MISSING_AT_BROKER: "{broker} does not have order {order}, which it acknowledged ({stored})",
    Kind.UNKNOWN_AT_STORE: "{broker} has order {order}, which nobody here sent ({at_broker})",
    Kind.UNACKNOWLEDGED: "{broker} has order {order}, and its acknowledgement was never stored",
    Kind.CONTENT_DIFFERS: "order {order} was planned as {stored}, and {broker} has {at_broker}",
    Kind.FILLED_DIFFERS: "of order {order} {stored} are booked, and {at_broker} filled at {broker}",
    Kind.PRICE_DIFFERS: "order {order} is booked at {stored}, and filled at {at_broker} at {broker}",
    Kind.STATE_DIFFERS: "order {order} is {stored} here, and {at_broker} at {broker}",
}


class SpanTooLong(ActivityError):
    """The span reaches back before there is a date."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One order in both records; `moved_at` is when either last changed, as far as is known."""

    order: str
    portfolio_id: str | None
    stored: Recorded | None
    at_broker: Recorded | None
    moved_at: datetime | None

    @property
    def differences(self) -> list[Difference]:
        """What differs; nothing when the records agree."""
        return compare(self.stored, self.at_broker)

    def behind_since(self, moment: datetime) -> bool:
        """Whether the store is only behind, and was not before `moment`."""
        recent = self.moved_at is not None and self.moved_at > moment
        return recent and all(each.catching_up for each in self.differences)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The store's row of what was sent to the broker; a slice is of no portfolio of its own."""

    row: Order | BlockSlice
    portfolio_id: str | None
    etf: str
    side: str


@implements("orders.reconcile")
def reconcile(ask: ReconcileOrders, context: Context) -> Reconciliation:
    """What differs; looked at a second time, one by one, before it counts."""
    broker, now = context.services.broker, context.now()
    since, grace = _before(now, ask.look_back, "look_back"), _before(now, ask.grace, "grace")
    seen = _first_look(context, since)
    again = [_second_look(context, each.order) for each in seen if each.differences]
    differing = [each for each in again if each.differences]
    pending = [each for each in differing if each.behind_since(grace)]
    found = [row for each in differing if each not in pending for row in _rows(each, broker.name)]
    return Reconciliation(
        broker=broker.name,
        reconciled=not found,
        orders=len(seen),
        pending=len(pending),
        found=len(found),
        differences=found[:MOST_SHOWN],
    )


def _before(now: datetime, span: str, path: str) -> datetime:
    length = parse_duration(span)
    assert isinstance(length, timedelta)  # the input's schema has no sessions
    try:
        return now - length
    except OverflowError as error:
        message = f"{span} before {now:%Y-%m-%d} there is no date; give a shorter span"
        raise SpanTooLong(message, path) from error


def _first_look(context: Context, since: datetime) -> list[Compared]:
    """Every order of the span that the store or the broker has, by client order id."""
    broker: Broker = context.services.broker
    theirs = {order.client_order_id: order for order in broker.received_since(since)}
    with context.services.database.reading() as tx:
        sent = orders.sent_through(tx, context.call.tenant, broker.name, since)
        mine = {
            order.client_order_id: _Kept(order, order.portfolio_id, order.etf, order.side) for order in sent
        }
        for one, block in blocks.sent_through(tx, context.call.tenant, broker.name, since):
            mine[one.client_order_id] = _Kept(one, None, block.etf, block.side)
        return [_compared(each, mine.get(each), theirs.get(each)) for each in sorted({*mine, *theirs})]


def _second_look(context: Context, client_order_id: str) -> Compared:
    """One order anew, our record first: what the broker says afterwards can only be ahead of it."""
    broker: Broker = context.services.broker
    context.heartbeat(client_order_id)
    with context.services.database.reading() as tx:
        mine = _kept(tx, context.call.tenant, client_order_id)
        if mine is None and (orders.is_known(tx, client_order_id) or blocks.is_slice(tx, client_order_id)):
            # Another tenant's, which trades through the same account and compares it itself.
            return _compared(client_order_id, None, None)
        found = _compared(client_order_id, mine, None)
    theirs = broker.find(client_order_id)
    fills = broker.executions(client_order_id) if theirs is not None and theirs.filled else []
    moments = [*(fill.executed_at for fill in fills), *([found.moved_at] if found.moved_at else [])]
    return replace(
        found,
        at_broker=None if theirs is None else _at_broker(theirs),
        moved_at=max(moments, default=None),
    )


def _kept(tx: Session, tenant: str, client_order_id: str) -> _Kept | None:
    """The store's record of what goes by that id at the broker: an order, or a slice of a block."""
    order = tx.get(Order, (tenant, client_order_id))
    if order is not None:
        return _Kept(order, order.portfolio_id, order.etf, order.side)
    one = tx.get(BlockSlice, (tenant, client_order_id))
    if one is None:
        return None
    block = blocks.load(tx, tenant, one.block_id)
    return _Kept(one, None, block.etf, block.side)


def _compared(client_order_id: str, mine: _Kept | None, theirs: BrokerOrderState | None) -> Compared:
    return Compared(
        order=client_order_id,
        portfolio_id=None if mine is None else mine.portfolio_id,
        stored=None if mine is None else _stored(mine),
        at_broker=None if theirs is None else _at_broker(theirs),
        moved_at=None if mine is None else mine.row.updated_at,
    )


def _stored(kept: _Kept) -> Recorded:
    order = kept.row
    return Recorded(
        etf=kept.etf,
        side=_side(kept.side),
        units=order.units,
        filled=order.cum_units,
        average_price=order.average_price,
        open=order.state in OPEN_STATES,
        state=str(order.state),
        acknowledged=bool(order.broker_order_id),
    )


def _at_broker(order: BrokerOrderState) -> Recorded:
    return Recorded(
        etf=order.etf,
        side=_side(order.side),
        units=order.units,
        filled=order.filled,
        average_price=order.average_price,
        open=not order.state.closed,
        state=order.state.value,
    )


def _side(side: str) -> Side:
    return "buy" if side == BUY else "sell"


def _rows(compared: Compared, broker: str) -> Iterator[OrderDifference]:
    """The differences of one order, in words."""
    record = compared.stored or compared.at_broker
    assert record is not None  # where neither has it, nothing differs
    for each in compared.differences:
        shown = {"order": compared.order, "stored": each.stored, "at_broker": each.at_broker}
        yield OrderDifference.model_validate(
            {
                "kind": each.kind.value,
                "portfolio_id": compared.portfolio_id,
                "etf": record.etf,
                "side": record.side,
                "text": TEXTS[each.kind].format(broker=broker, **shown),
                **shown,
            }
        )
