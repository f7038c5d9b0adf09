"""A decision table at work: the one row that fits is taken, at every bound; through expressions and plans."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.expressions import EvaluationError, compile_expression
from dsl.expressions.errors import Fault
from dsl.load import load
from dsl.plan_reader import read_plan
from dsl.release import check_folder
from dsl.tables.documents import document_of
from dsl.tables.running import Table, compile_table
from dsl.tree import MapNode
from tests.support.definitions import TABLE, folder, release, seen, small


def table(text: str) -> Table:
    tree, _ = load(text.encode(), "t.yaml")
    assert tree is not None
    assert isinstance(tree.root, MapNode)
    return compile_table(document_of(tree.root))


REVIEWS = table(TABLE)
KINDS = """\
table: kinds
summary: Every kind of column
inputs: {day: {type: string, format: date}, units: {type: integer}, rate: {type: number}, note: {type: string}, on: {type: boolean}}
outputs: {row: {type: integer}}
rows:
  - {when: {on: true, day: "< 2026-07-01"}, then: {row: 1}}
  - {when: {on: true, day: ">= 2026-07-01", units: "<= 3"}, then: {row: 2}}
  - {when: {on: true, day: ">= 2026-07-01", units: "> 3", rate: ["<= 5%", "> 0.10 and <= 0.20"]}, then: {row: 3}}
  - {when: {on: false, note: [a, 5]}, then: {row: 4}}
  - {then: {row: 5}}
"""
ASKED = {"on": True, "day": "2026-07-01", "units": 4, "rate": Decimal("0.05"), "note": "x"}


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        ({"day": "2026-06-30"}, 1),
        ({"day": date(2026, 6, 30)}, 1),
        ({"units": 3}, 2),
        ({"units": Decimal("3.0")}, 2),
        ({}, 3),
        ({"rate": Decimal("0.0500000001")}, 5),
        ({"rate": Decimal("0.10")}, 5),
        ({"rate": Decimal("0.2")}, 3),
        ({"on": False, "note": "a"}, 4),
        ({"on": False, "note": "5"}, 4),
        ({"on": False}, 5),
    ],
)
def test_the_row_that_fits_is_taken(changes: dict[str, Any], row: int) -> None:
    """Bounds are exact, dates may be text, and a last row without `when` takes the rest."""
    assert table(KINDS)({**ASKED, **changes}) == {"row": row}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"kind": "advised"}, "without its column `value`"),
        ({"kind": "advise", "value": 1}, "`kind` of the table `reviews` never is `advise`"),
        ({"kind": "advised", "value": -1}, "never is `-1`"),
        ({"kind": "advised", "value": "1"}, "never is `1`"),
        ({"kind": "advised", "value": None}, "never is null"),
        (5, "without its column"),
    ],
)
def test_a_row_that_the_columns_cannot_hold_is_an_error(row: Any, message: str) -> None:
    """Nothing is taken for want of something better: the error is `NoRow`."""
    with pytest.raises(Fault, match=message):
        REVIEWS(row)


def test_no_row_is_an_error_of_its_own_at_the_place_of_the_call() -> None:
    """A definition can catch `NoRow`."""
    expression = compile_expression("table('reviews', {kind: k, value: 1})")
    with pytest.raises(EvaluationError) as caught:
        expression.evaluate({"__tables__": {"reviews": REVIEWS}, "k": "none"})
    assert caught.value.type == "NoRow"
    assert caught.value.code == "K240"


@given(st.decimals(0, 10**9, places=2), st.sampled_from(("advised", "discretionary")))
def test_a_table_says_what_its_rows_say(value: Decimal, kind: str) -> None:
    """Against the same rule written by hand."""
    expected = 1 if value < 250_000 else 2 if kind == "advised" else 3
    assert REVIEWS({"kind": kind, "value": value}) == {"manager": expected > 1, "days": expected}


READS = "- finish: {manager: \"${ table('reviews', {kind: 'advised', value: input.amount}).manager }\"}"


def test_a_plan_carries_the_tables_that_it_reads() -> None:
    """Tables are pinned with the run; a plan that reads none has none."""
    plans = release(small(READS), small("- wait: 1d").replace("workflow: small", "workflow: other")).plans
    assert list(plans["small"]["document"]["tables"]) == ["reviews"]
    assert "tables" not in plans["other"]["document"]
    plan = read_plan(plans["small"]["document"], plans["small"]["digest"])
    assert plan.tables["reviews"]({"kind": "advised", "value": Decimal(300_000)})["days"] == 2


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("{kind: 'advised', value: input.amount}", None),
        ("{kind: 'advisd', value: 1}", "K205"),
        ("{kind: input.id, value: 1}", "K206"),
        ("{kind: 'advised', value: input.id}", "K206"),
        ("{kind: 'advised'}", "K203"),
        ("{kind: 'advised', value: 1, vaule: 2}", "K202"),
    ],
)
def test_rows_of_values_are_held_against_the_columns(row: str, code: str | None) -> None:
    """Columns and their types are known where the table is asked."""
    found = seen(small(f"- finish: {{m: \"${{ table('reviews', {row}).manager }}\"}}"))
    assert found == ([(code, 15)] if code else [])


def test_a_table_with_faults_is_reported_once() -> None:
    """What reads it is not blamed for it."""
    given_folder = folder(small(READS))
    broken = [
        type(file)(file.path, file.name, file.content.replace(b">= 250000", b"> 250000"))
        if file.name == "reviews"
        else file
        for file in given_folder.catalogue
    ]
    broken[-1] = type(broken[-1])(
        "c/reviews.yaml", "reviews", broken[-1].content.replace(b"  - {then", b"  - {the")
    )
    found = check_folder(type(given_folder)("", given_folder.workflows, tuple(broken)))
    assert {problem.file for problem in found if problem.is_error} == {"c/reviews.yaml"}
