"""Portfolios: state, targets, positions and parcels.

StoreError
└── UnknownPortfolio   no portfolio has that id
"""

from sqlalchemy import select
from sqlmodel import Session, col

from store.errors import StoreError
from store.tables import Parcel, Portfolio, Position


class UnknownPortfolio(StoreError):
    """No portfolio has that id."""


def portfolio(tx: Session, tenant: str, portfolio_id: str, *, lock: bool = False) -> Portfolio:
    """The portfolio's row; UnknownPortfolio if there is none.

    With `lock` no other transaction changes it until this one ends.
    """
    key = (tenant, portfolio_id)
    found = tx.get(Portfolio, key, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise UnknownPortfolio(f"no portfolio is called {portfolio_id}", "portfolio_id")
    return found


def of_account(tx: Session, tenant: str, account_id: str) -> list[str]:
    """The ids of the portfolios whose money is on an account, in alphabetical order."""
    query = select(col(Portfolio.portfolio_id)).where(
        col(Portfolio.tenant) == tenant, col(Portfolio.account_id) == account_id
    )
    return list(tx.scalars(query.order_by(col(Portfolio.portfolio_id))))


def positions(tx: Session, tenant: str, portfolio_id: str) -> dict[str, int]:
    """Units held by ETF, in alphabetical order; without those that were sold out."""
    query = select(Position).where(
        col(Position.tenant) == tenant,
        col(Position.portfolio_id) == portfolio_id,
        col(Position.units) > 0,
    )
    return {row.etf: row.units for row in tx.scalars(query.order_by(col(Position.etf)))}


def parcels(tx: Session, tenant: str, portfolio_id: str) -> list[Parcel]:
    """Parcels with units left, oldest first."""
    query = select(Parcel).where(
        col(Parcel.tenant) == tenant,
        col(Parcel.portfolio_id) == portfolio_id,
        col(Parcel.units) > 0,
    )
    return list(tx.scalars(query.order_by(col(Parcel.acquired), col(Parcel.etf), col(Parcel.parcel_id))))
