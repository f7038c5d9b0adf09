"""Closing an account: what is left to do, handing units over, bringing every book to zero.

ActivityError
├── OrdersOpen   orders of the portfolio may still fill
└── NotClosing   nobody has begun to close the portfolio
"""

from collections.abc import Mapping
from decimal import Decimal

from sqlmodel import Session

from activities.context import Context
from activities.effects import append, once
from activities.errors import ActivityError
from activities.exchange_days import today
from activities.registry import implements
from activities.valuation import newest_prices
from payloads.base import cents
from payloads.closures import (
    AccountStanding,
    ClosedAccount,
    ClosureBegun,
    KeptOpen,
    TransferOut,
    TransferredOut,
)
from payloads.files.fees import FeesFile
from payloads.orders import Trade
from payloads.portfolios import PortfolioId
from store import billing, cash, closing, ledger, orders, portfolios
from store.cents import from_cents
from store.closing import CLOSING, Origin
from store.tables import Book, Portfolio


class OrdersOpen(ActivityError):
    """Orders of the portfolio may still fill."""


class NotClosing(ActivityError):
    """Nobody has begun to close the portfolio."""


@implements("accounts.begin_closure")
def begin_closure(ask: PortfolioId, context: Context) -> ClosureBegun:
    """The portfolio only sells from now on; one run closes it, a second one is refused."""
    return once(ask, context, ClosureBegun, lambda tx: _begin(tx, ask, context))


def _begin(tx: Session, ask: PortfolioId, context: Context) -> ClosureBegun:
    row = closing.begin(tx, context.call.tenant, ask.portfolio_id, context.call.effect_root)
    begun = ClosureBegun(
        portfolio_id=row.portfolio_id,
        account_id=row.account_id,
        customer_id=row.customer_id,
        before=closing.state_before(row),
    )
    append(tx, context, row.customer_id, "AccountClosureBegun", begun.model_dump(exclude={"customer_id"}))
    return begun


@implements("accounts.keep_open")
def keep_open(ask: PortfolioId, context: Context) -> KeptOpen:
    """What the portfolio was before; nothing where this run was not closing it."""
    return once(ask, context, KeptOpen, lambda tx: _keep_open(tx, ask, context))


def _keep_open(tx: Session, ask: PortfolioId, context: Context) -> KeptOpen:
    kept = closing.keep_open(tx, context.call.tenant, ask.portfolio_id, context.call.effect_root)
    row = portfolios.portfolio(tx, context.call.tenant, ask.portfolio_id)
    done = KeptOpen(portfolio_id=ask.portfolio_id, kept_open=kept, state=row.state)
    if kept:
        append(tx, context, row.customer_id, "AccountKeptOpen", done.model_dump())
    return done


@implements("accounts.standing")
def standing(ask: PortfolioId, context: Context) -> AccountStanding:
    """What is there at one moment; prices are asked for only where units are held."""
    tenant = context.call.tenant
    with context.services.database.reading() as tx:
        row = portfolios.portfolio(tx, tenant, ask.portfolio_id)
        units = portfolios.positions(tx, tenant, ask.portfolio_id)
        money = {
            "cash": from_cents(cash.balance(tx, tenant, row.account_id)),
            "settled": from_cents(cash.settled(tx, tenant, row.account_id)),
            "unsettled": from_cents(cash.unsettled(tx, tenant, row.account_id)),
            "owed": from_cents(billing.owed(tx, tenant, row.account_id)),
        }
        still_open = len(orders.open_orders(tx, tenant, ask.portfolio_id))
        state, account_id, customer_id = row.state, row.account_id, row.customer_id
    trades = _sell_all(units, context) if units else []
    return AccountStanding(
        portfolio_id=ask.portfolio_id,
        account_id=account_id,
        customer_id=customer_id,
        state=state,
        **money,
        value=sum((trade.value or Decimal(0) for trade in trades), Decimal(0)),
        units=units,
        open_orders=still_open,
        trades=trades,
    )


def _sell_all(units: Mapping[str, int], context: Context) -> list[Trade]:
    _, prices = newest_prices(set(units), context)
    brokerage = context.catalogue.read("fees", FeesFile).brokerage.value
    return [
        Trade(
            etf=etf,
            side="sell",
            units=count,
            limit=None,
            price=prices[etf],
            value=cents(prices[etf] * count),
            cost=brokerage,
        )
        for etf, count in units.items()
    ]


@implements("accounts.transfer_out")
def transfer_out(ask: TransferOut, context: Context) -> TransferredOut:
    """The units leave at their cost, so that nothing is gained and the client keeps their cost base."""
    return once(ask, context, TransferredOut, lambda tx: _transfer_out(tx, ask, context))


def _transfer_out(tx: Session, ask: TransferOut, context: Context) -> TransferredOut:
    tenant = context.call.tenant
    row = portfolios.portfolio(tx, tenant, ask.portfolio_id, lock=True)
    still_open = orders.open_orders(tx, tenant, ask.portfolio_id)
    if still_open:
        raise OrdersOpen(
            f"{len(still_open)} orders of {ask.portfolio_id} may still fill; cancel them first",
            "portfolio_id",
        )
    before = ledger.balances(tx, tenant, row.account_id).get(Book.SECURITIES, 0)
    units = closing.transfer_out(tx, tenant, row, ask.reference, _origin(context))
    done = TransferredOut(portfolio_id=ask.portfolio_id, units=units, cost_base=from_cents(before))
    append(
        tx, context, row.customer_id, "UnitsTransferredOut", {**done.model_dump(), "reference": ask.reference}
    )
    return done


@implements("accounts.close")
def close(ask: PortfolioId, context: Context) -> ClosedAccount:
    """Whether it is closed: where something is left it is named, and nothing is changed."""
    return once(ask, context, ClosedAccount, lambda tx: _close(tx, ask, context))


def _close(tx: Session, ask: PortfolioId, context: Context) -> ClosedAccount:
    tenant = context.call.tenant
    row = portfolios.portfolio(tx, tenant, ask.portfolio_id, lock=True)
    if row.state != CLOSING or row.closing_by != context.call.effect_root:
        raise NotClosing(
            f"portfolio {ask.portfolio_id} is {row.state}; run `account_closure` for it", "portfolio_id"
        )
    left = closing.left(tx, tenant, row)
    if left:
        return _closed(row, ledger.balances(tx, tenant, row.account_id), left, context)
    done = _closed(row, closing.close(tx, tenant, row, _origin(context)), left, context)
    told = done.model_dump(exclude={"left", "closed_at"})
    append(tx, context, row.customer_id, "AccountClosed", told)
    return done


def _closed(row: Portfolio, books: Mapping[Book, int], left: list[str], context: Context) -> ClosedAccount:
    def came_to(book: Book, sign: int) -> Decimal:
        return from_cents(sign * books.get(book, 0))

    return ClosedAccount(
        portfolio_id=row.portfolio_id,
        account_id=row.account_id,
        closed=not left,
        closed_at=None if left else context.now(),
        left=left,
        capital=came_to(Book.CAPITAL, -1),
        gains=came_to(Book.GAINS, -1),
        income=came_to(Book.INCOME, -1),
        fees=came_to(Book.FEES, 1),
        withheld=came_to(Book.WITHHELD, 1),
    )


def _origin(context: Context) -> Origin:
    call = context.call
    return Origin(call.effect_root, call.actor, context.now(), today(context))
