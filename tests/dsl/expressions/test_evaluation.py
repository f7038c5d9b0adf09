"""What expressions evaluate to: one table of values for every part of the language."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D

import pytest

from dsl.expressions import compile_expression

SCOPE = {
    "input": {
        "max_drift": D("0.05"),
        "rate": 0.1,
        "start": "2026-01-31",
        "kind": "retail",
        "nothing": None,
        "period": "30d",
        "goals": [{"id": "G1", "amount": D("100.50"), "due": "2030-01-01"}, {"id": "G2", "amount": 40}],
    },
    "steps": {
        "drift": {
            "largest": D("0.07"),
            "by_etf": {"VGS": D("-0.02"), "VAS": D("0.07")},
            "trades": [
                {"etf": "VAS", "side": "sell", "units": 10, "price": D("92.15")},
                {"etf": "VGS", "side": "buy", "units": 4, "price": D("110.00")},
            ],
        }
    },
    "run": {
        "id": "r-1",
        "now": datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
        "started_at": "2026-03-01T20:30:00+11:00",
    },
    "empty": [],
}


def evaluated(source: str) -> object:
    return compile_expression(source).evaluate(SCOPE)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("null", None),
        ("true", True),
        ("false", False),
        ("42", 42),
        ("1.50", D("1.50")),
        ("1e3", 1000),
        ("2.5e-3", D("0.0025")),
        ("5%", D("0.05")),
        ("12.5%", D("0.125")),
        ("0%", D(0)),
        ("'a\"b'", 'a"b'),
        ('"a\'b"', "a'b"),
        (r'"\n\t\r\\\"\u00e9\U0001f600"', '\n\t\r\\"é😀'),
        ('"${x} # : {"', "${x} # : {"),
        ("2026-01-31", date(2026, 1, 31)),
        ("2024-02-29", date(2024, 2, 29)),
        ("30s", timedelta(seconds=30)),
        ("0.5s", timedelta(milliseconds=500)),
        ("5m", timedelta(minutes=5)),
        ("2h", timedelta(hours=2)),
        ("30d", timedelta(days=30)),
        ("1w", timedelta(days=7)),
        ("[1, 'a', [true],]", [1, "a", [True]]),
        ("[]", []),
        ("{}", {}),
        ("{a: 1, 'b c': 2, (input.kind): 3,}", {"a": 1, "b c": 2, "retail": 3}),
        ("{(2026-01-01): 1}", {"2026-01-01": 1}),
    ],
)
def test_literals(source: str, value: object) -> None:
    """Every literal means what it says, with its own type."""
    found = evaluated(source)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("0.1 + 0.2 == 0.3", True),
        ("1 / 2", D("0.5")),
        ("6 / 3", 2),
        ("1 / 3", D("0.3333333333333333333333333333")),
        ("7 % 2", 1),
        ("-7 % 2", -1),
        ("7 % -2", 1),
        ("7.5 % 2", D("1.5")),
        ("input.rate + 0.2", D("0.3")),
        ("3 * 2.50", D("7.50")),
        ("10 - 2 - 3", 5),
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("12 / 3 * 2", 8),
        ("-2 * -3", 6),
        ("--3", 3),
        ("1 - -1", 2),
        ("99999999999999999999999999990 + 1", D("9.999999999999999999999999999E+28")),
        ("'a' + 'b' + 'c'", "abc"),
        ("[1] + [2, 3]", [1, 2, 3]),
        ("0 * -1.5", 0),
    ],
)
def test_arithmetic(source: str, value: object) -> None:
    """Numbers are exact to 28 digits; whole numbers stay whole where the result is."""
    assert evaluated(source) == value


def test_integers_stay_integers_where_the_result_is_one() -> None:
    """A count stays a count in JSON."""
    for source in (
        "1 + 2",
        "2 * 3",
        "6 / 3",
        "7 % 4",
        "-3",
        "abs(-3)",
        "sum([1, 2])",
        "round(2.5)",
        "size([1])",
    ):
        assert type(evaluated(source)) is int, source


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3 && 1 != 2", True),
        ("1 == 1.0", True),
        ("5% == 0.05", True),
        ("'a' < 'b'", True),
        ("'B' < 'a'", True),
        ("true == true", True),
        ("null == null", True),
        ("input.nothing == null", True),
        ("input.kind != null", True),
        ("[1, 2.0] == [1.0, 2]", True),
        ("[1, true] == [1, 1]", False),
        ("{a: [1]} == {'a': [1]}", True),
        ("{a: 1} == {b: 1}", False),
        ("'VAS' in ['VAS', 'VGS']", True),
        ("1 in [true, '1']", False),
        ("1 in [1.0]", True),
        ("null in [null]", True),
        ("2026-01-31 in ['2026-01-31']", True),
        ("'VAS' in steps.drift.by_etf", True),
        ("'XXX' in steps.drift.by_etf", False),
        ("1h < 1d && 24h == 1d && 7d == 1w", True),
        ("'30d' == 30d && input.period > 29d", True),
    ],
)
def test_comparisons(source: str, value: bool) -> None:
    """Equality is by value and never by chance of representation; true is not 1."""
    assert evaluated(source) is value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("true || false && false", True),
        ("(true || false) && false", False),
        ("!true || true", True),
        ("!(true || true)", False),
        ("not false and true", True),
        ("true or false and false", True),
        ("1 + 2 == 3 && 2 < 3 || false", True),
        ("1 < 2 == true", True),
        ("!true == false", True),
        ("-1 + 2", 1),
        ("true ? 1 : false ? 2 : 3", 1),
        ("false ? 1 : false ? 2 : 3", 3),
        ("true ? false ? 1 : 2 : 3", 2),
        ("1 in [1] == true", True),
        ("2 * 3 in [6] && true", True),
        ("-input.goals[0].amount", D("-100.50")),
        ("false && 1 / 0 > 0", False),
        ("true || 1 / 0 > 0", True),
        ("true ? 1 : 1 / 0", 1),
        ("false && 1 / 0 > 0 && true", False),
        ("true || 1 / 0 > 0 || true", True),
    ],
)
def test_precedence_is_that_of_cel(source: str, value: object) -> None:
    """Operators bind as in CEL, and `&&`, `||` and `? :` evaluate only what decides."""
    assert evaluated(source) == value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("steps.drift.largest > input.max_drift", True),
        ("steps['drift']['largest']", D("0.07")),
        ("steps.drift.trades[0].etf", "VAS"),
        ("steps.drift.trades[size(steps.drift.trades) - 1].etf", "VGS"),
        ("steps.drift.trades[4 / 4].etf", "VGS"),
        ("steps.drift.by_etf[steps.drift.trades[0].etf]", D("0.07")),
        ("{a: {b: 7}}.a.b", 7),
        ("[10, 20][1]", 20),
        ("has(steps.drift)", True),
        ("has(steps.fills)", False),
        ("has(steps.fills.status.text)", False),
        ("has(input.nothing)", False),
        ("has(input.nothing.deeper)", False),
        ("has(input.goals[1].due)", False),
        ("has(input.goals[0].due) && !has(input.goals[7])", True),
        ("default(steps.fills.status, 'none')", "none"),
        ("default(input.nothing, 1)", 1),
        ("default(input.kind, 'x')", "retail"),
        ("default(missing_name, 3)", 3),
        ("default(default(input.a, input.nothing), 4)", 4),
        ("default(input.goals[9].amount, 0)", 0),
    ],
)
def test_reading(source: str, value: object) -> None:
    """Fields and elements are read from maps and lists; `has` and `default` where they may be missing."""
    assert evaluated(source) == value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("steps.drift.trades.filter(t, t.side == 'buy').map(t, t.etf)", ["VGS"]),
        ("steps.drift.trades.map(t, t.units > 5, t.etf)", ["VAS"]),
        ("steps.drift.trades.exists(t, t.units > 5)", True),
        ("steps.drift.trades.all(t, t.units > 5)", False),
        ("empty.all(x, false)", True),
        ("empty.exists(x, true)", False),
        ("steps.drift.by_etf.map(k, k)", ["VAS", "VGS"]),
        ("steps.drift.by_etf.filter(k, steps.drift.by_etf[k] > 0)", ["VAS"]),
        ("[1, 2].map(x, [10, 20].map(y, x * y))", [[10, 20], [20, 40]]),
        ("[1, 2].map(x, [x].map(x, x + 1)[0] + x)", [3, 5]),
        ("[1, 2].exists(input, input == 2) && has(input.kind)", True),
        ("sum(steps.drift.trades.map(t, t.units * t.price))", D("1361.50")),
    ],
)
def test_macros(source: str, value: object) -> None:
    """Macros go over lists in order and over maps by sorted key; their name is bound inside only."""
    assert evaluated(source) == value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("size('héllo') + size([1, 2]) + size({a: 1})", 8),
        ("sum([])", 0),
        ("sum([0.1, 0.2, 0.3])", D("0.6")),
        ("min(3, 1, 2)", 1),
        ("max([3, 1.5])", 3),
        ("min(['b', 'a'])", "a"),
        ("max(2026-01-01, input.start)", "2026-01-31"),
        ("min(2h, 1d)", timedelta(hours=2)),
        ("avg([1, 2])", D("1.5")),
        ("abs(-2.5)", D("2.5")),
        ("abs(2026-01-01 - 2026-01-03)", timedelta(days=2)),
        ("round(2.345, 2)", D("2.35")),
        ("round(-2.345, 2)", D("-2.35")),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("round(1.005, 2)", D("1.01")),
        ("round(1250, -3)", 1000),
        ("round(1500, -3)", 2000),
        ("round(2, 2)", 2),
        ("days(3)", timedelta(days=3)),
        ("number('-1250.50')", D("-1250.50")),
        ("number('7')", 7),
        ("number(7)", 7),
        ("string(1250.50)", "1250.50"),
        ("string(1e20)", "100000000000000000000"),
        ("string(0.0000001)", "0.0000001"),
        ("string(true)", "true"),
        ("string(2026-01-31)", "2026-01-31"),
        ("string(run.now)", "2026-03-01T09:30:00Z"),
        ("string(90m)", "90m"),
        ("keys({b: 1, a: 2})", ["a", "b"]),
        ("sorted([3, 1.5, 2])", [D("1.5"), 2, 3]),
        ("sorted(['b', 'a'])", ["a", "b"]),
        ("sorted([2026-02-01, input.start])", ["2026-01-31", date(2026, 2, 1)]),
        ("sorted([])", []),
        ("join(['a', 'b'], ', ')", "a, b"),
        ("join([1, 2.5, true], '/')", "1/2.5/true"),
        ("join([], '/')", ""),
    ],
)
def test_functions(source: str, value: object) -> None:
    """Each function of the language, at and beside its limits."""
    assert evaluated(source) == value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("input.start + 30d", date(2026, 3, 2)),
        ("input.start + months(1)", date(2026, 2, 28)),
        ("2024-01-31 + months(1)", date(2024, 2, 29)),
        ("2026-03-31 - months(1)", date(2026, 2, 28)),
        ("2026-01-31 + months(-2)", date(2025, 11, 30)),
        ("months(13) + 2026-01-15", date(2027, 2, 15)),
        ("2026-01-01 - 1d", date(2025, 12, 31)),
        ("1w + 2026-01-01", date(2026, 1, 8)),
        ("2026-03-01 - 2026-02-01", timedelta(days=28)),
        ("2026-03-01 - input.start", timedelta(days=29)),
        ("input.goals[0].due - input.start", timedelta(days=1431)),
        ("2026-01-01 + input.period", date(2026, 1, 31)),
        ("run.now + 90m", datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ("run.now - run.started_at", timedelta(0)),
        ("run.now == run.started_at", True),
        ("run.started_at == '2026-03-01T09:30:00Z'", True),
        ("run.started_at < '2026-03-01T09:30:01Z'", True),
        ("sorted(['2026-01-01T12:00:00Z', '2026-01-01T20:00:00+11:00'])[0]", "2026-01-01T20:00:00+11:00"),
        ("date(run.now)", date(2026, 3, 1)),
        ("date(run.started_at)", date(2026, 3, 1)),
        ("date(input.start) < 2026-02-01 && input.start < 2026-02-01", True),
        ("input.start == 2026-01-31", True),
        ("(2026-03-01 - 2026-02-01) / 1d", 28),
        ("2 * 36h == 3d && 3d / 2 == 36h", True),
        ("1d + 12h - 6h", timedelta(hours=30)),
        ("-1d + 2d", timedelta(days=1)),
    ],
)
def test_dates_and_spans(source: str, value: object) -> None:
    """Dates, moments and spans of JSON are text, and meet computed ones as what they are."""
    assert evaluated(source) == value


def test_a_decision_table_comes_with_the_scope() -> None:
    """`table` calls the table of that name with the row."""
    scope = {"__tables__": {"fees": lambda row: row["balance"] * 2}, "b": 3}
    assert compile_expression('table("fees", {balance: b})').evaluate(scope) == 6


def test_a_scope_may_be_any_mapping_and_is_left_as_it_was() -> None:
    """Evaluating changes nothing, also where a macro hides a name of the scope."""
    scope = {"x": [1, 2], "y": 5}
    assert compile_expression("x.map(y, y)[0] + y").evaluate(scope) == 6
    assert scope == {"x": [1, 2], "y": 5}


def test_expressions_are_equal_when_written_the_same() -> None:
    """They are values: hashable, compared by their text."""
    assert compile_expression("a + 1") == compile_expression("a + 1")
    assert len({compile_expression("a + 1"), compile_expression("a + 1"), compile_expression("a+1")}) == 2


def test_reads_has_the_paths_of_the_scope() -> None:
    """What an expression reads is known without running it; names of macros are not of the scope."""
    read = compile_expression(
        "has(steps.a.x) && input.list.all(t, t.w > vars.limit) && steps['b'].y[0].z == 1"
    ).reads
    assert read == {("steps", "a", "x"), ("input", "list"), ("vars", "limit"), ("steps", "b", "y")}


def test_the_decimal_context_of_the_thread_does_not_matter() -> None:
    """Whoever narrows the context of a thread narrows no expression in it."""
    import decimal

    with decimal.localcontext(prec=3, rounding=decimal.ROUND_DOWN):
        assert evaluated("10 / 3") == D("3.333333333333333333333333333")
        assert evaluated("-1.23456789") == D("-1.23456789")
        assert evaluated("sum([1.23456789, 1])") == D("2.23456789")
        assert evaluated("round(1.23456789, 7)") == D("1.2345679")
