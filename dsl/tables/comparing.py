"""Reports which rows of a table overlap and what no row fits, in the words of its columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dsl.problems import Report
from dsl.tables.analysis import Box, Overlap, gap, overlaps, uncovered
from dsl.tables.axes import Axis, Region
from dsl.tables.columns import Column
from dsl.tree import Node

MOST_CELLS = 2_000
"""Values and bounds that the conditions of one table name: beyond, its rows take too long to compare."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row, and what it takes of the columns that it names; `default` when it is the last and names none."""

    node: Node
    when: Mapping[str, Region]
    default: bool


def compare(rows: Sequence[Row], columns: Mapping[str, Column], at: Node, report: Report) -> None:
    """Report overlaps at their rows, and what no row fits at `at`."""
    ruled = [row for row in rows if not row.default]
    axes = {name: _axis(column, ruled) for name, column in columns.items()}
    if sum(axis.size for axis in axes.values()) > MOST_CELLS:
        message = f"the conditions name more than {MOST_CELLS:,} values and bounds"
        report.node("K165", at, message, "split the table")
        return
    boxes = [_box(row, axes) for row in ruled]
    found = overlaps(boxes)
    for each in found:
        _report_overlap(each, ruled, axes, report)
    cells = gap(boxes, [axis.size for axis in axes.values()], disjoint=not found)
    default = rows[-1] if rows[-1].default else None
    if cells is not None and default is None:
        _report_gap(boxes, cells, axes, at, report)
    elif cells is None and default is not None and boxes:
        message = "this row is never taken: the rows before it fit everything"
        report.node("K907", default.node, message, "take it away")


def _report_overlap(found: Overlap, rows: Sequence[Row], axes: Mapping[str, Axis], report: Report) -> None:
    line, _ = report.source.place(rows[found.first].node.start)
    report.node(
        "K163",
        rows[found.second].node,
        f"two rows fit {_words(found.box, axes)}",
        "a row without `when` is taken where no other fits; it stands last",
        f"the other row is on line {line}",
    )


def _report_gap(
    boxes: Sequence[Box], cells: Sequence[int], axes: Mapping[str, Axis], at: Node, report: Report
) -> None:
    box = uncovered(boxes, [axis.size for axis in axes.values()], cells)
    around = tuple(axis.run(mask, cell) for axis, mask, cell in zip(axes.values(), box, cells, strict=True))
    example = ", ".join(
        f"{name}: {axis.example(cell)}" for (name, axis), cell in zip(axes.items(), cells, strict=True)
    )
    help = "add a row for it, or a last row without `when`"
    report.node("K164", at, f"no row fits {_words(around, axes)}", help, f"for example {{{example}}}")


def _axis(column: Column, rows: Sequence[Row]) -> Axis:
    return column.axis(row.when[column.name] for row in rows if column.name in row.when)


def _box(row: Row, axes: Mapping[str, Axis]) -> Box:
    return tuple(
        axis.mask(row.when[name]) if name in row.when else (1 << axis.size) - 1 for name, axis in axes.items()
    )


def _words(box: Box, axes: Mapping[str, Axis]) -> str:
    """A box as conditions; columns that may be anything are left out."""
    said = []
    for (name, axis), mask in zip(axes.items(), box, strict=True):
        if mask != (1 << axis.size) - 1:
            first = (mask & -mask).bit_length() - 1
            said.append(f"`{name}` {axis.words(axis.run(mask, first))}")
    return ", ".join(said) or "anything"
