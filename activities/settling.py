"""Bringing our record of orders in line with the broker's: fills booked, closed orders closed.

ActivityError
└── OtherBroker   an order was sent through a broker that this process does not speak to
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from activities.context import Context
from activities.errors import ActivityError
from activities.parcel_choice import parcel_choice
from adapters.broker import Broker, BrokerOrderState, Execution, OrderRefused
from adapters.failpoints import failpoint
from engines.calendars import next_session, settlement_date
from payloads.files.fees import FeesFile
from payloads.files.limits import LimitsFile
from payloads.files.trading import Exchange, TradingFile
from store import fills, order_life, order_reports, orders
from store.cents import to_cents
from store.fills import Executed
from store.tables import OPEN_STATES, Order, OrderState


class OtherBroker(ActivityError):
    """An order was sent through a broker that this process does not speak to."""


@dataclass(frozen=True, slots=True)
class News:
    """What the broker says of one order; None: it never arrived there."""

    client_order_id: str
    state: BrokerOrderState | None
    executions: tuple[Execution, ...]


@dataclass(frozen=True, slots=True)
class Settlement:
    """Which day a fill counts for, and when it settles: so many sessions later."""

    exchange: Exchange
    days: int

    def trade_date(self, executed_at: datetime) -> date:
        """The day that the exchange's clocks showed."""
        return executed_at.astimezone(ZoneInfo(self.exchange.timezone)).date()

    def settles_on(self, trade_date: date) -> date:
        """The settlement day; a trade outside sessions counts for the next of them."""
        session = next_session(self.exchange.calendar, trade_date - timedelta(days=1)).day
        return settlement_date(self.exchange.calendar, session, self.days)


def settlement_rules(context: Context) -> Settlement:
    """The exchange whose days count, and how many of its sessions a trade takes to settle."""
    exchange = context.catalogue.read("trading", TradingFile).exchange
    return Settlement(exchange, int(context.catalogue.read("limits", LimitsFile).settlement_days.value))


def settle(context: Context, ids: Iterable[str]) -> list[str]:
    """Book what the broker reports of these orders; answers the ids of those still open.

    Costs one look at the store and two questions an order when nothing is new.
    """
    broker = context.services.broker
    news = [ask_broker(broker, client_order_id) for client_order_id in _of_this_broker(context, ids)]
    failpoint("fills.before_booking")
    still_open = _book_all(context, news)
    failpoint("fills.after_booking")
    return still_open


def cancel(context: Context, ids: Iterable[str]) -> None:
    """Have the broker stop working these orders, then book what came of them.

    The store knows first, so that a sender that was held up sends none of them any more.
    """
    ids, at = list(ids), context.now()
    with context.services.database.transaction() as tx:
        for client_order_id in ids:
            order_life.begin_cancel(tx, orders.load(tx, context.call.tenant, client_order_id), at)
    for client_order_id in _of_this_broker(context, ids):
        try:
            context.services.broker.cancel(client_order_id)
        except OrderRefused:
            _close_unless_there(context, client_order_id)
        failpoint("cancel.after_send")
    settle(context, ids)


def settle_late(context: Context, portfolio_id: str) -> None:
    """Book what filled of the portfolio's orders after they had ended, whichever run sent them."""
    days = context.catalogue.read("trading", TradingFile).polling.late_fill_days
    since, name = context.now() - timedelta(days=days), context.services.broker.name
    with context.services.database.reading() as tx:
        found = orders.that_may_still_fill(tx, context.call.tenant, portfolio_id, name, since)
        ids = [order.client_order_id for order in found]
    settle(context, ids)


def _of_this_broker(context: Context, ids: Iterable[str]) -> list[str]:
    name, kept = context.services.broker.name, []
    with context.services.database.reading() as tx:
        for client_order_id in ids:
            order = tx.get_one(Order, (context.call.tenant, client_order_id))
            if order.block_id is not None:
                continue  # the broker has the block's slices, not the clients' parts
            if order.broker != name:
                raise OtherBroker(
                    f"order {client_order_id} is at {order.broker}, this worker speaks to {name}; "
                    f"run a worker for {order.broker}"
                )
            kept.append(client_order_id)
    return kept


def ask_broker(broker: Broker, client_order_id: str) -> News:
    """What the broker says of one order, each of its fills once, the oldest first."""
    # The state first: executions asked for after it cover at least what it counts as filled.
    state = broker.find(client_order_id)
    reported = () if state is None else tuple(broker.executions(client_order_id))
    unique = {execution.execution_id: execution for execution in reported}
    oldest_first = sorted(unique.values(), key=lambda fill: (fill.executed_at, fill.execution_id))
    return News(client_order_id, state, tuple(oldest_first))


def _book_all(context: Context, news: list[News]) -> list[str]:
    tenant, at = context.call.tenant, context.now()
    with context.services.database.reading() as tx:
        known = {told.client_order_id: _known(tx, tenant, told) for told in news}
    fresh = [told for told in news if not known[told.client_order_id]]
    if fresh:
        brokerage = to_cents(context.catalogue.read("fees", FeesFile).brokerage.value)
        rules = settlement_rules(context)
        with context.services.database.transaction() as tx:
            for told in fresh:
                _book(tx, tenant, told, brokerage, rules, parcel_choice(context), at)
    with context.services.database.reading() as tx:
        return [
            told.client_order_id
            for told in news
            if tx.get_one(Order, (tenant, told.client_order_id)).state in OPEN_STATES
        ]


def _known(tx: Session, tenant: str, told: News) -> bool:
    """Whether the store has all of this already."""
    if told.state is None:
        return True
    order = tx.get_one(Order, (tenant, told.client_order_id))
    closed_alike = order.state not in OPEN_STATES or not told.state.state.closed
    return closed_alike and order.cum_units == sum(fill.units for fill in told.executions)


def _book(
    tx: Session,
    tenant: str,
    told: News,
    brokerage: int,
    rules: Settlement,
    choose: fills.Choose,
    at: datetime,
) -> None:
    order = orders.load(tx, tenant, told.client_order_id)
    before, had_ended = order.cum_units, order.state not in OPEN_STATES
    for fill in told.executions:
        day = rules.trade_date(fill.executed_at)
        executed = Executed(
            fill.execution_id, fill.units, fill.price, fill.executed_at, day, rules.settles_on(day)
        )
        fills.book(tx, tenant, order, executed, brokerage_cents=brokerage, choose=choose, at=at)
    if order.cum_units > before:
        order_reports.mark_late(tx, order, at, had_ended=had_ended)
    state = told.state
    assert state is not None
    # A state that counts more fills than were reported waits for the rest before the order closes.
    if state.state.closed and order.state in OPEN_STATES and order.cum_units >= state.filled:
        order_life.close(tx, order, state.state.value, at, state.reason)


def _close_unless_there(context: Context, client_order_id: str) -> None:
    """The broker has nothing to cancel: if it never saw the order, the order ends here."""
    if context.services.broker.find(client_order_id) is not None:
        return
    with context.services.database.transaction() as tx:
        order = orders.load(tx, context.call.tenant, client_order_id)
        if order.state in OPEN_STATES:
            order_life.close(
                tx, order, OrderState.CANCELLED, context.now(), "cancelled before it reached the broker"
            )
