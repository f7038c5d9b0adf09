"""JSON Schemas as definitions write them: closed unless they say otherwise, with local references only."""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

_SAYS_NOTHING = {"type", "title", "description"}


def closed(schema: Any) -> Any:
    """The schema with `additionalProperties: false` wherever properties are listed and it says nothing."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    inner = {
        key: value if key in ("default", "const", "enum") else closed(value) for key, value in schema.items()
    }
    if isinstance(schema.get("properties"), Mapping) and schema.get("type", "object") == "object":
        inner.setdefault("additionalProperties", False)
    return inner


def object_schema(schema: Schema | None) -> dict[str, Any]:
    """The closed schema of an input or a signal, always objects; without fields where none is named."""
    known: Schema = schema if schema is not None else {}
    nothing: Schema = {"properties": {}} if known.keys() <= _SAYS_NOTHING else {}
    return dict(closed({"type": "object", **nothing, **known}))


def resolved(schema: Any, root: Schema) -> Schema:
    """The schema that a local `$ref` points to; an empty one for `true`, `false` and what is not there."""
    for _ in range(32):
        if not isinstance(schema, Mapping):
            return {}
        reference = schema.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return schema
        target: Any = root
        for part in reference[2:].split("/"):
            target = target.get(part) if isinstance(target, Mapping) else None
        schema = target
    return {}
