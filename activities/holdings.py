"""Who held an ETF at the end of a day."""

from activities.context import Context
from activities.registry import implements
from activities.snapshots import check_etfs
from payloads.files.universe import UniverseFile
from payloads.holdings import EtfAsked, EtfFound, Holder, Holders, HoldersAsked
from store import holdings, portfolios

PAGE = 200


@implements("holdings.find_etf")
def find_etf(ask: EtfAsked, context: Context) -> EtfFound:
    """The ETF and its name."""
    return EtfFound(etf=ask.etf, name=name_of(ask.etf, context, "etf"))


def name_of(etf: str, context: Context, path: str) -> str | None:
    """Its name in the universe; None where it was held before it left that, UnknownEtf where it never was."""
    universe = context.catalogue.read("universe", UniverseFile).by_etf()
    if etf in universe:
        return universe[etf].name
    with context.services.database.reading() as tx:
        held = holdings.ever_held(tx, context.call.tenant, etf)
    if not held:
        check_etfs([etf], universe, path)
    return None


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
