"""Makes `engines/timetables` from exchange_calendars: `make timetables`."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import exchange_calendars

from dsl.exchanges import NAMES as NAMES_IN_DEFINITIONS
from engines.timetable import MIDNIGHT, NAMES, Session, file_of

if TYPE_CHECKING:
    from exchange_calendars import ExchangeCalendar

# Fixed, so that an answer never depends on the day it is asked. Holidays by rule are known to the
# last year; those that governments add are known when the library learns of them.
FIRST_DAY = date(1990, 1, 1)
LAST_DAY = date(2050, 12, 31)
SOURCE = f"exchange_calendars {version('exchange-calendars')}"


def main() -> None:
    """Write the timetable of every exchange, and the code of every name that one is known by."""
    codes: dict[str, str | None] = {}
    for code in exchange_calendars.get_calendar_names(include_aliases=False):
        try:
            _write(file_of(code), document_of(code))
            codes[code] = code
        except (ValueError, NotImplementedError):
            codes[code] = None  # some calendars of the library fail to build
    names = sorted(exchange_calendars.get_calendar_names(include_aliases=True))
    found = {name: codes[exchange_calendars.resolve_alias(name)] for name in names}
    _write(NAMES, found)
    # The language does not know the engines; what it needs of them is a list of its own.
    _write(NAMES_IN_DEFINITIONS, [name for name, code in found.items() if code is not None])


def document_of(code: str) -> dict[str, Any]:
    """The timetable of an exchange as its file states it; ValueError when the library cannot build it."""
    calendar = calendar_of(code)
    days: Sequence[date] = calendar.sessions.date
    weekdays = sorted({day.weekday() for day in days})
    return {
        "exchange": code,
        "source": SOURCE,
        "zone": str(calendar.tz),
        "first": days[0].isoformat(),
        "last": days[-1].isoformat(),
        "weekdays": weekdays,
        "closed": _by_year(_closed(days, frozenset(weekdays))),
        "hours": dict(_hours(sessions_of(calendar))),
    }


def sessions_of(calendar: "ExchangeCalendar") -> Iterator[Session]:
    """Every session of a calendar of the library."""
    zone = ZoneInfo(str(calendar.tz))
    for day, opens, closes in zip(
        calendar.sessions.date,
        calendar.opens.dt.tz_convert(zone).dt.to_pydatetime(),
        calendar.closes.dt.tz_convert(zone).dt.to_pydatetime(),
        strict=True,
    ):
        yield Session(day, opens, closes)


def calendar_of(code: str) -> "ExchangeCalendar":
    """The calendar from FIRST_DAY to LAST_DAY, or as much of that as its holidays are known for."""
    # Bounds belong to the calendar's class, which only an instance leads to.
    kind = type(exchange_calendars.get_calendar(code))
    earliest, latest = kind.bound_min(), kind.bound_max()
    return exchange_calendars.get_calendar(
        code,
        start=FIRST_DAY if earliest is None else max(FIRST_DAY, earliest.date()),
        end=LAST_DAY if latest is None else min(LAST_DAY, latest.date()),
    )


def _closed(sessions: Sequence[date], weekdays: frozenset[int]) -> Iterator[date]:
    """The days between the first session and the last that are none, of weekdays that can be."""
    open = set(sessions)
    for number in range(sessions[0].toordinal(), sessions[-1].toordinal()):
        day = date.fromordinal(number)
        if day.weekday() in weekdays and day not in open:
            yield day


def _by_year(days: Iterator[date]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for day in days:
        found.setdefault(str(day.year), []).append(f"{day:%m-%d}")
    return {year: " ".join(of_year) for year, of_year in found.items()}


def _hours(sessions: Iterator[Session]) -> Iterator[tuple[str, str]]:
    """Each session whose hours differ from those of the one before, with its hours."""
    before = None
    for session in sessions:
        opens, closes = (_clock(session.day, moment) for moment in (session.opens_at, session.closes_at))
        if (opens, closes) != before:
            yield session.day.isoformat(), f"{opens} to {closes}"
        before = opens, closes


def _clock(day: date, moment: datetime) -> str:
    """Hours and minutes by the exchange's clocks since the midnight that begins the day: 10:00, -7:00."""
    since = moment.replace(tzinfo=None) - datetime.combine(day, MIDNIGHT)
    hours, minutes = divmod(abs(since), timedelta(hours=1))
    if minutes % timedelta(minutes=1):
        raise ValueError(f"{moment} is no whole minute")
    return f"{'-' if since < timedelta(0) else ''}{hours}:{minutes // timedelta(minutes=1):02}"


def _write(file: Path, document: Any) -> None:
    """As JSON with a line for each year and for each change of hours."""
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
