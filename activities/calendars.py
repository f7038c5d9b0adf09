"""Exchange days."""

from activities.context import Context
from activities.registry import implements
from engines import calendars as engine
from payloads.calendars import AskNextSession, AskSettlement, Session, Settlement
from payloads.files.limits import LimitsFile


@implements("calendar.settlement_date")
def settlement_date(ask: AskSettlement, context: Context) -> Settlement:
    """Find the session on which a trade settles."""
    days = ask.days
    if days is None:
        days = int(context.catalogue.read("limits", LimitsFile).settlement_days.value)
    return Settlement(settlement_date=engine.settlement_date(ask.exchange, ask.trade_date, days))


@implements("calendar.next_session")
def next_session(ask: AskNextSession, context: Context) -> Session:
    """Find the next session."""
    found = engine.next_session(ask.exchange, ask.after)
    return Session(session=found.day, opens_at=found.opens_at, closes_at=found.closes_at)
