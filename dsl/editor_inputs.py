"""Inputs of activities and workflows as an editor checks them while they are being written.

The schemas are those of the models, with one difference: wherever a value stands, a text that holds
an expression may stand as well, since only a run knows its value.
"""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

EXPRESSION: Schema = {"$ref": "#/$defs/expression"}
_UNTOLD = ("title", "$defs", "default")
_MAPS = ("properties", "patternProperties", "dependentSchemas")
_ONE = ("items", "additionalProperties", "contains")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")


def input_schemas(name: str, schema: Mapping[str, Any]) -> dict[str, Schema]:
    """The schema of the input of `name` and those it refers to, each under its name in `$defs`."""
    parts = {name: _rewritten(schema, name)}
    for inner, part in schema.get("$defs", {}).items():
        parts[f"{name}.{inner}"] = _rewritten(part, name)
    return parts


def choosing_input(key: str, schemas: Mapping[str, Mapping[str, Any]], prefix: str) -> list[Schema]:
    """One rule for each name that may stand under `key`: what `with` must then be.

    `schemas` has the input schema of each name; its rewritten form is `prefix` and the name in `$defs`.
    """
    rules = []
    for name, schema in sorted(schemas.items()):
        then: Schema = {"properties": {"with": either({"$ref": f"#/$defs/{prefix}{name}"})}}
        if schema.get("required"):
            then["required"] = ["with"]
        rules.append({"if": {"properties": {key: {"const": name}}, "required": [key]}, "then": then})
    return rules


def either(schema: Schema) -> Schema:
    """The schema, or a text with an expression; what is said of it for people stays outside."""
    if schema in ({}, {"type": "string"}, {"type": ["string", "number"]}):
        return schema
    told = {key: schema[key] for key in ("description",) if key in schema}
    rest = {key: value for key, value in schema.items() if key not in told}
    if set(rest) == {"anyOf"}:
        return {**told, "anyOf": [*rest["anyOf"], EXPRESSION]}
    return {**told, "anyOf": [rest, EXPRESSION]}


def _rewritten(schema: Any, owner: str) -> Any:
    """One schema with an alternative for expressions at every value below it."""
    if not isinstance(schema, Mapping):
        return schema
    new: Schema = {}
    for key, value in schema.items():
        if key in _UNTOLD:
            continue
        if key == "$ref":
            new[key] = str(value).replace("#/$defs/", f"#/$defs/{owner}.")
        elif key in _MAPS:
            new[key] = {name: _value(inner, owner) for name, inner in value.items()}
        elif key in _ONE:
            new[key] = _value(value, owner)
        elif key in _LISTS:
            new[key] = [_rewritten(inner, owner) for inner in value]
        else:
            new[key] = value
    if new.get("properties") is not None:
        new.setdefault("additionalProperties", False)
    if set(new) <= {"type", "description"} and new.get("type") == "string":
        new["type"] = ["string", "number"]  # a plain number is read as the text that was written
    return new


def _value(schema: Any, owner: str) -> Any:
    return either(_rewritten(schema, owner)) if isinstance(schema, Mapping) else schema
