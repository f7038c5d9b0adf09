"""JSON schemas that state every bound the models enforce, whatever wraps the number.

Pydantic writes a bound that it checks after a validator under its own name (`gt`), drops those of
decimals behind a serializer, and leaves maps with patterned keys open; here each is what JSON
Schema calls it.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


class ExactSchema(GenerateJsonSchema):
    """The generator of every published schema."""

    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        """The schema of one part, its bounds under the names of JSON Schema."""
        return _with_bounds(super().generate_inner(schema))

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """A number with its bounds; that decimal text is read too is for people, not for schemas."""
        given: Mapping[str, Any] = schema
        return {"type": "number", **{name: given[name] for name in _BOUNDS if name in given}}

    def ser_schema(self, schema: Any) -> JsonSchemaValue | None:
        """None where a decimal is rounded on its way out: it stays within the bounds it came in by."""
        if schema.get("return_schema", {}).get("type") == "decimal":
            return None
        return super().ser_schema(schema)

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """A map; keys that break the pattern of its keys are refused."""
        found = super().dict_schema(schema)
        return {**found, "additionalProperties": False} if "patternProperties" in found else found


def _with_bounds(schema: JsonSchemaValue) -> JsonSchemaValue:
    renamed = dict(schema)
    for name, keyword in _BOUNDS.items():
        if name in renamed:
            bound = _plain(renamed.pop(name))
            tightest = max if keyword.endswith("inimum") else min
            renamed[keyword] = tightest(bound, renamed.get(keyword, bound))
    return _without_looser(renamed)


def _without_looser(schema: JsonSchemaValue) -> JsonSchemaValue:
    """Of an inclusive and an exclusive bound on one side, only the tighter one."""
    low, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    if low is not None and above is not None:
        del schema["minimum" if above >= low else "exclusiveMinimum"]
    high, below = schema.get("maximum"), schema.get("exclusiveMaximum")
    if high is not None and below is not None:
        del schema["maximum" if below <= high else "exclusiveMaximum"]
    return schema


def _plain(bound: Any) -> int | float:
    """A bound as JSON writes it; pydantic gives that of a decimal as text."""
    exact = Decimal(str(bound))
    return int(exact) if exact == exact.to_integral_value() else float(exact)
