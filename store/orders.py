"""Orders that are kept, found by portfolio, block, broker and state.

StoreError
└── UnknownOrder   the portfolio has no order of that id
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from store.errors import StoreError
from store.tables import OPEN_STATES, Order, OrderState


class UnknownOrder(StoreError):
    """The portfolio has no order of that id."""


def state_of(tx: Session, tenant: str, client_order_id: str) -> str | None:
    """The state of an order; None if it was never intended."""
    order = tx.get(Order, (tenant, client_order_id))
    return order.state if order is not None else None


def load(tx: Session, tenant: str, client_order_id: str) -> Order:
    """An order that exists, locked until the transaction ends."""
    return tx.get_one(Order, (tenant, client_order_id), with_for_update=True, populate_existing=True)


def is_known(tx: Session, client_order_id: str) -> bool:
    """Whether any tenant has an order of that id."""
    query = select(col(Order.client_order_id)).where(col(Order.client_order_id) == client_order_id)
    return tx.scalar(query.limit(1)) is not None


def of_portfolio(tx: Session, tenant: str, portfolio_id: str, ids: Iterable[str]) -> list[Order]:
    """The portfolio's orders of those ids, in that order; UnknownOrder names the first that is not there."""
    found = []
    for place, client_order_id in enumerate(ids):
        order = tx.get(Order, (tenant, client_order_id))
        if order is None or order.portfolio_id != portfolio_id:
            raise UnknownOrder(f"portfolio {portfolio_id} has no order {client_order_id}", f"orders[{place}]")
        found.append(order)
    return found


def decided(tx: Session, tenant: str, portfolio_id: str) -> list[Order]:
    """Every order of the portfolio, its parts of blocks included, the oldest first."""
    query = select(Order).where(col(Order.tenant) == tenant, col(Order.portfolio_id) == portfolio_id)
    return list(tx.scalars(query.order_by(col(Order.created_at), col(Order.side).desc(), col(Order.line))))


def of_its_own(tx: Session, tenant: str, portfolio_id: str) -> list[Order]:
    """The portfolio's own orders; its parts of blocks are looked after with their block."""
    query = select(Order).where(
        col(Order.tenant) == tenant,
        col(Order.portfolio_id) == portfolio_id,
        col(Order.block_id).is_(None),
    )
    # Sells are sent before buys; within a side the order of the list counts.
    return list(tx.scalars(query.order_by(col(Order.created_at), col(Order.side).desc(), col(Order.line))))


def open_orders(tx: Session, tenant: str, portfolio_id: str) -> list[Order]:
    """The portfolio's orders that may still fill, the oldest first."""
    return [order for order in of_its_own(tx, tenant, portfolio_id) if order.state in OPEN_STATES]


def that_may_still_fill(
    tx: Session, tenant: str, portfolio_id: str, broker: str, since: datetime
) -> list[Order]:
    """Orders that ended unfilled since then, by whichever run: those that a late fill may still come for."""
    return [
        order
        for order in of_its_own(tx, tenant, portfolio_id)
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


def of_block(tx: Session, tenant: str, block_id: str) -> list[Order]:
    """The clients' parts of a block, in the order in which they were asked for."""
    query = select(Order).where(col(Order.tenant) == tenant, col(Order.block_id) == block_id)
    return list(tx.scalars(query.order_by(col(Order.line))))
