"""Runs that take business events as signals."""

from activities.context import Context
from activities.registry import implements
from payloads.subscriptions import Subscribe, Subscribed, TakenEvent, Unsubscribe, Unsubscribed
from store import subscriptions
from store.subscriptions import Subscriber, Wanted


@implements("subscriptions.open")
def subscribe(ask: Subscribe, context: Context) -> Subscribed:
    """Take events from now on; answers those that came since the run began."""
    call = context.call
    who = Subscriber(call.effect_root, call.workflow_id, ask.first_run_id)
    wanted = [Wanted(one.event, one.match, one.signal, one.takes) for one in ask.wanted]
    with context.services.database.transaction() as tx:
        missed = subscriptions.subscribe(tx, call.tenant, who, wanted, ask.begun)
    return Subscribed(
        missed=[TakenEvent(signal=one.signal, event_id=one.event_id, payload=one.payload) for one in missed]
    )


@implements("subscriptions.close")
def unsubscribe(ask: Unsubscribe, context: Context) -> Unsubscribed:
    """Take no more events."""
    call = context.call
    with context.services.database.transaction() as tx:
        failed_at = context.now() if ask.failed else None
        subscriptions.unsubscribe(tx, call.tenant, call.effect_root, failed_at)
    return Unsubscribed()
