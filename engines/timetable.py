"""The sessions of an exchange and its hours: plain facts from the files of `engines/timetables`.

Each file says which version of exchange_calendars it was made from, and from when until when it holds.
The library itself would take a second to import, with the pandas that it brings, and another version of
it could give another answer to the same question. `make timetables` makes them anew.
"""

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

FOLDER = Path(__file__).with_name("timetables")
NAMES = FOLDER / "names.json"
MIDNIGHT = time()


@dataclass(frozen=True, slots=True)
class Session:
    """One session; times carry the exchange's own offset of that day."""

    day: date
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Hours:
    """From the session `since` on: opening and closing, as long after the midnight that begins the day.

    By the clocks of the exchange; an opening on the day before is negative.
    """

    since: date
    opens: timedelta
    closes: timedelta


@dataclass(frozen=True, slots=True)
class Timetable:
    """Every session of an exchange that is known of, in order, and its hours, those that came first first."""

    zone: ZoneInfo
    sessions: tuple[date, ...]
    hours: tuple[Hours, ...]

    def session(self, day: date) -> Session:
        """When the session of that day opens and closes."""
        hours = self.hours[bisect_right(self.hours, day, key=lambda each: each.since) - 1]
        # Naive clock times, so that midnight plus ten hours is ten o'clock on every day of the year.
        midnight = datetime.combine(day, MIDNIGHT)
        opens, closes = midnight + hours.opens, midnight + hours.closes
        return Session(day, opens.replace(tzinfo=self.zone), closes.replace(tzinfo=self.zone))


@cache
def exchange_codes() -> Mapping[str, str | None]:
    """The code of every name of an exchange; None where its sessions cannot be worked out."""
    names: dict[str, str | None] = json.loads(NAMES.read_text(encoding="utf-8"))
    return MappingProxyType(names)


@cache
def timetable(code: str) -> Timetable:
    """The timetable of the exchange of that code, which is one of `exchange_codes`."""
    return from_document(json.loads(file_of(code).read_text(encoding="utf-8")))


def file_of(code: str) -> Path:
    """Where the timetable of an exchange lies; its code may be 24/7."""
    return FOLDER / f"{code.replace('/', '-')}.json"


def from_document(document: Mapping[str, Any]) -> Timetable:
    """The timetable that a file states: open on the days of the week between its ends that are not closed."""
    first, last = (date.fromisoformat(document[end]) for end in ("first", "last"))
    closed = {
        date.fromisoformat(f"{year}-{day}")
        for year, days in document["closed"].items()
        for day in days.split()
    }
    weekdays = frozenset(document["weekdays"])
    days = (date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1))
    return Timetable(
        zone=ZoneInfo(document["zone"]),
        sessions=tuple(day for day in days if day.weekday() in weekdays and day not in closed),
        hours=tuple(_hours(since, written) for since, written in document["hours"].items()),
    )


def _hours(since: str, written: str) -> Hours:
    """Hours such as `10:00 to 16:00`; `-7:00` is seven hours before the day begins."""
    opens, closes = map(_after_midnight, written.split(" to "))
    return Hours(date.fromisoformat(since), opens, closes)


def _after_midnight(clock: str) -> timedelta:
    hours, _, minutes = clock.removeprefix("-").partition(":")
    span = timedelta(hours=int(hours), minutes=int(minutes))
    return -span if clock.startswith("-") else span
