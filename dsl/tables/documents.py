"""A table file as the JSON that releases and plans carry, each scalar read by the schema of its column."""

from collections.abc import Mapping
from typing import Any

from dsl.literals import schema_of, value_of
from dsl.tables.facts import outputs_schema
from dsl.tree import ListNode, MapEntry, MapNode, Node, ScalarNode


def is_table(node: Node) -> bool:
    """Is the root of a catalogue file that of a decision table."""
    return isinstance(node, MapNode) and node.entry("table") is not None


def document_of(root: MapNode) -> dict[str, Any]:
    """The table as JSON; it has been checked."""
    inputs, outputs = _schemas(root, "inputs"), _schemas(root, "outputs")
    rows = root.get("rows")
    assert isinstance(rows, ListNode)
    return {
        "table": _text(root, "table"),
        "summary": _text(root, "summary"),
        "inputs": inputs,
        "outputs": outputs,
        "rows": [_row(row, inputs, outputs_schema(outputs)) for row in rows.items],
    }


def entries(node: Node | None) -> tuple[MapEntry, ...]:
    """The entries of a mapping; none of anything else."""
    return node.entries if isinstance(node, MapNode) else ()


def _row(row: Node, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
    assert isinstance(row, MapNode)
    then = row.get("then")
    assert then is not None
    conditions = {entry.key.text: _condition(entry, inputs) for entry in entries(row.get("when"))}
    return {"when": conditions, "then": value_of(then, outputs)}


def _condition(entry: MapEntry, inputs: Mapping[str, Any]) -> Any:
    schema = inputs.get(entry.key.text)
    if isinstance(entry.value, ListNode):
        return [value_of(item, schema) for item in entry.value.items]
    return value_of(entry.value, schema)


def _schemas(root: MapNode, key: str) -> dict[str, Any]:
    node = root.get(key)
    return dict(schema_of(node)) if isinstance(node, MapNode) else {}


def _text(root: MapNode, key: str) -> str:
    node = root.get(key)
    return node.text.strip() if isinstance(node, ScalarNode) else ""
