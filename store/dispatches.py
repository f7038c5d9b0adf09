"""What the dispatcher has decided to do and has not yet done, and how far it has read the log.

Deciding is one transaction for each event: its starts, its signals, the events derived from it and the
cursor stand together or not at all. Doing comes afterwards, is tried until it is done, and is harmless
when it was done already.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session, col

from store.sql import insert_missing
from store.tables import Dispatch, DispatchCursor

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=1)


def cursor(tx: Session, tenant: str) -> int:
    """The position of the last event that was routed; 0 before the first."""
    row = tx.get(DispatchCursor, tenant)
    return row.position if row else 0


def advance(tx: Session, tenant: str, position: int) -> bool:
    """Move the cursor to `position`; False when another dispatcher has moved it there or beyond.

    Until the transaction ends no other moves it.
    """
    row = tx.get(DispatchCursor, tenant, with_for_update=True, populate_existing=True)
    if row is None:
        insert_missing(tx, DispatchCursor(tenant=tenant, position=0))
        row = tx.get_one(DispatchCursor, tenant, with_for_update=True, populate_existing=True)
    if row.position >= position:
        return False
    row.position = position
    tx.add(row)
    tx.flush()
    return True


def decide(tx: Session, rows: Iterable[Dispatch]) -> None:
    """Keep what is to be done; what was decided before stays as it is."""
    for row in rows:
        insert_missing(tx, row)


def due(tx: Session, tenant: str, now: datetime, limit: int) -> list[Dispatch]:
    """What is to be done now, in the order of the events.

    Nothing is due for a run that something earlier has still to be done for.
    """
    query = select(Dispatch).where(col(Dispatch.tenant) == tenant)
    waiting: set[str] = set()
    found = []
    for row in tx.scalars(query.order_by(col(Dispatch.position), col(Dispatch.dispatch_id)).limit(limit)):
        if row.workflow_id in waiting or (row.not_before is not None and row.not_before > now):
            waiting.add(row.workflow_id)
        else:
            found.append(row)
    return found


def done(tx: Session, row: Dispatch) -> None:
    """It is done, or never will be."""
    found = tx.get(Dispatch, (row.tenant, row.dispatch_id))
    if found is not None:
        tx.delete(found)


def put_off(tx: Session, row: Dispatch, now: datetime) -> None:
    """It could not be done now; the pause before the next attempt doubles each time."""
    found = tx.get(Dispatch, (row.tenant, row.dispatch_id))
    if found is not None:
        found.not_before = now + min(FIRST_PAUSE * 2 ** min(found.attempts, 10), LONGEST_PAUSE)
        found.attempts += 1
        tx.add(found)
