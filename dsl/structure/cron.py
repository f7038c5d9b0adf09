"""Cron lines as schedules write them: minute, hour, day of the month, month, day of the week."""

import re
from datetime import date, timedelta

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
# Sunday is 0 and 7.
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, {name: place for place, name in enumerate(_MONTHS, 1)}),
    ("day of the week", 0, 7, {name: place for place, name in enumerate(_DAYS)}),
)
_LEAP_YEAR = 2024  # has every day that any year has
_PART = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/([0-9]{1,4}))?", re.ASCII)


def fault_of_cron(text: str) -> str | None:
    """Why `text` is no cron line of five fields; None when it is one."""
    written = text.split()
    if len(written) != len(_FIELDS):
        return f"a schedule has five fields, this has {len(written)}"
    for field, (what, least, most, names) in zip(written, _FIELDS, strict=True):
        for part in field.split(","):
            if not _fits(part, least, most, names):
                return f"`{part[:40]}` is no {what} from {least} to {most}"
    return None


def never_comes(text: str) -> str | None:
    """Why a cron line of the right form fits no day of any year; None when it fits some."""
    days, months = (_numbers(field, place) for place, field in enumerate(text.split()) if place in (2, 3))
    first = date(_LEAP_YEAR, 1, 1)
    for each in (first + timedelta(days=passed) for passed in range(366)):
        if each.day in days and each.month in months:
            return None
    names = ", ".join(_MONTHS[month - 1] for month in sorted(months))
    return f"no year has a day {min(days)} in {names}"


def _numbers(field: str, place: int) -> set[int]:
    """The numbers that one field of a cron line stands for."""
    _, least, most, names = _FIELDS[place]
    found: set[int] = set()
    for part in field.split(","):
        match = _PART.fullmatch(part)
        assert match is not None  # the form was checked
        first = _number(match[1], names) if match[1] else least
        # `5/10` goes on to the end, `5` stands alone.
        last = _number(match[2], names) if match[2] else first if match[1] and not match[3] else most
        found.update(range(first, last + 1, int(match[3] or 1)))
    return found


def _fits(part: str, least: int, most: int, names: dict[str, int]) -> bool:
    match = _PART.fullmatch(part)
    if match is None:
        return False
    ends = [_number(end, names) for end in match.groups()[:2] if end is not None]
    in_bounds = all(least <= end <= most for end in ends)
    return in_bounds and ends == sorted(ends) and (match[3] is None or int(match[3]) > 0)


def _number(text: str, names: dict[str, int]) -> int:
    """A number or a name of a month or day; -1, outside of all bounds, for anything else."""
    return names.get(text.upper(), int(text) if text.isdecimal() and len(text) < 5 else -1)
