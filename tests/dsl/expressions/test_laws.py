"""What holds for every expression: no text breaks the language, and its numbers obey their laws."""

import json
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dsl.expressions import (
    EvaluationError,
    Expression,
    ExpressionError,
    TypeEnv,
    check,
    check_template,
    compile_bare,
    compile_expression,
    compile_template,
)
from dsl.expressions.expression import reads_of
from dsl.expressions.parser import parse
from dsl.types import ANY, BOOL, DATE, NUMBER, TEXT, Field, ListType, MapType, ObjectType, nullable

WORDS = [
    "a",
    "b",
    "x",
    "input",
    "steps",
    "vars",
    "p",
    "true",
    "false",
    "null",
    "in",
    "and",
    "or",
    "not",
    "&&",
    "||",
    "!",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "?",
    ":",
    ".",
    ",",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "0",
    "1",
    "2.5",
    "5%",
    "30d",
    "5bd",
    "2026-01-31",
    "'a'",
    '"b"',
    "filter",
    "map",
    "exists",
    "all",
    "size",
    "sum",
    "min",
    "max",
    "avg",
    "abs",
    "round",
    "has",
    "default",
    "days",
    "months",
    "date",
    "string",
    "number",
    "keys",
    "sorted",
    "join",
    "table",
    "${",
    "}",
    "007",
    "2026-1-1",
]

soup = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join) | st.lists(
    st.sampled_from(WORDS), max_size=12
).map("".join)
texts = soup | st.text(max_size=60) | st.text(alphabet="ab.()[]{}'\"\\$ 019-+%?:!&|<>=,\n", max_size=40)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.decimals(allow_nan=False, allow_infinity=False, places=2)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(["2026-01-31", "30d", "2026-01-31T00:00:00Z", "5"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
scopes = st.dictionaries(st.sampled_from(["a", "b", "x", "input", "steps"]), json_values, max_size=5)


def compiled(text: str) -> Expression | None:
    try:
        return compile_expression(text)
    except ExpressionError as error:
        assert_placed(error, text)
        return None


def assert_placed(error: ExpressionError | EvaluationError, text: str) -> None:
    """The error says something, at a place of the text."""
    assert 0 <= error.start <= error.end <= len(text)
    assert error.message


@settings(max_examples=400)
@given(texts, scopes)
def test_no_text_raises_anything_but_its_own_errors(text: str, scope: dict[str, Any]) -> None:
    """Whatever is written: a value, an ExpressionError or an EvaluationError, with a place in the text."""
    expression = compiled(text)
    if expression is None:
        assert check(text, TypeEnv({})).findings
        return
    try:
        expression.evaluate(scope)
    except EvaluationError as error:
        assert_placed(error, text)


@settings(max_examples=200)
@given(texts)
def test_checking_never_raises(text: str) -> None:
    """The checker answers for every text, as an expression and as a template."""
    goals = ListType(ObjectType({"x": Field(NUMBER), "y": Field(nullable(TEXT), required=False)}))
    env = TypeEnv(
        {"a": ANY, "b": goals, "x": nullable(DATE), "input": ObjectType({"a": Field(MapType(BOOL))})}
    )
    for finding in (*check(text, env).findings, *check_template(text, env).findings):
        assert 0 <= finding.start <= finding.end <= len(text)


@settings(max_examples=200)
@given(
    st.recursive(
        texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=6,
    ),
    scopes,
)
def test_no_template_raises_anything_but_its_own_errors(value: Any, scope: dict[str, Any]) -> None:
    """As for expressions, at any place of the JSON."""
    for compile, run in ((compile_template, "render"), (compile_bare, "evaluate")):
        try:
            getattr(compile(value), run)(scope)
        except (ExpressionError, EvaluationError):
            continue


@given(
    json_values.filter(lambda value: not isinstance(value, str))
    | st.text().filter(lambda text: "${" not in text)
)
def test_json_without_expressions_is_rendered_as_it_is(value: Any) -> None:
    """A constant template is the identity."""
    template = compile_template(json.loads(json.dumps(value, default=str).replace("${", "")))
    assert template.constant
    assert template.render({}) == template.source


# Random well-formed expressions of numbers, evaluated by Fraction beside.

numbers = st.integers(-(10**6), 10**6) | st.decimals(-(10**6), 10**6, places=3)


def sums(inner: st.SearchStrategy[tuple[str, Fraction]]) -> st.SearchStrategy[tuple[str, Fraction]]:
    def joined(parts: tuple[tuple[str, Fraction], str, tuple[str, Fraction]]) -> tuple[str, Fraction]:
        (left, a), sign, (right, b) = parts
        return f"({left} {sign} {right})", {"+": a + b, "-": a - b, "*": a * b}[sign]

    return st.tuples(inner, st.sampled_from("+-*"), inner).map(joined)


def literal(number: int | Decimal) -> tuple[str, Fraction]:
    return (f"({number:f})" if isinstance(number, Decimal) else f"({number})"), Fraction(number)


@given(st.recursive(numbers.map(literal), sums, max_leaves=4))
def test_sums_and_products_are_exact(term: tuple[str, Fraction]) -> None:
    """Up to 28 digits nothing is rounded: Fraction arithmetic agrees."""
    source, expected = term
    digits = len(str(abs(expected.numerator))) + 13
    assume(digits <= 28)
    found = compile_expression(source).evaluate({})
    assert Fraction(found) == expected


@given(numbers, numbers.filter(bool))
def test_division_is_exact_to_28_digits_half_even(a: int | Decimal, b: int | Decimal) -> None:
    """As IEEE decimal division in a context of our own says."""
    expected = Context(28, ROUND_HALF_EVEN).divide(Decimal(a), Decimal(b))
    assert compile_expression("a / b").evaluate({"a": a, "b": b}) == expected


@given(numbers, numbers.filter(bool))
def test_quotient_and_remainder_give_the_number_back(a: int | Decimal, b: int | Decimal) -> None:
    """a = b · trunc(a/b) + a % b, and the remainder has the sign of a."""
    rest = Fraction(compile_expression("a % b").evaluate({"a": a, "b": b}))
    quotient = Fraction(a) / Fraction(b)
    assert rest == Fraction(a) - Fraction(b) * int(quotient)
    assert rest == 0 or (rest < 0) == (a < 0)


@given(st.decimals(-(10**9), 10**9, places=6), st.integers(0, 6))
def test_rounding_is_half_up(value: Decimal, places: int) -> None:
    """Halves go away from zero."""
    expected = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    assert compile_expression("round(x, n)").evaluate({"x": value, "n": places}) == expected


@given(st.lists(numbers, min_size=1, max_size=8))
def test_aggregates_agree_with_fractions(values: list[int | Decimal]) -> None:
    """Sum, mean, extremes and order of a list."""
    exact = [Fraction(value) for value in values]
    found = {
        name: compile_expression(f"{name}(l)").evaluate({"l": values})
        for name in ("sum", "avg", "min", "max", "sorted")
    }
    assert Fraction(found["sum"]) == sum(exact)
    assert abs(Fraction(found["avg"]) - sum(exact) / len(exact)) <= Fraction(1, 10**15)
    assert (Fraction(found["min"]), Fraction(found["max"])) == (min(exact), max(exact))
    assert [Fraction(value) for value in found["sorted"]] == sorted(exact)


@given(st.floats(-1e15, 1e15).filter(lambda value: value == 0 or abs(value) > 1e-20))
def test_a_float_means_its_shortest_text(value: float) -> None:
    """0.1 from JSON is a tenth."""
    assert compile_expression("x + 0 == number(t)").evaluate({"x": value, "t": f"{Decimal(repr(value)):f}"})


@given(st.dates(date(1900, 1, 1), date(2900, 1, 1)), st.integers(0, 100_000))
def test_days_added_are_days_between(day: date, count: int) -> None:
    """The difference of two dates undoes the addition, for computed dates and for text from JSON."""
    scope = {"d": day.isoformat(), "n": count}
    assert compile_expression("d + days(n) - d == days(n)").evaluate(scope)
    assert compile_expression("(d + days(n) - d) / 1d == n").evaluate(scope)
    assert compile_expression("date(d) + days(n)").evaluate(scope) == day + timedelta(days=count)


@given(json_values)
def test_equality_is_reflexive(value: Any) -> None:
    """Every value equals itself, and a copy of itself."""
    copy = json.loads(
        json.dumps(value, default=lambda d: {"$": str(d)}),
        object_hook=lambda o: Decimal(o["$"]) if "$" in o else o,
    )
    assert compile_expression("a == b").evaluate({"a": value, "b": copy})


@given(json_values, json_values)
def test_equality_is_symmetric(a: Any, b: Any) -> None:
    """a == b says what b == a says, as an answer or as a fault."""
    assert outcome("a == b", a, b) == outcome("b == a", a, b)
    assert outcome("a != b", a, b) in (not outcome("a == b", a, b), "fault")


def outcome(source: str, a: Any, b: Any) -> object:
    try:
        return compile_expression(source).evaluate({"a": a, "b": b})
    except EvaluationError:
        return "fault"


@given(st.text())
def test_text_is_written_and_read_back(text: str) -> None:
    """A JSON string is a literal of the language, and means the same."""
    assume("\x00" not in text)
    assert compile_expression(json.dumps(text, ensure_ascii=False)).evaluate({}) == text


@given(st.text(alphabet="abc $"), st.integers(0, 3))
def test_what_is_read_covers_what_is_needed(text: str, depth: int) -> None:
    """With only the paths that it says it reads, an expression has the same value."""
    source = f"has(a.b) && a.b{'.b' * depth} == '{text}' || default(a.c, true)"
    scope: dict[str, Any] = {"a": {"c": False}, "z": 1}
    assert reads_of(parse(source)) >= {("a", "c")}
    assert compile_expression(source).evaluate(scope) is False
