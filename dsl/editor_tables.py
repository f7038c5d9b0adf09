"""JSON Schemas of decision tables for editors: each of a table's own columns, made from its own head."""

from collections.abc import Mapping
from typing import Any

from dsl.editor_shapes import LOWER, NAME, TEXT, Schema, closed
from dsl.tables.checking import KEYS, MOST_COLUMNS, MOST_ROWS
from dsl.tables.columns import column_of
from dsl.tables.facts import outputs_schema

_COMPARISON: Schema = {
    "type": "string",
    "pattern": r"^\s*(<=|>=|<|>)",
    "description": "comparisons joined by `and`: `>= 10000 and < 50000`, `> 5%`, `>= 2026-07-01`",
}


def table_schema(table: Mapping[str, Any]) -> Schema:
    """The schema of a decision table that has been checked: what its rows may ask and answer."""
    conditions = {name: _condition(name, schema) for name, schema in table["inputs"].items()}
    row = closed(
        {
            "when": {**closed(conditions), "description": "nothing: whatever the row of values is"},
            "then": dict(outputs_schema(table["outputs"])),
        },
        ("then",),
    )
    named = {"type": "object", "minProperties": 1, "propertyNames": NAME}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"The decision table {table['table']}",
        **closed(
            {
                "table": {**LOWER, "const": table["table"]},
                "summary": TEXT,
                "inputs": {**named, "maxProperties": MOST_COLUMNS, "description": "its columns, by name"},
                "outputs": {**named, "description": "what a row answers, by name"},
                "rows": {"type": "array", "minItems": 1, "maxItems": MOST_ROWS, "items": row},
            },
            KEYS,
        ),
    }


def _condition(name: str, schema: Mapping[str, Any]) -> Schema:
    """A value of the column, several, or comparisons where its values have an order."""
    forms: list[Schema] = [dict(schema), {"type": "array", "minItems": 1, "items": dict(schema)}]
    if column_of(name, schema).ordered:
        forms.append(_COMPARISON)
    found: Schema = {"anyOf": forms}
    return {"description": schema["description"], **found} if "description" in schema else found
