"""Where thresholds stand: one row for each workflow, trigger and portfolio that was ever measured."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlmodel import Session, col

from store.tables import ThresholdState

Key = tuple[str, int, str]
"""Workflow, place of the trigger, portfolio."""

AT_REST = "armed"


class Unrested(NamedTuple):
    """A threshold that is not simply armed, or could not be judged the last time."""

    workflow: str
    trigger: int
    portfolio_id: str
    state: str
    fired_at: datetime | None
    faulted: bool


def of_portfolios(
    tx: Session, tenant: str, portfolio_ids: Sequence[str], *, lock: bool = False
) -> dict[Key, ThresholdState]:
    """What is known of these portfolios; with `lock` nobody else changes it until the transaction ends."""
    query = select(ThresholdState).where(
        col(ThresholdState.tenant) == tenant, col(ThresholdState.portfolio_id).in_(portfolio_ids)
    )
    rows = tx.scalars(query.with_for_update() if lock else query)
    return {(row.workflow, row.trigger, row.portfolio_id): row for row in rows}


def not_at_rest(tx: Session, tenant: str) -> list[Unrested]:
    """Where thresholds of the tenant stand, but for those that are armed and were judged."""
    columns = [
        col(ThresholdState.workflow),
        col(ThresholdState.trigger),
        col(ThresholdState.portfolio_id),
        col(ThresholdState.state),
        col(ThresholdState.fired_at),
        col(ThresholdState.fault) != "",
    ]
    query = select(*columns).where(
        col(ThresholdState.tenant) == tenant,
        or_(col(ThresholdState.state) != AT_REST, col(ThresholdState.fault) != ""),
    )
    return [Unrested(*row) for row in tx.execute(query)]


def fired_at(tx: Session, tenant: str, at: datetime) -> list[ThresholdState]:
    """The thresholds that fired last at that moment, by portfolio and workflow."""
    query = select(ThresholdState).where(
        col(ThresholdState.tenant) == tenant, col(ThresholdState.fired_at) == at
    )
    return sorted(tx.scalars(query), key=lambda row: (row.portfolio_id, row.workflow, row.trigger))
