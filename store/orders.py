"""Orders: the intent, kept before anything is sent, and what the broker made of it.

StoreError
├── InsufficientCash    a buy and its brokerage come to more than the cash available
├── InsufficientUnits   a sell of more units than are held and not on sale already
├── UnknownParcel       the portfolio has no parcel of that id and ETF
├── UnknownOrder        the portfolio has no order of that id
└── OrderNotOpen        the order is over, or about to be cancelled: it cannot be changed any more
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import func, select
from sqlmodel import Session, col

from payloads import plain_json
from store import cash
from store.effects import IntentChanged
from store.errors import StoreError
from store.tables import OPEN_STATES, Order, OrderState, Parcel, Portfolio, Position

BUY, SELL = "buy", "sell"
# Before the key in `reported_by`: the fact is out, and no call has reported on the order.
BY_CANCEL = "cancel:"
# Before either, or alone: a fill came after the order had ended, and there is no fact of it yet.
LATE = "late:"


class InsufficientCash(StoreError):
    """A buy and its brokerage come to more than the cash available."""


class InsufficientUnits(StoreError):
    """A sell of more units than are held and not on sale already."""


class UnknownParcel(StoreError):
    """The portfolio has no parcel of that id and ETF."""


class UnknownOrder(StoreError):
    """The portfolio has no order of that id."""


class OrderNotOpen(StoreError):
    """The order is over, or about to be cancelled: it cannot be changed any more."""


@dataclass(frozen=True, slots=True)
class Content:
    """How many units an order is for, and the worst price of a unit."""

    units: int
    limit: Decimal | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A trade as it was asked for: what one client order id means, for good."""

    client_order_id: str
    portfolio_id: str
    line: int
    etf: str
    side: str
    units: int
    limit: Decimal | None
    price: Decimal | None
    planned_value_cents: int | None
    planned_cost_cents: int | None
    asked_in: str = "trades"
    parcel_ids: tuple[str, ...] | None = None

    @property
    def digest(self) -> str:
        """The digest of what was asked; its place in the list does not count, nor parcels not named."""
        placed = ("line", "asked_in")
        named = {name: getattr(self, name) for name in self.__slots__ if name not in placed}
        if self.parcel_ids is None:
            del named["parcel_ids"]
        return plain_json.digest(named)

    @property
    def path(self) -> str:
        """Where in the input it was asked for."""
        return f"{self.asked_in}[{self.line}]"


@dataclass(frozen=True, slots=True)
class Origin:
    """Which run sends an order, for whom, and when; what the market stood at, and for which block."""

    effect_root: str
    workflow_id: str
    actor: str
    at: datetime
    arrival_price: Decimal | None = None
    block_id: str | None = None


def value_cents(units: int, price: Decimal) -> int:
    """Cents that `units` at `price` are worth, half up."""
    return int((units * price * 100).quantize(Decimal(1), ROUND_HALF_UP))


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
        _hold_cash(asked, reserved, spendable)
    else:
        _hold_units(tx, tenant, asked)
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


def state_of(tx: Session, tenant: str, client_order_id: str) -> str | None:
    """The state of an order; None if it was never intended."""
    order = tx.get(Order, (tenant, client_order_id))
    return order.state if order is not None else None


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
    _touch(tx, order, at)


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
    _touch(tx, order, at)
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
    _touch(tx, order, at)


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


def begin_cancel(tx: Session, order: Order, at: datetime) -> None:
    """From now on nobody sends the order; its reservation stays until the broker has answered."""
    if order.state in OPEN_STATES:
        order.state = OrderState.PENDING_CANCEL
        _touch(tx, order, at)


def close(tx: Session, order: Order, state: str, at: datetime, reason: str = "") -> None:
    """The broker works the order no more: its reservation is released."""
    order.state, order.reserved_cents = state, 0
    order.reason = reason or order.reason
    _touch(tx, order, at)


def mark_told(tx: Session, orders: Iterable[Order], key: str, at: datetime) -> None:
    """Note that a cancel told what these orders traded; they are still to be reported on."""
    for order in orders:
        order.reported_by = f"{BY_CANCEL}{key}"
        _touch(tx, order, at)


def mark_reported(tx: Session, orders: Iterable[Order], key: str, at: datetime) -> None:
    """Note which call reported on these orders; the first one stays."""
    for order in orders:
        if not _is_reported(order):
            order.reported_by = key
            _touch(tx, order, at)


def load(tx: Session, tenant: str, client_order_id: str) -> Order:
    """An order that exists, locked until the transaction ends."""
    return tx.get_one(Order, (tenant, client_order_id), with_for_update=True, populate_existing=True)


def of_portfolio(tx: Session, tenant: str, portfolio_id: str, ids: Iterable[str]) -> list[Order]:
    """The portfolio's orders of those ids, in that order; UnknownOrder names the first that is not there."""
    found = []
    for place, client_order_id in enumerate(ids):
        order = tx.get(Order, (tenant, client_order_id))
        if order is None or order.portfolio_id != portfolio_id:
            raise UnknownOrder(f"portfolio {portfolio_id} has no order {client_order_id}", f"orders[{place}]")
        found.append(order)
    return found


def open_orders(tx: Session, tenant: str, portfolio_id: str) -> list[Order]:
    """The portfolio's orders that may still fill, the oldest first."""
    return [order for order in _all(tx, tenant, portfolio_id) if order.state in OPEN_STATES]


def unreported(tx: Session, tenant: str, portfolio_id: str, effect_root: str) -> list[Order]:
    """Orders of one run that no call has reported on yet, and any other that is still open."""
    return [
        order
        for order in _all(tx, tenant, portfolio_id)
        if (order.effect_root == effect_root and not _is_reported(order)) or order.state in OPEN_STATES
    ]


def that_may_still_fill(
    tx: Session, tenant: str, portfolio_id: str, broker: str, since: datetime
) -> list[Order]:
    """Orders that ended unfilled since then, by whichever run: those that a late fill may still come for."""
    return [
        order
        for order in _all(tx, tenant, portfolio_id)
        if order.state in (OrderState.CANCELLED, OrderState.EXPIRED)
        and order.broker == broker
        and order.cum_units < order.units
        and order.updated_at >= since
    ]


def sent_through(tx: Session, tenant: str, broker: str, since: datetime) -> list[Order]:
    """Orders of every portfolio, parts of blocks apart, that were meant for a broker since then, by age."""
    query = select(Order).where(
        col(Order.tenant) == tenant,
        col(Order.broker) == broker,
        col(Order.created_at) >= since,
        col(Order.block_id).is_(None),
    )
    return list(tx.scalars(query.order_by(col(Order.created_at), col(Order.client_order_id))))


def is_known(tx: Session, client_order_id: str) -> bool:
    """Whether any tenant has an order of that id."""
    query = select(col(Order.client_order_id)).where(col(Order.client_order_id) == client_order_id)
    return tx.scalar(query.limit(1)) is not None


def of_block(tx: Session, tenant: str, block_id: str) -> list[Order]:
    """The clients' parts of a block, in the order in which they were asked for."""
    query = select(Order).where(col(Order.tenant) == tenant, col(Order.block_id) == block_id)
    return list(tx.scalars(query.order_by(col(Order.line))))


def decided(tx: Session, tenant: str, portfolio_id: str) -> list[Order]:
    """Every order of the portfolio, its parts of blocks included, the oldest first."""
    query = select(Order).where(col(Order.tenant) == tenant, col(Order.portfolio_id) == portfolio_id)
    return list(tx.scalars(query.order_by(col(Order.created_at), col(Order.side).desc(), col(Order.line))))


def mark_late(tx: Session, order: Order, at: datetime, *, had_ended: bool) -> None:
    """Note that an order filled after it had ended, or had been told of; else nothing."""
    told = order.reported_by
    if (told is not None or had_ended) and not (told or "").startswith(LATE):
        order.reported_by = f"{LATE}{told or ''}"
        _touch(tx, order, at)


def filled_late(tx: Session, tenant: str, portfolio_id: str) -> list[Order]:
    """Orders with fills that came after their end, and that nobody has told of since."""
    return [order for order in _all(tx, tenant, portfolio_id) if is_late(order)]


def mark_late_told(tx: Session, orders: Iterable[Order], key: str, at: datetime) -> None:
    """Note that the late fills of these orders were told."""
    for order in orders:
        before = (order.reported_by or "").removeprefix(LATE)
        order.reported_by = before or f"{BY_CANCEL}{key}"
        _touch(tx, order, at)


def is_late(order: Order) -> bool:
    """Did the order fill after its end, or after it was told of, and nobody has told of that since."""
    return (order.reported_by or "").startswith(LATE)


def is_untold(order: Order) -> bool:
    """Is there no fact yet of what became of the order."""
    return order.reported_by in (None, LATE)


def units_on_sale(tx: Session, tenant: str, portfolio_id: str, etf: str) -> int:
    """Units of open sell orders that have not filled yet."""
    query = select(func.coalesce(func.sum(col(Order.units) - col(Order.cum_units)), 0)).where(
        col(Order.tenant) == tenant,
        col(Order.portfolio_id) == portfolio_id,
        col(Order.etf) == etf,
        col(Order.side) == SELL,
        col(Order.state).in_(OPEN_STATES),
    )
    return int(tx.scalar(query) or 0)


def sellable(tx: Session, tenant: str, portfolio_id: str, etf: str) -> int:
    """Units that can be sold: those held, without what is on sale already."""
    held = tx.get(Position, (tenant, portfolio_id, etf))
    return (held.units if held else 0) - units_on_sale(tx, tenant, portfolio_id, etf)


def _hold_cash(asked: Asked, needed: int, spendable: int) -> None:
    if needed > spendable:
        raise InsufficientCash(
            f"buying {asked.units} {asked.etf} takes {needed / 100:.2f} with brokerage, "
            f"and {spendable / 100:.2f} is available; pay in, or buy less",
            asked.path,
        )


def _hold_units(tx: Session, tenant: str, asked: Asked) -> None:
    free = sellable(tx, tenant, asked.portfolio_id, asked.etf)
    if asked.units > free:
        raise InsufficientUnits(
            f"{asked.units} {asked.etf} were to be sold, and {free} are held and not on sale already",
            f"{asked.path}.units",
        )
    if asked.parcel_ids is not None:
        _hold_parcels(tx, tenant, asked, asked.parcel_ids)


def _hold_parcels(tx: Session, tenant: str, asked: Asked, named: Sequence[str]) -> None:
    path, covered = f"{asked.path}.parcel_ids", 0
    for place, parcel_id in enumerate(named):
        parcel = tx.get(Parcel, (tenant, parcel_id))
        if parcel is None or (parcel.portfolio_id, parcel.etf) != (asked.portfolio_id, asked.etf):
            raise UnknownParcel(
                f"{asked.portfolio_id} has no parcel {parcel_id} of {asked.etf}", f"{path}[{place}]"
            )
        covered += parcel.units
    if asked.units > covered:
        raise InsufficientUnits(
            f"{asked.units} {asked.etf} were to be sold out of parcels that hold {covered}", path
        )


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


def _is_reported(order: Order) -> bool:
    told = (order.reported_by or "").removeprefix(LATE)
    return bool(told) and not told.startswith(BY_CANCEL)


def _all(tx: Session, tenant: str, portfolio_id: str) -> list[Order]:
    """The portfolio's own orders; its parts of blocks are looked after with their block."""
    query = select(Order).where(
        col(Order.tenant) == tenant,
        col(Order.portfolio_id) == portfolio_id,
        col(Order.block_id).is_(None),
    )
    # Sells are sent before buys; within a side the order of the list counts.
    return list(tx.scalars(query.order_by(col(Order.created_at), col(Order.side).desc(), col(Order.line))))


def _touch(tx: Session, order: Order, at: datetime) -> None:
    order.updated_at = at
    tx.add(order)
    tx.flush()
