"""JSON with expressions in its strings, and JSON whose strings are expressions."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from dsl.expressions import (
    EvaluationError,
    ExpressionError,
    compile_bare,
    compile_expression,
    compile_template,
)
from payloads import plain_json

SCOPE = {
    "input": {"id": "P-1", "amount": Decimal("1250.50"), "start": "2026-01-31", "list": [1, 2], "none": None},
    "run": {"now": datetime(2026, 3, 1, 9, 30, tzinfo=UTC)},
}


def rendered(value: object) -> object:
    return compile_template(value).render(SCOPE)


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("${ input.amount }", Decimal("1250.50")),
        ("${input.list}", [1, 2]),
        ("${ input.none }", None),
        ("${ 1 + 1 == 2 }", True),
        (" ${ input.id }", " P-1"),
        ("${ input.id }${ input.id }", "P-1P-1"),
        (
            "for ${ input.id } on ${ input.start }: ${ input.amount } (${ true })",
            "for P-1 on 2026-01-31: 1250.50 (true)",
        ),
        ("${ 1e20 } and ${ 0.0000001 } and ${ 1 / 4 }", "100000000000000000000 and 0.0000001 and 0.25"),
        ("${ input.start + 1d }", "2026-02-01"),
        ("${ run.now + 30m }", "2026-03-01T10:00:00Z"),
        ("${ 2d - 12h }", "36h"),
        ("due ${ input.start + months(1) }", "due 2026-02-28"),
        ("${ {a: '}', b: [{c: 1}]} }", {"a": "}", "b": [{"c": 1}]}),
        ("${ '${' }", "${"),
        ("costs $${ 5 }", "costs ${ 5 }"),
        ("$5 and $${x} and ${ 1 }", "$5 and ${x} and 1"),
        ("a } b { c", "a } b { c"),
        ("", ""),
        ("30d", "30d"),
        (
            {"a": ["${ input.id }", 1, None, True, Decimal("1.5")], "b": {}},
            {"a": ["P-1", 1, None, True, Decimal("1.5")], "b": {}},
        ),
    ],
)
def test_templates(template: object, value: object) -> None:
    """A string that is one `${ }` keeps its type, others become text; what is rendered is plain JSON."""
    found = rendered(template)
    assert found == value
    assert type(found) is type(value)
    plain_json.dumps(found)


def test_a_template_without_expressions_is_constant() -> None:
    """Constant means: the same for every scope."""
    assert compile_template({"a": [1, "x", "$${x}"]}).constant
    assert not compile_template({"a": ["${ 1 }"]}).constant


def test_expressions_of_a_template_come_in_order_with_what_they_read() -> None:
    """They are listed as written, without the braces."""
    template = compile_template({"a": "${ input.id } ${(input.amount) + 1}", "b": ["${ run.now }"]})
    assert [expression.source for expression in template.expressions] == [
        "input.id",
        "(input.amount) + 1",
        "run.now",
    ]
    assert template.reads == {("input", "id"), ("input", "amount"), ("run", "now")}


@pytest.mark.parametrize(
    ("template", "code", "path", "marked"),
    [
        ("${ input.id", "K224", (), ""),
        ({"a": ["x", "${ }"]}, "K224", ("a", 1), "${ }"),
        ({"a": "x ${ 1 + } y"}, "K220", ("a",), ""),
        ({"a": {"b": "${ 007 }"}}, "K222", ("a", "b"), "007"),
        ({"a": "${ 'open }"}, "K221", ("a",), "'open }"),
        ({"a": "${ ${ x } }"}, "K220", ("a",), "$"),
        ({"x": {"${ input.id }": 1}}, "K224", ("x", "${ input.id }"), "${ input.id }"),
        ({"a": "${ [1 } ]"}, "K220", ("a",), ""),
    ],
)
def test_a_malformed_template_says_in_which_string(
    template: object, code: str, path: tuple[object, ...], marked: str
) -> None:
    """The error has the path to the string, and the place inside it."""
    with pytest.raises(ExpressionError) as caught:
        compile_template(template)
    error = caught.value
    assert (error.code, error.path, error.source[error.start : error.end]) == (code, path, marked)


@pytest.mark.parametrize(
    ("template", "code", "path", "marked"),
    [
        ({"a": "x ${ input.none }"}, "K228", ("a",), "input.none"),
        ({"a": ["${ input.list } x"]}, "K231", ("a", 0), "input.list"),
        ({"a": "id ${ input.idd }"}, "K226", ("a",), "idd"),
        ({"a": {"b": "${ 1 / 0 }"}}, "K236", ("a", "b"), "1 / 0"),
        ("${ months(1) }", "K231", (), "months(1)"),
        ("${ run.now + 999999d * 8 }", "K236", (), "run.now + 999999d * 8"),
    ],
)
def test_a_value_that_cannot_be_rendered_says_in_which_string(
    template: object, code: str, path: tuple[object, ...], marked: str
) -> None:
    """Null and lists never become text by themselves."""
    with pytest.raises(EvaluationError) as caught:
        rendered(template)
    error = caught.value
    assert (error.code, error.path, error.source[error.start : error.end]) == (code, path, marked)


def test_a_text_that_grows_too_long_is_refused() -> None:
    """A template makes no text of more than a million characters."""
    with pytest.raises(EvaluationError):
        compile_template("${ x }" * 3).render({"x": "y" * 400_000})


def test_json_nests_no_deeper_than_expressions() -> None:
    """A hostile template is refused before Python's stack is reached."""
    deep: object = "${ 1 }"
    for _ in range(5000):
        deep = [deep]
    for compile in (compile_template, compile_bare):
        with pytest.raises(ExpressionError):
            compile(deep)


@pytest.mark.parametrize(
    ("bare", "value"),
    [
        ("input.amount > 5", True),
        ([1, 2], [1, 2]),
        (["1 + 1", "input.id"], [2, "P-1"]),
        ({"etf": "input.id", "n": 3, "deep": {"x": ["'a'"]}}, {"etf": "P-1", "n": 3, "deep": {"x": ["a"]}}),
        (Decimal("0.5"), Decimal("0.5")),
        (True, True),
        (None, None),
        ("2026-01-31", date(2026, 1, 31)),
    ],
)
def test_bare_expressions(bare: object, value: object) -> None:
    """Text is an expression, a list or map is made of expressions, the rest is itself."""
    assert compile_bare(bare).evaluate(SCOPE) == value


def test_a_bare_list_or_map_knows_its_source_and_what_it_reads() -> None:
    """It is written as one expression."""
    bare = compile_bare({"etf": "input.id", "n": [1, "input.amount"]})
    assert bare.source == '{"etf": input.id, "n": [1, input.amount]}'
    assert bare.reads == {("input", "id"), ("input", "amount")}
    with pytest.raises(EvaluationError) as caught:
        compile_bare({"a": ["1", "input.nosuch"]}).evaluate(SCOPE)
    assert caught.value.path == ("a", 1)


def test_values_of_expressions_become_plain_json() -> None:
    """Dates and spans as text, at any depth; whole numbers without exponent."""
    value = compile_expression("{a: [2026-01-31, 1d], b: null, n: 1.5e2 * 1e2}").render({})
    assert value == {"a": ["2026-01-31", "1d"], "b": None, "n": 15000}
    assert plain_json.dumps(value) == '{"a":["2026-01-31","1d"],"b":null,"n":15000}'
    assert compile_bare({"due": "input.start + 1d"}).render(SCOPE) == {"due": "2026-02-01"}


def test_a_value_nested_beyond_reason_is_not_rendered() -> None:
    """It is an error, and not a crash."""
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(EvaluationError):
        compile_template("${ x }").render({"x": deep})
