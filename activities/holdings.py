"""Who held an ETF at the end of a day."""

from activities.context import Context
from activities.registry import implements
from payloads.holdings import Holder, Holders, HoldersAsked
from store import holdings, portfolios

PAGE = 200


@implements("holdings.holders")
def holders(ask: HoldersAsked, context: Context) -> Holders:
    """The next page of holders; a page that is full may be followed by an empty one."""
    tenant = context.call.tenant
    with context.services.database.reading() as tx:
        found = holdings.holders(tx, tenant, ask.etf, ask.on, after=ask.after or "", limit=PAGE)
        told = [
            Holder(
                portfolio_id=portfolio_id,
                customer_id=portfolios.portfolio(tx, tenant, portfolio_id).customer_id,
                units=units,
            )
            for portfolio_id, units in found
        ]
    return Holders(holders=told, after=told[-1].portfolio_id if len(told) == PAGE else None)
