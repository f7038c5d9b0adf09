"""Exchange days."""

from activities.context import Context
from activities.registry import implements
from engines import calendars as engine
from payloads.calendars import (
    AskNextSession,
    AskSettlement,
    FindMoment,
    FoundMoment,
    Session,
    Settlement,
)
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


@implements("calendar.find_moment")
def find_moment(ask: FindMoment, context: Context) -> FoundMoment:
    """Find the end of a wait."""
    if ask.at is not None:
        return FoundMoment(moment=engine.next_edge(ask.exchange, ask.after, ask.at))
    return FoundMoment(moment=engine.sessions_later(ask.exchange, ask.after, ask.sessions or 0))
