"""Reports for clients as people read them: tables of text, for the terminal and the page alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Table:
    """A title, headers and rows of text; columns named in `words` are text, the others figures."""

    title: str
    headers: tuple[str, ...]
    rows: list[list[str]]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A report laid out: what it is about, what must not be overlooked, tables with rows, and notes."""

    title: str
    about: tuple[str, ...]
    warnings: tuple[str, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]


def listing(title: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]], *words: str) -> Table:
    """A table of `columns`, header by field; fields named in `words` are text."""
    return Table(
        title,
        tuple(columns.values()),
        [[written(row[field]) for field in columns] for row in rows],
        tuple(columns[field] for field in words),
    )


def sums(title: str, labels: Mapping[str, str], amounts: Mapping[str, Any]) -> Table:
    """A table of two columns: what it is, and how much; `labels` by field."""
    rows = [[label, written(amounts[field])] for field, label in labels.items()]
    return Table(title, ("", "AUD"), rows, ("",))


def with_rows(*tables: Table) -> tuple[Table, ...]:
    """The tables that have any rows."""
    return tuple(table for table in tables if table.rows)


def written(value: Any) -> str:
    """Money with two decimals and thousands set off, prices with all they have; a dash for nothing."""
    if value is None:
        return "-"
    if isinstance(value, Decimal):
        return f"{value:,.2f}" if value == round(value, 2) else f"{value.normalize():,f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
