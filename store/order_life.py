"""An order's life: its intent, kept before anything is sent, and what the broker makes of it.

StoreError
├── OrderNotOpen        the order is over, or about to be cancelled: it cannot be changed any more
└── (store.order_holds) InsufficientCash, InsufficientUnits, UnknownParcel
"""

from datetime import datetime
from decimal import Decimal

from sqlmodel import Session

from store import cash
from store.effects import IntentChanged
from store.errors import StoreError
from store.order_holds import InsufficientCash, InsufficientUnits, hold_cash, hold_units, sellable
from store.order_terms import BUY, SELL, Asked, Content, Origin, value_cents
from store.tables import OPEN_STATES, BlockSlice, Order, OrderState, Portfolio


class OrderNotOpen(StoreError):
    """The order is over, or about to be cancelled: it cannot be changed any more."""


def intend(
    tx: Session,
    tenant: str,
    portfolio: Portfolio,
    asked: Asked,
    *,
    limit: Decimal | None,
    broker: str,
    brokerage_cents: int,
    origin: Origin,
) -> Order:
    """Keep the intent to trade and reserve its cash; an intent kept before is answered as it stands.

    `limit` is what will be sent. A buy needs one: it reserves units times limit and the brokerage, and
    in a block the cent that its share of the whole may be rounded up to. InsufficientCash and
    InsufficientUnits keep nothing.
    """
    # The account is locked first, so that two runs cannot both count on the same cash or units.
    spendable = cash.available(tx, tenant, portfolio.account_id)
    kept = find(tx, tenant, asked)
    if kept is not None:
        return kept
    reserved = 0
    if asked.side == BUY:
        if limit is None:
            raise ValueError(f"the buy of {asked.etf} has no limit to reserve cash by")
        reserved = value_cents(asked.units, limit) + brokerage_cents + (origin.block_id is not None)
        hold_cash(asked, reserved, spendable)
    else:
        hold_units(tx, tenant, asked)
    order = Order(
        tenant=tenant,
        client_order_id=asked.client_order_id,
        portfolio_id=portfolio.portfolio_id,
        account_id=portfolio.account_id,
        effect_root=origin.effect_root,
        workflow_id=origin.workflow_id,
        line=asked.line,
        content_digest=asked.digest,
        etf=asked.etf,
        side=asked.side,
        units=asked.units,
        limit_price=limit,
        price=asked.price,
        planned_value_cents=asked.planned_value_cents,
        planned_cost_cents=asked.planned_cost_cents,
        arrival_price=origin.arrival_price,
        block_id=origin.block_id,
        parcel_ids=None if asked.parcel_ids is None else list(asked.parcel_ids),
        broker=broker,
        reserved_cents=reserved,
        created_at=origin.at,
        updated_at=origin.at,
        actor=origin.actor,
    )
    tx.add(order)
    tx.flush()
    return order


def find(tx: Session, tenant: str, asked: Asked) -> Order | None:
    """The order kept under the id of `asked`, or None; IntentChanged if it meant something else."""
    kept = tx.get(Order, (tenant, asked.client_order_id))
    if kept is not None and kept.content_digest != asked.digest:
        raise IntentChanged(asked.client_order_id, kept.content_digest, asked.digest, _differing(kept, asked))
    return kept


def acknowledge(tx: Session, order: Order, broker_order_id: str, at: datetime) -> None:
    """The broker has the order; whatever became of it meanwhile stays.

    An acknowledged order is new until its fills are booked, whatever the broker has filled by then.
    """
    order.broker_order_id = broker_order_id
    if order.state == OrderState.INTENDED:
        order.state = OrderState.NEW
    touch(tx, order, at)


def begin_amend(
    tx: Session, tenant: str, order: Order, wanted: Content, *, brokerage_cents: int, at: datetime
) -> Content:
    """Answer what the order was; from now on it counts as the larger of what it was and what is wanted.

    Until the broker has answered either may fill. OrderNotOpen, InsufficientCash and InsufficientUnits
    change nothing.
    """
    if order.state not in (OrderState.NEW, OrderState.PARTIALLY_FILLED):
        raise OrderNotOpen(f"order {order.client_order_id} is {order.state}; it cannot be changed", "order")
    before = Content(order.units, order.limit_price)
    spendable = cash.available(tx, tenant, order.account_id) + order.reserved_cents
    widest = _widest(order.side, before, wanted)
    needed = _to_reserve(order, widest, brokerage_cents)
    if needed > spendable:
        raise InsufficientCash(
            f"{widest.units - order.cum_units} {order.etf} more take {needed / 100:.2f} with brokerage, and "
            f"{spendable / 100:.2f} is available; pay in, or buy less",
            "units",
        )
    more = widest.units - order.units
    if order.side == SELL and more > (free := sellable(tx, tenant, order.portfolio_id, order.etf)):
        raise InsufficientUnits(
            f"{more} {order.etf} more were to be sold, and {free} are held and not on sale already", "units"
        )
    _become(order, widest, needed)
    order.state = OrderState.PENDING_REPLACE
    touch(tx, order, at)
    return before


def end_amend(tx: Session, order: Order, content: Content, *, brokerage_cents: int, at: datetime) -> None:
    """The broker has answered: the order is for `content`, and works on unless that has filled.

    An order that works on already was told before; one that was closed meanwhile was for `content`, too.
    """
    if order.state in (OrderState.NEW, OrderState.PARTIALLY_FILLED):
        return
    still_open = order.state in OPEN_STATES
    _become(order, content, _to_reserve(order, content, brokerage_cents) if still_open else 0)
    if order.state == OrderState.PENDING_REPLACE:
        order.state = OrderState.PARTIALLY_FILLED if order.cum_units else OrderState.NEW
    if still_open and order.cum_units >= order.units:
        close(tx, order, OrderState.FILLED, at)
    touch(tx, order, at)


def begin_cancel(tx: Session, order: Order | BlockSlice, at: datetime) -> None:
    """From now on nobody sends it; what is reserved for it stays until the broker has answered."""
    if order.state in OPEN_STATES:
        order.state = OrderState.PENDING_CANCEL
        touch(tx, order, at)


def close(tx: Session, order: Order, state: str, at: datetime, reason: str = "") -> None:
    """The broker works the order no more: its reservation is released."""
    order.state, order.reserved_cents = state, 0
    order.reason = reason or order.reason
    touch(tx, order, at)


def touch(tx: Session, order: Order | BlockSlice, at: datetime) -> None:
    order.updated_at = at
    tx.add(order)
    tx.flush()


def _widest(side: str, before: Content, wanted: Content) -> Content:
    limits = [content.limit for content in (before, wanted) if content.limit is not None]
    worst = (max if side == BUY else min)(limits) if limits else None
    return Content(max(before.units, wanted.units), worst)


def _to_reserve(order: Order, content: Content, brokerage_cents: int) -> int:
    """Cents that what is left of a buy may take; brokerage is charged with its first fill."""
    if order.side != BUY or content.limit is None:
        return 0
    whole, had = (value_cents(units, content.limit) for units in (content.units, order.cum_units))
    return max(0, whole - had) + (0 if order.cum_units else brokerage_cents)


def _become(order: Order, content: Content, reserved_cents: int) -> None:
    order.units, order.limit_price, order.reserved_cents = content.units, content.limit, reserved_cents


def _differing(kept: Order, asked: Asked) -> list[str]:
    pairs = {
        "units": (kept.units, asked.units),
        "price": (kept.price, asked.price),
        "value": (kept.planned_value_cents, asked.planned_value_cents),
        "cost": (kept.planned_cost_cents, asked.planned_cost_cents),
        "parcel_ids": (kept.parcel_ids, None if asked.parcel_ids is None else list(asked.parcel_ids)),
        "portfolio_id": (kept.portfolio_id, asked.portfolio_id),
    }
    names = [name for name, (before, now) in pairs.items() if before != now] or ["limit"]
    return [name if name == "portfolio_id" else f"{asked.path}.{name}" for name in names]
