"""Portfolios as triggers see them, many at a time: what they are, and what cash they have."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from store.cents import from_cents
from store.tables import (
    MONEY,
    OPEN_STATES,
    Account,
    Customer,
    LedgerPosting,
    Order,
    Portfolio,
    Position,
)

FIELDS = (
    "portfolio_id",
    "customer_id",
    "account_id",
    "benchmark_id",
    "state",
    "mandate",
    "risk_score",
    "risk_category",
    "marginal_rate",
)
MOMENTS = ("opened_at", "invested_at", "managed_at")
# Nothing is watched of those that are closed, and of the firm's own.
UNWATCHED = ("closed", "house")


def page(tx: Session, tenant: str, after: str, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` portfolios whose ids follow `after`, by id; without closed ones and the firm's own."""
    watched = (col(Portfolio.portfolio_id) > after) & col(Portfolio.state).not_in(UNWATCHED)
    return _rows(tx, tenant, watched, limit)


def of_ids(tx: Session, tenant: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The portfolios of these ids, by id; those that are not there are left out."""
    rows = _rows(tx, tenant, col(Portfolio.portfolio_id).in_(ids), len(ids))
    return {row["portfolio_id"]: row for row in rows}


def positions(tx: Session, tenant: str, ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Units by ETF of each of these portfolios that holds some."""
    query = select(Position).where(
        col(Position.tenant) == tenant, col(Position.portfolio_id).in_(ids), col(Position.units) > 0
    )
    found: dict[str, dict[str, int]] = {}
    for row in tx.scalars(query):
        found.setdefault(row.portfolio_id, {})[row.etf] = row.units
    return found


def _rows(tx: Session, tenant: str, which: ColumnElement[bool], limit: int) -> list[dict[str, Any]]:
    query = (
        select(Portfolio, Account, Customer)
        .join(
            Account,
            _same_tenant(Portfolio, Account) & (col(Account.account_id) == col(Portfolio.account_id)),
        )
        .join(
            Customer,
            _same_tenant(Portfolio, Customer) & (col(Customer.customer_id) == col(Portfolio.customer_id)),
        )
        .where(col(Portfolio.tenant) == tenant, which)
        .order_by(col(Portfolio.portfolio_id))
        .limit(limit)
    )
    found = [(portfolio, account, customer) for portfolio, account, customer in tx.execute(query)]
    accounts = [account.account_id for _, account, _ in found]
    cash, reserved = _cash(tx, tenant, accounts), _reserved(tx, tenant, accounts)
    return [_row(*each, cash, reserved) for each in found]


def _row(
    portfolio: Portfolio,
    account: Account,
    customer: Customer,
    cash: Mapping[str, int],
    reserved: Mapping[str, int],
) -> dict[str, Any]:
    cents = cash.get(account.account_id, 0)
    moments = {name: getattr(portfolio, name) for name in MOMENTS}
    return {
        **{name: getattr(portfolio, name) for name in FIELDS},
        **{name: moment.isoformat() if moment else None for name, moment in moments.items()},
        "adviser_id": customer.adviser_id,
        "household_id": customer.household_id,
        "currency": account.currency,
        "cash": from_cents(cents),
        "available_cash": from_cents(cents - reserved.get(account.account_id, 0)),
    }


def _cash(tx: Session, tenant: str, accounts: Sequence[str]) -> dict[str, int]:
    query = (
        select(col(LedgerPosting.account_id), func.sum(col(LedgerPosting.amount_cents)))
        .where(
            col(LedgerPosting.tenant) == tenant,
            col(LedgerPosting.account_id).in_(accounts),
            col(LedgerPosting.book).in_(MONEY),
        )
        .group_by(col(LedgerPosting.account_id))
    )
    return {account: int(cents) for account, cents in tx.execute(query)}


def _reserved(tx: Session, tenant: str, accounts: Sequence[str]) -> dict[str, int]:
    query = (
        select(col(Order.account_id), func.sum(col(Order.reserved_cents)))
        .where(
            col(Order.tenant) == tenant,
            col(Order.account_id).in_(accounts),
            col(Order.side) == "buy",
            col(Order.state).in_(OPEN_STATES),
        )
        .group_by(col(Order.account_id))
    )
    return {account: int(cents) for account, cents in tx.execute(query)}


def _same_tenant(one: type[Any], other: type[Any]) -> ColumnElement[bool]:
    return col(one.tenant) == col(other.tenant)
