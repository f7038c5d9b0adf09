"""Holds a value against the JSON Schema that a definition gives for its input or a signal.

Objects are closed unless the schema says otherwise, defaults are filled at any depth, numbers are
exact decimals, and the formats `money`, `date` and `date-time` are checked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import jsonschema
from jsonschema.validators import extend

from dsl.scalars import MOST_DIGITS
from dsl.schemas import Schema, closed, resolved
from payloads import plain_json
from payloads.messages import shown, singular

MOST_SHOWN = 20
LARGEST: int = 10**MOST_DIGITS
DEEPEST = 64


_TYPES = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}
_FORMS = {
    "money": f"an amount with at most two decimals, below {plain_json.LARGEST_AMOUNT:f}",
    "date": "a date as YYYY-MM-DD",
    "date-time": "a moment as YYYY-MM-DDThh:mm:ss with its offset from UTC",
}
_BOUNDS = {
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be above {}",
    "exclusiveMaximum": "must be below {}",
    "multipleOf": "must be a multiple of {}",
    "const": "must be {}",
    "minItems": "needs at least {} items",
    "maxItems": "may have at most {} items",
    "minLength": "needs at least {} characters",
    "maxLength": "may have at most {} characters",
    "minProperties": "needs at least {} fields",
    "maxProperties": "may have at most {} fields",
    "pattern": "does not have the form {}",
}


@dataclass(frozen=True, slots=True)
class Misfit:
    """One way in which a value breaks its schema; `path` is like `goals[0].target_date`."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


def fill_and_check(schema: Schema, value: Any) -> tuple[Any, list[Misfit]]:
    """The value with defaults filled in, and what is wrong with it (nothing, if the list is empty)."""
    unfit = _unfit_at_all(value)
    if unfit:
        return value, unfit
    filled = _filled(schema, value, schema)
    errors = sorted(
        _validator(plain_json.dumps(schema)).iter_errors(filled), key=lambda e: list(map(str, e.path))
    )
    return filled, [Misfit(_path(error), _message(error)) for error in errors[:MOST_SHOWN]]


def _filled(schema: Any, value: Any, root: Schema) -> Any:
    schema = resolved(schema, root)
    if isinstance(value, dict):
        known = schema.get("properties", {})
        extra = schema.get("additionalProperties")
        filled = {
            key: _filled(known.get(key, extra if isinstance(extra, Mapping) else {}), item, root)
            for key, item in value.items()
        }
        for key, inner in known.items():
            inner = resolved(inner, root)
            if key not in filled and "default" in inner:
                filled[key] = _filled(inner, inner["default"], root)
        return filled
    if isinstance(value, list):
        return [_filled(schema.get("items", {}), item, root) for item in value]
    return value


def _unfit_at_all(value: Any) -> list[Misfit]:
    """What no schema could take: numbers beyond any use, and nesting without end."""
    waiting: list[tuple[str, Any, int]] = [("", value, 0)]
    while waiting:
        path, item, depth = waiting.pop()
        if depth > DEEPEST:
            return [Misfit(path, f"nests more than {DEEPEST} deep")]
        if isinstance(item, int | Decimal) and not isinstance(item, bool) and not _usable(item):
            return [Misfit(path, f"is a number of more than {MOST_DIGITS} digits")]
        if isinstance(item, dict):
            waiting += [(f"{path}.{key}".lstrip("."), inner, depth + 1) for key, inner in item.items()]
        elif isinstance(item, list):
            waiting += [(f"{path}[{place}]", inner, depth + 1) for place, inner in enumerate(item)]
    return []


def _usable(number: int | Decimal) -> bool:
    if isinstance(number, int):
        return abs(number) < LARGEST
    _, digits, exponent = number.as_tuple()
    return isinstance(exponent, int) and exponent >= -MOST_DIGITS and len(digits) + exponent <= MOST_DIGITS


def _is_number(_: Any, value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _is_integer(_: Any, value: object) -> bool:
    if isinstance(value, float | Decimal):
        return value % 1 == 0
    return _is_number(_, value)


_FORMATS = jsonschema.FormatChecker(formats=())


@_FORMATS.checks("money", raises=ValueError)
def _is_money(value: object) -> bool:
    if not isinstance(value, int | Decimal):
        return True
    amount = Decimal(value)
    return abs(amount) < plain_json.LARGEST_AMOUNT and amount * 100 % 1 == 0


@_FORMATS.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or (len(value) == 10 and bool(date.fromisoformat(value)))


@_FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


_Validator: Any = extend(  # type: ignore[no-untyped-call] # jsonschema has no types here
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("number", _is_number).redefine(
        "integer", _is_integer
    ),
)


@lru_cache(maxsize=256)
def _validator(schema: str) -> Any:
    return _Validator(closed(plain_json.loads(schema)), format_checker=_FORMATS)


def _path(error: jsonschema.ValidationError) -> str:
    path = ""
    for part in error.absolute_path:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    missing = _missing(error)
    return f"{path}.{missing}".lstrip(".") if missing else path


def _missing(error: jsonschema.ValidationError) -> str | None:
    required: Any = error.validator_value
    if error.validator != "required" or not isinstance(error.instance, dict):
        return None
    absent = (name for name in required if name not in error.instance)
    return next((name for name in absent if f"'{name}'" in error.message), None)


def _message(error: jsonschema.ValidationError) -> str:
    """A sentence without the value itself: values may be personal."""
    expected: Any = error.validator_value
    match error.validator:
        case "required":
            return "is required"
        case "type":
            types = expected if isinstance(expected, list) else [expected]
            return "must be " + " or ".join(_TYPES.get(kind, str(kind)) for kind in types)
        case "enum":
            return "must be one of " + ", ".join(map(_word, expected))
        case "additionalProperties":
            known: Any = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
            instance: Any = error.instance
            extra = ", ".join(sorted(set(instance) - set(known)))
            return f"has no field {extra}; it has: {', '.join(known)}"
        case "format":
            return f"must be {_FORMS.get(str(expected), f'a {expected}')}"
        case "uniqueItems":
            return "has an item twice"
        case bound if bound in _BOUNDS:
            return singular(_BOUNDS[str(bound)].format(_word(expected)))
        case _:
            return f"breaks `{error.validator}: {expected}`"


def _word(allowed: Any) -> str:
    """A bound or an allowed value as people write it: 1500 and not 1500.0, null and not None."""
    if isinstance(allowed, Decimal | float):
        return shown(allowed)
    return allowed if isinstance(allowed, str) else plain_json.dumps(allowed)
