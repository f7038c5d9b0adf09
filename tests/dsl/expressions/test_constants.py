"""Parts of expressions that read nothing are computed when they are checked."""

import pytest

from dsl.expressions import TypeEnv, check, truth_of
from dsl.types import ANY

ENV = TypeEnv({"input": ANY})
MANY = "[" + ", ".join("1" for _ in range(200)) + "]"

FAILING = [
    ('date("2026-02-30")', "K231", 'date("2026-02-30")'),
    ("min([])", "K237", "min([])"),
    ("avg([]) + input.x", "K237", "avg([])"),
    ("1 / 0", "K236", "1 / 0"),
    ("input.x / 0", "K236", "0"),
    ("input.x / (2 - 2)", "K236", "2 - 2"),
    ("input.x * 2 % round(0.4)", "K236", "round(0.4)"),
    ("input.x > 0 ? input.x : max([])", "K237", "max([])"),
    ('number("ten") + input.x', "K231", 'number("ten")'),
    ("input.x.map(i, min([]))", "K237", "min([])"),
    ("default(input.x, min([]))", "K237", "min([])"),
    ("input.x + [1, 2][5]", "K226", "5"),
    ("days(1.5)", "K231", "days(1.5)"),
    ("min([1].filter(n, n > 2))", "K237", "min([1].filter(n, n > 2))"),
]


@pytest.mark.parametrize(("source", "code", "marked"), FAILING)
def test_what_can_have_no_value_is_found_before_it_runs(source: str, code: str, marked: str) -> None:
    """One finding, at the part that fails."""
    (finding,) = check(source, ENV).findings
    assert (finding.code, source[finding.start : finding.end]) == (code, marked)


@pytest.mark.parametrize(
    "source",
    [
        "input.x / 2",
        "size(input.x) > 0 ? min(input.x) : 0",
        'input.day == date("2026-02-28")',
        "false && 1 / 0 > 1",
        "default([1, 2][5], 0)",
        f"sum({MANY}) + min([])",
    ],
)
def test_what_has_a_value_or_takes_long_is_left_to_the_run(source: str) -> None:
    """What is guarded, never reached, or too long to compute while a file is checked."""
    assert check(source, ENV).findings == ()


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("true", True),
        ("1 > 2", False),
        ("false && input.x", False),
        ("input.x or 1 < 2", True),
        ("not (input.x && false)", True),
        ('size([1]) == 1 and "a" in ["a"]', True),
        ("[1, 2].exists(n, n > 1)", True),
        ("input.x || false", None),
        ("input.x > 0", None),
        ('table("t", {a: 1}) == 1', None),
        ("3", None),
        ("input.x >", None),
        ("1 / 0 > 1", None),
    ],
)
def test_how_a_condition_always_comes_out(source: str, outcome: bool | None) -> None:
    """None when that depends on what it reads, or it is no condition."""
    assert truth_of(source) is outcome
