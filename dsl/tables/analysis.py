"""Which rows of a table overlap, and what no row fits: exact over the types of the columns.

Cells make both a matter of counting. Rows that do not overlap leave a gap if and only if they have fewer
cells together than there are, so that a gap is found without a search, however many columns there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

Box: TypeAlias = tuple[int, ...]
"""A set of cells of each column: all their combinations."""

MOST_TRIES = 2_000
"""Where rows overlap a gap is searched for, with so many tries at most: the overlap is an error already."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two rows that both fit the combinations in `box`; places count from 0."""

    first: int
    second: int
    box: Box


def overlaps(rows: Sequence[Box]) -> list[Overlap]:
    """The first row that each row overlaps with, if there is one."""
    found = []
    for second, row in enumerate(rows):
        for first in range(second):
            common = tuple(a & b for a, b in zip(rows[first], row, strict=True))
            if all(common):
                found.append(Overlap(first, second, common))
                break
    return found


def gap(rows: Sequence[Box], sizes: Sequence[int], *, disjoint: bool) -> tuple[int, ...] | None:
    """One cell of each column that no row fits together; None when every combination is fitted.

    `disjoint` when no two rows overlap. Otherwise None may also mean that the search was given up.
    """
    return _Search(tuple((1 << size) - 1 for size in sizes), disjoint).find(list(rows), 0)


def uncovered(rows: Sequence[Box], sizes: Sequence[int], cells: Sequence[int]) -> Box:
    """The widest box around an uncovered combination that is found by widening column after column."""
    box = [1 << cell for cell in cells]
    for column, size in enumerate(sizes):
        taken = 0
        for row in rows:
            if all(row[other] & box[other] for other in range(len(box)) if other != column):
                taken |= row[column]
        box[column] = ((1 << size) - 1) & ~taken
    return tuple(box)


class _Search:
    """Goes down column by column to a combination that no row fits."""

    def __init__(self, full: Box, disjoint: bool) -> None:
        self._full = full
        self._disjoint = disjoint
        self._left = MOST_TRIES
        self._wholes = [prod(mask.bit_count() for mask in full[column:]) for column in range(len(full) + 1)]

    def find(self, rows: list[Box], column: int) -> tuple[int, ...] | None:
        """The cells from `column` on that none of the rows fits."""
        if column == len(self._full):
            return None if rows else ()
        if any(row[column:] == self._full[column:] for row in rows):
            return None
        if sum(_volume(row, column) for row in rows) < self._wholes[column]:
            return self._certain(rows, column)
        return None if self._disjoint else self._tried(rows, column)

    def _certain(self, rows: list[Box], column: int) -> tuple[int, ...] | None:
        """There are fewer cells in the rows than there are at all: so there are behind some cell."""
        volumes = [(row, _volume(row, column + 1)) for row in rows]
        for cell in range(self._full[column].bit_length()):
            if sum(volume for row, volume in volumes if row[column] >> cell & 1) < self._wholes[column + 1]:
                rest = self.find([row for row in rows if row[column] >> cell & 1], column + 1)
                return None if rest is None else (cell, *rest)
        return None

    def _tried(self, rows: list[Box], column: int) -> tuple[int, ...] | None:
        for cell in range(self._full[column].bit_length()):
            self._left -= 1
            if self._left < 0:
                return None
            rest = self.find([row for row in rows if row[column] >> cell & 1], column + 1)
            if rest is not None:
                return (cell, *rest)
        return None


def _volume(row: Box, column: int) -> int:
    return prod(mask.bit_count() for mask in row[column:])
