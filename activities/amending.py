"""Amending an order: the intent first, then the broker, then the order as the broker has it.

ActivityError
├── NothingToAmend   neither units nor limit would change
├── PartOfBlock      the order is a part of a block, which the broker does not see
└── AmendRejected    the broker did not change the order; it stands as before
"""

from decimal import Decimal
from typing import Any

from sqlmodel import Session

from activities.context import Context
from activities.errors import ActivityError
from activities.order_checks import Checks, checks_now
from activities.registry import implements
from activities.settling import OtherBroker, settle
from adapters.broker import Amendment, Broker, BrokerOrderState, OrderRefused, OutcomeUnknown
from adapters.failpoints import failpoint
from payloads.amending import AmendedOrder, AmendOrder
from payloads.files.fees import FeesFile
from store import effects, order_life, orders, portfolios
from store.cents import to_cents
from store.order_terms import Content
from store.tables import Order


class NothingToAmend(ActivityError):
    """Neither units nor limit would change."""


class PartOfBlock(ActivityError):
    """The order is a part of a block, which the broker does not see."""


class AmendRejected(ActivityError):
    """The broker did not change the order; it stands as before."""


@implements("orders.amend")
def amend(ask: AmendOrder, context: Context) -> AmendedOrder:
    """Change the order once, however often the step is tried; what filled meanwhile stays filled."""
    checks = checks_now(context)
    # Fills of before count against the order that they were for.
    if not _begun(context):
        _look_first(ask, checks.broker, context)
    before, wanted = _begin(ask, checks, context)
    failpoint("amend.after_intent")
    try:
        answer = _deliver(checks.broker, Amendment(context.call.key(), ask.order, wanted.units, wanted.limit))
    except OrderRefused as refusal:
        _end(ask.order, before, context)
        settle(context, [ask.order])
        raise AmendRejected(f"{checks.broker.name} did not change it: {refusal.message}", "order") from None
    failpoint("amend.after_send")
    settle(context, [ask.order])
    _end(ask.order, Content(answer.units, wanted.limit), context)
    settle(context, [ask.order])
    return _answer(ask.order, context)


def _begun(context: Context) -> bool:
    with context.services.database.reading() as tx:
        return effects.is_begun(tx, context.call.tenant, context.call.key())


def _look_first(ask: AmendOrder, broker: Broker, context: Context) -> None:
    tenant = context.call.tenant
    with context.services.database.reading() as tx:
        portfolios.portfolio(tx, tenant, ask.portfolio_id)
        [order] = _of_portfolio(tx, ask, tenant)
        if order.block_id is not None:
            raise PartOfBlock(f"order {ask.order} is a part of block {order.block_id}", "order")
        if order.broker != broker.name:
            raise OtherBroker(
                f"order {ask.order} is at {order.broker}, this worker speaks to {broker.name}; run a worker "
                f"for {order.broker}"
            )
    settle(context, [ask.order])


def _of_portfolio(tx: Session, ask: AmendOrder, tenant: str) -> list[Order]:
    try:
        return orders.of_portfolio(tx, tenant, ask.portfolio_id, [ask.order])
    except orders.UnknownOrder as error:
        raise orders.UnknownOrder(error.message, "order") from None


def _begin(ask: AmendOrder, checks: Checks, context: Context) -> tuple[Content, Content]:
    """What the order was and what it is to become; decided once, with the cash and units that it may take."""
    call = context.call
    with context.services.database.transaction() as tx:
        order = orders.load(tx, call.tenant, ask.order)

        def decide() -> dict[str, Any]:
            wanted = Content(ask.units or order.units, ask.limit or order.limit_price)
            if wanted == Content(order.units, order.limit_price):
                raise NothingToAmend(
                    f"order {ask.order} is for {order.units} {order.etf} at that limit already", "units"
                )
            _check(tx, checks, order, wanted, context)
            before = order_life.begin_amend(
                tx, call.tenant, order, wanted, brokerage_cents=_brokerage(context), at=context.now()
            )
            return {"before": _told(before), "wanted": _told(wanted)}

        kept = effects.once(tx, call.tenant, call.key(), ask.model_dump(mode="python"), decide)
    return _content(kept["before"]), _content(kept["wanted"])


def _check(tx: Session, checks: Checks, order: Order, wanted: Content, context: Context) -> None:
    try:
        checks.before_sending(tx, context.call.tenant, order.etf, wanted.units, wanted.limit, "")
    except ActivityError as error:
        error.path = error.path.removeprefix(".")
        raise


def _told(content: Content) -> dict[str, Any]:
    return {"units": content.units, "limit": None if content.limit is None else str(content.limit)}


def _content(told: dict[str, Any]) -> Content:
    return Content(told["units"], None if told["limit"] is None else Decimal(told["limit"]))


def _deliver(broker: Broker, amendment: Amendment) -> BrokerOrderState:
    try:
        return broker.amend(amendment)
    except OutcomeUnknown:
        # The broker makes an amendment once: asked by the same id it says how the order stands.
        return broker.amend(amendment)


def _end(client_order_id: str, content: Content, context: Context) -> None:
    with context.services.database.transaction() as tx:
        order = orders.load(tx, context.call.tenant, client_order_id)
        order_life.end_amend(tx, order, content, brokerage_cents=_brokerage(context), at=context.now())


def _brokerage(context: Context) -> int:
    return to_cents(context.catalogue.read("fees", FeesFile).brokerage.value)


def _answer(client_order_id: str, context: Context) -> AmendedOrder:
    with context.services.database.reading() as tx:
        order = tx.get_one(Order, (context.call.tenant, client_order_id))
        return AmendedOrder(
            order=client_order_id,
            units=order.units,
            limit=order.limit_price,
            filled=order.cum_units,
            leaves=order.units - order.cum_units,
            state=str(order.state),
        )
