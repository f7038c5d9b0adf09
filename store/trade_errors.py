"""Wrong trades: what was booked, taking it back, and the firm's own account that takes the difference.

StoreError
├── NotFilled          nothing of the order was executed
├── OrderOpen          the order may still fill
├── AlreadyCorrected   the order's trades were taken back before
├── RestatedSince      what a unit is has changed since the trade
├── NotHeld            who should have sold does not hold the units
└── HouseShort         the firm does not hold the units that it has to hand over
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from engines.trade_correction import Correction, Done
from store import (
    accounts,
    cash,
    customers,
    fills,
    holdings,
    ledger,
    order_holds,
    order_terms,
    orders,
    portfolios,
)
from store.errors import StoreError
from store.ledger import About, Posting, Subject
from store.tables import (
    OPEN_STATES,
    SAME_ENTRY,
    Book,
    Fill,
    LedgerEntry,
    LedgerPosting,
    Order,
    Portfolio,
)

HOUSE = "HOUSE-ERRORS"
HOUSE_PORTFOLIO, HOUSE_ACCOUNT = f"P-{HOUSE}", f"A-{HOUSE}"
HOUSE_STATE = "house"
ERROR, CORRECTED, FUNDING = "trade_error", "trade_correction", "house_funding"


class NotFilled(StoreError):
    """Nothing of the order was executed."""


class OrderOpen(StoreError):
    """The order may still fill."""


class AlreadyCorrected(StoreError):
    """The order's trades were taken back before."""


class RestatedSince(StoreError):
    """What a unit is has changed since the trade."""


class NotHeld(StoreError):
    """Who should have sold does not hold the units."""


class HouseShort(StoreError):
    """The firm does not hold the units that it has to hand over."""


@dataclass(frozen=True, slots=True)
class Executed:
    """An order as it was executed and booked; its last day counts."""

    order: Order
    done: Done
    references: Sequence[str]
    trade_date: date
    settles_on: date
    first_date: date


@dataclass(frozen=True, slots=True)
class Origin:
    """Which run corrects, for whom, when and why; `day` is the exchange's date."""

    effect_root: str
    actor: str
    at: datetime
    day: date
    reason: str = ""


def executed(tx: Session, tenant: str, portfolio_id: str, client_order_id: str) -> Executed:
    """What became of an order that is over; UnknownOrder, OrderOpen, NotFilled."""
    order = tx.get(Order, (tenant, client_order_id))
    if order is None or order.portfolio_id != portfolio_id:
        raise orders.UnknownOrder(f"portfolio {portfolio_id} has no order {client_order_id}", "order")
    if order.state in OPEN_STATES:
        raise OrderOpen(f"order {client_order_id} may still fill; cancel it first", "order")
    booked = fills.booked(tx, tenant, order)
    if not booked:
        raise NotFilled(f"nothing of order {client_order_id} was executed", "order")
    done = Done(
        "buy" if order.side == order_terms.BUY else "sell",
        sum(each.fill.units for each in booked),
        sum(each.value_cents for each in booked),
        sum(each.fill.fees_cents for each in booked),
    )
    days = [_days(tx, tenant, order, each.fill) for each in booked]
    return Executed(
        order,
        done,
        [fills.reference(each.fill) for each in booked],
        max(traded for traded, _ in days),
        max(settles for _, settles in days),
        min(traded for traded, _ in days),
    )


def hold_not_restated(tx: Session, tenant: str, wrong: Executed) -> None:
    """RestatedSince if the units were split, renamed or revalued after the trade."""
    after = holdings.restated_since(tx, tenant, wrong.order.etf, wrong.first_date)
    if after is not None:
        raise RestatedSince(
            f"{wrong.order.etf} was restated on {after.effective} by {after.reference}, after order "
            f"{wrong.order.client_order_id} was executed; put it right by hand",
            "order",
        )


def is_corrected(tx: Session, tenant: str, wrong: Executed) -> bool:
    """Whether the order's trades were taken back."""
    reversals = map(ledger.reversal_of, wrong.references)
    return any(ledger.find(tx, tenant, wrong.order.account_id, each) is not None for each in reversals)


def house(tx: Session, tenant: str, at: datetime) -> Portfolio:
    """The firm's own portfolio for wrong trades, opened the first time."""
    person = {"name": "Error account of the firm", "date_of_birth": "1970-01-01"}
    made = customers.register(
        tx, tenant, HOUSE, person, tax_residency="AU", adviser_id=None, at=at, actor="system"
    )
    row = portfolios.portfolio(tx, tenant, made.portfolio_id, lock=True)
    if row.state != HOUSE_STATE:
        row.state = HOUSE_STATE
        tx.add(row)
        tx.flush()
    return row


def house_units(tx: Session, tenant: str, etf: str) -> int:
    """Units of `etf` that the firm holds from wrong trades; 0 before the first."""
    return portfolios.positions(tx, tenant, HOUSE_PORTFOLIO).get(etf, 0)


def fund(tx: Session, tenant: str, needed_cents: int, reference: str, origin: Origin) -> int:
    """Have the firm pay in what its account lacks of the cents needed; answers how much."""
    row = house(tx, tenant, origin.at)
    lacking = max(0, needed_cents - cash.available(tx, tenant, row.account_id))
    if lacking:
        currency = accounts.account(tx, tenant, row.account_id).currency
        about = _about(f"{FUNDING}:{reference}", FUNDING, origin.day, currency, origin)
        lines = [Posting(Book.CASH, lacking), Posting(Book.CAPITAL, -lacking)]
        ledger.post(tx, tenant, row.account_id, about, lines)
    return lacking


def correct(
    tx: Session, tenant: str, wrong: Executed, put_right: Correction, to: Portfolio, origin: Origin
) -> None:
    """Take the wrong trade back, book the right one for `to`, and the difference for the firm.

    All or nothing; AlreadyCorrected, CannotReverse, NotHeld, HouseShort, InsufficientCash.
    """
    if is_corrected(tx, tenant, wrong):
        raise AlreadyCorrected(f"order {wrong.order.client_order_id} was corrected before", "order")
    currency = accounts.account(tx, tenant, wrong.order.account_id, lock=True).currency
    own = house(tx, tenant, origin.at)
    # Newest first: what a later fill sold goes back before what an earlier one brought.
    for reference in reversed(wrong.references):
        about = _about("", ledger.REVERSAL, wrong.trade_date, currency, origin)
        ledger.reverse(tx, tenant, wrong.order.account_id, reference, about)
    if put_right.right.units:
        _book_right(tx, tenant, wrong, put_right.right, to, currency, origin)
    if put_right.firm_units or put_right.firm_cents:
        _book_firm(tx, tenant, wrong, put_right, own, currency, origin)
    for account_id in {wrong.order.account_id, to.account_id}:
        _hold_not_overdrawn(tx, tenant, account_id)


def difference(tx: Session, tenant: str, effect_root: str) -> int:
    """Cents that the firm made on what one run took over and closed; negative: lost."""
    query = (
        select(func.coalesce(func.sum(col(LedgerPosting.amount_cents)), 0))
        .join(LedgerEntry, SAME_ENTRY)
        .where(
            col(LedgerEntry.tenant) == tenant,
            col(LedgerEntry.account_id) == HOUSE_ACCOUNT,
            col(LedgerEntry.effect_root) == effect_root,
            col(LedgerPosting.book) == Book.GAINS,
        )
    )
    return -int(tx.scalar(query) or 0)


def _days(tx: Session, tenant: str, order: Order, fill: Fill) -> tuple[date, date]:
    """The day of the trade, and the day it settles, as the ledger has them."""
    entry = ledger.find(tx, tenant, order.account_id, fills.reference(fill))
    assert entry is not None  # a fill and its entry are booked together
    settles = [row.settles_on for row in ledger.postings_of(tx, entry) if row.settles_on is not None]
    return entry.effective, max(settles, default=entry.effective)


def _book_right(
    tx: Session, tenant: str, wrong: Executed, right: Done, to: Portfolio, currency: str, origin: Origin
) -> None:
    """The trade that should have been, on the day and at the price of the wrong one."""
    name, etf = f"{CORRECTED}:{wrong.order.client_order_id}", wrong.order.etf
    money = Posting(Book.UNSETTLED, right.money_cents, settles_on=wrong.settles_on)
    if right.side == "buy":
        parcel = f"{wrong.order.client_order_id}.corrected"
        lot = Subject(to.portfolio_id, etf, parcel, wrong.trade_date, right.units)
        lines = [Posting(Book.SECURITIES, -right.money_cents, lot)]
    else:
        taken = fills.from_oldest(tx, tenant, to.portfolio_id, etf, right.units, right.money_cents)
        if taken.missing:
            raise NotHeld(
                f"{to.portfolio_id} lacks {taken.missing} of the {right.units} {etf} it should have sold",
                "intended_units",
            )
        lines = taken.postings
    about = _about(name, CORRECTED, wrong.trade_date, currency, origin)
    ledger.post(tx, tenant, to.account_id, about, [*lines, money])


def _book_firm(
    tx: Session, tenant: str, wrong: Executed, put_right: Correction, own: Portfolio, currency: str,
    origin: Origin,
) -> None:  # fmt: skip
    """What the clients were given back or had to pay, against units that the firm takes or hands over."""
    name, etf, units = f"{ERROR}:{wrong.order.client_order_id}", wrong.order.etf, put_right.firm_units
    money = Posting(Book.UNSETTLED, put_right.firm_cents, settles_on=wrong.settles_on)
    lot = Subject(own.portfolio_id, etf, f"{ERROR}.{wrong.order.client_order_id}", wrong.trade_date)
    if units > 0:
        taken_over = Subject(own.portfolio_id, etf, lot.parcel_id, lot.acquired, units)
        lines = [Posting(Book.SECURITIES, -put_right.firm_cents, taken_over)]
    elif units < 0:
        taken = fills.from_oldest(tx, tenant, own.portfolio_id, etf, -units, put_right.firm_cents)
        if taken.missing:
            raise HouseShort(
                f"the firm has to hand over {-units} {etf} and lacks {taken.missing}; buy them first", "order"
            )
        lines = taken.postings
    else:
        lines = [Posting(Book.GAINS, -put_right.firm_cents)]
    about = _about(name, ERROR, wrong.trade_date, currency, origin)
    ledger.post(tx, tenant, own.account_id, about, [*lines, money])


def _hold_not_overdrawn(tx: Session, tenant: str, account_id: str) -> None:
    lacking = -cash.available(tx, tenant, account_id)
    if lacking > 0:
        raise order_holds.InsufficientCash(
            f"the correction would overdraw {account_id} by {lacking / 100:.2f}; bring that in first", "order"
        )


def _about(reference: str, kind: str, day: date, currency: str, origin: Origin) -> About:
    return About(
        reference,
        kind,
        day,
        currency,
        origin.at,
        effect_root=origin.effect_root,
        actor=origin.actor,
        reason=origin.reason,
    )
