"""What a node of the tree says as plain JSON, guided by the schema of the place it stands in."""

from collections.abc import Mapping
from typing import Any

from dsl.scalars import resolve
from dsl.tree import ListNode, MapNode, Node, ScalarNode

Schema = Mapping[str, Any]
_ANY: Schema = {}


def value_of(node: Node, schema: Any = None, root: Schema = _ANY) -> Any:
    """The value as JSON; a plain number or flag is text where the schema takes text and nothing else fits.

    `root` is the schema that local references of `schema` lead into; by default `schema` itself.
    """
    root = root or (schema if isinstance(schema, Mapping) else _ANY)
    match node:
        case ScalarNode():
            value = resolve(node)
            takes_text = value is not None and not isinstance(value, str) and only_text(schema, root)
            return node.text if takes_text else value
        case ListNode():
            return [
                value_of(item, item_schema(schema, root, place), root)
                for place, item in enumerate(node.items)
            ]
        case MapNode():
            return {
                entry.key.text: value_of(entry.value, field_schema(schema, root, entry.key.text), root)
                for entry in node
            }


def schema_of(node: Node) -> Any:
    """A JSON Schema written in YAML; `default`, `const`, `enum` and `examples` are read by its own type."""
    if not isinstance(node, MapNode):
        return value_of(node) if isinstance(node, ScalarNode) else [schema_of(item) for item in node.items]
    read = {entry.key.text: schema_of(entry.value) for entry in node}
    own = {key: value for key, value in read.items() if key not in ("default", "const", "enum", "examples")}
    for key in ("default", "const"):
        if key in read:
            read[key] = value_of(node.get(key) or node, own)
    for key in ("enum", "examples"):
        listed = node.get(key)
        if isinstance(listed, ListNode):
            read[key] = [value_of(item, own) for item in listed.items]
    return read


_OPENED = frozenset(("$ref", "anyOf", "oneOf", "allOf"))


def alternatives(schema: Any, root: Schema) -> list[Schema]:
    """The schemas that a value may fit: references followed, `anyOf`, `oneOf` and `allOf` opened."""
    if isinstance(schema, Mapping) and not schema.keys() & _OPENED:
        return [schema]
    found: list[Schema] = []
    waiting = [schema] if isinstance(schema, Mapping) else []
    for _ in range(64):  # a schema may lead back to itself
        if not waiting:
            break
        one = waiting.pop(0)
        if not isinstance(one, Mapping):
            continue
        reference = one.get("$ref")
        if isinstance(reference, str):
            waiting.append(_referenced(reference, root))
            continue
        opened = [inner for key in ("anyOf", "oneOf", "allOf") for inner in _as_list(one.get(key))]
        waiting += opened
        if not opened or "type" in one or "properties" in one:
            found.append(one)
    return found


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _referenced(reference: str, root: Schema) -> Any:
    target: Any = root if reference.startswith("#/") else None
    for part in reference[2:].split("/"):
        target = target.get(part) if isinstance(target, Mapping) else None
    return target


def types_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The JSON types that one schema names; none when it names no type."""
    named = schema.get("type")
    if isinstance(named, str):
        return (named,)
    return tuple(name for name in named if isinstance(name, str)) if isinstance(named, list) else ()


def only_text(schema: Any, root: Schema) -> bool:
    """Does the schema take text, and neither numbers nor flags."""
    types = {name for one in alternatives(schema, root) for name in types_of(one)}
    return "string" in types and not types & {"number", "integer", "boolean"}


def field_schema(schema: Any, root: Schema, name: str) -> Any:
    """The schema of field `name` of an object; None when the schema does not say."""
    forms = alternatives(schema, root)
    for one in forms:
        properties = one.get("properties")
        if isinstance(properties, Mapping) and name in properties:
            return properties[name]
    for one in forms:
        patterns = one.get("patternProperties")
        # A pattern that a file brings along may take for ever: who has only one need not try it.
        if isinstance(patterns, Mapping) and len(patterns) == 1:
            return next(iter(patterns.values()))
        if isinstance(one.get("additionalProperties"), Mapping):
            return one["additionalProperties"]
    return None


def item_schema(schema: Any, root: Schema, place: int) -> Any:
    """The schema of item `place` of a list; None when the schema does not say."""
    for one in alternatives(schema, root):
        first = _as_list(one.get("prefixItems"))
        if place < len(first):
            return first[place]
        if isinstance(one.get("items"), Mapping):
            return one["items"]
    return None
