"""What an expression must know of a table: the types of the row it takes and of what it gives."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dsl.schemas import closed
from dsl.types import ANY, ObjectType, Type, from_schema

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table as the checker sees it; `document` is what plans carry."""

    columns: Type
    outputs: Type
    document: Mapping[str, Any]


UNREAD = TableFacts(ANY, ANY, {})
"""Stands for a table whose file has faults; they are reported there, and nowhere else."""


def facts_of(document: Mapping[str, Any]) -> TableFacts:
    """The types of a table that was checked."""
    name = document["table"]
    columns = from_schema(outputs_schema(document["inputs"]))
    outputs = from_schema(outputs_schema(document["outputs"]))
    title = f"the table `{name}`"
    return TableFacts(
        _titled(columns, title, "column", "its columns are"),
        _titled(outputs, title, "output", "it gives"),
        document,
    )


def outputs_schema(fields: Mapping[str, Any]) -> Schema:
    """The schema of a map that has every one of these fields and no other."""
    return {
        "type": "object",
        "properties": {name: closed(schema) for name, schema in fields.items()},
        "required": list(fields),
        "additionalProperties": False,
    }


def _titled(type: Type, title: str, noun: str, source: str) -> Type:
    return replace(type, title=title, noun=noun, source=source) if isinstance(type, ObjectType) else type


_CALL = re.compile(r"""\btable\s*\(\s*(?:"([^"\\]*)"|'([^'\\]*)')?""")


def tables_in(plan: Any, tables: Mapping[str, TableFacts]) -> Schema:
    """The documents of the tables that the expressions of a plan read, in alphabetical order.

    Where the name cannot be made out from the text alone, every table goes along.
    """
    named: set[str] = set()
    waiting = [plan]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if "table" in value:
                named.update(match[1] or match[2] or "" for match in _CALL.finditer(value))
        elif isinstance(value, Mapping):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    wanted = named if named <= tables.keys() else tables.keys()
    return {name: dict(tables[name].document) for name in sorted(wanted)}
