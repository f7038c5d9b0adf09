"""Who held what at the end of a day, from the ledger: entries count by their effective day."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from store.tables import SAME_ENTRY, Book, LedgerEntry, LedgerPosting, Parcel, ParcelDisposal

BUYING = ("purchase", "distribution")
CODE_CHANGE = "code_change"
RECOUNTING = ("split", CODE_CHANGE, "merger", "delisting")
REVALUING = "cost_base"
UNITS = func.sum(col(LedgerPosting.units))


@dataclass(frozen=True, slots=True)
class ParcelThen:
    """A parcel with the units that it had then, what it has now, and what was sold of it since."""

    parcel: Parcel
    units: int
    sold_since: int


def holders(
    tx: Session, tenant: str, etf: str, on: date, *, after: str = "", limit: int
) -> list[tuple[str, int]]:
    """The next portfolios (by id, after `after`) that held units of `etf` at the end of `on`."""
    query = (
        select(col(LedgerPosting.portfolio_id), UNITS)
        .join(LedgerEntry, SAME_ENTRY)
        .where(*_of(tenant, etf), col(LedgerEntry.effective) <= on, col(LedgerPosting.portfolio_id) > after)
        .group_by(col(LedgerPosting.portfolio_id))
        .having(UNITS > 0)
        .order_by(col(LedgerPosting.portfolio_id))
        .limit(limit)
    )
    return [(str(portfolio_id), int(units)) for portfolio_id, units in tx.execute(query)]


def units_held(tx: Session, tenant: str, portfolio_id: str, etf: str, on: date) -> int:
    """Units of `etf` that the portfolio held at the end of `on`."""
    query = (
        select(func.coalesce(UNITS, 0))
        .join(LedgerEntry, SAME_ENTRY)
        .where(
            *_of(tenant, etf),
            col(LedgerEntry.effective) <= on,
            col(LedgerPosting.portfolio_id) == portfolio_id,
        )
    )
    return int(tx.scalar(query) or 0)


def ever_held(tx: Session, tenant: str, etf: str) -> bool:
    """Whether units of `etf` were ever on anybody's books."""
    query = select(col(LedgerPosting.sequence)).where(*_of(tenant, etf))
    return tx.scalars(query.limit(1)).first() is not None


def code_on(tx: Session, tenant: str, etf: str, on: date) -> str:
    """The code that units of `etf` go by at the end of `on`, as far as anybody's books tell of a change."""
    new = aliased(LedgerPosting)
    query = (
        select(col(new.etf))
        .join(
            LedgerPosting,
            (col(new.tenant) == col(LedgerPosting.tenant))
            & (col(new.account_id) == col(LedgerPosting.account_id))
            & (col(new.sequence) == col(LedgerPosting.sequence)),
        )
        .join(LedgerEntry, SAME_ENTRY)
        .where(
            *_of(tenant, etf),
            col(LedgerEntry.kind) == CODE_CHANGE,
            col(LedgerEntry.effective) <= on,
            col(LedgerPosting.units) < 0,
            col(new.units) > 0,
        )
        .order_by(col(LedgerEntry.effective).desc())
    )
    return tx.scalars(query.limit(1)).first() or etf


def parcels_held(tx: Session, tenant: str, portfolio_id: str, etf: str, on: date) -> list[ParcelThen]:
    """The parcels with units of `etf` at the end of `on`, by their ids."""
    query = (
        select(col(LedgerPosting.parcel_id), UNITS)
        .join(LedgerEntry, SAME_ENTRY)
        .where(
            *_of(tenant, etf),
            col(LedgerEntry.effective) <= on,
            col(LedgerPosting.portfolio_id) == portfolio_id,
        )
        .group_by(col(LedgerPosting.parcel_id))
        .having(UNITS > 0)
        .order_by(col(LedgerPosting.parcel_id))
    )
    return [
        ParcelThen(tx.get_one(Parcel, (tenant, parcel_id)), int(units), _sold(tx, tenant, parcel_id, on))
        for parcel_id, units in tx.execute(query)
    ]


def purchases_since(tx: Session, tenant: str, portfolio_id: str, since: date) -> list[tuple[str, date, int]]:
    """(ETF, day, units) of what was bought from `since` on, by order or with a distribution."""
    query = (
        select(col(LedgerPosting.etf), col(LedgerEntry.effective), col(LedgerPosting.units))
        .join(LedgerEntry, SAME_ENTRY)
        .where(
            col(LedgerPosting.tenant) == tenant,
            col(LedgerPosting.portfolio_id) == portfolio_id,
            col(LedgerPosting.units) > 0,
            col(LedgerEntry.kind).in_(BUYING),
            col(LedgerEntry.effective) >= since,
        )
        .order_by(col(LedgerEntry.sequence), col(LedgerPosting.line))
    )
    return [(str(etf), day, int(units)) for etf, day, units in tx.execute(query)]


def disposals(tx: Session, tenant: str, portfolio_id: str) -> list[ParcelDisposal]:
    """What the portfolio has disposed of, the earliest first."""
    query = select(ParcelDisposal).where(
        col(ParcelDisposal.tenant) == tenant, col(ParcelDisposal.portfolio_id) == portfolio_id
    )
    in_order = (col(ParcelDisposal.disposed), col(ParcelDisposal.reference), col(ParcelDisposal.parcel_id))
    return list(tx.scalars(query.order_by(*in_order)))


def traded_since(tx: Session, tenant: str, portfolio_id: str, etf: str, since: date) -> bool:
    """Whether units of `etf` came or went on `since` or later."""
    query = (
        select(col(LedgerPosting.sequence))
        .join(LedgerEntry, SAME_ENTRY)
        .where(
            col(LedgerPosting.tenant) == tenant,
            col(LedgerPosting.portfolio_id) == portfolio_id,
            col(LedgerPosting.etf) == etf,
            col(LedgerPosting.units) != 0,
            col(LedgerEntry.effective) >= since,
        )
    )
    return tx.scalars(query.limit(1)).first() is not None


def restated_since(tx: Session, tenant: str, etf: str, traded: date) -> LedgerEntry | None:
    """What has changed what a unit of `etf` that was traded on that day is: its count, code or cost base.

    Of any holder, because who sold all of theirs has no entry of it; None if nothing has.
    """
    reversal = aliased(LedgerEntry)
    taken_back = exists().where(
        col(reversal.tenant) == col(LedgerEntry.tenant),
        col(reversal.account_id) == col(LedgerEntry.account_id),
        col(reversal.reverses) == col(LedgerEntry.reference),
    )
    counts_from = col(LedgerEntry.effective)
    query = (
        select(LedgerEntry)
        .join(LedgerPosting, SAME_ENTRY)
        .where(
            col(LedgerPosting.tenant) == tenant,
            col(LedgerPosting.etf) == etf,
            (col(LedgerEntry.kind).in_(RECOUNTING) & (counts_from > traded))
            | ((col(LedgerEntry.kind) == REVALUING) & (counts_from >= traded)),
            ~taken_back,
        )
        .order_by(counts_from)
    )
    return tx.scalars(query.limit(1)).first()


def sold_after(tx: Session, entry: LedgerEntry) -> bool:
    """Whether units have left a parcel of `entry` since it was booked."""
    own = (col(LedgerPosting.tenant) == entry.tenant, col(LedgerPosting.account_id) == entry.account_id)
    touched = select(col(LedgerPosting.parcel_id)).where(*own, col(LedgerPosting.sequence) == entry.sequence)
    later = select(col(LedgerPosting.sequence)).where(
        *own,
        col(LedgerPosting.sequence) > entry.sequence,
        col(LedgerPosting.units) < 0,
        col(LedgerPosting.parcel_id).in_(touched),
    )
    return tx.scalars(later.limit(1)).first() is not None


def _of(tenant: str, etf: str) -> tuple[ColumnElement[bool], ...]:
    return (
        col(LedgerPosting.tenant) == tenant,
        col(LedgerPosting.book) == Book.SECURITIES,
        col(LedgerPosting.etf) == etf,
    )


def _sold(tx: Session, tenant: str, parcel_id: str, on: date) -> int:
    query = select(func.coalesce(func.sum(col(ParcelDisposal.units)), 0)).where(
        col(ParcelDisposal.tenant) == tenant,
        col(ParcelDisposal.parcel_id) == parcel_id,
        col(ParcelDisposal.disposed) > on,
    )
    return int(tx.scalar(query) or 0)
