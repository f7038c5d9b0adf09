"""Spans of time as definitions write them.

30s 5m 2h 30d 1w    `timedelta`; a day is 24 hours in a wait, a calendar day when added to a date
5bd                 `Sessions`, days on which the step's exchange trades
months(3)           `Months`, only ever added to a date or a moment
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

# Largest first: the order in which `format_duration` looks for a unit that fits.
SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
UNITS = (*reversed(SECONDS), "bd")

_WRITTEN = re.compile(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?(s|m|h|d|w|bd)", re.ASCII)
_MICROSECOND = timedelta(microseconds=1)

Day = TypeVar("Day", bound=date)


class DurationError(ValueError):
    """The text is no duration; the message says what one looks like."""


@dataclass(frozen=True, slots=True, order=True)
class Sessions:
    """So many sessions of an exchange; how long that is, only its calendar knows."""

    count: int


@dataclass(frozen=True, slots=True, order=True)
class Months:
    """So many calendar months; how long that is depends on the day they are added to."""

    count: int


def parse_duration(text: str) -> timedelta | Sessions:
    """The duration that `text` writes (`30d`, `5bd`); whole numbers, only seconds may have decimals.

    Anything else raises DurationError.
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise DurationError(
            f"`{text[:40]}` is no duration; write a whole number and s, m, h, d, w or bd, as in 30d"
        )
    whole, decimals, unit = match.groups()
    if decimals and unit != "s":
        raise DurationError(f"`{text}` has decimals; only seconds may, so use a smaller unit")
    if unit == "bd":
        return Sessions(int(whole))
    seconds = Decimal(whole + (decimals or "")) * SECONDS[unit]
    try:
        return _MICROSECOND * int(seconds * 1_000_000)
    except OverflowError:
        raise DurationError(f"`{text}` is longer than any calendar") from None


def format_duration(span: timedelta | Sessions) -> str:
    """The text that `parse_duration` reads back as `span`, in the largest unit that needs no decimals.

    A negative span has a minus before it, which `parse_duration` refuses: nothing can wait that long.
    """
    if isinstance(span, Sessions):
        return f"{span.count}bd"
    microseconds = abs(span) // _MICROSECOND
    sign = "-" if span < timedelta(0) else ""
    for unit, seconds in SECONDS.items():
        if microseconds and microseconds % (seconds * 1_000_000) == 0:
            return f"{sign}{microseconds // (seconds * 1_000_000)}{unit}"
    whole, rest = divmod(microseconds, 1_000_000)
    return f"{sign}{whole}" + (f".{rest:06d}".rstrip("0") if rest else "") + "s"


def add_months(day: Day, months: Months) -> Day:
    """`day` so many months later (earlier when negative); the 31st becomes the last day of a shorter month.

    Leaving the years 1 to 9999 raises OverflowError.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months.count, 12)
    if not 1 <= year <= 9999:
        raise OverflowError("the date leaves the calendar")
    last = monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))
