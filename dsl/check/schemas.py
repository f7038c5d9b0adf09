"""Schemas that a definition writes for its input and signals: are they JSON Schema, and can they be met."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from dsl.check.contradictions import contradictions
from dsl.check.fits import Place, report_misfits
from dsl.literals import schema_of, value_of
from dsl.near import listed, suggestion
from dsl.problems import Report
from dsl.scalars import resolve
from dsl.structure.fields import kind_of
from dsl.tree import ListNode, MapNode, Node, ScalarNode

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
FORMATS = (
    *("date", "date-time", "duration", "money"),
    *("email", "hostname", "ipv4", "ipv6", "regex", "time", "uri", "uuid"),
)

MOST_VALUES = 1_000

Check = Callable[["_Schemas", Node, str], None]


def check_schema(node: Node, what: str, report: Report) -> None:
    """Report what is wrong with the schema of `what` (`input`, or a signal), which describes an object."""
    schemas = _Schemas(node, report)
    if schemas.schema(node) and isinstance(node, MapNode):
        type = node.get("type")
        if type is not None and value_of(type) != "object":
            report.node(
                "K130", type, f"the schema of {what} must have the type object", "write `type: object`"
            )
        schemas.hold_against_metaschema()


class _Schemas:
    """One schema with everything inside it."""

    def __init__(self, root: Node, report: Report) -> None:
        self._root = root
        self._json = schema_of(root)
        self._report = report
        self._good = True
        self._unusual = False

    def schema(self, node: Node) -> bool:
        """Check one schema; False when it, or one inside it, is wrong."""
        if isinstance(node, ScalarNode) and isinstance(resolve(node), bool):
            return self._good
        if not isinstance(node, MapNode):
            self.wrong(node, f"a schema must be a mapping, not {kind_of(node)}", "write `{type: …}`, say")
            return False
        for entry in node:
            check = _KEYWORDS.get(entry.key.text)
            self._unusual |= entry.key.text not in _CHECKED
            if check is not None:
                check(self, entry.value, entry.key.text)
            elif not entry.key.text.startswith("x-"):
                self._good = False
                help = suggestion(entry.key.text, _KEYWORDS)
                self._report.node("K120", entry.key, f"JSON Schema has no key `{entry.key.text[:60]}`", help)
        self._required(node)
        if self._good:
            for each in contradictions(node):
                self._report.node("K135", each.node, each.message, each.help)
            self._values(node)
        return self._good

    def wrong(self, node: Node, message: str, help: str = "") -> None:
        """Report that `node` has no place in a schema."""
        self._good = False
        self._report.node("K130", node, message, help)

    def hold_against_metaschema(self) -> None:
        """The last word has the metaschema, for what no check above looks at."""
        if not self._good or not self._unusual:
            return
        from jsonschema import Draft202012Validator  # slow to import, and rarely needed

        metaschema = Draft202012Validator(Draft202012Validator.META_SCHEMA)
        for error in list(metaschema.iter_errors(_without_decimals(self._json)))[:20]:
            node = self._root
            for part in error.absolute_path:
                node = _inside(node, part) or node
            self.wrong(node, f"this is not JSON Schema: {error.message[:200]}")

    def _required(self, node: MapNode) -> None:
        required, properties = node.get("required"), node.get("properties")
        says_no_fields = properties is None and not (node.entry("$ref") or node.entry("additionalProperties"))
        if says_no_fields and node is self._root:
            properties = MapNode((), node.start, node.start)
        if not isinstance(required, ListNode) or not isinstance(properties, MapNode):
            return
        for item in required.items:
            if isinstance(item, ScalarNode) and properties.entry(item.text) is None:
                known = [entry.key.text for entry in properties]
                all_known = (
                    f"the properties are {listed(known)}" if known else "describe it under `properties`"
                )
                help = suggestion(item.text, known) or all_known
                self.wrong(item, f"`{item.text[:60]}` is required and none of the properties", help)

    def _values(self, node: MapNode) -> None:
        """`default`, `enum` and `const` fit the schema that they stand in."""
        default, allowed, constant = node.get("default"), node.get("enum"), node.get("const")
        if default is None and allowed is None and constant is None:
            return
        schema = schema_of(node)
        if default is not None:
            report_misfits(default, Place(schema, self._json), self._report, code="K131")
        others = {key: value for key, value in schema.items() if key not in ("enum", "const")}
        for item in allowed.items if isinstance(allowed, ListNode) else ():
            report_misfits(item, Place(others, self._json), self._report, code="K131")
        if constant is not None:
            rest = {key: value for key, value in schema.items() if key != "const"}
            report_misfits(constant, Place(rest, self._json), self._report, code="K131")


def _without_decimals(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_decimals(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_decimals(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


def _inside(node: Node, part: Any) -> Node | None:
    if isinstance(node, MapNode):
        return node.get(str(part))
    return node.items[part] if isinstance(node, ListNode) and isinstance(part, int) else None


def _anything(schemas: _Schemas, node: Node, key: str) -> None:
    """No demands, or none that can be checked without the rest of the schema."""


def _inner(schemas: _Schemas, node: Node, key: str) -> None:
    schemas.schema(node)


def _map_of_schemas(schemas: _Schemas, node: Node, key: str) -> None:
    if not isinstance(node, MapNode):
        schemas.wrong(node, f"`{key}` must be a mapping of schemas, not {kind_of(node)}")
        return
    for entry in node:
        schemas.schema(entry.value)


def _list_of_schemas(schemas: _Schemas, node: Node, key: str) -> None:
    if not isinstance(node, ListNode) or not node.items:
        schemas.wrong(node, f"`{key}` must be a list of schemas, not {kind_of(node)}")
        return
    for item in node.items:
        schemas.schema(item)


def _type(schemas: _Schemas, node: Node, key: str) -> None:
    for item in node.items if isinstance(node, ListNode) else [node]:
        name = item.text if isinstance(item, ScalarNode) else ""
        if name not in TYPES:
            help = suggestion(name, TYPES) or f"the types are {listed(TYPES)}"
            schemas.wrong(item, f"there is no type `{name[:60]}`", help)


def _format(schemas: _Schemas, node: Node, key: str) -> None:
    name = node.text if isinstance(node, ScalarNode) else ""
    if name not in FORMATS:
        help = suggestion(name, FORMATS) or f"the formats are {listed(FORMATS, 20)}"
        schemas.wrong(node, f"there is no format `{name[:60]}`", help)


def _number(schemas: _Schemas, node: Node, key: str) -> None:
    value = resolve(node) if isinstance(node, ScalarNode) else None
    if not isinstance(value, int | Decimal) or isinstance(value, bool):
        schemas.wrong(node, f"`{key}` must be a number, not {kind_of(node)}")


def _count(schemas: _Schemas, node: Node, key: str) -> None:
    value = resolve(node) if isinstance(node, ScalarNode) else None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        schemas.wrong(node, f"`{key}` must be a whole number from 0, not {kind_of(node)}")


def _flag(schemas: _Schemas, node: Node, key: str) -> None:
    if not isinstance(node, ScalarNode) or not isinstance(resolve(node), bool):
        schemas.wrong(node, f"`{key}` must be true or false, not {kind_of(node)}")


def _text(schemas: _Schemas, node: Node, key: str) -> None:
    if not isinstance(node, ScalarNode):
        schemas.wrong(node, f"`{key}` must be text, not {kind_of(node)}")


def _list(schemas: _Schemas, node: Node, key: str) -> None:
    if not isinstance(node, ListNode):
        schemas.wrong(node, f"`{key}` must be a list, not {kind_of(node)}")
    elif key == "enum" and not node.items:
        schemas.wrong(node, "`enum` allows nothing at all", "list the values")
    elif key == "enum" and len(node.items) > MOST_VALUES:
        message = f"`enum` lists {len(node.items)} values, at most {MOST_VALUES} are compared"
        schemas.wrong(node, message, "take any text, and let an activity look it up")


def _names(schemas: _Schemas, node: Node, key: str) -> None:
    _list(schemas, node, key)
    for item in node.items if isinstance(node, ListNode) else ():
        if not isinstance(item, ScalarNode) or not isinstance(value_of(item, {"type": "string"}), str):
            schemas.wrong(item, f"`{key}` lists names, not {kind_of(item)}")


def _pattern(schemas: _Schemas, node: Node, key: str) -> None:
    if not isinstance(node, ScalarNode):
        schemas.wrong(node, f"`{key}` must be text, not {kind_of(node)}")
        return
    try:
        re.compile(node.text)
    except (re.error, OverflowError, RecursionError) as error:
        schemas.wrong(node, f"this is no regular expression: {error}")


def _reference(schemas: _Schemas, node: Node, key: str) -> None:
    text = node.text if isinstance(node, ScalarNode) else ""
    if not text.startswith("#/$defs/"):
        schemas.wrong(node, "a reference stays inside its schema", "write `#/$defs/NAME`")
        return
    target: Any = schemas._json
    for part in text[2:].split("/"):
        target = target.get(part) if isinstance(target, Mapping) else None
    if target is None:
        schemas.wrong(
            node, f"`{text[:60]}` leads nowhere", "define it under `$defs`, at the top of the schema"
        )


_CHECKED: Mapping[str, Check] = {
    "$ref": _reference,
    "$defs": _map_of_schemas,
    "type": _type,
    "properties": _map_of_schemas,
    "required": _names,
    "additionalProperties": _inner,
    "items": _inner,
    "enum": _list,
    "const": _anything,
    "default": _anything,
    "examples": _list,
    "format": _format,
    "pattern": _pattern,
    "title": _text,
    "description": _text,
    "deprecated": _flag,
    "uniqueItems": _flag,
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), _number),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _count
    ),
}
"""Keywords that need no metaschema."""

_KEYWORDS: Mapping[str, Check] = {
    **_CHECKED,
    **dict.fromkeys(("anyOf", "oneOf", "allOf", "prefixItems"), _list_of_schemas),
    **dict.fromkeys(("patternProperties", "dependentSchemas"), _map_of_schemas),
    **dict.fromkeys(
        (
            "not",
            "if",
            "then",
            "else",
            "contains",
            "propertyNames",
            "unevaluatedItems",
            "unevaluatedProperties",
        ),
        _inner,
    ),
    **dict.fromkeys(("minContains", "maxContains"), _count),
    **dict.fromkeys(("dependentRequired", "$comment", "readOnly", "writeOnly"), _anything),
    **dict.fromkeys(("contentEncoding", "contentMediaType", "contentSchema", "$anchor", "$id"), _anything),
}
