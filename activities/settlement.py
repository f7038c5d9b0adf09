"""Settlement: trades become cash on the day that the exchange has them change hands."""

from datetime import date

from activities.context import Context
from activities.effects import append
from activities.exchange_days import hold_past, today
from activities.registry import implements
from payloads.settlement import SettledTrades, SettleTrades
from store import accounts, cash
from store.cents import from_cents


@implements("cash.settle")
def settle(ask: SettleTrades, context: Context) -> SettledTrades:
    """Settle account by account; whoever tries again goes on where it stopped."""
    day = hold_past(ask.as_of or today(context), context, "as_of")
    tenant = context.call.tenant
    with context.services.database.reading() as tx:
        due = cash.accounts_due(tx, tenant, day)
    for account_id in due:
        _settle(account_id, day, context)
        context.heartbeat(account_id)
    with context.services.database.reading() as tx:
        done = cash.settled_by(tx, tenant, context.call.effect_root)
    return SettledTrades(
        as_of=day,
        accounts=len({each.account_id for each in done}),
        trades=len(done),
        amount=from_cents(sum(each.cents for each in done)),
    )


def _settle(account_id: str, day: date, context: Context) -> None:
    call = context.call
    with context.services.database.transaction() as tx:
        done = cash.settle_due(
            tx,
            call.tenant,
            account_id,
            day,
            at=context.now(),
            effect_root=call.effect_root,
            actor=call.actor,
        )
        if done:
            trades = [{"reference": each.reference, "amount": from_cents(each.cents)} for each in done]
            customer_id = accounts.account(tx, call.tenant, account_id).customer_id
            append(tx, context, customer_id, "TradesSettled", {"account_id": account_id, "trades": trades})
