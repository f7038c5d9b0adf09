"""Exchange sessions and settlement days.

EngineError
├── UnknownExchange   there is no calendar of that exchange
├── OutsideCalendar   the date is before or after what the calendar covers
├── NotASession       the exchange is closed on that day
└── NoOffset          a moment does not say its offset from UTC
"""

from bisect import bisect_left, bisect_right
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import Literal

from engines.errors import EngineError
from engines.timetable import Session, Timetable, exchange_codes, timetable


class UnknownExchange(EngineError):
    """There is no calendar of that exchange."""


class OutsideCalendar(EngineError):
    """The date is before or after what the calendar covers."""


class NotASession(EngineError):
    """The exchange is closed on that day."""


class NoOffset(EngineError):
    """A moment does not say its offset from UTC."""


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
    local = after.astimezone(_timetable(exchange).zone).date()
    found = next_session(exchange, local - timedelta(days=1))
    while found.opens_at <= after:
        found = next_session(exchange, found.day)
    return found


def next_edge(exchange: str, after: datetime, edge: Literal["open", "close"]) -> datetime:
    """When the exchange next opens or closes after the moment `after`."""
    if edge == "open":
        return next_session(exchange, after).opens_at
    return _open_or_next(exchange, after).closes_at


def open_from(exchange: str, moment: datetime) -> datetime:
    """The first moment from `moment` on at which the exchange is open: `moment` itself when it is."""
    session = _open_or_next(exchange, moment)
    return max(moment, session.opens_at)


def sessions_later(exchange: str, after: datetime, count: int) -> datetime:
    """The same time of day, as the exchange's clocks show it, `count` sessions after the day of `after`."""
    if count == 0:
        return after
    local = after.astimezone(_timetable(exchange).zone)
    sessions = _sessions(exchange)
    place = _place_after(sessions, local.date(), exchange, "after") + count - 1
    if place >= len(sessions):
        raise _outside(exchange, local.date(), "after")
    return local.replace(year=sessions[place].year, month=sessions[place].month, day=sessions[place].day)


def sessions_between(exchange: str, first: date, last: date) -> tuple[date, ...]:
    """The sessions from `first` to `last`, both included, as far as the calendar goes."""
    sessions = _sessions(exchange)
    return sessions[bisect_left(sessions, first) : bisect_right(sessions, last)]


def sessions_within(exchange: str, start: datetime, until: datetime) -> list[Session]:
    """The sessions that are open at some moment from `start` to `until`, which may be none.

    NoOffset and OutsideCalendar name `start` or `until`.
    """
    zone = _timetable(exchange).zone
    for moment, path in ((start, "start"), (until, "until")):
        if moment.tzinfo is None:
            raise NoOffset(f"{moment.isoformat()} does not say its offset from UTC; add one", path)
        day, known = moment.astimezone(zone).date(), _sessions(exchange)
        if not known[0] <= day <= known[-1]:
            raise _outside(exchange, day, path)
    # A session may belong to the day after the one on which it opens.
    first = start.astimezone(zone).date() - timedelta(days=1)
    last = until.astimezone(zone).date() + timedelta(days=1)
    found = (_session(exchange, day) for day in sessions_between(exchange, first, last))
    return [session for session in found if session.opens_at < until and session.closes_at > start]


def last_session(exchange: str, before: date) -> date:
    """The last session of the exchange before the day `before`: one that has certainly closed."""
    sessions = _sessions(exchange)
    return sessions[bisect_left(sessions, before) - 1]


def _open_or_next(exchange: str, moment: datetime) -> Session:
    """The first session that closes after the moment."""
    local = moment.astimezone(_timetable(exchange).zone).date()
    found = next_session(exchange, local - timedelta(days=1))
    return found if found.closes_at > moment else next_session(exchange, found.day)


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
    return _timetable(exchange).session(day)


def _sessions(exchange: str) -> tuple[date, ...]:
    return _timetable(exchange).sessions


def _timetable(exchange: str) -> Timetable:
    codes = exchange_codes()
    if exchange not in codes:
        near = get_close_matches(exchange.upper(), codes, n=3, cutoff=0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; use a market code such as XASX"
        raise UnknownExchange(f"there is no calendar of {exchange}{hint}", "exchange")
    code = codes[exchange]
    if code is None:
        raise UnknownExchange(f"the calendar of {exchange} cannot be worked out", "exchange")
    return timetable(code)
