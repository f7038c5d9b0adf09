"""Cron lines as schedules write them: minute, hour, day of the month, month, day of the week."""

import re

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
