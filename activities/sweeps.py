"""Portfolios at the time of a schedule: one run for each that its trigger is for."""

from collections.abc import Mapping
from typing import Any

from activities.context import Context
from activities.errors import ActivityError
from activities.portfolio_scopes import reads_value, with_values
from activities.registry import implements
from activities.trigger_book import Trigger, TriggerFault, book_of
from payloads.sweeps import SweepPage, SweptPage
from store import effects, events, portfolio_rows

PAGE = 200


class UnknownTrigger(ActivityError):
    """The release has no trigger at that place."""


@implements("sweeps.page")
def sweep(ask: SweepPage, context: Context) -> SweptPage:
    """Look at the next portfolios and start a run for each match; again, it starts none anew."""
    trigger = book_of(context, ask.release).at(ask.workflow, ask.trigger)
    if trigger is None:
        raise UnknownTrigger(f"release {ask.release} has no trigger {ask.trigger} of {ask.workflow}")
    rows = _page(ask, trigger, context)
    started = failed = 0
    for row in rows:
        context.heartbeat()
        try:
            started += _start(trigger, row, ask.time, context)
        except TriggerFault as fault:
            failed += 1
            _record(ask, row["portfolio_id"], str(fault), context)
    last = rows[-1]["portfolio_id"] if len(rows) == PAGE else None
    return SweptPage(last=last, looked_at=len(rows), started=started, failed=failed)


def _page(ask: SweepPage, trigger: Trigger, context: Context) -> list[dict[str, Any]]:
    tenant = context.services.tenant
    with context.services.database.reading() as tx:
        rows = portfolio_rows.page(tx, tenant, ask.after, PAGE)
        if reads_value([trigger.rule]):
            with_values(tx, tenant, rows)
    return rows


def _start(trigger: Trigger, row: Mapping[str, Any], time: str, context: Context) -> bool:
    scope = {"portfolio": row}
    if not trigger.holds(scope):
        return False
    given = trigger.input(scope)
    workflow_id = f"{trigger.workflow}:{row['portfolio_id']}:{time}"
    new: bool = context.services.runs.start(trigger.workflow, given, workflow_id, trigger.plan.summary)
    return new


def _record(ask: SweepPage, portfolio_id: str, reason: str, context: Context) -> None:
    """Say in the log why a portfolio got no run, once for each sweep."""
    about = {"workflow": ask.workflow, "trigger": ask.trigger, "portfolio_id": portfolio_id, "time": ask.time}
    call, tenant, now = context.call, context.services.tenant, context.now()
    fact = {**about, "reason": reason}
    with context.services.database.transaction() as tx:

        def act() -> None:
            stream = f"portfolio:{portfolio_id}"
            events.append(tx, tenant, stream, "TriggerFailed", fact, at=now, workflow_id=call.workflow_id)

        effects.once(tx, tenant, call.key(portfolio_id), about, act)
