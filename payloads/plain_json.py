"""Plain JSON as Kronos speaks it: decimals are number tokens both ways, dates are text."""

import hashlib
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import simplejson

LARGEST_AMOUNT = Decimal("1e13")
"""Amounts of money lie below it, where binary floating point still tells cents apart."""


def dumps(value: object, *, indent: int | None = None) -> str:
    """`value` as JSON text; a Decimal becomes a number token, a date or moment ISO text.

    NaN and infinities raise ValueError: they have no place in a payload.
    """
    return simplejson.dumps(
        value,
        use_decimal=True,
        default=_as_text,
        indent=indent,
        separators=(",", ":") if indent is None else (",", ": "),
        ensure_ascii=False,
        allow_nan=False,
    )


def loads(text: str | bytes) -> Any:
    """The value of JSON text; every number with a point or an exponent is read as a Decimal."""
    return simplejson.loads(text, use_decimal=True)


class RepeatedKey(ValueError):
    """A JSON object names one key twice; the second would silently win."""


class NotFinite(ValueError):
    """Where a number should stand is NaN or an infinity, which other programs write and JSON has not."""

    def __init__(self, path: str) -> None:
        super().__init__("must be a finite number")
        self.path = path


def loads_strictly(text: str) -> Any:
    """As `loads`, for JSON that people and their programs wrote.

    RepeatedKey where an object names a key twice, NotFinite with its path for NaN and the infinities.
    """
    found = simplejson.loads(text, use_decimal=True, object_pairs_hook=_object, allow_nan=True)
    if "NaN" in text or "Infinity" in text:
        _refuse_floats(found, "")
    return found


def _refuse_floats(value: Any, path: str) -> None:
    """Numbers are read as int and Decimal, so that what is a float is none of JSON."""
    if isinstance(value, float):
        raise NotFinite(path)
    if isinstance(value, dict):
        for key, item in value.items():
            _refuse_floats(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            _refuse_floats(item, f"{path}[{place}]")


def digest(value: object) -> str:
    """sha256 of the value's canonical JSON: keys sorted, `1.50` and `1.5` the same."""
    canonical = simplejson.dumps(
        _canonical(value),
        use_decimal=True,
        default=_as_text,
        sort_keys=True,
        separators=(",", ":"),
        allow_nan=False,
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for place, key in enumerate(keys) if key in keys[:place])
        raise RepeatedKey(f"the key `{repeated[:60]}` stands twice in one object; keep one of them")
    return found


def _as_text(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} has no place in a payload")


def _canonical(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    if isinstance(value, float):
        return _canonical(Decimal(repr(value)))
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value.normalize()
    return value
