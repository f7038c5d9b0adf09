"""How a portfolio's sales choose their parcels."""

from sqlmodel import Session

from activities.context import Context
from activities.effects import once
from activities.registry import implements
from payloads.parcel_methods import SetParcelMethod
from store import portfolios


@implements("portfolio.set_parcel_method")
def set_parcel_method(ask: SetParcelMethod, context: Context) -> SetParcelMethod:
    """Keep what the client wants for their sales."""
    return once(ask, context, SetParcelMethod, lambda tx: _set(tx, ask, context))


def _set(tx: Session, ask: SetParcelMethod, context: Context) -> SetParcelMethod:
    row = portfolios.portfolio(tx, context.call.tenant, ask.portfolio_id, lock=True)
    row.parcel_method = ask.method
    tx.add(row)
    return ask
