"""The functions of the language, as they run. Each takes its values and the counter of work.

`has`, `default` and `table` are not here: the compiler builds them, because they look at how their
arguments are written.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import reduce
from typing import Any

from dsl.durations import Months
from dsl.expressions import numbers
from dsl.expressions.errors import ARGUMENTS, EMPTY, OPERANDS, Fault
from dsl.expressions.numbers import exact, is_number
from dsl.expressions.operators import joined
from dsl.expressions.values import (
    CHARACTERS_A_STEP,
    LISTS,
    Charge,
    are_moments,
    kind,
    ordered,
    parse_date,
    parse_moment,
    refuse_naive,
    refuse_null,
    text,
)

MOST_DAYS = 3_660_000
MOST_PLACES = 28


def size(charge: Charge, value: Any) -> int:
    """How many elements a list, entries a map or characters a text has."""
    refuse_null(value)
    if isinstance(value, (str, Mapping, *LISTS)):
        return len(value)
    raise Fault(OPERANDS, f"{kind(value)} has no size", "lists, maps and texts have")


def total(charge: Charge, values: Any) -> Any:
    """The sum of a list of numbers; 0 for none."""
    items = _list(values, "sum", charge)
    return _added(items, "sum")


def average(charge: Charge, values: Any) -> Any:
    """The mean of a list of numbers; a fault for none."""
    items = _filled(_list(values, "avg", charge), "avg")
    return numbers.divide(_added(items, "avg"), len(items))


def smallest(charge: Charge, *values: Any) -> Any:
    """The least of one list, or of two values and more; a fault for none."""
    return min(_ranked(_several(values, "min", charge), charge), key=_rank)[1]


def largest(charge: Charge, *values: Any) -> Any:
    """The greatest of one list, or of two values and more; a fault for none."""
    return max(_ranked(_several(values, "max", charge), charge), key=_rank)[1]


def absolute(charge: Charge, value: Any) -> Any:
    """The distance of a number, or the length of a duration, from zero."""
    if isinstance(value, timedelta):
        return abs(value)
    return numbers.absolute(_number(value, "abs"))


def rounded(charge: Charge, value: Any, places: Any = 0) -> Any:
    """The number to so many decimals, halves away from zero; to none, an integer."""
    count = _whole(places, "the number of decimals", MOST_PLACES)
    return numbers.round_half_up(_number(value, "round"), count)


def days(charge: Charge, count: Any) -> timedelta:
    """A duration of so many days."""
    return timedelta(days=_span(count))


def months(charge: Charge, count: Any) -> Months:
    """So many calendar months, to add to a date."""
    return Months(_span(count))


def day(charge: Charge, value: Any) -> date:
    """The date that a text writes, or on which a moment falls (by its own offset)."""
    refuse_null(value)
    refuse_naive(value)
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        return parse_moment(value).date() if "T" in value else parse_date(value)
    raise Fault(OPERANDS, f"{kind(value)} is no date", "a date is written 2026-01-31")


def string(charge: Charge, value: Any) -> str:
    """The value as people read it."""
    return joined((text(value),), charge)


def number(charge: Charge, value: Any) -> Any:
    """The number that a text writes in plain digits; a number is itself."""
    return numbers.parse_number(value) if isinstance(value, str) else _number(value, "number")


def keys(charge: Charge, value: Any) -> list[str]:
    """The keys of a map in alphabetical order, so that equal maps give equal lists."""
    refuse_null(value)
    if not isinstance(value, Mapping):
        raise Fault(OPERANDS, f"{kind(value)} has no keys", "maps have")
    charge(len(value))
    return sorted(value)


def in_order(charge: Charge, values: Any) -> list[Any]:
    """The elements of a list from least to greatest, equals in the order given."""
    return [item for _, item in sorted(_ranked(_list(values, "sorted", charge), charge), key=_rank)]


def join(charge: Charge, values: Any, separator: Any) -> str:
    """The elements of a list as one text, with the separator between them."""
    if not isinstance(separator, str):
        raise Fault(OPERANDS, f"`join` needs text to put between the elements, not {kind(separator)}")
    return joined([text(item) for item in _list(values, "join", charge)], charge, separator)


FUNCTIONS: Mapping[str, tuple[Callable[..., Any], int, int]] = {
    "size": (size, 1, 1),
    "sum": (total, 1, 1),
    "min": (smallest, 1, 64),
    "max": (largest, 1, 64),
    "avg": (average, 1, 1),
    "abs": (absolute, 1, 1),
    "round": (rounded, 1, 2),
    "days": (days, 1, 1),
    "months": (months, 1, 1),
    "date": (day, 1, 1),
    "string": (string, 1, 1),
    "number": (number, 1, 1),
    "keys": (keys, 1, 1),
    "sorted": (in_order, 1, 1),
    "join": (join, 2, 2),
}
"""The functions by name, with the fewest and the most arguments of each."""

SPECIAL: Mapping[str, tuple[int, int]] = {"has": (1, 1), "default": (2, 2), "table": (2, 2)}
"""Those that the compiler builds, with the fewest and the most arguments of each."""

FORMS: Mapping[str, str] = {
    "size": "size(list)",
    "sum": "sum(list)",
    "min": "min(list) or min(a, b)",
    "max": "max(list) or max(a, b)",
    "avg": "avg(list)",
    "abs": "abs(number)",
    "round": "round(number, decimals)",
    "days": "days(number)",
    "months": "months(number)",
    "date": "date(text)",
    "string": "string(value)",
    "number": "number(text)",
    "keys": "keys(map)",
    "sorted": "sorted(list)",
    "join": "join(list, text)",
    "has": "has(a.field)",
    "default": "default(a.field, otherwise)",
    "table": 'table("name", {column: value})',
}
"""How each function is written."""


def arity(name: str) -> tuple[int, int] | None:
    """The fewest and the most arguments of a function; None when there is no such function."""
    if name in SPECIAL:
        return SPECIAL[name]
    if name not in FUNCTIONS:
        return None
    _, fewest, most = FUNCTIONS[name]
    return fewest, most


def refuse_count(name: str, count: int) -> None:
    """A fault when the function does not take so many arguments."""
    fewest, most = arity(name) or (count, count)
    if not fewest <= count <= most:
        wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
        takes = f"`{name}` takes {wanted} argument{'' if most == 1 else 's'}, here are {count}"
        raise Fault(ARGUMENTS, takes, f"write {FORMS[name]}")


def _list(value: Any, function: str, charge: Charge) -> list[Any]:
    refuse_null(value)
    if not isinstance(value, LISTS):
        raise Fault(OPERANDS, f"`{function}` needs a list, not {kind(value)}", f"write {FORMS[function]}")
    charge(len(value))
    return list(value)


def _added(items: list[Any], function: str) -> numbers.Number:
    zero: numbers.Number = 0
    return reduce(numbers.add, (_number(item, function) for item in items), zero)


def _filled(items: list[Any], function: str) -> list[Any]:
    if not items:
        help = f"guard it, as in `size(x) > 0 ? {function}(x) : 0`"
        raise Fault(EMPTY, f"`{function}` of an empty list has no value", help)
    return items


def _several(values: tuple[Any, ...], function: str, charge: Charge) -> list[Any]:
    return list(values) if len(values) > 1 else _filled(_list(values[0], function, charge), function)


def _ranked(items: list[Any], charge: Charge) -> list[tuple[Any, Any]]:
    """Each item behind what it is ordered by; a fault when they have no order among each other."""
    if all(isinstance(item, str) for item in items):
        charge(sum(map(len, items)) // CHARACTERS_A_STEP)
        moments = are_moments(*items)
        return [(parse_moment(item) if moments else item, item) for item in items]
    # Dates among texts say what the texts must be.
    partner = next(item for item in items if not isinstance(item, str))
    ranked = [(ordered(item, partner, charge)[0], item) for item in items]
    return [(rank, exact(item) if is_number(item) else item) for rank, item in ranked]


def _rank(pair: tuple[Any, Any]) -> Any:
    return pair[0]


def _number(value: Any, function: str) -> numbers.Number:
    refuse_null(value)
    if not is_number(value):
        help = "make a number of the text with number(…)" if isinstance(value, str) else ""
        raise Fault(OPERANDS, f"`{function}` needs numbers, not {kind(value)}", help)
    return exact(value)


def _whole(value: Any, what: str, most: int) -> int:
    if is_number(value):
        count = Decimal(exact(value))
        if abs(count) <= most and count == int(count):
            return int(count)
    raise Fault(OPERANDS, f"{what} is a whole number, at most {most}")


def _span(count: Any) -> int:
    refuse_null(count)
    return _whole(count, "a number of days or months", MOST_DAYS)
