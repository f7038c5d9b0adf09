"""What `+ - * / %` and `in` do with values of each kind."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from dsl.durations import Months, Sessions, add_months
from dsl.expressions import numbers
from dsl.expressions.errors import ARITHMETIC, OPERANDS, TOO_MUCH_WORK, Fault
from dsl.expressions.numbers import exact, is_number
from dsl.expressions.values import (
    CHARACTERS_A_STEP,
    LISTS,
    Charge,
    kind,
    parse_span,
    parse_time,
    refuse_naive,
    refuse_null,
    same,
)

Moved = TypeVar("Moved")

MOST_TEXT = 1_000_000
_DAY = timedelta(days=1)
_DAY_OR_MOMENT = re.compile("[0-9]{4}-")


def add(left: Any, right: Any, charge: Charge) -> Any:
    """Numbers, texts, lists, durations; a date or moment and a span."""
    left, right = _met(left, right)
    if is_number(left) and is_number(right):
        return numbers.add(left, right)
    if isinstance(left, str) and isinstance(right, str):
        return joined((left, right), charge)
    if isinstance(left, LISTS) and isinstance(right, LISTS):
        charge(len(left) + len(right))
        return [*left, *right]
    if isinstance(left, date):
        return _moved(left, right, 1)
    if isinstance(right, date) and isinstance(left, timedelta | Months):
        return _moved(right, left, 1)
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return _in_calendar(lambda: left + right)
    raise _unfit("+", left, right)


def subtract(left: Any, right: Any, charge: Charge) -> Any:
    """Numbers, durations; a span from a date or moment; two dates or two moments give a duration."""
    if isinstance(left, str) and isinstance(right, str):
        left, right = parse_time(left), parse_time(right)
    left, right = _met(left, right)
    if is_number(left) and is_number(right):
        return numbers.subtract(left, right)
    if isinstance(left, date) and isinstance(right, date):
        if isinstance(left, datetime) != isinstance(right, datetime):
            raise _unfit("-", left, right)
        return left - right
    if isinstance(left, date):
        return _moved(left, right, -1)
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return _in_calendar(lambda: left - right)
    raise _unfit("-", left, right)


def multiply(left: Any, right: Any, charge: Charge) -> Any:
    """Numbers; a duration and a number."""
    left, right = _met(left, right)
    if is_number(left) and is_number(right):
        return numbers.multiply(left, right)
    if is_number(left) and isinstance(right, timedelta):
        left, right = right, left
    if isinstance(left, timedelta) and is_number(right):
        return _scaled(numbers.multiply(_microseconds(left), right))
    raise _unfit("*", left, right)


def divide(left: Any, right: Any, charge: Charge) -> Any:
    """Numbers; a duration by a number (a duration) or by a duration (a number)."""
    left, right = _met(left, right)
    if is_number(left) and is_number(right):
        return numbers.divide(left, right)
    if isinstance(left, timedelta) and is_number(right):
        return _scaled(numbers.divide(_microseconds(left), right))
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return numbers.divide(_microseconds(left), _microseconds(right))
    raise _unfit("/", left, right)


def remainder(left: Any, right: Any, charge: Charge) -> Any:
    """Numbers."""
    left, right = _met(left, right)
    if is_number(left) and is_number(right):
        return numbers.remainder(left, right)
    raise _unfit("%", left, right)


OPERATORS: Mapping[str, Callable[[Any, Any, Charge], Any]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": remainder,
}


def negate(value: Any) -> Any:
    """`-value` of a number, duration or number of months."""
    refuse_null(value)
    if is_number(value):
        return numbers.negate(exact(value))
    if isinstance(value, timedelta):
        return -value
    if isinstance(value, Months):
        return Months(-value.count)
    raise Fault(OPERANDS, f"{kind(value)} has no negative")


def contains(whole: Any, part: Any, charge: Charge) -> bool:
    """`part in whole`: an element of a list, a key of a map."""
    refuse_null(whole)
    if isinstance(whole, LISTS):
        charge(len(whole))
        return any(same(part, item, charge) for item in whole)
    if isinstance(whole, Mapping):
        return isinstance(part, str) and part in whole
    raise Fault(OPERANDS, f"`in` looks into a list or a map, not into {kind(whole)}")


def joined(parts: tuple[str, ...] | list[str], charge: Charge, separator: str = "") -> str:
    """The texts as one; a fault when it becomes longer than any text needs to be."""
    length = sum(map(len, parts)) + len(separator) * max(len(parts) - 1, 0)
    if length > MOST_TEXT:
        raise Fault(TOO_MUCH_WORK, f"the text has {length} characters, at most {MOST_TEXT} are made")
    charge(length // CHARACTERS_A_STEP)
    return separator.join(parts)


def _met(left: Any, right: Any) -> tuple[Any, Any]:
    """The two as the operators take them: exact numbers, and text read as what its dated partner needs."""
    for value in (left, right):
        refuse_null(value)
        refuse_naive(value)
    return _beside(left, right), _beside(right, left)


def _beside(value: Any, partner: Any) -> Any:
    if is_number(value):
        return exact(value)
    if not isinstance(value, str) or not isinstance(partner, date | timedelta | Months):
        return value
    # Beside a span stands a day or another span; beside a day another day or a span.
    if _DAY_OR_MOMENT.match(value):
        return parse_time(value)
    return parse_span(value) if isinstance(partner, timedelta | date) else value


def _moved(day: date, span: Any, direction: int) -> date:
    if isinstance(span, Months):
        return _in_calendar(lambda: add_months(day, Months(direction * span.count)))
    if isinstance(span, timedelta):
        if span % _DAY and not isinstance(day, datetime):
            raise Fault(OPERANDS, "a date moves by whole days", "add hours to a moment, whole days to a date")
        return _in_calendar(lambda: day + direction * span)
    if isinstance(span, Sessions):
        raise Fault(OPERANDS, "sessions need an exchange's calendar", "use `wait` with the step's `calendar`")
    raise _unfit("+" if direction > 0 else "-", day, span)


def _microseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


def _scaled(microseconds: int | Decimal) -> timedelta:
    whole = int(numbers.round_half_up(microseconds))
    return _in_calendar(lambda: timedelta(microseconds=whole))


def _in_calendar(move: Callable[[], Moved]) -> Moved:
    try:
        return move()
    except OverflowError:
        raise Fault(ARITHMETIC, "the date leaves the calendar", "years go from 1 to 9999") from None


def _unfit(operator: str, left: object, right: object) -> Fault:
    kinds = {kind(left), kind(right)}
    help = ""
    if "text" in kinds and operator == "+":
        help = "make text of the other with string(…), or a number of the text with number(…)"
    elif "a date" in kinds and "a number" in kinds:
        help = "write days(…) or months(…) around the number"
    return Fault(OPERANDS, f"`{operator}` does not fit {kind(left)} and {kind(right)}", help)
