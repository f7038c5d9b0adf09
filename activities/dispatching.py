"""Business events started and signalled on: decided once each, then done until they are done.

The dispatcher reads the log by a cursor. Deciding what an event sets off and moving the cursor is one
transaction (see activities.routing); what was decided is done afterwards, and again if this process
dies in between: a start is refused when a run of its id was there, a signal counts once by its id.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from activities.context import Context
from activities.registry import implements
from activities.routing import newest_rules, record_fault, route
from activities.services import Delivered, Delivery
from activities.trigger_book import TriggerFault, book_of
from adapters.failpoints import failpoint
from payloads.dispatching import Dispatched, DispatchEvents
from store import dispatches, events, subscriptions
from store.tables import Dispatch

PAUSE = 0.2  # seconds between two looks at the log
BATCH = 100
MOST_DUE = 500
# The cursor follows facts, which set nothing off, in steps of so many.
FACTS_LEFT_BEHIND = 500

logger = logging.getLogger(__name__)


@implements("events.dispatch")
def dispatch(ask: DispatchEvents, context: Context) -> Dispatched:
    """Dispatch what comes until the time is over, or until the worker is told to stop."""
    until = context.now() + timedelta(seconds=float(ask.seconds))
    routed = done = 0
    while True:
        more = route_new(context)
        sent = do_due(context)
        routed, done = routed + more, done + sent
        if context.now() >= until:
            return Dispatched(events=routed, done=done)
        if not more and not sent:
            context.pause(PAUSE)


def route_new(context: Context) -> int:
    """Decide for every business event behind the cursor; how many there were."""
    tenant, database = context.services.tenant, context.services.database
    with database.reading() as tx:
        cursor, (end, _) = dispatches.cursor(tx, tenant), events.checkpoint(tx, tenant)
        found = []
        if cursor < end:
            found = events.read(tx, tenant, after=cursor, kind="business", limit=BATCH)
    if not found and end - cursor > FACTS_LEFT_BEHIND:
        with database.transaction() as tx:
            dispatches.advance(tx, tenant, end)
    if not found:
        return 0
    rules = newest_rules(context)
    failpoint("dispatch.before_deciding")
    for event in found:
        with database.transaction() as tx:
            route(tx, rules, event)
    failpoint("dispatch.after_deciding")
    return len(found)


def do_due(context: Context) -> int:
    """Do what was decided and is due, in the order of the events; how much was done.

    What cannot be done now is put off, and with it what comes later for the same run; the rest goes on.
    """
    tenant = context.services.tenant
    with context.services.database.reading() as tx:
        rows = dispatches.due(tx, tenant, context.now(), MOST_DUE)
    done = 0
    late: set[str] = set()
    for row in rows:
        if row.workflow_id in late:
            continue
        if _do(row, context):
            done += 1
        else:
            late.add(row.workflow_id)
    return done


def _do(row: Dispatch, context: Context) -> bool:
    try:
        _start(row, context) if row.workflow else _signal(row, context)
    except _NotNow as reason:
        logger.warning("%s waits: %s", row.dispatch_id, reason)
        with context.services.database.transaction() as tx:
            dispatches.put_off(tx, row, context.now())
        return False
    return True


class _NotNow(Exception):
    """It may work later."""


def _start(row: Dispatch, context: Context) -> None:
    trigger = book_of(context, row.release).at(row.workflow, row.trigger)
    if trigger is None:
        raise LookupError(f"release {row.release} has no trigger {row.trigger} of {row.workflow}")
    try:
        given = trigger.input(_scope(row, context))
    except TriggerFault as fault:
        # It was whole when it was decided: the person behind it was erased meanwhile.
        _finish(row, context, {"workflow": row.workflow, "trigger": row.trigger, "reason": str(fault)})
        return
    context.services.runs.start(row.workflow, given, row.workflow_id, trigger.plan.summary)
    failpoint("dispatch.after_start")
    _finish(row, context)


def _scope(row: Dispatch, context: Context) -> Mapping[str, Any]:
    if row.scope is not None:
        return row.scope
    with context.services.database.reading() as tx:
        event = events.at(tx, row.tenant, row.position)
        return {"event": events.whole_data(tx, row.tenant, event)}


def _signal(row: Dispatch, context: Context) -> None:
    with context.services.database.reading() as tx:
        taker = subscriptions.find(tx, row.tenant, row.effect_root, row.line)
        event = events.at(tx, row.tenant, row.position)
        data = events.whole_data(tx, row.tenant, event)
    if taker is None:
        _finish(row, context)
        return
    payload = subscriptions.payload(taker, data)
    answer: Delivered = context.services.runs.signal(
        taker.workflow_id, taker.first_run_id, taker.signal, payload, event.event_id
    )
    failpoint("dispatch.after_signal")
    match answer.delivery:
        case Delivery.TAKEN:
            _finish(row, context)
        case Delivery.LATER:
            raise _NotNow(answer.reason)
        case Delivery.GONE:
            with context.services.database.transaction() as tx:
                subscriptions.unsubscribe(tx, row.tenant, row.effect_root)
                dispatches.done(tx, row)
        case Delivery.REFUSED:
            about = {"workflow_id": row.workflow_id, "signal": taker.signal, "reason": answer.reason}
            _finish(row, context, about)


def _finish(row: Dispatch, context: Context, fault: Mapping[str, Any] | None = None) -> None:
    """Take the row away; a fault goes to the log."""
    now: datetime = context.now()
    with context.services.database.transaction() as tx:
        dispatches.done(tx, row)
        if fault is not None and row.position:
            record_fault(tx, events.at(tx, row.tenant, row.position), fault, row.tenant, now)
