"""Market snapshots: immutable cuts of market data, each under the digest of its content."""

from datetime import date, datetime

from sqlalchemy.orm import defer
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from store.sql import insert_missing
from store.tables import Snapshot


def save(
    tx: Session,
    tenant: str,
    digest: str,
    *,
    source: str,
    as_of: date,
    simulated: bool,
    content: bytes,
    created_at: datetime,
    partial: bool = False,
    actor: str = "system",
) -> bool:
    """Keep a snapshot; False if its digest is stored already. `partial`: it lacks ETFs of the universe."""
    return insert_missing(
        tx,
        Snapshot(
            tenant=tenant,
            digest=digest,
            source=source,
            as_of=as_of,
            simulated=simulated,
            partial=partial,
            content=content,
            created_at=created_at,
            actor=actor,
        ),
    )


def load(tx: Session, tenant: str, digest: str) -> Snapshot | None:
    """The snapshot with its content, None if there is none of that digest."""
    return tx.get(Snapshot, (tenant, digest))


def newest(tx: Session, tenant: str) -> Snapshot | None:
    """The whole snapshot of the latest day, the last stored of several; its content is loaded when read.

    A partial one is for who asks for it by its digest: a run would miss what it lacks.
    """
    return tx.exec(_latest_first(tenant).where(col(Snapshot.partial).is_(False)).limit(1)).first()


def covering(tx: Session, tenant: str, day: date) -> str | None:
    """The digest of the whole snapshot to price `day` by; None if there is none.

    Of those that reach the day the one that ends first, of several the first stored: it has the prices in
    the units of the day. Where none does, the newest.
    """
    query = (
        select(col(Snapshot.digest))
        .where(col(Snapshot.tenant) == tenant, col(Snapshot.partial).is_(False), col(Snapshot.as_of) >= day)
        .order_by(col(Snapshot.as_of), col(Snapshot.created_at), col(Snapshot.digest))
    )
    found = tx.exec(query.limit(1)).first()
    if found is None and (last := newest(tx, tenant)) is not None:
        return last.digest
    return found


def listed(tx: Session, tenant: str) -> list[Snapshot]:
    """Every snapshot of the tenant, that of the latest day first; contents are loaded when read."""
    return list(tx.exec(_latest_first(tenant)))


def starting_with(tx: Session, tenant: str, start: str) -> list[str]:
    """The digests that begin with `start`, at most ten of them."""
    query = select(col(Snapshot.digest)).where(
        col(Snapshot.tenant) == tenant, col(Snapshot.digest).startswith(start, autoescape=True)
    )
    return list(tx.exec(query.order_by(col(Snapshot.digest)).limit(10)))


def _latest_first(tenant: str) -> SelectOfScalar[Snapshot]:
    return (
        select(Snapshot)
        .where(col(Snapshot.tenant) == tenant)
        .order_by(col(Snapshot.as_of).desc(), col(Snapshot.created_at).desc(), col(Snapshot.digest))
        .options(defer(Snapshot.content))  # type: ignore[arg-type]  # a column, seen from SQLAlchemy
    )
