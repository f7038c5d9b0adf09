"""Exchange sessions and settlement days, by exchange_calendars.

    EngineError
    ├── UnknownExchange   there is no calendar of that exchange
    ├── OutsideCalendar   the date is before or after what the calendar covers
    ├── NotASession       the exchange is closed on that day
    └── NoOffset          a moment does not say its offset from UTC

The library is imported when the first question is asked: it brings pandas, which takes a second.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from engines.errors import EngineError

if TYPE_CHECKING:
    from exchange_calendars import ExchangeCalendar

# Fixed, so that an answer never depends on the day it is asked. Holidays by rule are known to the
# last year; those that governments add are known when the library learns of them.
FIRST_DAY = date(1990, 1, 1)
LAST_DAY = date(2050, 12, 31)


class UnknownExchange(EngineError):
    """There is no calendar of that exchange."""


class OutsideCalendar(EngineError):
    """The date is before or after what the calendar covers."""


class NotASession(EngineError):
    """The exchange is closed on that day."""


class NoOffset(EngineError):
    """A moment does not say its offset from UTC."""


@dataclass(frozen=True, slots=True)
class Session:
    """One session; times carry the exchange's own offset of that day."""

    day: date
    opens_at: datetime
    closes_at: datetime


def settlement_date(exchange: str, trade_date: date, days: int) -> date:
    """The session `days` sessions after the session of the trade."""
    sessions = _sessions(exchange)
    place = _place_after(sessions, trade_date, exchange, "trade_date") - 1
    if place < 0 or sessions[place] != trade_date:
        raise NotASession(
            f"{exchange} is closed on {trade_date}; its next session is {sessions[place + 1]}", "trade_date"
        )
    if place + days >= len(sessions):
        raise _outside(exchange, trade_date, "trade_date")
    return sessions[place + days]


def next_session(exchange: str, after: date | datetime) -> Session:
    """The first session on a later day than a date, or opening later than a moment."""
    if not isinstance(after, datetime):
        sessions = _sessions(exchange)
        return _session(exchange, sessions[_place_after(sessions, after, exchange, "after")])
    if after.tzinfo is None:
        raise NoOffset(f"{after.isoformat()} does not say its offset from UTC; add one", "after")
    # The day before in the exchange's zone: a session of the same day may still open.
    local = after.astimezone(_zone(exchange)).date()
    found = next_session(exchange, local - timedelta(days=1))
    while found.opens_at <= after:
        found = next_session(exchange, found.day)
    return found


def next_edge(exchange: str, after: datetime, edge: Literal["open", "close"]) -> datetime:
    """When the exchange next opens or closes after the moment `after`."""
    if edge == "open":
        return next_session(exchange, after).opens_at
    local = after.astimezone(_zone(exchange)).date()
    found = next_session(exchange, local - timedelta(days=1))
    return found.closes_at if found.closes_at > after else next_session(exchange, found.day).closes_at


def sessions_later(exchange: str, after: datetime, count: int) -> datetime:
    """The same time of day, as the exchange's clocks show it, `count` sessions after the day of `after`."""
    if count == 0:
        return after
    local = after.astimezone(_zone(exchange))
    sessions = _sessions(exchange)
    place = _place_after(sessions, local.date(), exchange, "after") + count - 1
    if place >= len(sessions):
        raise _outside(exchange, local.date(), "after")
    return local.replace(year=sessions[place].year, month=sessions[place].month, day=sessions[place].day)


def sessions_between(exchange: str, first: date, last: date) -> tuple[date, ...]:
    """The sessions from `first` to `last`, both included, as far as the calendar goes."""
    sessions = _sessions(exchange)
    return sessions[bisect_left(sessions, first) : bisect_right(sessions, last)]


def last_session(exchange: str, before: date) -> date:
    """The last session of the exchange before the day `before`: one that has certainly closed."""
    sessions = _sessions(exchange)
    return sessions[bisect_left(sessions, before) - 1]


def _place_after(sessions: tuple[date, ...], day: date, exchange: str, path: str) -> int:
    """The place of the first session after `day`."""
    place = bisect_right(sessions, day)
    if day < sessions[0] or place == len(sessions):
        raise _outside(exchange, day, path)
    return place


def _outside(exchange: str, day: date, path: str) -> OutsideCalendar:
    first, last = _sessions(exchange)[0], _sessions(exchange)[-1]
    return OutsideCalendar(f"{day} leads beyond the calendar of {exchange}, from {first} to {last}", path)


def _session(exchange: str, day: date) -> Session:
    calendar, zone = _calendar(exchange), _zone(exchange)
    opens, closes = calendar.session_open(day.isoformat()), calendar.session_close(day.isoformat())
    return Session(day, opens.to_pydatetime().astimezone(zone), closes.to_pydatetime().astimezone(zone))


def _zone(exchange: str) -> ZoneInfo:
    return ZoneInfo(str(_calendar(exchange).tz))


@cache
def _sessions(exchange: str) -> tuple[date, ...]:
    return tuple(_calendar(exchange).sessions.date)


@cache
def _calendar(exchange: str) -> "ExchangeCalendar":
    import exchange_calendars

    known = exchange_calendars.get_calendar_names(include_aliases=True)
    if exchange not in known:
        near = get_close_matches(exchange.upper(), known, n=3, cutoff=0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; use a market code such as XASX"
        raise UnknownExchange(f"there is no calendar of {exchange}{hint}", "exchange")
    try:
        return _covering(exchange)
    except (ValueError, NotImplementedError) as error:
        # Some calendars of the library fail to build; its message is pages long.
        raise UnknownExchange(f"the calendar of {exchange} cannot be worked out", "exchange") from error


def _covering(exchange: str) -> "ExchangeCalendar":
    """The calendar from FIRST_DAY to LAST_DAY, or as much of that as its holidays are known for."""
    import exchange_calendars

    # Bounds belong to the calendar's class, which only an instance leads to.
    kind = type(exchange_calendars.get_calendar(exchange))
    earliest, latest = kind.bound_min(), kind.bound_max()
    return exchange_calendars.get_calendar(
        exchange,
        start=FIRST_DAY if earliest is None else max(FIRST_DAY, earliest.date()),
        end=LAST_DAY if latest is None else min(LAST_DAY, latest.date()),
    )
