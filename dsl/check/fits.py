"""Does what is written fit the schema of its place: types by `dsl.types`, bounds of constants here."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dsl.check.bounds import key_reason, may_fit, reasons_against
from dsl.literals import alternatives, field_schema, item_schema, value_of
from dsl.problems import Report
from dsl.tree import ListNode, MapNode, Node, ScalarNode
from dsl.types import (
    BOOL,
    INTEGER,
    NULL,
    NUMBER,
    Field,
    ListType,
    Mismatch,
    ObjectType,
    TextType,
    Type,
    from_schema,
    mismatches,
    union,
)

Schema = Mapping[str, Any]
TypeOfText = Callable[[ScalarNode], Type | None]
"""The type of a text that holds an expression, None for one that stands for itself."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value is wanted: its schema, the schema that references lead into, and its name for people."""

    schema: Any
    root: Schema
    what: str = ""
    trusted: bool = False
    """Does the schema come from our own catalogue: are its patterns known to be quick."""
    type: Type | None = None
    """The schema's type, where it is known already."""
    key: str = ""
    """Under which key the value is written."""


def no_expressions(_: ScalarNode) -> Type | None:
    """Every text stands for itself."""
    return None


def type_of(node: Node, schema: Any, root: Schema, of_text: TypeOfText) -> Type:
    """The type of what is written, plain scalars read by the schema of their place."""
    match node:
        case MapNode():
            fields = {
                entry.key.text: Field(
                    type_of(entry.value, field_schema(schema, root, entry.key.text), root, of_text)
                )
                for entry in node
            }
            return ObjectType(fields, written=True)
        case ListNode():
            items = [
                type_of(item, item_schema(schema, root, place), root, of_text)
                for place, item in enumerate(node.items)
            ]
            return ListType(union(*items))
        case ScalarNode():
            found = of_text(node)
            return found if found is not None else type_of_constant(value_of(node, schema, root))


def type_of_constant(value: Any) -> Type:
    """The type of a scalar."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INTEGER
    return NUMBER if isinstance(value, Decimal) else TextType((value,), written=True)


def report_misfits(
    node: Node,
    place: Place,
    report: Report,
    of_text: TypeOfText = no_expressions,
    code: str | None = None,
    at: Node | None = None,
    found: Type | None = None,
) -> None:
    """Report why what is written does not fit its place.

    `code` stands for all reasons; what is missing is reported at `at` when nothing is written. `found` is
    the type of what is written, where it is known already.
    """
    said = set()
    for inner, each in _misfits(node, place.schema, place.root, of_text, place.type, found):
        where, key = _node_at(inner, each.path)
        said.add(id(where))
        target = key if key is not None and each.code == "K202" else where
        if each.code == "K203" and where is node and at is not None:
            target = at
        prefix = f"{place.what}: " if place.what else ""
        report.node(code or each.code, target, f"{prefix}{each.message}", _help(each, place))
    report_limits(node, place, report, of_text, code, said)


def _help(each: Mismatch, place: Place) -> str:
    if not each.missing or each.code != "K203":
        return each.help
    where = f" to `{place.key}`" if place.key and not each.path else ""
    return f"add `{each.missing}: …`{where}; {each.help}"


def _misfits(
    node: Node,
    schema: Any,
    root: Schema,
    of_text: TypeOfText,
    wanted: Type | None = None,
    found: Type | None = None,
) -> Iterator[tuple[Node, Mismatch]]:
    """The reasons of types, each with the node that its path starts from.

    `wanted` is the schema's type and `found` that of what is written, where they are known already.
    """
    opened: set[int] = set()
    wanted = from_schema(schema, root) if wanted is None else wanted
    found = type_of(node, schema, root, of_text) if found is None else found
    for each in _without_echoes(mismatches(found, wanted)):
        inside = _list_on(node, schema, root, each.path)
        if inside is None:
            yield node, each
        elif id(inside[0]) not in opened:
            opened.add(id(inside[0]))
            yield from list(_misfits_of_items(*inside, root, of_text)) or [(node, each)]


def _misfits_of_items(
    node: ListNode, schema: Any, root: Schema, of_text: TypeOfText
) -> Iterator[tuple[Node, Mismatch]]:
    """Which items do not fit: the type of the list, that of all of them together, does not tell."""
    known: dict[int, Type] = {}
    for place, item in enumerate(node.items):
        inner = item_schema(schema, root, place)
        if id(inner) not in known:
            known[id(inner)] = from_schema(inner, root)
        yield from _misfits(item, inner, root, of_text, known[id(inner)])


def _list_on(
    node: Node, schema: Any, root: Schema, path: tuple[str | int, ...]
) -> tuple[ListNode, Any] | None:
    """The first written list that the path leads into, with its schema."""
    for part in path:
        if isinstance(node, ListNode):
            return node, schema
        entry = node.entry(str(part)) if isinstance(node, MapNode) else None
        if entry is None:
            return None
        node, schema = entry.value, field_schema(schema, root, entry.key.text)
    return None


def _without_echoes(found: list[Mismatch]) -> list[Mismatch]:
    """Without the missing fields that were written, but misspelt: those are reported as unknown."""
    meant = {(each.path[:-1], each.help) for each in found if each.code == "K202"}
    return [each for each in found if (each.path, f"did you mean `{each.missing}`?") not in meant]


def _node_at(node: Node, path: tuple[str | int, ...]) -> tuple[Node, ScalarNode | None]:
    """The node that a path leads to, as far as it is written, and its key if it stands in a mapping."""
    key = None
    for part in path:
        if isinstance(node, MapNode) and (entry := node.entry(str(part))) is not None:
            node, key = entry.value, entry.key
        elif isinstance(node, ListNode) and isinstance(part, int) and part < len(node.items):
            node, key = node.items[part], None
        else:
            break
    return node, key


def report_limits(
    node: Node,
    place: Place,
    report: Report,
    of_text: TypeOfText = no_expressions,
    code: str | None = None,
    said: Collection[int] = (),
) -> None:
    """Report constants outside of the bounds, patterns and sizes of their schemas.

    `said` has the nodes, by their `id`, of which something worse has been said.
    """
    for inner, schema in _constants(node, place.schema, place.root):
        if id(inner) in said:
            continue
        if isinstance(inner, MapNode) and place.trusted:
            _report_keys(inner, schema, place, report, code)
        if isinstance(inner, ScalarNode) and of_text(inner) is not None:
            continue
        value = value_of(inner, schema, place.root)
        fitting = [one for one in alternatives(schema, place.root) if may_fit(value, one)]
        reasons = [next(reasons_against(value, one, place.trusted), None) for one in fitting]
        if reasons and all(reasons):
            prefix = f"{place.what}: " if place.what else ""
            report.node(code or "K205", inner, f"{prefix}{reasons[0]}")


def _report_keys(node: MapNode, schema: Any, place: Place, report: Report, code: str | None) -> None:
    """Report keys of a map with patterned keys that have the form of none of them."""
    maps = [one for one in alternatives(schema, place.root) if may_fit({}, one)]
    if not maps or not all("patternProperties" in one for one in maps):
        return
    for entry in node:
        reasons = [key_reason(entry.key.text, one) for one in maps]
        if all(reasons):
            prefix = f"{place.what}: " if place.what else ""
            report.node(code or "K205", entry.key, f"{prefix}{reasons[0]}")


def _constants(node: Node, schema: Any, root: Schema) -> Iterator[tuple[Node, Any]]:
    if schema is None:
        return
    yield node, schema
    match node:
        case MapNode():
            for entry in node:
                yield from _constants(entry.value, field_schema(schema, root, entry.key.text), root)
        case ListNode():
            for place, item in enumerate(node.items):
                yield from _constants(item, item_schema(schema, root, place), root)
