"""What the schema of a column and the condition of a row mean.

A condition is a value (the column equals it), a list of values (it is one of them), or, for numbers and
dates, comparisons joined by `and`: `"< 50000"`, `">= 10000 and < 50000"`, `"> 5%"`, `">= 2026-07-01"`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from dsl.near import listed, suggestion
from dsl.tables.axes import HIGHEST, LOWEST, Axis, Cut, ListedAxis, OrderedAxis, Region, Span, place_of

_KINDS = {"number": "number", "integer": "integer", "boolean": "boolean", "string": "text"}
_KEYS = {
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format"),
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "boolean": (),
    "text": ("enum",),
    "date": ("format",),
}
_ALWAYS = ("type", "description", "title", "examples")
_FORMATS = {"number": ("money",), "date": ("date",)}

MOST_CHARACTERS = 200

_COMPARISON = re.compile(r"\s*(<=|>=|<|>)\s*(\S+)")
_AND = re.compile(r"\s+and\b")
_NUMBER = re.compile(r"-?[0-9]{1,28}(\.[0-9]{1,28})?%?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_FIRST_DAY, _LAST_DAY = date.min.toordinal(), date.max.toordinal()


class Unfit(Exception):
    """A schema that no column can have, or a condition that its column cannot take."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


@dataclass(frozen=True, slots=True)
class Column:
    """One input of a table: `kind` is number, integer, date, boolean or text."""

    name: str
    kind: str
    bounds: Span
    values: tuple[Any, ...] | None

    @property
    def ordered(self) -> bool:
        """Can its values be compared by `<`."""
        return self.kind in ("number", "integer", "date")

    def takes(self, region: Region) -> bool:
        """Does any value of the column lie in a region."""
        if not self.ordered:
            return True
        return not OrderedAxis(self.bounds, (), whole=self.kind != "number", days=False).apart(region)

    def axis(self, regions: Iterable[Region]) -> Axis:
        """The column's values in cells, cut wherever a condition begins or ends."""
        if self.ordered:
            whole, days = self.kind != "number", self.kind == "date"
            return OrderedAxis(self.bounds, regions, whole=whole, days=days)
        return ListedAxis(self.values or (), regions, closed=self.values is not None)


def column_of(name: str, schema: Any) -> Column:
    """The column that a JSON Schema describes; Unfit when its values cannot be told apart exactly."""
    if not isinstance(schema, Mapping):
        raise Unfit(f"the column `{name}` may be anything", "give its type")
    kind = _KINDS.get(str(schema.get("type", "string" if "enum" in schema else "")))
    if kind is None:
        help = "its type is number, integer, boolean or string; a string may have `format: date` or `enum`"
        raise Unfit(f"the column `{name}` has no type that a table can compare", help)
    if kind == "text" and "format" in schema:
        kind = "date"
    _refuse_keys(name, kind, schema)
    values = _values(name, kind, schema)
    bounds = Span(_low(schema), _high(schema)) if kind != "date" else _DAYS
    if kind in ("number", "integer") and bounds.empty:
        raise Unfit(f"no number lies between the bounds of the column `{name}`")
    return Column(name, kind, bounds, values)


_DAYS = Span((Decimal(_FIRST_DAY), 0), (Decimal(_LAST_DAY), 1))


def _refuse_keys(name: str, kind: str, schema: Mapping[str, Any]) -> None:
    known = (*_ALWAYS, *_KEYS[kind])
    for key in schema:
        if key not in known:
            raise Unfit(f"a table cannot compare by `{key}`, in column `{name}`", f"it has {listed(known)}")
    if "format" in schema and schema["format"] not in _FORMATS[kind]:
        raise Unfit(f"a table cannot compare by the format `{schema['format']}`", "text has `format: date`")


def _values(name: str, kind: str, schema: Mapping[str, Any]) -> tuple[Any, ...] | None:
    if kind == "boolean":
        return (False, True)
    listed_values = schema.get("enum")
    if listed_values is None:
        return None
    if not all(isinstance(value, str) for value in listed_values) or not listed_values:
        raise Unfit(f"the column `{name}` lists values that are not text")
    return tuple(listed_values)


def _low(schema: Mapping[str, Any]) -> Cut:
    cuts = [LOWEST]
    if "minimum" in schema:
        cuts.append((Decimal(schema["minimum"]), 0))
    if "exclusiveMinimum" in schema:
        cuts.append((Decimal(schema["exclusiveMinimum"]), 1))
    return max(cuts)


def _high(schema: Mapping[str, Any]) -> Cut:
    cuts = [HIGHEST]
    if "maximum" in schema:
        cuts.append((Decimal(schema["maximum"]), 1))
    if "exclusiveMaximum" in schema:
        cuts.append((Decimal(schema["exclusiveMaximum"]), 0))
    return min(cuts)


def region_of(column: Column, condition: Any) -> Region:
    """What a value or comparisons take of the column; Unfit when they do not go with its type."""
    if not column.ordered:
        return frozenset((_listed_value(column, condition),))
    if isinstance(condition, str) and (_COMPARISON.match(condition) or column.kind != "date"):
        return (_compared(column, condition),)
    place = _place(column, condition)
    return (Span((place, 0), (place, 1)),)


def joined(regions: Sequence[Region]) -> Region:
    """What any of several conditions of one column takes."""
    spans = tuple(span for region in regions if isinstance(region, tuple) for span in region)
    values = frozenset(value for region in regions if isinstance(region, frozenset) for value in region)
    return spans or values


def _listed_value(column: Column, value: Any) -> Any:
    wanted = bool if column.kind == "boolean" else str
    if not isinstance(value, wanted):
        raise Unfit(f"the column `{column.name}` holds {_name(column)}", _help(column))
    if column.values is not None and value not in column.values:
        help = suggestion(str(value), map(str, column.values)) or _help(column)
        raise Unfit(f"the column `{column.name}` never is `{value}`", help)
    return value


def _compared(column: Column, text: str) -> Span:
    if len(text) > MOST_CHARACTERS:
        raise Unfit(f"a condition has at most {MOST_CHARACTERS} characters", _help(column))
    span, rest = Span(LOWEST, HIGHEST), text
    while True:
        match = _COMPARISON.match(rest)
        if match is None:
            raise Unfit(f"`{text[:60]}` is no condition on {_name(column)}", _help(column))
        span = span.within(_half(match[1], _place(column, match[2], text)))
        rest = rest[match.end() :]
        if not rest.strip():
            return span
        joint = _AND.match(rest)
        if joint is None:
            raise Unfit(f"`{text[:60]}` is no condition: comparisons are joined by `and`", _help(column))
        rest = rest[joint.end() :]


def _half(operator: str, place: Decimal) -> Span:
    match operator:
        case "<":
            return Span(LOWEST, (place, 0))
        case "<=":
            return Span(LOWEST, (place, 1))
        case ">":
            return Span((place, 1), HIGHEST)
    return Span((place, 0), HIGHEST)


def _place(column: Column, value: Any, text: str = "") -> Decimal:
    """Where a value that a condition names lies; a text from comparisons is read by the column's kind."""
    if isinstance(value, str) and (text or column.kind == "date"):
        value = _day(value) if column.kind == "date" else _number(value)
    place = place_of(value)
    if place is None or isinstance(value, date) is not (column.kind == "date"):
        raise Unfit(f"the column `{column.name}` holds {_name(column)}", _help(column))
    return place


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        raise Unfit(f"there is no day {text}") from None


def _number(text: str) -> Decimal | None:
    if not _NUMBER.fullmatch(text):
        return None
    return Decimal(text[:-1]).scaleb(-2) if text.endswith("%") else Decimal(text)


def _name(column: Column) -> str:
    return {"boolean": "true or false", "date": "dates", "text": "text"}.get(column.kind, "numbers")


def _help(column: Column) -> str:
    if column.values is not None:
        return f"write one of {listed(map(_shown, column.values))}"
    shown = {
        "date": 'write a date, a list of dates, or comparisons such as ">= 2026-07-01"',
        "text": "write a text, or a list of texts",
    }
    numbers = 'write a number, a list of numbers, or comparisons such as ">= 10000 and < 50000"'
    return shown.get(column.kind, numbers)


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
