"""Leases: one run at a time trades a portfolio, the others wait in the order they came.

A lease never ends by time alone: a run that is held for a person keeps it for days. `expires_at`
says when its owner should have renewed it; whoever waits then asks Temporal, and takes the lease
over only when the owner's run is closed. A *waiter* that stops asking does lose its place, because
it holds nothing: so ask again well within the time to live.

    StoreError
    └── LeaseLost   the caller does not hold the lease (any more)
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlmodel import Session, col

from store.errors import StoreError
from store.sql import insert_missing
from store.tables import Lease as LeaseRow
from store.tables import LeaseWaiter


class LeaseLost(StoreError):
    """The caller does not hold the lease (any more): nothing may be traded in its name."""


@dataclass(frozen=True, slots=True)
class Lease:
    """How a resource stands for whoever asked.

    `position` is 0 for the holder, 1 for the first in line. `fence` grows with each new holder.
    `overdue` says that the holder should have renewed it by now.
    """

    granted: bool
    holder_owner: str | None
    holder_workflow_id: str | None
    position: int
    fence: int
    overdue: bool = False


def acquire(
    tx: Session, tenant: str, resource: str, owner: str, workflow_id: str, now: datetime, ttl: timedelta
) -> Lease:
    """Take the lease, or the next place in line for it; asking again is renewing either.

    The owner may take it again inside itself: it is not counted, the outermost block gives it back.
    """
    row = _locked(tx, tenant, resource)
    waiting = _waiters(tx, tenant, resource, now)
    first = waiting[0].owner if waiting else owner
    if row.owner == owner or (row.owner is None and first == owner):
        return _grant(tx, row, owner, workflow_id, now, ttl)
    position = _wait(tx, row, waiting, owner, workflow_id, now + ttl)
    overdue = row.expires_at is not None and row.expires_at <= now
    return Lease(False, row.owner, row.workflow_id, position, row.fence, overdue)


def renew(tx: Session, tenant: str, resource: str, owner: str, now: datetime, ttl: timedelta) -> Lease:
    """Say that the owner still needs its lease; LeaseLost if it has none."""
    row = _held(tx, tenant, resource, owner)
    return _grant(tx, row, owner, row.workflow_id or "", now, ttl)


def release(tx: Session, tenant: str, resource: str, owner: str) -> bool:
    """Give the lease back, or the place in line; False if the owner had neither."""
    row = _locked(tx, tenant, resource)
    waited = _leave_line(tx, row, owner)
    if row.owner != owner:
        return waited
    row.owner = row.workflow_id = row.acquired_at = row.expires_at = None
    tx.add(row)
    return True


def take_over(
    tx: Session,
    tenant: str,
    resource: str,
    owner: str,
    workflow_id: str,
    now: datetime,
    ttl: timedelta,
    *,
    closed_owner: str,
) -> Lease:
    """Take the lease from `closed_owner`, whose run Temporal says is closed, then ask for it in line.

    Whoever waits longest gets it, which need not be the caller; another holder keeps it.
    """
    release(tx, tenant, resource, closed_owner)
    return acquire(tx, tenant, resource, owner, workflow_id, now, ttl)


def require(tx: Session, tenant: str, resource: str, owner: str) -> int:
    """The fence of the lease that `owner` holds, kept until the transaction ends; else LeaseLost."""
    return _held(tx, tenant, resource, owner).fence


def holder(tx: Session, tenant: str, resource: str) -> LeaseRow | None:
    """Who holds the lease now, None if it is free."""
    row = tx.get(LeaseRow, (tenant, resource))
    return row if row is not None and row.owner is not None else None


def _locked(tx: Session, tenant: str, resource: str) -> LeaseRow:
    key = (tenant, resource)
    row = tx.get(LeaseRow, key, with_for_update=True, populate_existing=True)
    if row is None:
        insert_missing(tx, LeaseRow(tenant=tenant, resource=resource))
        row = tx.get_one(LeaseRow, key, with_for_update=True, populate_existing=True)
    return row


def _held(tx: Session, tenant: str, resource: str, owner: str) -> LeaseRow:
    row = _locked(tx, tenant, resource)
    if row.owner != owner:
        held_by = f"the run {row.workflow_id} holds it" if row.owner else "nobody holds it"
        raise LeaseLost(f"the lease on {resource} is not held by this run: {held_by}")
    return row


def _grant(tx: Session, row: LeaseRow, owner: str, workflow_id: str, now: datetime, ttl: timedelta) -> Lease:
    if row.owner != owner:
        row.owner, row.acquired_at, row.fence = owner, now, row.fence + 1
        _leave_line(tx, row, owner)
    row.workflow_id, row.expires_at = workflow_id, now + ttl
    tx.add(row)
    return Lease(True, owner, workflow_id, 0, row.fence)


def _wait(
    tx: Session,
    row: LeaseRow,
    waiting: list[LeaseWaiter],
    owner: str,
    workflow_id: str,
    expires_at: datetime,
) -> int:
    for place, waiter in enumerate(waiting, start=1):
        if waiter.owner == owner:
            waiter.expires_at = expires_at
            tx.add(waiter)
            return place
    row.tickets += 1
    tx.add(row)
    tx.add(
        LeaseWaiter(
            tenant=row.tenant,
            resource=row.resource,
            owner=owner,
            workflow_id=workflow_id,
            ticket=row.tickets,
            expires_at=expires_at,
        )
    )
    return len(waiting) + 1


def _waiters(tx: Session, tenant: str, resource: str, now: datetime) -> list[LeaseWaiter]:
    """Who waits, in order, after those who stopped asking were sent away."""
    of_resource = (col(LeaseWaiter.tenant) == tenant, col(LeaseWaiter.resource) == resource)
    tx.execute(delete(LeaseWaiter).where(*of_resource, col(LeaseWaiter.expires_at) <= now))
    query = select(LeaseWaiter).where(*of_resource).order_by(col(LeaseWaiter.ticket))
    return list(tx.scalars(query))


def _leave_line(tx: Session, row: LeaseRow, owner: str) -> bool:
    left = delete(LeaseWaiter).where(
        col(LeaseWaiter.tenant) == row.tenant,
        col(LeaseWaiter.resource) == row.resource,
        col(LeaseWaiter.owner) == owner,
    )
    return bool(tx.execute(left).rowcount)  # type: ignore[attr-defined]  # what a DELETE's Result has
