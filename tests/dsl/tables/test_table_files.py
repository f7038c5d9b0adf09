"""Decision tables of the catalogue: what is wrong with one is said with its code, at its line."""

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.problems import Problem
from dsl.release import File, Folder, check_folder
from dsl.tables.analysis import gap, overlaps

HEAD = """\
table: reviews
summary: Who reviews
inputs:
  kind: {type: string, enum: [advised, discretionary]}
  value: {type: number, format: money, minimum: 0}
  parts: {type: integer, minimum: 1, maximum: 5}
  day: {type: string, format: date}
  big: {type: boolean}
  note: {type: string}
outputs:
  manager: {type: boolean}
  limit: {type: number, minimum: 0}
rows:
"""
FIRST = 14  # the line of the first row
GIVES = "then: {manager: true, limit: 1}"


def checked(text: str, name: str = "reviews") -> list[Problem]:
    return check_folder(Folder("", catalogue=(File(f"catalogue/{name}.yaml", name, text.encode()),)))


def seen(rows: str) -> list[tuple[str, int]]:
    """Code and line, from the first row, of every problem of a table with these rows."""
    return [(problem.code, problem.line - FIRST) for problem in checked(HEAD + rows)]


def row(when: str) -> str:
    return f"  - {{when: {{{when}}}, {GIVES}}}\n"


DEFAULT = f"  - {GIVES}\n"

FAULTS = [
    ("  - then: {manager: true}\n", "K203", 0),
    ("  - then: {manager: yes, limit: 1}\n", "K206", 0),
    ("  - then: {manager: true, limit: -1}\n", "K205", 0),
    ("  - then: {manager: true, limit: 1, client: true}\n", "K202", 0),
    ("  - {when: {kind: advised}}\n" + DEFAULT, "K121", 0),
    (f"  - {{wen: {{kind: advised}}, {GIVES}}}\n" + DEFAULT, "K120", 0),
    ("  - advised\n", "K122", 0),
    (row("knd: advised") + DEFAULT, "K120", 0),
    (row("kind: advise") + DEFAULT, "K161", 0),
    (row("kind: {a: b}") + DEFAULT, "K161", 0),
    (row("kind: []") + DEFAULT, "K128", 0),
    (row('value: "50000"') + DEFAULT, "K161", 0),
    (row('value: "over 50000"') + DEFAULT, "K161", 0),
    (row('value: "> 1 or < 2"') + DEFAULT, "K161", 0),
    (row('value: "> 1 and"') + DEFAULT, "K161", 0),
    (row("value: [5, ten]") + DEFAULT, "K161", 0),
    (row('value: "< 0"') + DEFAULT, "K162", 0),
    (row('value: "> 5 and < 5"') + DEFAULT, "K162", 0),
    (row('parts: "> 3 and < 4"') + DEFAULT, "K162", 0),
    (row("parts: 6") + DEFAULT, "K162", 0),
    (row("parts: 1.5") + DEFAULT, "K162", 0),
    (row("day: 2026-02-30") + DEFAULT, "K161", 0),
    (row('day: "> soon"') + DEFAULT, "K161", 0),
    (row("day: 5") + DEFAULT, "K161", 0),
    (row('big: "yes"') + DEFAULT, "K161", 0),
    (row("big: 1") + DEFAULT, "K161", 0),
    (row("big: true") + row("big: true") + DEFAULT, "K163", 1),
    (row('value: "<= 5"') + row('value: ">= 5"'), "K163", 1),
    (row('value: "< 5"') + row('value: "> 5"'), "K164", -1),
    (row('day: "< 2026-07-01"') + row('day: "> 2026-07-01"'), "K164", -1),
    (row("note: a"), "K164", -1),
    (DEFAULT + row("big: true"), "K163", 1),
    (row("big: true") + row("big: false") + DEFAULT, "K907", 2),
]


@pytest.mark.parametrize(("rows", "code", "line"), FAULTS)
def test_a_fault_of_a_table_has_its_code_at_its_line(rows: str, code: str, line: int) -> None:
    """One fault, one problem."""
    assert seen(rows) == [(code, line)]


GOOD = [
    DEFAULT,
    row("big: [true, false]"),
    row("kind: [advised, discretionary]"),
    row('value: "< 5"') + row("value: 5") + row('value: "> 5"'),
    row('value: "< 5%"') + row('value: ">= 0.05"'),
    row('value: ">= 0 and < 10000"') + row('value: ">= 10000"'),
    row('parts: "<= 3"') + row('parts: ">= 4"'),
    row("parts: [1, 2, 3]") + row("parts: [4, 5]"),
    row('day: "<= 2026-06-30"') + row('day: ">= 2026-07-01"'),
    row("day: 2026-06-30") + row('day: "< 2026-06-30"') + row('day: "> 2026-06-30"'),
    row("note: [a, 5]") + DEFAULT,
    row("kind: advised, big: true") + row("kind: advised, big: false") + row("kind: discretionary"),
]


@pytest.mark.parametrize("rows", GOOD)
def test_rows_that_part_everything_are_right(rows: str) -> None:
    """Whole numbers, days and flags have no values in between; text always has another one."""
    assert checked(HEAD + rows) == []


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("table: reviews", "table: review", "K166", 1),
        ("table: reviews", "table: [reviews]", "K122", 1),
        ("summary: Who reviews\n", "", "K121", 1),
        ("{type: string}", "{type: string, pattern: '^A'}", "K160", 9),
        ("{type: string}", "{type: array}", "K160", 9),
        ("{type: string}", "{type: strin}", "K130", 9),
        ("maximum: 5", "maximum: 0", "K135", 6),
        ("limit: {type: number, minimum: 0}", "limit: 5", "K130", 12),
    ],
)
def test_columns_are_of_kinds_that_can_be_compared(old: str, new: str, code: str, line: int) -> None:
    """What the analysis cannot look at exactly is refused, not guessed."""
    found = checked(HEAD.replace(old, new) + DEFAULT)
    assert [(problem.code, problem.line) for problem in found] == [(code, line)]


def test_a_gap_is_named_with_an_example() -> None:
    """The message says which values no row fits."""
    (found,) = checked(HEAD + row("kind: advised") + row('kind: discretionary, value: "< 5"'))
    assert found.message == "no row fits `kind` discretionary, `value` >= 5"
    assert found.note.startswith("for example {kind: discretionary, value: 5, parts: 1, ")


def test_an_overlap_names_both_rows() -> None:
    """The message has what both fit, the note the other line."""
    (found,) = checked(HEAD + row("big: true") + row("big: false") + row("kind: advised"))
    assert found.message == "two rows fit `kind` advised, `big` true"
    assert found.note == f"the other row is on line {FIRST}"


def test_a_table_beyond_its_bounds_is_refused() -> None:
    """Rows and values are counted before anything is compared."""
    assert seen("".join(row(f"value: {place}") for place in range(501)) + DEFAULT)[0][0] == "K165"
    values = ", ".join(str(place) for place in range(2_100))
    assert seen(row(f"value: [{values}]") + DEFAULT) == [("K165", 0)]
    halves = "".join(
        row(f"value: [{', '.join(str(place) for place in range(first, first + 1_100))}]")
        for first in (0, 1_100)
    )
    assert seen(halves + DEFAULT) == [("K165", -1)]


SIZES = (2, 3, 2)
masks = st.tuples(*(st.integers(1, (1 << size) - 1) for size in SIZES))
cells = list(product(*(range(size) for size in SIZES)))


def taken(box: tuple[int, ...], cell: tuple[int, ...]) -> bool:
    return all(mask >> place & 1 for mask, place in zip(box, cell, strict=True))


@given(st.lists(masks, max_size=6))
def test_gaps_and_overlaps_are_those_that_counting_every_cell_finds(rows: list[tuple[int, ...]]) -> None:
    """The analysis agrees with a look at each combination."""
    overlapping = {
        pair
        for pair in combinations(range(len(rows)), 2)
        if any(all(taken(rows[place], cell) for place in pair) for cell in cells)
    }
    found = overlaps(rows)
    assert {each.second for each in found} == {second for _, second in overlapping}
    assert all((each.first, each.second) in overlapping for each in found)
    free = [cell for cell in cells if not any(taken(row, cell) for row in rows)]
    hole = gap(rows, SIZES, disjoint=not found)
    assert (hole is None) == (not free)
    assert hole is None or hole in free
