"""Proof that the ledger adds up, and that what is shown of portfolios is what it says."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import Session, col

from store import projections
from store.tables import LedgerPosting, Parcel, ParcelDisposal, Portfolio, Position

Shown = Position | Parcel | ParcelDisposal
TABLES: tuple[type[Position], type[Parcel], type[ParcelDisposal]] = (Position, Parcel, ParcelDisposal)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and of which account, portfolio or row."""

    row: str
    problem: str


def verify(tx: Session, tenant: str, portfolio_id: str | None = None) -> list[Finding]:
    """Every entry that does not add up, and every portfolio whose rows are not what the ledger makes.

    Of one portfolio, or of all. Changes nothing, but needs a transaction that may write: the rows are
    made anew inside a savepoint that is taken back.
    """
    query = select(col(Portfolio.portfolio_id)).where(col(Portfolio.tenant) == tenant)
    found = [portfolio_id] if portfolio_id else list(tx.scalars(query.order_by(col(Portfolio.portfolio_id))))
    return [*_unbalanced(tx, tenant), *(each for one in found for each in _differences(tx, tenant, one))]


def _unbalanced(tx: Session, tenant: str) -> list[Finding]:
    place = (col(LedgerPosting.account_id), col(LedgerPosting.sequence))
    total = func.sum(col(LedgerPosting.amount_cents))
    query = select(*place, total).where(col(LedgerPosting.tenant) == tenant).group_by(*place)
    return [
        Finding(f"{account} entry {sequence}", f"adds up to {int(cents) / 100:.2f}, not to zero")
        for account, sequence, cents in tx.execute(query.having(total != 0).order_by(*place))
    ]


def _differences(tx: Session, tenant: str, portfolio_id: str) -> list[Finding]:
    shown = _rows(tx, tenant, portfolio_id)
    anew: dict[str, str] = {}
    with tx.begin_nested() as savepoint:
        try:
            projections.rebuild(tx, tenant, portfolio_id)
            anew = _rows(tx, tenant, portfolio_id)
        except projections.UnitsGone as impossible:
            return [Finding(portfolio_id, f"the ledger cannot be followed: {impossible}")]
        finally:
            savepoint.rollback()
            tx.expire_all()
    return [
        Finding(f"{portfolio_id} {row}", _told(shown.get(row), anew.get(row)))
        for row in sorted({*shown, *anew})
        if shown.get(row) != anew.get(row)
    ]


def _told(shown: str | None, anew: str | None) -> str:
    return f"is {shown or 'not there'}, by the ledger {anew or 'not there'}"


def _rows(tx: Session, tenant: str, portfolio_id: str) -> dict[str, str]:
    """Every row of the projections that says something, by its key."""
    shown: list[Shown] = []
    for table in TABLES:
        query = select(table).where(col(table.tenant) == tenant, col(table.portfolio_id) == portfolio_id)
        shown += tx.scalars(query)
    return {key: said for row in shown for key, said in _row(row).items()}


def _row(row: Shown) -> dict[str, str]:
    if isinstance(row, Position):
        return {f"position {row.etf}": f"{row.units} units"} if row.units else {}
    cost = f"{row.units} units at {row.cost_base_cents / 100:.2f}"
    if isinstance(row, Parcel):
        return {f"lot {row.parcel_id}": f"{cost}, {row.units_bought} bought on {row.acquired}"}
    sold = f"{cost} for {row.proceeds_cents / 100:.2f} on {row.disposed}"
    return {f"disposal {row.reference} of {row.parcel_id}": sold}
