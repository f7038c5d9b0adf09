"""Why a value of one type cannot go where another is wanted."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from dsl.durations import DurationError, parse_duration
from dsl.near import listed, suggestion
from dsl.types.kinds import (
    ANY,
    DATE,
    DURATION,
    MOMENT,
    NOTHING,
    NULL,
    TEXT,
    ListType,
    MapType,
    NumberType,
    ObjectType,
    TextType,
    Type,
    UnionType,
    members,
    union,
)

UNKNOWN_FIELD = "K202"
REQUIRED = "K203"
WRONG_VALUE = "K205"
WRONG_TYPE = "K206"
MAY_BE_MISSING = "K226"
MAY_BE_NULL = "K228"

Place = tuple[str | int, ...]

_AS_TEXT = (DATE, MOMENT, DURATION)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One reason, at a path inside the value; `code` is one of `dsl.codes`, `missing` the absent field."""

    path: Place
    code: str
    message: str
    help: str = ""
    missing: str = ""


def assignable(source: Type, target: Type) -> bool:
    """Does every value of type `source` fit where `target` is wanted."""
    return not mismatches(source, target)


def mismatches(source: Type, target: Type, path: Place = ()) -> list[Mismatch]:
    """Why a value of type `source` may not fit where `target` is wanted; nothing when it always does.

    An unknown field matters only in a map written in the definition; a value that comes from elsewhere may
    have more fields than are wanted.
    """
    if ANY in (source, target) or source in (target, NOTHING):
        return []
    if isinstance(source, UnionType):
        return _first_of_union(source, target, path)
    best = [_single(source, alternative, path) for alternative in members(target)]
    if not all(best):
        return []
    return best[0] if len(best) == 1 else _closest(source, best, target, path)


def _first_of_union(source: UnionType, target: Type, path: Place) -> list[Mismatch]:
    if NULL in source.alternatives and mismatches(NULL, target, path):
        rest = union(*(one for one in source.alternatives if one != NULL))
        message = f"the value may be null, and {target} is wanted"
        return mismatches(rest, target, path) or [
            Mismatch(path, MAY_BE_NULL, message, "give a value for it with default(…, …)")
        ]
    return next((found for one in source.alternatives if (found := mismatches(one, target, path))), [])


def _closest(source: Type, tried: list[list[Mismatch]], target: Type, path: Place) -> list[Mismatch]:
    """Of several alternatives tried, the reasons that lie deepest: that one was probably meant."""
    deepest = max(
        tried, key=lambda found: (max(len(each.path) for each in found), found[0].code != WRONG_TYPE)
    )
    shallow = all(each.path == path and each.code == WRONG_TYPE for each in deepest)
    if not shallow:
        return deepest
    help = next((each.help for found in tried for each in found if each.help), "")
    return [replace(_wrong(source, target, path), help=help)]


def _single(source: Type, target: Type, path: Place) -> list[Mismatch]:
    match source, target:
        case TextType(), TextType():
            return _text(source, target, path)
        case NumberType(), NumberType():
            return _number(source, target, path)
        case TextType(), _ if target in _AS_TEXT:
            return _dated(source, target, path)
        case _, TextType(values=None) if source in _AS_TEXT:
            return []
        case ListType(), ListType():
            return mismatches(source.item, target.item, (*path, 0)) if source.item != ANY else []
        case ObjectType(), ObjectType():
            return _object(source, target, path)
        case ObjectType(), MapType():
            return [
                each
                for name, inner in source.fields.items()
                for each in mismatches(inner.type, target.value, (*path, name))
            ]
        case MapType(), MapType():
            return [_wrong(source, target, path)] if mismatches(source.value, target.value) else []
        case MapType(), ObjectType():
            wrong = [mismatches(source.value, inner.type, path) for inner in target.fields.values()]
            return next((each for each in wrong if each), [])
    return [] if source == target else [_wrong(source, target, path)]


def _text(source: TextType, target: TextType, path: Place) -> list[Mismatch]:
    if target.values is None:
        return []
    if source.values is None:
        message = f"any text may come here, and only {listed(target.values)} fit"
        return [Mismatch(path, WRONG_TYPE, message, "declare it with the same `enum`")]
    strange = [value for value in source.values if value not in target.values]
    if not strange:
        return []
    message = f"`{strange[0][:40]}` is none of {listed(target.values)}"
    return [Mismatch(path, WRONG_VALUE, message, suggestion(strange[0], target.values))]


def _number(source: NumberType, target: NumberType, path: Place) -> list[Mismatch]:
    if target.integer and not source.integer:
        return [Mismatch(path, WRONG_TYPE, f"{target} is wanted, this is {source}", "round it with round(…)")]
    return []


def _dated(source: TextType, target: Type, path: Place) -> list[Mismatch]:
    if source.values is not None and all(reads_as(value, target) for value in source.values):
        return []
    help = "write it with date(…)" if target == DATE and source.values is None else _FORMS[str(target)]
    return [Mismatch(path, WRONG_TYPE, f"{target} is wanted, this is {source}", help)]


_FORMS = {
    str(DATE): "a date is written 2026-01-31",
    str(MOMENT): "a moment is written 2026-01-31T09:00:00Z",
    str(DURATION): "a duration is written 30d",
}


def reads_as(text: str, target: Type) -> bool:
    """Does `text` write a value of the type: a date, a moment with its offset, or a duration."""
    try:
        if target == DATE:
            return len(text) == 10 and bool(date.fromisoformat(text))
        if target == MOMENT:
            return "T" in text and datetime.fromisoformat(text).tzinfo is not None
        return target == DURATION and parse_duration(text) is not None
    except (ValueError, DurationError):
        return False


def _object(source: ObjectType, target: ObjectType, path: Place) -> list[Mismatch]:
    found = [each for name in target.fields for each in _field(source, target, name, path)]
    for name, inner in source.fields.items():
        if name in target.fields:
            continue
        if target.extra is not None:
            found += mismatches(inner.type, target.extra, (*path, name))
        elif source.written:
            help = suggestion(name, target.fields) or f"known are {listed(target.fields)}"
            found.append(Mismatch((*path, name), UNKNOWN_FIELD, f"there is no field `{name}` here", help))
    return found


def _field(source: ObjectType, target: ObjectType, name: str, path: Place) -> list[Mismatch]:
    wanted, given = target.fields[name], source.fields.get(name)
    if given is None:
        if not wanted.required or source.extra is not None:
            return []
        return [Mismatch(path, REQUIRED, f"the field `{name}` is missing", f"it is {wanted.type}", name)]
    if wanted.required and not given.certain:
        message = f"the field `{name}` is required, and may be missing in this value"
        return [Mismatch((*path, name), MAY_BE_MISSING, message, "give a value for it with default(…, …)")]
    return mismatches(given.type, wanted.type, (*path, name))


def _wrong(source: Type, target: Type, path: Place) -> Mismatch:
    help = ""
    if isinstance(source, NumberType) and TEXT in members(target):
        help = "make text of it with string(…)"
    if isinstance(source, TextType) and any(isinstance(one, NumberType) for one in members(target)):
        help = "make a number of it with number(…)"
    return Mismatch(path, WRONG_TYPE, f"{target} is wanted, this is {source}", help)
