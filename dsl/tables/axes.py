"""The values of a column, cut into cells in which every condition of the table says the same.

A set of cells is an integer: bit `i` is cell `i`. What two rows have in common is then `a & b`, and the
size of a set is its number of bits, which is all that the analysis of a table needs.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol, TypeAlias

Cut: TypeAlias = tuple[Decimal, int]
"""A place between values: just before `(v, 0)` or just behind `(v, 1)` a value."""

LOWEST: Cut = (Decimal("-Infinity"), 1)
HIGHEST: Cut = (Decimal("Infinity"), 0)


@dataclass(frozen=True, slots=True)
class Span:
    """All values from one cut to another; empty when they meet."""

    low: Cut
    high: Cut

    def within(self, other: "Span") -> "Span":
        """What both have in common."""
        return Span(max(self.low, other.low), min(self.high, other.high))

    @property
    def empty(self) -> bool:
        """Does no value lie in it."""
        return self.low >= self.high


Region: TypeAlias = tuple[Span, ...] | frozenset[Any]
"""What a condition takes: spans of an ordered column, else values."""


class Axis(Protocol):
    """One column, cut into `size` cells."""

    size: int

    def mask(self, region: Region) -> int:
        """The cells that lie in a region."""

    def cell(self, value: Any) -> int | None:
        """The cell of a value; None for one that the column does not have."""

    def example(self, cell: int) -> str:
        """A value of the cell, as it is written."""

    def words(self, mask: int) -> str:
        """The cells as a condition is written."""

    def run(self, mask: int, cell: int) -> int:
        """The cells of `mask` that can be said in one condition together with `cell`."""


class OrderedAxis:
    """Numbers, or days as their ordinals, between the bounds of their column.

    Where only whole numbers are values, every cut is moved to just before one: cells that hold no value
    vanish, so that `<= 3` and `>= 4` leave nothing out.
    """

    def __init__(self, bounds: Span, regions: Iterable[Region], *, whole: bool, days: bool) -> None:
        self._whole, self._days = whole, days
        self._bounds = self._tidy(bounds)
        inner = (self._tidy(span).within(self._bounds) for region in regions for span in _spans(region))
        cuts = {self._bounds.low, self._bounds.high}
        cuts.update(cut for span in inner if not span.empty for cut in (span.low, span.high))
        self._cuts = sorted(cuts)
        self.size = len(self._cuts) - 1

    def _tidy(self, span: Span) -> Span:
        return Span(_next_whole(span.low), _next_whole(span.high)) if self._whole else span

    def mask(self, region: Region) -> int:
        """The cells that lie in the spans of a region."""
        found = 0
        for span in _spans(region):
            inner = self._tidy(span).within(self._bounds)
            if not inner.empty:
                first, last = self._cuts.index(inner.low), self._cuts.index(inner.high)
                found |= (1 << last) - (1 << first)
        return found

    def apart(self, region: Region) -> bool:
        """Do all spans of a region lie outside of the bounds, or hold no value."""
        return all(self._tidy(span).within(self._bounds).empty for span in _spans(region))

    def cell(self, value: Any) -> int | None:
        """The cell of a number or date; None outside of the bounds, and for fractions of whole numbers."""
        place = place_of(value)
        if place is None or (self._whole and place != place.to_integral_value()):
            return None
        found = bisect_right(self._cuts, (place, 0)) - 1
        return found if 0 <= found < self.size else None

    def example(self, cell: int) -> str:
        """A value of the cell: its first one, where it has a first."""
        return self._written(_between(self._cuts[cell], self._cuts[cell + 1]))

    def words(self, mask: int) -> str:
        """One run of cells as comparisons."""
        first, last = _first(mask), mask.bit_length()
        low, high = self._cuts[first], self._cuts[last]
        if _single(low, high, self._whole):
            return self._written(low[0])
        said = []
        if low != self._bounds.low:
            said.append(f"{'>' if low[1] else '>='} {self._written(low[0])}")
        if high != self._bounds.high:
            said.append(f"{'<=' if high[1] else '<'} {self._written(high[0])}")
        return " and ".join(said) or "anything"

    def run(self, mask: int, cell: int) -> int:
        """The cells next to each other around `cell`."""
        first = last = cell
        while first > 0 and mask >> (first - 1) & 1:
            first -= 1
        while mask >> (last + 1) & 1:
            last += 1
        return (1 << (last + 1)) - (1 << first)

    def _written(self, place: Decimal) -> str:
        return date.fromordinal(int(place)).isoformat() if self._days else f"{place:f}"


class ListedAxis:
    """A closed set of values, or all texts: those that a condition names, and any other."""

    def __init__(self, values: Sequence[Any], regions: Iterable[Region], *, closed: bool) -> None:
        named = [value for region in regions if isinstance(region, frozenset) for value in sorted(region)]
        self._values = tuple(dict.fromkeys((*values, *([] if closed else named))))
        self._cells: Mapping[Any, int] = {value: cell for cell, value in enumerate(self._values)}
        self._closed = closed
        self.size = len(self._values) + (not closed)

    def mask(self, region: Region) -> int:
        """The cells of the values of a region."""
        return sum(1 << self._cells[value] for value in region if value in self._cells)

    def cell(self, value: Any) -> int | None:
        """The cell of a text or flag."""
        if not isinstance(value, str | bool):
            return None
        return self._cells.get(value, None if self._closed or isinstance(value, bool) else self.size - 1)

    def example(self, cell: int) -> str:
        """The value of the cell; for any other text, one that is not named."""
        if cell < len(self._values):
            return _shown(self._values[cell])
        other = "other"
        while other in self._cells:
            other += "_"
        return other

    def words(self, mask: int) -> str:
        """The values of the cells."""
        named = [_shown(value) for cell, value in enumerate(self._values) if mask >> cell & 1]
        others = not self._closed and mask >> (self.size - 1) & 1
        return " or ".join(
            [*named[:6], *(["…"] if len(named) > 6 else []), *(["any other"] if others else [])]
        )

    def run(self, mask: int, cell: int) -> int:
        """All of them: values are listed in any order."""
        return mask


def place_of(value: Any) -> Decimal | None:
    """Where a number or date lies on an ordered axis; None for anything else, and for NaN."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, date):
        return Decimal(value.toordinal())
    return None


def _spans(region: Region) -> tuple[Span, ...]:
    return region if isinstance(region, tuple) else ()


def _next_whole(cut: Cut) -> Cut:
    place, behind = cut
    if not place.is_finite():
        return cut
    below = place.to_integral_value("ROUND_FLOOR")
    whole = place if below == place and not behind else below + 1
    return (Decimal(int(whole)), 0)


def _single(low: Cut, high: Cut, whole: bool) -> bool:
    if not low[0].is_finite() or low[1]:
        return False
    return high == (low[0], 1) or (whole and high == (low[0] + 1, 0))


def _between(low: Cut, high: Cut) -> Decimal:
    """A value from one cut to another: the first or last one, where there is one, else one in between."""
    if not low[1]:
        return low[0]
    if high[1]:
        return high[0]
    if low[0].is_finite() and high[0].is_finite():
        return (low[0] + high[0]) / 2
    return low[0] + 1 if low[0].is_finite() else high[0] - 1 if high[0].is_finite() else Decimal(0)


def _first(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
