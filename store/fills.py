"""Fills: each execution that a broker reports, booked once: one entry of the ledger for money and units.

StoreError
└── FillMismatch   the broker reported something that cannot be true of the order
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import func, select
from sqlmodel import Session, col

from store import ledger, order_life, order_terms
from store.accounts import account
from store.errors import StoreError
from store.ledger import About, Posting, Subject
from store.sql import insert_missing
from store.tables import (
    MONEY,
    OPEN_STATES,
    SAME_ENTRY,
    Book,
    Fill,
    LedgerEntry,
    LedgerPosting,
    Order,
    OrderState,
    Parcel,
)

PRICE_PLACES = Decimal("1e-8")


class FillMismatch(StoreError):
    """The broker reported something that cannot be true of the order."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a part of a block costs, in cents: shares of the whole, which add up."""

    value_cents: int
    fees_cents: int


@dataclass(frozen=True, slots=True)
class Executed:
    """An execution as the broker reported it, the day it counts for at the exchange, and when it settles.

    Of a part of a block `price` is the average, and `share` has the cents.
    """

    execution_id: str
    units: int
    price: Decimal
    executed_at: datetime
    trade_date: date
    settles_on: date
    share: Share | None = None


@dataclass(frozen=True, slots=True)
class BookedFill:
    """A fill and the cents it was booked with, brokerage apart."""

    fill: Fill
    value_cents: int


@dataclass(frozen=True, slots=True)
class Leaving:
    """Postings that take units out of parcels, and how many units there were too few of."""

    postings: list[Posting]
    missing: int


@dataclass(frozen=True, slots=True)
class Sale:
    """Units sold of what `parcels` hold; the proceeds are after brokerage, so they may be below nothing."""

    order: Order
    units: int
    day: date
    proceeds_cents: int
    parcels: Sequence[Parcel]


@dataclass(frozen=True, slots=True)
class SoldParcel:
    """Units of a parcel that a sale takes, with their shares of cost base and proceeds."""

    parcel_id: str
    units: int
    cost_base_cents: int
    proceeds_cents: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What a sale takes of which parcels, and by what method they were chosen."""

    method: str
    parcels: Sequence[SoldParcel]


Choose = Callable[[Session, Sale], Taken]
"""Chooses the parcels of a sale; they add up to its units and its proceeds."""


def book(
    tx: Session,
    tenant: str,
    order: Order,
    executed: Executed,
    *,
    brokerage_cents: int,
    choose: Choose,
    at: datetime,
) -> bool:
    """Book one execution of `order`; False if it was booked before.

    Brokerage is charged once an order, with its first fill. Values are rounded on the order's
    running total, so that an order in many parts costs what it would cost in one. A share of a block
    costs what its `share` says. A sale takes the parcels that `choose` names.
    """
    # The account's lock also keeps two bookings of one order apart.
    currency = account(tx, tenant, order.account_id, lock=True).currency
    tx.refresh(order)
    before = of_order(tx, tenant, order.client_order_id)
    if any(known.execution_id == executed.execution_id for known in before):
        return False
    _hold_leaves(order, executed)
    spent = sum((known.units * known.price for known in before), Decimal(0))
    total = spent + executed.units * executed.price
    share = executed.share or Share(_cents(total) - _cents(spent), 0 if before else brokerage_cents)
    value, fees = share.value_cents, share.fees_cents
    if order.side == order_terms.BUY:
        method, postings = None, _purchase(order, executed, value + fees)
    else:
        method, postings = _sale(tx, tenant, order, executed, value - fees, choose)
    fill = _insert(tx, tenant, order, executed, fees, method, at)
    ledger.post(tx, tenant, order.account_id, _about(order, fill, executed, currency), postings)
    _advance(tx, order, total, executed.units, at)
    return True


def of_order(tx: Session, tenant: str, client_order_id: str) -> list[Fill]:
    """The order's fills, oldest first."""
    query = select(Fill).where(col(Fill.tenant) == tenant, col(Fill.client_order_id) == client_order_id)
    return list(tx.scalars(query.order_by(col(Fill.executed_at), col(Fill.execution_id))))


def booked(tx: Session, tenant: str, order: Order) -> list[BookedFill]:
    """The order's fills with the cents they were booked with (positive), oldest first."""
    fills = of_order(tx, tenant, order.client_order_id)
    query = (
        select(col(LedgerEntry.reference), func.sum(col(LedgerPosting.amount_cents)))
        .join(LedgerPosting, SAME_ENTRY)
        .where(
            col(LedgerEntry.tenant) == tenant,
            col(LedgerEntry.account_id) == order.account_id,
            col(LedgerEntry.reference).in_([reference(fill) for fill in fills]),
            col(LedgerPosting.book).in_(MONEY),
        )
        .group_by(col(LedgerEntry.reference))
    )
    # A purchase paid value and brokerage, a sale brought value less brokerage: added, it leaves the value.
    money = {name: int(cents) for name, cents in tx.execute(query)}
    return [BookedFill(fill, abs(money[reference(fill)] + fill.fees_cents)) for fill in fills]


def brokerage(tx: Session, tenant: str, account_id: str) -> dict[str, int]:
    """Cents of brokerage that the account was charged, by the reference of the ledger's entry."""
    query = (
        select(Fill)
        .join(
            Order,
            (col(Order.tenant) == col(Fill.tenant))
            & (col(Order.client_order_id) == col(Fill.client_order_id)),
        )
        .where(col(Fill.tenant) == tenant, col(Order.account_id) == account_id, col(Fill.fees_cents) != 0)
    )
    return {reference(fill): fill.fees_cents for fill in tx.scalars(query)}


def _hold_leaves(order: Order, executed: Executed) -> None:
    leaves = order.units - order.cum_units
    if not 1 <= executed.units <= leaves:
        raise FillMismatch(
            f"{order.broker} reports {executed.units} {order.etf} more on order {order.client_order_id}, "
            f"which has {leaves} left of {order.units}; ask the broker"
        )


def _insert(
    tx: Session,
    tenant: str,
    order: Order,
    executed: Executed,
    fees: int,
    method: str | None,
    at: datetime,
) -> Fill:
    fill = Fill(
        tenant=tenant,
        broker=order.broker,
        execution_id=executed.execution_id,
        client_order_id=order.client_order_id,
        units=executed.units,
        price=executed.price,
        fees_cents=fees,
        parcels_by=method,
        executed_at=executed.executed_at,
        booked_at=at,
    )
    if not insert_missing(tx, fill):
        raise FillMismatch(
            f"{order.broker} used execution id {executed.execution_id} for two orders; ask the broker"
        )
    return fill


def _about(order: Order, fill: Fill, executed: Executed, currency: str) -> About:
    return About(
        reference(fill),
        "purchase" if order.side == order_terms.BUY else "sale",
        executed.trade_date,
        currency,
        fill.booked_at,
        effect_root=order.effect_root,
        actor=order.actor,
    )


def _advance(tx: Session, order: Order, total: Decimal, units: int, at: datetime) -> None:
    """The order's totals and state after a fill; what the fill did not use of its share is released."""
    order.cum_units += units
    order.average_price = (total / order.cum_units).quantize(PRICE_PLACES, ROUND_HALF_UP)
    if order.cum_units == order.units:
        order_life.close(tx, order, OrderState.FILLED, at)
        return
    if order.state in OPEN_STATES:
        if order.limit_price is not None and order.side == order_terms.BUY:
            whole = order_terms.value_cents(order.units, order.limit_price)
            order.reserved_cents = whole - order_terms.value_cents(order.cum_units, order.limit_price)
        if order.state not in (OrderState.PENDING_CANCEL, OrderState.PENDING_REPLACE):
            order.state = OrderState.PARTIALLY_FILLED
    order.updated_at = at
    tx.add(order)
    tx.flush()


def _purchase(order: Order, executed: Executed, cost_cents: int) -> list[Posting]:
    """One parcel an order and day; brokerage is part of its cost base."""
    bought = Subject(
        order.portfolio_id,
        order.etf,
        f"{order.client_order_id}.{executed.trade_date:%Y%m%d}",
        executed.trade_date,
        executed.units,
    )
    return [
        Posting(Book.SECURITIES, cost_cents, bought),
        Posting(Book.UNSETTLED, -cost_cents, settles_on=executed.settles_on),
    ]


def _sale(
    tx: Session, tenant: str, order: Order, executed: Executed, proceeds_cents: int, choose: Choose
) -> tuple[str, list[Posting]]:
    """Each parcel sold leaves with its cost base, and its gain beside; the method comes first."""
    held = _held(tx, tenant, order.portfolio_id, order.etf)
    units = sum(parcel.units for parcel in held.values())
    if executed.units > units:
        raise FillMismatch(
            f"{order.broker} reports {executed.units} {order.etf} sold of the {units} that "
            f"{order.portfolio_id} holds; ask the broker"
        )
    sale = Sale(order, executed.units, executed.trade_date, proceeds_cents, tuple(held.values()))
    taken = choose(tx, sale)
    assert sum(sold.units for sold in taken.parcels) == executed.units, "a sale takes the units that it sold"
    postings = []
    for sold in taken.parcels:
        parcel = held[sold.parcel_id]
        subject = Subject(order.portfolio_id, order.etf, parcel.parcel_id, parcel.acquired)
        gain = sold.proceeds_cents - sold.cost_base_cents
        postings.append(Posting(Book.SECURITIES, -sold.cost_base_cents, replace(subject, units=-sold.units)))
        postings.append(Posting(Book.GAINS, -gain, subject))
    money = Posting(Book.UNSETTLED, proceeds_cents, settles_on=executed.settles_on)
    return taken.method, [*postings, money]


def from_oldest(
    tx: Session, tenant: str, portfolio_id: str, etf: str, units: int, proceeds_cents: int
) -> Leaving:
    """Units from the oldest parcels, with the gain of each; proceeds are shared by units, after brokerage."""
    postings = []
    left, proceeds_left = units, proceeds_cents
    for parcel in _held(tx, tenant, portfolio_id, etf).values():
        sold = min(parcel.units, left)
        # Shares of what is left, so that the last parcel takes the rest and no cent is lost.
        cost = parcel.cost_base_cents * sold // parcel.units
        proceeds = proceeds_left * sold // left
        subject = Subject(portfolio_id, etf, parcel.parcel_id, parcel.acquired)
        postings.append(Posting(Book.SECURITIES, -cost, replace(subject, units=-sold)))
        postings.append(Posting(Book.GAINS, cost - proceeds, subject))
        left, proceeds_left = left - sold, proceeds_left - proceeds
        if left == 0:
            break
    return Leaving(postings, left)


def _held(tx: Session, tenant: str, portfolio_id: str, etf: str) -> dict[str, Parcel]:
    """The portfolio's parcels of the ETF, the oldest first."""
    query = select(Parcel).where(
        col(Parcel.tenant) == tenant,
        col(Parcel.portfolio_id) == portfolio_id,
        col(Parcel.etf) == etf,
        col(Parcel.units) > 0,
    )
    rows = tx.scalars(query.order_by(col(Parcel.acquired), col(Parcel.parcel_id)))
    return {parcel.parcel_id: parcel for parcel in rows}


def _cents(amount: Decimal) -> int:
    return int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP))


def reference(fill: Fill) -> str:
    """The reference of the fill in the ledger."""
    return f"{fill.broker}:{fill.execution_id}"
