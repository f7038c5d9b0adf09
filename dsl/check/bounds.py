"""Bounds, patterns and sizes: what a schema asks of a constant beyond its type."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from dsl.exchanges import known_exchanges
from dsl.literals import types_of
from dsl.near import listed, suggestion

Schema = Mapping[str, Any]

_JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, Decimal),
    "integer": (int,),
    "array": (list,),
    "object": (dict,),
    "boolean": (bool,),
    "null": (type(None),),
}


def may_fit(value: Any, schema: Schema) -> bool:
    """Does the schema take values of this JSON type."""
    names = types_of(schema)
    if isinstance(value, bool):
        return not names or "boolean" in names
    return not names or any(isinstance(value, _JSON_TYPES.get(name, ())) for name in names)


def reasons_against(value: Any, schema: Schema, trusted: bool) -> Iterator[str]:
    """Why a constant breaks the bounds of one schema."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | Decimal):
        yield from _number_reasons(value, schema)
    elif isinstance(value, str):
        yield from _text_reasons(value, schema, trusted)
    elif isinstance(value, list):
        yield from _size_reasons(len(value), schema, "Items", "items")
    elif isinstance(value, dict):
        yield from _size_reasons(len(value), schema, "Properties", "fields")


def key_reason(key: str, schema: Schema) -> str | None:
    """Why a key has the form of none of the patterns of a map; None when it may stand there."""
    patterns = schema["patternProperties"]
    if schema.get("additionalProperties") is not False or key in schema.get("properties", ()):
        return None
    if any(re.search(pattern, key) for pattern in patterns):
        return None
    return f"the key `{key[:40]}` does not have the form {' or '.join(patterns)}"


def _number_reasons(value: int | Decimal, schema: Schema) -> Iterator[str]:
    if "minimum" in schema and value < _exact(schema["minimum"]):
        yield f"{value} is below {schema['minimum']}"
    if "maximum" in schema and value > _exact(schema["maximum"]):
        yield f"{value} is above {schema['maximum']}"
    if "exclusiveMinimum" in schema and value <= _exact(schema["exclusiveMinimum"]):
        yield f"{value} is not above {schema['exclusiveMinimum']}"
    if "exclusiveMaximum" in schema and value >= _exact(schema["exclusiveMaximum"]):
        yield f"{value} is not below {schema['exclusiveMaximum']}"
    if schema.get("format") == "money" and Decimal(value) * 100 % 1:
        yield f"{value} has fractions of a cent"
    if isinstance(schema.get("enum"), list) and value not in schema["enum"]:
        yield f"{value} is none of {listed(str(one) for one in schema['enum'])}"


def _exact(bound: Any) -> Decimal:
    return Decimal(repr(bound)) if isinstance(bound, float) else Decimal(bound)


def _text_reasons(value: str, schema: Schema, trusted: bool) -> Iterator[str]:
    yield from _size_reasons(len(value), schema, "Length", "characters")
    if trusted and schema.get("format") == "exchange" and value not in known_exchanges():
        help = suggestion(value.upper(), known_exchanges()) or "write a market code such as `XASX`"
        yield f"there is no exchange `{value[:40]}`; {help}"
    pattern = schema.get("pattern")
    # A pattern that a file brings along may take for ever; whoever takes the value checks it then.
    if trusted and isinstance(pattern, str) and not re.search(pattern, value):
        yield f"`{value[:40]}` does not have the form {pattern}"


def _size_reasons(size: int, schema: Schema, suffix: str, unit: str) -> Iterator[str]:
    least, most = schema.get(f"min{suffix}"), schema.get(f"max{suffix}")
    if isinstance(least, int) and size < least:
        yield f"at least {least} {unit} are wanted, this has {size}"
    if isinstance(most, int) and size > most:
        yield f"at most {most} {unit} are wanted, this has {size}"
