"""Which types the operators take, and what type comes out."""

from collections.abc import Mapping

from dsl.expressions.errors import NEVER_EQUAL, OPERANDS, Fault
from dsl.near import listed, suggestion
from dsl.types import (
    ANY,
    DATE,
    DURATION,
    MOMENT,
    NOTHING,
    NULL,
    NUMBER,
    TEXT,
    AnyType,
    ListType,
    MapType,
    NumberType,
    ObjectType,
    PlainType,
    TextType,
    Type,
    members,
    union,
)
from dsl.types.fit import reads_as

_ORDERED = frozenset(["number", "text", "date", "moment", "duration", "sessions"])
_DATED = (DATE, MOMENT, DURATION)

# What comes out of two kinds that are not both numbers; `+` and `*` take them in either order.
_SPANS: Mapping[tuple[str, str, str], Type] = {
    ("+", "text", "text"): TEXT,
    ("+", "date", "duration"): DATE,
    ("+", "date", "months"): DATE,
    ("+", "moment", "duration"): MOMENT,
    ("+", "moment", "months"): MOMENT,
    ("+", "duration", "duration"): DURATION,
    ("-", "date", "duration"): DATE,
    ("-", "date", "months"): DATE,
    ("-", "moment", "duration"): MOMENT,
    ("-", "moment", "months"): MOMENT,
    ("-", "duration", "duration"): DURATION,
    ("-", "date", "date"): DURATION,
    ("-", "moment", "moment"): DURATION,
    ("*", "duration", "number"): DURATION,
    ("/", "duration", "number"): DURATION,
    ("/", "duration", "duration"): NUMBER,
}


def kind(one: Type) -> str:
    """The kind of one type that is no union: what operators look at."""
    match one:
        case PlainType(name):
            return name
        case NumberType():
            return "number"
        case TextType():
            return "text"
        case ListType():
            return "list"
        case MapType() | ObjectType():
            return "map"
    return "any"


def arithmetic(operator: str, left: Type, right: Type) -> Type:
    """The type of `left operator right`; a fault when some pair of their alternatives does not fit."""
    left, right = dated(left, right), dated(right, left)
    results = [_pair(operator, one, other) for one in members(left) for other in members(right)]
    if None in results:
        raise _unfit(operator, left, right)
    return union(*(result for result in results if result is not None))


def _pair(operator: str, left: Type, right: Type) -> Type | None:
    if isinstance(left, NumberType) and isinstance(right, NumberType):
        return _number(operator, left, right)
    if isinstance(left, AnyType) or isinstance(right, AnyType):
        return ANY
    if operator == "+" and isinstance(left, ListType) and isinstance(right, ListType):
        return ListType(union(*(one.item for one in (left, right) if one.item != NOTHING)))
    found = _SPANS.get((operator, kind(left), kind(right)))
    if found is None and operator in "+*":
        found = _SPANS.get((operator, kind(right), kind(left)))
    return found


def _number(operator: str, left: NumberType, right: NumberType) -> NumberType:
    sums = operator in "+-"
    return NumberType(
        money=sums and left.money and right.money,
        integer=operator != "/" and left.integer and right.integer,
    )


def _unfit(operator: str, left: Type, right: Type) -> Fault:
    kinds = {kind(one) for side in (left, right) for one in members(side)}
    help = ""
    if kinds == {"text", "number"}:
        help = "make text of the number with string(…), or a number of the text with number(…)"
    elif kinds == {"date", "number"} or kinds == {"moment", "number"}:
        help = "write days(…) or months(…) around the number, or 5d"
    elif kinds == {"date", "moment"}:
        help = "take the day of the moment with date(…)"
    elif "sessions" in kinds:
        help = "sessions are counted by `wait` and `within`, with the step's `calendar`"
    elif "text" in kinds and kinds & {"date", "moment"}:
        help = "make text of the other with string(…), or a date of the text with date(…)"
    return Fault(OPERANDS, f"`{operator}` does not fit {left} and {right}", help)


def dated(one: Type, partner: Type) -> Type:
    """A text written out, as the date, moment or duration that it writes where it meets one."""
    if isinstance(one, TextType) and one.written and one.values is not None:
        for target in _DATED:
            if target in members(partner) and all(reads_as(value, target) for value in one.values):
                return target
    return one


def refuse_unequal(left: Type, right: Type) -> None:
    """A fault when values of the two types can never be equal."""
    if NULL in (left, right):
        _refuse_never_null(right if left == NULL else left)
        return
    left, right = dated(left, right), dated(right, left)
    if ANY in members(left) or ANY in members(right):
        return
    if not {kind(one) for one in members(left)} & {kind(one) for one in members(right)}:
        raise Fault(NEVER_EQUAL, f"{left} never equals {right}", _conversion(left, right))
    _refuse_strange_text(left, right)
    _refuse_strange_text(right, left)


def _refuse_never_null(one: Type) -> None:
    if NULL not in members(one) and one != ANY:
        raise Fault(NEVER_EQUAL, f"{one} is never null", "test with has(…) whether a field is there")


def _refuse_strange_text(written: Type, known: Type) -> None:
    """Text written out that is none of the values the other side can have."""
    if not isinstance(written, TextType) or not written.written or written.values is None:
        return
    values: list[str] = []
    for one in members(known):
        if isinstance(one, TextType) and (one.values is None or one.written):
            return
        values += (one.values or ()) if isinstance(one, TextType) else ()
    strange = [value for value in written.values if value not in values]
    if strange and values:
        message = f"`{strange[0][:40]}` is none of the values it can have: {listed(values)}"
        raise Fault(NEVER_EQUAL, message, suggestion(strange[0], values))


def refuse_unordered(left: Type, right: Type) -> None:
    """A fault when some values of the two types have no order among each other."""
    left, right = dated(left, right), dated(right, left)
    for one in members(left):
        for other in members(right):
            if ANY in (one, other):
                continue
            if kind(one) != kind(other):
                raise Fault(OPERANDS, f"{left} cannot be compared with {right}", _conversion(left, right))
            if kind(one) not in _ORDERED:
                help = "only numbers, texts, dates, moments and durations have an order"
                raise Fault(OPERANDS, f"{one} has no order", help)


def _conversion(left: Type, right: Type) -> str:
    kinds = {kind(one) for side in (left, right) for one in members(side)} - {"null"}
    if kinds == {"text", "number"}:
        return "convert one with number(…) or string(…)"
    if kinds == {"text", "date"}:
        return "make a date of the text with date(…); a date is written 2026-01-31"
    if kinds == {"date", "moment"}:
        return "take the day of the moment with date(…)"
    if kinds == {"text", "bool"}:
        return "write true or false without quotes"
    return ""
