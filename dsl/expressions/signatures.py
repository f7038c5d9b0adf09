"""Which types the functions take, and what type comes out."""

from collections.abc import Callable, Mapping, Sequence

from dsl.expressions.errors import ARGUMENTS, Fault
from dsl.expressions.functions import FORMS
from dsl.expressions.operations import kind, refuse_unordered
from dsl.expressions.reading_types import element_of
from dsl.types import (
    DATE,
    DURATION,
    INTEGER,
    MONTHS,
    NUMBER,
    TEXT,
    ListType,
    NumberType,
    Type,
    members,
    union,
)


class Misfit(Fault):
    """Argument number `place` does not fit."""

    def __init__(self, place: int, message: str, help: str = "") -> None:
        super().__init__(ARGUMENTS, message, help)
        self.place = place


Signature = Callable[[str, Sequence[Type]], Type]

_TEXTUAL = ("text", "number", "bool", "date", "moment", "duration", "sessions")


def result_of(function: str, arguments: Sequence[Type]) -> Type:
    """The type that the function gives for arguments of these types; Misfit when it does not take them."""
    return _SIGNATURES[function](function, arguments)


def _need(function: str, arguments: Sequence[Type], place: int, kinds: Sequence[str], wanted: str) -> Type:
    """The argument at `place`, of which every alternative must be of one of the kinds."""
    given = arguments[place]
    if all(kind(one) in (*kinds, "any") for one in members(given)):
        return given
    help = f"write {FORMS[function]}"
    if kinds == ("number",) and kind(given) == "text":
        help = "make a number of the text with number(…)"
    raise Misfit(place, f"`{function}` takes {wanted}, not {given}", help)


def _size(function: str, arguments: Sequence[Type]) -> Type:
    _need(function, arguments, 0, ("list", "map", "text"), "a list, a map or text")
    return INTEGER


def _items(function: str, arguments: Sequence[Type]) -> Type:
    """The type of the elements of a list given as the only argument."""
    given = _need(function, arguments, 0, ("list",), "a list")
    return union(*(element_of(one) for one in members(given)))


def _total(function: str, arguments: Sequence[Type]) -> Type:
    item = _items(function, arguments)
    if not all(kind(one) in ("number", "any") for one in members(item)):
        raise Misfit(0, f"`{function}` takes a list of numbers, not of {item.plural}", _pick(item))
    return item if isinstance(item, NumberType) and function == "sum" else NUMBER


def _pick(item: Type) -> str:
    return "pick the number with .map(item, item.field)" if kind(item) == "map" else ""


def _extreme(function: str, arguments: Sequence[Type]) -> Type:
    found = union(_items(function, arguments)) if len(arguments) == 1 else union(*arguments)
    for one in members(found):
        try:
            refuse_unordered(one, found)
        except Fault as fault:
            raise Misfit(0, f"`{function}`: {fault.message}", fault.help or _pick(one)) from None
    return found


def _absolute(function: str, arguments: Sequence[Type]) -> Type:
    return _need(function, arguments, 0, ("number", "duration"), "a number or duration")


def _rounded(function: str, arguments: Sequence[Type]) -> Type:
    _need(function, arguments, 0, ("number",), "a number")
    if len(arguments) == 1:
        return INTEGER
    _need(function, arguments, 1, ("number",), "a number of decimals")
    return NUMBER


def _span(function: str, arguments: Sequence[Type]) -> Type:
    _need(function, arguments, 0, ("number",), "a number")
    return DURATION if function == "days" else MONTHS


def _day(function: str, arguments: Sequence[Type]) -> Type:
    _need(function, arguments, 0, ("text", "date", "moment"), "text or a moment")
    return DATE


def _string(function: str, arguments: Sequence[Type]) -> Type:
    _need(function, arguments, 0, _TEXTUAL, "a single value")
    return TEXT


def _parsed(function: str, arguments: Sequence[Type]) -> Type:
    given = _need(function, arguments, 0, ("text", "number"), "text")
    return given if isinstance(given, NumberType) else NUMBER


def _keys(function: str, arguments: Sequence[Type]) -> Type:
    _need(function, arguments, 0, ("map",), "a map")
    return ListType(TEXT)


def _sorted(function: str, arguments: Sequence[Type]) -> Type:
    return ListType(_extreme(function, arguments))


def _joined(function: str, arguments: Sequence[Type]) -> Type:
    item = _items(function, arguments)
    _need(function, arguments, 1, ("text",), "text between the elements")
    if not all(kind(one) in (*_TEXTUAL, "any") for one in members(item)):
        raise Misfit(
            0, f"`join` takes a list of single values, not of {item.plural}", "pick a field with .map(…)"
        )
    return TEXT


_SIGNATURES: Mapping[str, Signature] = {
    "size": _size,
    "sum": _total,
    "avg": _total,
    "min": _extreme,
    "max": _extreme,
    "abs": _absolute,
    "round": _rounded,
    "days": _span,
    "months": _span,
    "date": _day,
    "string": _string,
    "number": _parsed,
    "keys": _keys,
    "sorted": _sorted,
    "join": _joined,
}
