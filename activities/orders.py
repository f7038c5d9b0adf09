"""Orders: sending them, waiting for their fills, cancelling what is left.

ActivityError
└── OrderRejected   the broker rejected every order
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from activities.context import Context
from activities.effects import once, recorded
from activities.errors import ActivityError
from activities.fill_report import report_on, tell, tell_late, tell_traded
from activities.order_checks import checks_now
from activities.registry import implements
from activities.sending import Sender
from activities.settling import cancel, settle, settle_late
from activities.waiting import Looks, waiting
from adapters.failpoints import failpoint
from dsl.durations import parse_duration
from payloads.base import cents
from payloads.files.fees import FeesFile
from payloads.files.trading import TradingFile
from payloads.orders import (
    AwaitFills,
    CancelledOrders,
    CancelOpen,
    FillReport,
    RejectedOrder,
    SubmitOrders,
    SubmittedOrders,
    Trade,
)
from store import effects, order_life, order_reports, orders, portfolios
from store.cents import to_cents
from store.order_terms import BUY, SELL, Asked
from store.tables import Order, OrderState


class OrderRejected(ActivityError):
    """The broker rejected every order."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Which orders are waited for, and until when."""

    orders: list[str]
    deadline: datetime


@implements("orders.submit")
def submit(ask: SubmitOrders, context: Context) -> SubmittedOrders:
    """Send every order once, sells first; tried again, only what was not sent yet is sent."""
    asked = [_asked(ask.portfolio_id, trade, line, context) for line, trade in enumerate(ask.trades)]
    sender = _sender(ask.portfolio_id, context)
    kept = _kept(asked, context)
    sender.look_ahead(asked)
    sells, buys = ([each for each in asked if each.side == side] for side in (SELL, BUY))
    for side in (sells, buys):
        if side is buys and sells:
            sender.await_proceeds(sells, buys)
        if side:
            sender.intend(side)
        for each in side:
            sender.send(each, sent_before=each.client_order_id in kept)
    failpoint("orders.before_result")
    return _submitted(ask.portfolio_id, [*sells, *buys], context)


@implements("orders.await_fills")
@waiting
def await_fills(ask: AwaitFills, context: Context) -> Looks[FillReport]:
    """Book fills as they come; at the deadline cancel what is left; report once."""
    reported = recorded(ask, context, FillReport)
    if reported is not None:
        return reported
    watch = _watch(ask, context)
    ids = watch.orders
    polling = context.catalogue.read("trading", TradingFile).polling
    pause, cancelled = polling.first_seconds, False
    settle_late(context, ask.portfolio_id)
    still_open = settle(context, ids)
    while still_open:
        if context.now() >= watch.deadline and not cancelled:
            cancel(context, still_open)
            cancelled = True
        else:
            yield pause
            pause = min(pause * polling.factor, polling.longest_seconds)
        # All of them: a fill can follow a cancel that the broker has acknowledged.
        still_open = settle(context, ids)
    failpoint("fills.before_result")
    return once(ask, context, FillReport, lambda tx: _report(tx, ask.portfolio_id, ids, context))


@implements("orders.cancel_open")
@waiting
def cancel_open(ask: CancelOpen, context: Context) -> Looks[CancelledOrders]:
    """Cancel whatever is open, and book what filled before the cancel."""
    ids = _to_cancel(ask, context)
    settle_late(context, ask.portfolio_id)
    polling = context.catalogue.read("trading", TradingFile).polling
    pause, still_open = polling.first_seconds, settle(context, ids)
    if still_open:
        cancel(context, still_open)
    while still_open := settle(context, still_open):
        yield pause
        pause = min(pause * polling.factor, polling.longest_seconds)
    failpoint("cancel.before_result")
    with context.services.database.transaction() as tx:
        # Locked, so that of two attempts at this only one tells what was traded.
        portfolios.portfolio(tx, context.call.tenant, ask.portfolio_id, lock=True)
        found = orders.of_portfolio(tx, context.call.tenant, ask.portfolio_id, ids)
        tell_traded(tx, ask.portfolio_id, found, context)
        tell_late(tx, ask.portfolio_id, context)
        return CancelledOrders(
            cancelled=[order.client_order_id for order in found if order.state == OrderState.CANCELLED]
        )


def _asked(portfolio_id: str, trade: Trade, line: int, context: Context) -> Asked:
    return Asked(
        client_order_id=_order_id(f"{trade.etf}:{trade.side}", context),
        portfolio_id=portfolio_id,
        line=line,
        etf=trade.etf,
        side=trade.side,
        units=trade.units,
        limit=trade.limit,
        price=trade.price,
        planned_value_cents=None if trade.value is None else to_cents(cents(trade.value)),
        planned_cost_cents=None if trade.cost is None else to_cents(cents(trade.cost)),
        parcel_ids=None if trade.parcel_ids is None else tuple(trade.parcel_ids),
    )


def _order_id(line: str, context: Context) -> str:
    """The order's identity. What the broker rejected is asked for anew when a person retries the step."""
    call = context.call
    order_id = call.key(line)
    with context.services.database.reading() as tx:
        for turn in range(2, call.turn + 1):
            before = orders.state_of(tx, call.tenant, order_id)
            if before != OrderState.REJECTED:
                break
            order_id = call.key(f"{line}#{turn}")
    return order_id


def _sender(portfolio_id: str, context: Context) -> Sender:
    with context.services.database.reading() as tx:
        portfolio = portfolios.portfolio(tx, context.call.tenant, portfolio_id)
        tx.expunge(portfolio)
    brokerage = to_cents(context.catalogue.read("fees", FeesFile).brokerage.value)
    return Sender(context, portfolio, checks_now(context), brokerage)


def _kept(asked: Sequence[Asked], context: Context) -> set[str]:
    """The ids of orders that an earlier attempt may have sent; IntentChanged if one meant something else."""
    with context.services.database.reading() as tx:
        return {
            each.client_order_id
            for each in asked
            if order_life.find(tx, context.call.tenant, each) is not None
        }


def _submitted(portfolio_id: str, asked: Sequence[Asked], context: Context) -> SubmittedOrders:
    ids = [each.client_order_id for each in asked]
    with context.services.database.reading() as tx:
        sent = orders.of_portfolio(tx, context.call.tenant, portfolio_id, ids)
        rejected = [_rejected(order) for order in sent if order.state == OrderState.REJECTED]
    if rejected and len(rejected) == len(ids):
        reasons = "; ".join(f"{each.side} {each.units} {each.etf}: {each.reason}" for each in rejected)
        raise OrderRejected(f"{context.services.broker.name} rejected every order: {reasons}", "trades")
    return SubmittedOrders(orders=ids, rejected=rejected)


def _rejected(order: Order) -> RejectedOrder:
    return RejectedOrder.model_validate(
        {
            "order": order.client_order_id,
            "etf": order.etf,
            "side": order.side,
            "units": order.units,
            "reason": order.reason,
        }
    )


def _watch(ask: AwaitFills, context: Context) -> Watch:
    """What to wait for: decided at the first look, kept for the next ones."""
    call, portfolio_id = context.call, ask.portfolio_id
    with context.services.database.transaction() as tx:
        portfolios.portfolio(tx, call.tenant, portfolio_id)

        def decide() -> dict[str, object]:
            if ask.orders is not None:
                found = orders.of_portfolio(tx, call.tenant, portfolio_id, ask.orders)
            else:
                found = order_reports.unreported(tx, call.tenant, portfolio_id, call.effect_root)
            ids = list(dict.fromkeys(order.client_order_id for order in found))
            return {"orders": ids, "deadline": (context.now() + _length(ask.within)).isoformat()}

        content = ask.model_dump(mode="python")
        decided = effects.once(tx, call.tenant, call.key("watch"), content, decide)
    return Watch(decided["orders"], datetime.fromisoformat(decided["deadline"]))


def _length(within: str) -> timedelta:
    length = parse_duration(within)
    assert isinstance(length, timedelta)  # the input's schema has no sessions
    return length


def _report(tx: Session, portfolio_id: str, ids: Sequence[str], context: Context) -> FillReport:
    tenant = context.call.tenant
    found = orders.of_portfolio(tx, tenant, portfolio_id, ids)
    tell(tx, portfolio_id, [order for order in found if order_reports.is_untold(order)], context)
    order_reports.mark_reported(tx, found, context.call.key(), context.now())
    tell_late(tx, portfolio_id, context)
    return report_on(tx, tenant, found)


def _to_cancel(ask: CancelOpen, context: Context) -> list[str]:
    """What is open now, and what an earlier attempt began with."""
    call = context.call
    with context.services.database.transaction() as tx:
        portfolios.portfolio(tx, call.tenant, ask.portfolio_id)
        still_open = [each.client_order_id for each in orders.open_orders(tx, call.tenant, ask.portfolio_id)]
        content = ask.model_dump(mode="python")
        first = effects.once(tx, call.tenant, call.key("open"), content, lambda: still_open)
    return list(dict.fromkeys([*first, *still_open]))
