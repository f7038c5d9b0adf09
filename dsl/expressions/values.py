"""What values mean to an expression: their kinds, their text, their equality and order.

Values come as plain JSON, so a date or moment may still be text; it is read as one wherever its
partner is one. Nothing is ever guessed from text alone, but for two moments compared with each other.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from dsl.durations import DurationError, Months, Sessions, format_duration, parse_duration
from dsl.expressions.errors import ARITHMETIC, NEVER_EQUAL, NULL, OPERANDS, Fault
from dsl.expressions.numbers import exact, is_number, plain

Charge = Callable[[int], None]
"""Counts so many element steps; a fault when the evaluation has done too many."""

LISTS = (list, tuple)

_MOST_ZEROS = 10_000

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
CHARACTERS_A_STEP = 100


def kind(value: object) -> str:
    """What `value` is, in the words of messages."""
    if value is None:
        return "null"
    return next(name for types, name in _KINDS if isinstance(value, types))


_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "true or false"),
    ((int, Decimal, float), "a number"),
    (str, "text"),
    (datetime, "a moment"),
    (date, "a date"),
    (timedelta, "a duration"),
    (Months, "a number of months"),
    (Sessions, "a number of sessions"),
    (Mapping, "a map"),
    (LISTS, "a list"),
    (object, "a value that the language does not know"),
)


def refuse_null(value: object) -> None:
    """A fault when there is no value to compute with."""
    if value is None:
        raise Fault(
            NULL, "the value is null", "guard it with has(…), or give a value for it with default(…, …)"
        )


def parse_date(text: str) -> date:
    """The day that `text` writes as YYYY-MM-DD; anything else is a fault."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Fault(OPERANDS, "the text is no date", "a date is written 2026-01-31")


def parse_moment(text: str) -> datetime:
    """The point in time that `text` writes, with its offset from UTC; anything else is a fault."""
    try:
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    help = "a moment is written with its offset, as in 2026-01-31T09:00:00Z"
    raise Fault(OPERANDS, "the text is no moment", help)


def are_moments(*texts: str) -> bool:
    """Do all of the texts write moments."""
    return all(len(text) < 40 and _MOMENT.fullmatch(text) and _exists(text) for text in texts)


def _exists(moment: str) -> bool:
    try:
        return bool(datetime.fromisoformat(moment))
    except ValueError:
        return False


def parse_time(text: str) -> date:
    """The date or moment that `text` writes."""
    return parse_moment(text) if "T" in text else parse_date(text)


def parse_span(text: str) -> timedelta | Sessions:
    """The duration that `text` writes."""
    try:
        return parse_duration(text)
    except DurationError:
        raise Fault(OPERANDS, "the text is no duration", "a duration is written 30d") from None


def refuse_naive(value: object) -> None:
    """A fault when a moment does not say its offset: it could be any of a day's."""
    if isinstance(value, datetime) and value.tzinfo is None:
        raise Fault(OPERANDS, "the moment has no time zone", "give moments with their offset from UTC")


def like(value: object, partner: object) -> Any:
    """`value` in a form that can meet `partner`: exact numbers, text read as what a dated partner needs."""
    refuse_naive(value)
    if isinstance(value, float):
        return exact(value)
    if isinstance(value, str):
        if isinstance(partner, datetime):
            return parse_moment(value)
        if isinstance(partner, date):
            return parse_date(value)
        if isinstance(partner, timedelta | Sessions):
            return parse_span(value)
    return value


def same(left: Any, right: Any, charge: Charge) -> bool:
    """Are two values equal, to any depth; values of different kinds are not."""
    if left is None or right is None:
        return left is right
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if is_number(left) and is_number(right):
        return bool(exact(left) == exact(right))
    if isinstance(left, str) and isinstance(right, str):
        charge(min(len(left), len(right)) // CHARACTERS_A_STEP)
        return left == right or _same_moment(left, right)
    if isinstance(left, LISTS) and isinstance(right, LISTS):
        charge(len(left))
        return len(left) == len(right) and all(same(a, b, charge) for a, b in zip(left, right, strict=True))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        charge(len(left))
        return left.keys() == right.keys() and all(same(left[key], right[key], charge) for key in left)
    return _same_time(left, right)


def _same_moment(left: str, right: str) -> bool:
    return are_moments(left, right) and parse_moment(left) == parse_moment(right)


def _same_time(left: Any, right: Any) -> bool:
    try:
        left, right = like(left, right), like(right, left)
    except Fault:
        return False
    if isinstance(left, datetime) != isinstance(right, datetime):
        return False
    return type(left) is type(right) and bool(left == right)


def equal(left: Any, right: Any, charge: Charge) -> bool:
    """`left == right`, where a difference in kind is a fault and not an answer; null equals only null."""
    if left is not None and right is not None:
        left, right = like(left, right), like(right, left)
        if kind(left) != kind(right):
            raise _incomparable(left, right, NEVER_EQUAL)
    return same(left, right, charge)


def ordered(left: Any, right: Any, charge: Charge) -> tuple[Any, Any]:
    """The two in a form that Python orders rightly; a fault when they have no order."""
    if is_number(left) and is_number(right):
        return exact(left), exact(right)
    refuse_null(left)
    refuse_null(right)
    left, right = like(left, right), like(right, left)
    if isinstance(left, str) and isinstance(right, str):
        charge(min(len(left), len(right)) // CHARACTERS_A_STEP)
        return (parse_moment(left), parse_moment(right)) if are_moments(left, right) else (left, right)
    if kind(left) != kind(right):
        raise _incomparable(left, right)
    if not isinstance(left, str | date | timedelta | Sessions):
        raise Fault(
            OPERANDS, f"{kind(left)} has no order", "only numbers, texts, dates, moments and durations have"
        )
    return left, right


def _incomparable(left: object, right: object, code: str = OPERANDS) -> Fault:
    help = ""
    if {kind(left), kind(right)} == {"a number", "text"}:
        help = "convert one with number(…) or string(…)"
    if {kind(left), kind(right)} == {"a date", "a moment"}:
        help = "take the day of the moment with date(…)"
    return Fault(code, f"{kind(left)} cannot be compared with {kind(right)}", help)


def text(value: Any) -> str:
    """`value` as people read it: plain digits, ISO dates, true and false; null, lists and maps are faults."""
    refuse_null(value)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_number(value):
        return plain(exact(value))
    if isinstance(value, date):
        return _iso(value)
    if isinstance(value, timedelta | Sessions):
        return format_duration(value)
    raise Fault(OPERANDS, f"{kind(value)} cannot stand in text", "pick a field of it, or use join(…, …)")


def _iso(value: date) -> str:
    if isinstance(value, datetime):
        refuse_naive(value)
        try:
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        except OverflowError:
            raise Fault(ARITHMETIC, "the moment leaves the calendar", "years go from 1 to 9999") from None
    return value.isoformat()


def as_json(value: Any) -> Any:
    """A value of an expression as plain JSON: dates, moments and durations become their text."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Decimal):
        return int(value) if value.as_tuple().exponent in range(1, _MOST_ZEROS) else value
    if isinstance(value, date | timedelta | Sessions):
        return text(value)
    if isinstance(value, Mapping):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, LISTS):
        return [as_json(item) for item in value]
    help = "add it to a date" if isinstance(value, Months) else ""
    raise Fault(OPERANDS, f"{kind(value)} is no value of its own", help)
