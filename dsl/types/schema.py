"""The type that a JSON Schema (2020-12) describes.

Objects are closed unless the schema says otherwise. What a type cannot say (bounds, patterns,
conditions) is left to whoever validates values.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dsl.types.kinds import (
    ANY,
    BOOL,
    DATE,
    DURATION,
    INTEGER,
    MOMENT,
    MONEY,
    NULL,
    NUMBER,
    TEXT,
    Field,
    ListType,
    MapType,
    ObjectType,
    TextType,
    Type,
    union,
)

MOST_DEPTH = 64
_PLAIN = {"null": NULL, "boolean": BOOL, "integer": INTEGER, "number": NUMBER, "string": TEXT}
_FORMATS = {"date": DATE, "date-time": MOMENT, "duration": DURATION, "money": MONEY}


def from_schema(schema: Any, root: Mapping[str, Any] | None = None) -> Type:
    """The type of the values that fit `schema`; references are looked up in `root`, by default in `schema`.

    A schema that leads back to itself is any value from there on, as is one that says nothing.
    """
    whole = root if root is not None else schema if isinstance(schema, Mapping) else {}
    return _read(schema, whole, ())


def _read(schema: Any, root: Mapping[str, Any], trail: tuple[str, ...]) -> Type:
    if not isinstance(schema, Mapping) or len(trail) > MOST_DEPTH:
        return ANY
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return ANY if reference in trail else _read(_found(reference, root), root, (*trail, reference))
    inner = (*trail, "")
    for several in ("anyOf", "oneOf"):
        if isinstance(schema.get(several), list):
            return union(*(_read(one, root, inner) for one in schema[several]))
    if isinstance(schema.get("allOf"), list):
        own = {key: value for key, value in schema.items() if key != "allOf"}
        return _all(_read(one, root, inner) for one in (*schema["allOf"], own))
    if "const" in schema:
        return _of_values([schema["const"]])
    if isinstance(schema.get("enum"), list):
        return _of_values(schema["enum"])
    return union(*(_of_type(name, schema, root, inner) for name in _types(schema)))


def _found(reference: str, root: Mapping[str, Any]) -> Any:
    target: Any = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        target = target.get(part) if isinstance(target, Mapping) else None
    return target


def _types(schema: Mapping[str, Any]) -> Sequence[str]:
    named = schema.get("type")
    if isinstance(named, str):
        return [named]
    if isinstance(named, list):
        # What is no text is no type: the checker of schemas says so.
        return [name for name in named if isinstance(name, str)]
    if "properties" in schema:
        return ["object"]
    return ["array"] if "items" in schema else []


def _of_type(name: str, schema: Mapping[str, Any], root: Mapping[str, Any], trail: tuple[str, ...]) -> Type:
    if name == "object":
        return _object(schema, root, trail)
    if name == "array":
        first = schema.get("prefixItems")
        parts = [schema["items"]] if "items" in schema else []
        parts += first if isinstance(first, list) else []
        return ListType(union(*(_read(part, root, trail) for part in parts)))
    plain = _PLAIN.get(name, ANY)
    written = schema.get("format")
    fits = _FORMATS.get(written) if isinstance(written, str) else None
    if fits is MONEY:
        return MONEY if name in ("number", "integer") else plain
    return fits if fits is not None and name == "string" else plain


def _object(schema: Mapping[str, Any], root: Mapping[str, Any], trail: tuple[str, ...]) -> Type:
    extra = _extra(schema, root, trail)
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return MapType(extra or ANY)
    required = schema.get("required", ())
    fields = {
        name: Field(_read(inner, root, trail), name in required, _has_default(inner))
        for name, inner in properties.items()
    }
    return ObjectType(fields, extra)


def _extra(schema: Mapping[str, Any], root: Mapping[str, Any], trail: tuple[str, ...]) -> Type | None:
    patterns = schema.get("patternProperties")
    others = list(patterns.values()) if isinstance(patterns, Mapping) else []
    if "additionalProperties" in schema and schema["additionalProperties"] is not False:
        others.append(schema["additionalProperties"])
    return union(*(_read(other, root, trail) for other in others)) if others else None


def _has_default(schema: Any) -> bool:
    return isinstance(schema, Mapping) and "default" in schema


def _of_values(values: Sequence[Any]) -> Type:
    texts = tuple(value for value in values if isinstance(value, str))
    others = [_of_value(value) for value in values if not isinstance(value, str)]
    return union(*([TextType(texts)] if texts else []), *others)


def _of_value(value: Any) -> Type:
    if value is None:
        return NULL
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INTEGER
    return ANY if isinstance(value, list | Mapping) else NUMBER


def _all(types: Any) -> Type:
    """The type of a value that fits several: the fields of all, else the first that says something."""
    known = [one for one in types if one != ANY]
    objects = [one for one in known if isinstance(one, ObjectType)]
    if objects:
        fields = {name: inner for one in objects for name, inner in one.fields.items()}
        return ObjectType(fields, next((one.extra for one in objects if one.extra is not None), None))
    return known[0] if known else ANY
