"""A decision table as a function: a row of values in, the outputs of the one row that fits out."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import reduce
from operator import and_
from typing import Any, TypeAlias

from dsl.expressions.errors import NO_ROW, Fault
from dsl.expressions.values import kind
from dsl.tables.axes import Axis, Region
from dsl.tables.columns import Column, column_of, joined, region_of

Document: TypeAlias = Mapping[str, Any]
Table: TypeAlias = Callable[[Any], dict[str, Any]]


def compile_table(document: Document) -> Table:
    """The function of a table that was checked; it raises Fault where no row fits.

    Each cell of a column knows the rows that take it, as bits: the rows that fit are what the cells of all
    columns have in common.
    """
    name = document["table"]
    written = document["rows"]
    columns = [column_of(column, schema) for column, schema in document["inputs"].items()]
    finders = [_finder(column, written, name) for column in columns]
    default = _outputs(written[-1]) if is_default(written[-1]) else None
    outputs = [_outputs(row) for row in written if not is_default(row)]
    everything = (1 << len(outputs)) - 1

    def decide(row: Any) -> dict[str, Any]:
        fitting = reduce(and_, [find(row) for find in finders], everything)
        if fitting:
            return dict(outputs[fitting.bit_length() - 1])
        if default is None:
            raise Fault(NO_ROW, f"no row of the table `{name}` fits", "its rows leave a gap")
        return dict(default)

    return decide


def is_default(row: Document) -> bool:
    """Does the row say nothing, so that it is taken where no other one fits."""
    return not row.get("when")


def region_in(column: Column, row: Document) -> Region | None:
    """What a row takes of a column; None for anything."""
    conditions = row.get("when") or {}
    if column.name not in conditions:
        return None
    condition = conditions[column.name]
    listed = condition if isinstance(condition, list) else [condition]
    return joined([region_of(column, one) for one in listed])


def _outputs(row: Document) -> dict[str, Any]:
    return dict(row["then"])


def _finder(column: Column, written: list[Document], table: str) -> Callable[[Any], int]:
    """The rows, as bits, that take the value of this column in a row of values."""
    regions = [region_in(column, row) for row in written if not is_default(row)]
    axis = column.axis(region for region in regions if region is not None)
    rows_by_cell = _rows_by_cell(axis, regions)
    name, dates = column.name, column.kind == "date"

    def find(row: Any) -> int:
        if not isinstance(row, Mapping) or name not in row:
            raise Fault(NO_ROW, f"the table `{table}` is asked without its column `{name}`")
        value = row[name]
        cell = axis.cell(_as_date(value) if dates else value)
        if cell is None:
            message = f"the column `{name}` of the table `{table}` never is {_shown(value)}"
            raise Fault(NO_ROW, message, "its schema in the catalogue says what it can be")
        return rows_by_cell[cell]

    return find


def _rows_by_cell(axis: Axis, regions: list[Region | None]) -> list[int]:
    masks = [(1 << axis.size) - 1 if region is None else axis.mask(region) for region in regions]
    return [sum(1 << row for row, mask in enumerate(masks) if mask >> cell & 1) for cell in range(axis.size)]


def _as_date(value: Any) -> Any:
    """Dates of the start input are text; whatever is no date has no cell."""
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _shown(value: Any) -> str:
    return f"`{str(value)[:60]}`" if isinstance(value, str | int) else kind(value)
