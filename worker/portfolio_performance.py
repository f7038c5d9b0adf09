"""A portfolio as `kronos portfolio show` tells of it: what it holds, and what it returned."""

from datetime import UTC, datetime
from typing import Any

from activities.context import Context
from activities.runner import ActivityFault, run
from payloads.call import Call
from worker.folder_catalogue import FolderCatalogue
from worker.records import show_portfolio
from worker.services import opened
from worker.settings import Settings

MEASURE = "portfolio.measure_performance"


def portfolio_with_performance(settings: Settings, portfolio_id: str) -> dict[str, Any]:
    """What `show_portfolio` says, and `performance` as `portfolio.measure_performance` answers it.

    Where it cannot be measured `performance` is null, and `performance_missing` says why.
    """
    shown = show_portfolio(settings, portfolio_id)
    with opened(settings) as services:
        context = Context(
            call=Call(tenant=settings.tenant, effect_root="cli", step=MEASURE),
            catalogue=FolderCatalogue(settings.definitions / "catalogue"),
            services=services,
            now=lambda: datetime.now(UTC),
        )
        try:
            measured = run(MEASURE, {"portfolio_id": portfolio_id}, context, strict=True)
        except ActivityFault as fault:
            return {**shown, "performance": None, "performance_missing": fault.message}
    return {**shown, "performance": measured, "performance_missing": None}
