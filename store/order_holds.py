"""What orders hold of a portfolio's cash and units, so that two runs cannot count on the same.

StoreError
├── InsufficientCash    a buy and its brokerage come to more than the cash available
├── InsufficientUnits   a sell of more units than are held and not on sale already
└── UnknownParcel       the portfolio has no parcel of that id and ETF
"""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlmodel import Session, col

from store.errors import StoreError
from store.order_terms import SELL, Asked
from store.tables import OPEN_STATES, Order, Parcel, Position


class InsufficientCash(StoreError):
    """A buy and its brokerage come to more than the cash available."""


class InsufficientUnits(StoreError):
    """A sell of more units than are held and not on sale already."""


class UnknownParcel(StoreError):
    """The portfolio has no parcel of that id and ETF."""


def hold_cash(asked: Asked, needed: int, spendable: int) -> None:
    if needed > spendable:
        raise InsufficientCash(
            f"buying {asked.units} {asked.etf} takes {needed / 100:.2f} with brokerage, "
            f"and {spendable / 100:.2f} is available; pay in, or buy less",
            asked.path,
        )


def hold_units(tx: Session, tenant: str, asked: Asked) -> None:
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
