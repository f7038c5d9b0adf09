"""Fills: each execution that a broker reports, booked once: cash, units and parcels together.

StoreError
└── FillMismatch   the broker reported something that cannot be true of the order
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import select
from sqlmodel import Session, col

from store import cash, orders
from store.errors import StoreError
from store.sql import insert_missing
from store.tables import (
    OPEN_STATES,
    CashEntry,
    Fill,
    Order,
    OrderState,
    Parcel,
    ParcelDisposal,
    Position,
)

PRICE_PLACES = Decimal("1e-8")


class FillMismatch(StoreError):
    """The broker reported something that cannot be true of the order."""


@dataclass(frozen=True, slots=True)
class Executed:
    """An execution as the broker reported it, and the day it counts for at the exchange."""

    execution_id: str
    units: int
    price: Decimal
    executed_at: datetime
    trade_date: date


@dataclass(frozen=True, slots=True)
class BookedFill:
    """A fill and the cents it was booked with, brokerage apart."""

    fill: Fill
    value_cents: int


def book(
    tx: Session, tenant: str, order: Order, executed: Executed, *, brokerage_cents: int, at: datetime
) -> bool:
    """Book one execution of `order`; False if it was booked before.

    Brokerage is charged once an order, with its first fill. Values are rounded on the order's
    running total, so that an order in many parts costs what it would cost in one.
    """
    # The account's lock also keeps two bookings of one order apart.
    currency = cash.account(tx, tenant, order.account_id, lock=True).currency
    tx.refresh(order)
    before = of_order(tx, tenant, order.client_order_id)
    if any(known.execution_id == executed.execution_id for known in before):
        return False
    fees = 0 if before else brokerage_cents
    fill = _insert(tx, tenant, order, executed, fees, at)
    spent = sum((known.units * known.price for known in before), Decimal(0))
    total = spent + executed.units * executed.price
    value = _cents(total) - _cents(spent)
    _book_cash(tx, order, fill, value, currency)
    if order.side == orders.BUY:
        _add_units(tx, tenant, order, executed, value + fees)
    else:
        _take_units(tx, tenant, order, executed, value - fees)
    _advance(tx, order, total, executed.units, at)
    return True


def of_order(tx: Session, tenant: str, client_order_id: str) -> list[Fill]:
    """The order's fills, oldest first."""
    query = select(Fill).where(col(Fill.tenant) == tenant, col(Fill.client_order_id) == client_order_id)
    return list(tx.scalars(query.order_by(col(Fill.executed_at), col(Fill.execution_id))))


def booked(tx: Session, tenant: str, order: Order) -> list[BookedFill]:
    """The order's fills with the cents they were booked with (positive), oldest first."""
    fills = of_order(tx, tenant, order.client_order_id)
    query = select(CashEntry).where(
        col(CashEntry.tenant) == tenant,
        col(CashEntry.account_id) == order.account_id,
        col(CashEntry.reference).in_([_reference(fill) for fill in fills]),
    )
    entries = {entry.reference: abs(entry.amount_cents) for entry in tx.scalars(query)}
    return [BookedFill(fill, entries[_reference(fill)]) for fill in fills]


def _insert(tx: Session, tenant: str, order: Order, executed: Executed, fees: int, at: datetime) -> Fill:
    leaves = order.units - order.cum_units
    if not 1 <= executed.units <= leaves:
        raise FillMismatch(
            f"{order.broker} reports {executed.units} {order.etf} more on order {order.client_order_id}, "
            f"which has {leaves} left of {order.units}; ask the broker"
        )
    fill = Fill(
        tenant=tenant,
        broker=order.broker,
        execution_id=executed.execution_id,
        client_order_id=order.client_order_id,
        units=executed.units,
        price=executed.price,
        fees_cents=fees,
        executed_at=executed.executed_at,
        booked_at=at,
    )
    if not insert_missing(tx, fill):
        raise FillMismatch(
            f"{order.broker} used execution id {executed.execution_id} for two orders; ask the broker"
        )
    return fill


def _book_cash(tx: Session, order: Order, fill: Fill, value: int, currency: str) -> None:
    kind, signed = ("purchase", -value) if order.side == orders.BUY else ("sale", value)
    entries = [(_reference(fill), kind, signed)]
    if fill.fees_cents:
        entries.append((f"{order.client_order_id}:brokerage", "brokerage", -fill.fees_cents))
    for reference, kind, amount in entries:
        cash.book(
            tx,
            order.tenant,
            order.account_id,
            reference=reference,
            kind=kind,
            amount_cents=amount,
            currency=currency,
            at=fill.booked_at,
            effect_root=order.effect_root,
            actor=order.actor,
        )


def _advance(tx: Session, order: Order, total: Decimal, units: int, at: datetime) -> None:
    """The order's totals and state after a fill; what the fill did not use of its share is released."""
    order.cum_units += units
    order.average_price = (total / order.cum_units).quantize(PRICE_PLACES, ROUND_HALF_UP)
    if order.cum_units == order.units:
        orders.close(tx, order, OrderState.FILLED, at)
        return
    if order.state in OPEN_STATES:
        if order.limit_price is not None and order.side == orders.BUY:
            whole = orders.value_cents(order.units, order.limit_price)
            order.reserved_cents = whole - orders.value_cents(order.cum_units, order.limit_price)
        if order.state != OrderState.PENDING_CANCEL:
            order.state = OrderState.PARTIALLY_FILLED
    order.updated_at = at
    tx.add(order)
    tx.flush()


def _add_units(tx: Session, tenant: str, order: Order, executed: Executed, cost_cents: int) -> None:
    """One parcel an order and day; brokerage is part of its cost base."""
    _move(tx, tenant, order, executed.units)
    parcel_id = f"{order.client_order_id}.{executed.trade_date:%Y%m%d}"
    parcel = tx.get(Parcel, (tenant, parcel_id)) or Parcel(
        tenant=tenant,
        parcel_id=parcel_id,
        portfolio_id=order.portfolio_id,
        etf=order.etf,
        acquired=executed.trade_date,
        units_bought=0,
        units=0,
        cost_base_cents=0,
    )
    parcel.units_bought += executed.units
    parcel.units += executed.units
    parcel.cost_base_cents += cost_cents
    tx.add(parcel)
    tx.flush()


def _take_units(tx: Session, tenant: str, order: Order, executed: Executed, proceeds_cents: int) -> None:
    """Take units from the oldest parcels; proceeds are shared by units, after brokerage."""
    _move(tx, tenant, order, -executed.units)
    left, proceeds_left = executed.units, proceeds_cents
    for parcel in _oldest_first(tx, tenant, order):
        sold = min(parcel.units, left)
        # Shares of what is left, so that the last parcel takes the rest and no cent is lost.
        cost = parcel.cost_base_cents * sold // parcel.units
        proceeds = proceeds_left * sold // left
        tx.add(
            ParcelDisposal(
                tenant=tenant,
                parcel_id=parcel.parcel_id,
                broker=order.broker,
                execution_id=executed.execution_id,
                portfolio_id=order.portfolio_id,
                etf=order.etf,
                disposed=executed.trade_date,
                units=sold,
                cost_base_cents=cost,
                proceeds_cents=proceeds,
            )
        )
        parcel.units -= sold
        parcel.cost_base_cents -= cost
        left, proceeds_left = left - sold, proceeds_left - proceeds
        if left == 0:
            break
    tx.flush()


def _move(tx: Session, tenant: str, order: Order, units: int) -> None:
    position = tx.get(Position, (tenant, order.portfolio_id, order.etf)) or Position(
        tenant=tenant, portfolio_id=order.portfolio_id, etf=order.etf, units=0
    )
    if position.units + units < 0:
        raise FillMismatch(
            f"{order.broker} reports {-units} {order.etf} sold of the {position.units} that "
            f"{order.portfolio_id} holds; ask the broker"
        )
    position.units += units
    tx.add(position)
    tx.flush()


def _oldest_first(tx: Session, tenant: str, order: Order) -> list[Parcel]:
    query = select(Parcel).where(
        col(Parcel.tenant) == tenant,
        col(Parcel.portfolio_id) == order.portfolio_id,
        col(Parcel.etf) == order.etf,
        col(Parcel.units) > 0,
    )
    return list(tx.scalars(query.order_by(col(Parcel.acquired), col(Parcel.parcel_id))))


def _cents(amount: Decimal) -> int:
    return int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP))


def _reference(fill: Fill) -> str:
    return f"{fill.broker}:{fill.execution_id}"
