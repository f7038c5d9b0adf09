"""The types, what people call them, and their unions."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

MOST_ALTERNATIVES = 16
_MOST_LISTED = 8


@dataclass(frozen=True, slots=True)
class Type:
    """What is known of a value before anything runs; `str` names it for people."""

    @property
    def plural(self) -> str:
        """The name of several of them."""
        return f"values that are each {self}"


@dataclass(frozen=True, slots=True)
class AnyType(Type):
    """Nothing is known: everything fits, and is looked at when it runs."""

    def __str__(self) -> str:
        return "any value"

    @property
    def plural(self) -> str:
        return "anything"


@dataclass(frozen=True, slots=True)
class PlainType(Type):
    """A type without parts, by its name."""

    kind: str

    def __str__(self) -> str:
        return _NAMES[self.kind][0]

    @property
    def plural(self) -> str:
        return _NAMES[self.kind][1]


@dataclass(frozen=True, slots=True)
class NumberType(Type):
    """A number; `integer` has no decimals, `money` is in whole cents."""

    money: bool = False
    integer: bool = False

    def __str__(self) -> str:
        return "an amount of money" if self.money else "a whole number" if self.integer else "a number"

    @property
    def plural(self) -> str:
        return "amounts of money" if self.money else "whole numbers" if self.integer else "numbers"


@dataclass(frozen=True, slots=True)
class TextType(Type):
    """Text; `values` has all that it can be, when known; `written` when the definition itself has it."""

    values: tuple[str, ...] | None = None
    written: bool = False

    def __str__(self) -> str:
        if self.values is None:
            return "text"
        return "the text " + " or ".join(f'"{value[:40]}"' for value in self.values[:_MOST_LISTED])

    @property
    def plural(self) -> str:
        return "texts"


@dataclass(frozen=True, slots=True)
class ListType(Type):
    """A list whose elements are all of one type."""

    item: Type

    def __str__(self) -> str:
        return f"a list of {self.item.plural}"

    @property
    def plural(self) -> str:
        return f"lists of {self.item.plural}"


@dataclass(frozen=True, slots=True)
class MapType(Type):
    """A map with any keys, whose values are all of one type."""

    value: Type

    def __str__(self) -> str:
        return f"a map of {self.value.plural}"

    @property
    def plural(self) -> str:
        return f"maps of {self.value.plural}"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object.

    `required`: always given. `default`: filled in when it is not, so that it may be read like a required
    one. `later`: it exists, but nothing has given it a value where the expression stands. `reason` says
    why it may be missing.
    """

    type: Type
    required: bool = True
    default: bool = False
    later: bool = False
    reason: str = ""

    @property
    def certain(self) -> bool:
        """Is there a value wherever it is read."""
        return (self.required or self.default) and not self.later


@dataclass(frozen=True, slots=True)
class ObjectType(Type):
    """A map with known fields; `extra` is the type of further ones, None when there are none.

    `written` when it stands in the definition itself, where an unknown field is a slip. `title` ("step
    `drift`"), `noun` ("output field") and `source` ("portfolio.measure_drift returns") serve messages only.
    """

    fields: Mapping[str, Field] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    extra: Type | None = None
    written: bool = field(default=False, compare=False)
    title: str = field(default="", compare=False)
    noun: str = field(default="field", compare=False)
    source: str = field(default="", compare=False)

    def __str__(self) -> str:
        if not self.fields:
            return "a map"
        return f"a map with {self.listed()}"

    @property
    def plural(self) -> str:
        return "maps"

    def listed(self) -> str:
        """The names of the fields for a sentence, cut when there are many."""
        names = list(self.fields)
        return ", ".join(names[:_MOST_LISTED]) + (", …" if len(names) > _MOST_LISTED else "")


@dataclass(frozen=True, slots=True)
class UnionType(Type):
    """One of several types; made by `union` only."""

    alternatives: tuple[Type, ...]

    def __str__(self) -> str:
        return " or ".join(str(alternative) for alternative in self.alternatives)


_NAMES = {
    "null": ("null", "nulls"),
    "bool": ("true or false", "flags"),
    "date": ("a date", "dates"),
    "moment": ("a moment", "moments"),
    "duration": ("a duration", "durations"),
    "months": ("a number of months", "numbers of months"),
    "nothing": ("nothing", "nothing"),
    "sessions": ("a number of sessions", "numbers of sessions"),
}

ANY = AnyType()
NULL = PlainType("null")
BOOL = PlainType("bool")
NUMBER = NumberType()
INTEGER = NumberType(integer=True)
MONEY = NumberType(money=True)
TEXT = TextType()
DATE = PlainType("date")
MOMENT = PlainType("moment")
DURATION = PlainType("duration")
MONTHS = PlainType("months")
SESSIONS = PlainType("sessions")
NOTHING = PlainType("nothing")
"""The type of the elements of `[]`: there are none, so a list of them fits wherever a list is wanted."""


def members(one: Type) -> tuple[Type, ...]:
    """The alternatives of a union; any other type alone."""
    return one.alternatives if isinstance(one, UnionType) else (one,)


def union(*types: Type) -> Type:
    """The type of a value that has one of these types; any value for none, or when there are too many."""
    if len(types) == 1:
        return types[0]
    found: list[Type] = []
    for one in (member for each in types for member in members(each)):
        if isinstance(one, AnyType):
            return ANY
        _absorb(found, one)
    if not found or len(found) > MOST_ALTERNATIVES:
        return ANY
    return found[0] if len(found) == 1 else UnionType(tuple(found))


def _absorb(found: list[Type], one: Type) -> None:
    for place, other in enumerate(found):
        if one == other:
            return
        if isinstance(one, NumberType) and isinstance(other, NumberType):
            found[place] = NumberType(one.money and other.money, one.integer and other.integer)
            return
        if isinstance(one, TextType) and isinstance(other, TextType):
            found[place] = _either_text(other, one)
            return
        if ListType(NOTHING) in (one, other) and isinstance(one, ListType) and isinstance(other, ListType):
            found[place] = other if one.item == NOTHING else one
            return
    found.append(one)


def _either_text(one: TextType, other: TextType) -> TextType:
    if one.values is None or other.values is None:
        return TEXT
    values = (*one.values, *(value for value in other.values if value not in one.values))
    return TextType(values, one.written and other.written)


def nullable(one: Type) -> Type:
    """The type of a value that may also be null."""
    return union(one, NULL)


def without_null(one: Type) -> Type:
    """The type of a value that is known not to be null; null alone stays null."""
    return union(*(member for member in members(one) if member != NULL)) if one != NULL else NULL


def widened(one: Type) -> Type:
    """The type without what only the value written here allows to say: `"new"` becomes text.

    For names that are set in one place and may be set to something else in another.
    """
    match one:
        case TextType(written=True):
            return TEXT
        case ListType(item):
            return ListType(widened(item))
        case MapType(value):
            return MapType(widened(value))
        case ObjectType():
            fields = {name: replace(inner, type=widened(inner.type)) for name, inner in one.fields.items()}
            return replace(one, fields=fields)
        case UnionType(alternatives):
            return union(*(widened(alternative) for alternative in alternatives))
    return one
