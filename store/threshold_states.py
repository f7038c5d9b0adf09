"""Where thresholds stand: one row for each workflow, trigger and portfolio that was ever measured."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import Session, col

from store.tables import ThresholdState

Key = tuple[str, int, str]
"""Workflow, place of the trigger, portfolio."""


def of_portfolios(
    tx: Session, tenant: str, portfolio_ids: Sequence[str], *, lock: bool = False
) -> dict[Key, ThresholdState]:
    """What is known of these portfolios; with `lock` nobody else changes it until the transaction ends."""
    query = select(ThresholdState).where(
        col(ThresholdState.tenant) == tenant, col(ThresholdState.portfolio_id).in_(portfolio_ids)
    )
    rows = tx.scalars(query.with_for_update() if lock else query)
    return {(row.workflow, row.trigger, row.portfolio_id): row for row in rows}
