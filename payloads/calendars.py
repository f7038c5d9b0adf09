"""Exchange days: settlement dates and sessions."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from payloads.base import DateOrMoment, IsoDate, Moment, Payload, Units
from payloads.entry import DeclaredError, Entry

Exchange = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_/.\-]{2,20}$"),
    Field(description="ISO 10383 market code: XASX, XNYS", json_schema_extra={"format": "exchange"}),
]

SettlementDays = Annotated[Units, Field(le=30)]

CALENDAR_ERRORS = (
    DeclaredError("UnknownExchange", "there is no calendar of that exchange"),
    DeclaredError("OutsideCalendar", "the date is before or after what the calendar covers"),
)


class AskSettlement(Payload):
    """A trade's exchange and day."""

    exchange: Exchange
    trade_date: IsoDate
    days: SettlementDays | None = Field(
        None, description="sessions from trade to settlement; the catalogue's if absent"
    )


class Settlement(Payload):
    """The session on which money and units change hands."""

    settlement_date: IsoDate


class AskNextSession(Payload):
    """An exchange, and the date or moment to look beyond."""

    exchange: Exchange
    after: DateOrMoment = Field(
        description="a date: the next session is on a later day; a moment: it opens later than that"
    )


class Session(Payload):
    """One exchange session, its times with their offset from UTC."""

    session: IsoDate
    opens_at: Moment
    closes_at: Moment


class FindMoment(Payload):
    """A moment, and how far to go from it: so many sessions, or to the next opening or closing."""

    exchange: Exchange
    after: Moment
    sessions: Units | None = None
    at: Literal["open", "close"] | None = None


class FoundMoment(Payload):
    """The moment that was looked for."""

    moment: Moment


ENTRIES = (
    Entry(
        name="calendar.settlement_date",
        summary="Find the exchange session on which a trade settles",
        input=AskSettlement,
        output=Settlement,
        errors=(*CALENDAR_ERRORS, DeclaredError("NotASession", "the exchange is closed on that day")),
        files=("limits",),
    ),
    Entry(
        name="calendar.next_session",
        summary="Find the first exchange session after a date or moment, with its opening and closing",
        input=AskNextSession,
        output=Session,
        errors=(*CALENDAR_ERRORS, DeclaredError("NoOffset", "a moment does not say its offset from UTC")),
    ),
    Entry(
        name="calendar.find_moment",
        summary="Find when a wait for sessions of an exchange is over",
        input=FindMoment,
        output=FoundMoment,
        errors=CALENDAR_ERRORS,
        internal=True,
    ),
)
