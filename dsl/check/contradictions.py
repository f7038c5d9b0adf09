"""Schemas that no value fits, and demands that say nothing of the type they stand beside."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from dsl.literals import types_of
from dsl.scalars import resolve
from dsl.tree import ListNode, MapNode, Node, ScalarNode

Schema = Mapping[str, Any]

_NUMBERS = ("number", "integer")
_DEMANDS_OF: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), _NUMBERS),
    **dict.fromkeys(("minLength", "maxLength", "pattern"), ("string",)),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems", "items", "prefixItems", "contains"), ("array",)),
    **dict.fromkeys(("properties", "required", "additionalProperties", "patternProperties"), ("object",)),
    **dict.fromkeys(("minProperties", "maxProperties", "propertyNames"), ("object",)),
}
"""The types that each keyword says something of."""

_SIZES = (("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties"))


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A part of a schema that cannot be met, or has no say, and what to do."""

    node: Node
    message: str
    help: str = ""


def contradictions(node: MapNode) -> Iterator[Contradiction]:
    """What is wrong with the demands of one schema, whose keywords are each of the right form."""
    schema = {entry.key.text: _demand(entry.value) for entry in node}
    yield from _idle(node, schema)
    yield from _empty_range(node, schema)
    for least, most in _SIZES:
        if least in schema and most in schema and schema[least] > schema[most]:
            message = f"`{least}` {schema[least]} is more than `{most}` {schema[most]}: nothing fits"
            yield Contradiction(_at(node, least), message)
    yield from _too_many_required(node, schema)
    for key in ("required", "enum"):
        yield from _twice(node.get(key), key)


def _demand(node: Node) -> Any:
    """What a keyword says, schemas inside it left as they are: they are looked at one by one."""
    match node:
        case ScalarNode():
            return resolve(node)
        case ListNode():
            return [item.text if isinstance(item, ScalarNode) else item for item in node.items]
    return {entry.key.text: entry.value for entry in node}


def _at(node: MapNode, key: str) -> Node:
    return node.get(key) or node


def _idle(node: MapNode, schema: Schema) -> Iterator[Contradiction]:
    types = types_of(schema)
    if not types:
        return
    for entry in node:
        wanted = _DEMANDS_OF.get(entry.key.text, ())
        if schema.get("format") == "money" and entry.key.text == "format":
            wanted = _NUMBERS
        elif entry.key.text == "format":
            wanted = ("string",)
        if wanted and not set(wanted) & set(types):
            message = f"`{entry.key.text}` says nothing of the type {' or '.join(types)}"
            yield Contradiction(entry.key, message, f"take it away, or write `type: {wanted[0]}`")


def _empty_range(node: MapNode, schema: Schema) -> Iterator[Contradiction]:
    """No number is left between the bounds, or none of as many decimals as the schema takes."""
    lows = [key for key in ("minimum", "exclusiveMinimum") if key in schema]
    highs = [key for key in ("maximum", "exclusiveMaximum") if key in schema]
    if not lows or not highs:
        return
    low, high = (
        max(lows, key=lambda key: Decimal(schema[key])),
        min(highs, key=lambda key: Decimal(schema[key])),
    )
    if not _between(schema, low, high):
        message = f"nothing is left between `{low}` {schema[low]} and `{high}` {schema[high]}"
        yield Contradiction(_at(node, low), message, "raise the upper bound, or lower this one")


def _between(schema: Schema, low: str, high: str) -> bool:
    """Is there a number that fits: one of all, or of those that the schema takes, a whole one or cents."""
    least, most = Decimal(schema[low]), Decimal(schema[high])
    open_low, open_high = schema.get("exclusiveMinimum") == least, schema.get("exclusiveMaximum") == most
    whole = types_of(schema) == ("integer",)
    step = Decimal(1) if whole else Decimal("0.01")
    if not whole and schema.get("format") != "money":
        return least < most or (least == most and not open_low and not open_high)
    first = (least / step).to_integral_value(ROUND_CEILING) * step
    first += step if open_low and first == least else 0
    return first < most or (first == most and not open_high)


def _too_many_required(node: MapNode, schema: Schema) -> Iterator[Contradiction]:
    required, most = schema.get("required"), schema.get("maxProperties")
    if isinstance(required, list) and isinstance(most, int) and most < len(required):
        message = f"{len(required)} fields are required, and at most {most} may be given"
        yield Contradiction(_at(node, "maxProperties"), message)
    properties, least = schema.get("properties"), schema.get("minProperties")
    closed = not schema.get("additionalProperties") and "patternProperties" not in schema
    if isinstance(properties, Mapping) and isinstance(least, int) and closed and least > len(properties):
        message = f"at least {least} fields must be given, and there are {len(properties)}"
        yield Contradiction(_at(node, "minProperties"), message)


def _twice(node: Node | None, key: str) -> Iterator[Contradiction]:
    seen: set[tuple[str, bool]] = set()
    for item in node.items if isinstance(node, ListNode) else ():
        if isinstance(item, ScalarNode):
            written = (item.text, item.plain)
            if written in seen:
                yield Contradiction(item, f"`{item.text[:60]}` stands twice in `{key}`", "take one away")
            seen.add(written)
