"""What the checker says of expressions before anything runs."""

from collections.abc import Iterable

import pytest

from dsl.codes import CODES
from dsl.expressions import TypeEnv, check, check_template
from dsl.tables.facts import facts_of
from dsl.types import (
    ANY,
    BOOL,
    DATE,
    DURATION,
    INTEGER,
    MOMENT,
    NUMBER,
    TEXT,
    Field,
    ListType,
    MapType,
    ObjectType,
    from_schema,
    union,
)

FEES = facts_of(
    {
        "table": "fees",
        "inputs": {"balance": {"type": "number"}},
        "outputs": {"rate": {"type": "number"}},
        "rows": [],
    }
)
INPUT = from_schema(
    {
        "type": "object",
        "required": ["portfolio_id", "amount", "kind", "start", "due", "goals", "score", "weights"],
        "properties": {
            "portfolio_id": {"type": "string"},
            "amount": {"type": "number", "format": "money"},
            "count": {"type": "integer", "default": 3},
            "max_drift": {"type": "number", "default": 0.05},
            "limit": {"type": "number"},
            "score": {"anyOf": [{"type": "number"}, {"type": "null"}]},
            "kind": {"enum": ["retail", "wholesale"]},
            "start": {"type": "string", "format": "date"},
            "due": {"type": "string", "format": "date-time"},
            "goals": {"type": "array", "items": {"$ref": "#/$defs/Goal"}},
            "weights": {"type": "object", "additionalProperties": {"type": "number"}},
            "customer": {"$ref": "#/$defs/Customer"},
            "period": {"type": "string", "format": "duration", "default": "30d"},
        },
        "$defs": {
            "Goal": {
                "type": "object",
                "required": ["id", "amount"],
                "properties": {
                    "id": {"type": "string"},
                    "amount": {"type": "number"},
                    "note": {"type": "string"},
                },
            },
            "Customer": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "adviser": {"type": "string"}},
            },
        },
    }
)
TRADE = ObjectType({"etf": Field(TEXT), "units": Field(INTEGER), "price": Field(NUMBER)})
DRIFT = ObjectType(
    {
        "largest": Field(NUMBER),
        "total_drift": Field(NUMBER),
        "trades": Field(ListType(TRADE)),
        "done": Field(BOOL),
    },
    title="step `drift`",
    noun="output field",
    source="portfolio.measure_drift returns",
)
FILLS = ObjectType(
    {"status": Field(TEXT), "share": Field(NUMBER, required=False)}, title="step `fills`", noun="output field"
)
STEPS = ObjectType(
    {
        "drift": Field(DRIFT),
        "fills": Field(FILLS, required=False, reason="step `fills` runs only when `trade` does"),
        "report": Field(FILLS, later=True, reason="step `report` comes after this one"),
    },
    noun="step",
)
ENV = TypeEnv(
    {
        "input": INPUT,
        "steps": STEPS,
        "vars": ObjectType({"due": Field(DATE)}, noun="variable"),
        "run": ObjectType({"id": Field(TEXT), "now": Field(MOMENT)}),
        "event": ANY,
    },
    hints={"signal": "`signal` is known only in the `where` of a receive"},
    tables={"fees": FEES},
)


@pytest.mark.parametrize(
    ("source", "type"),
    [
        ("steps.drift.largest > input.max_drift", "true or false"),
        ("input.amount", "an amount of money"),
        ("input.amount + input.amount", "an amount of money"),
        ("input.amount * 2", "a number"),
        ("input.count + 1", "a whole number"),
        ("input.count / 2", "a number"),
        ("round(input.count / 2)", "a whole number"),
        ("input.start + 30d", "a date"),
        ("input.start - 2026-01-01", "a duration"),
        ("input.due + 30m", "a moment"),
        ("(input.start - 2026-01-01) / 1d", "a number"),
        ("input.start + months(2)", "a date"),
        ("5bd", "a number of sessions"),
        ("steps.drift.trades", "a list of maps"),
        ("steps.drift.trades.map(t, t.units)", "a list of whole numbers"),
        ("steps.drift.trades.filter(t, t.units > 1)", "a list of maps"),
        ("steps.drift.trades.exists(t, t.etf == 'VAS')", "true or false"),
        ("steps.drift.trades[0].etf", "text"),
        ("input.weights[steps.drift.trades[0].etf]", "a number"),
        ("input.weights.map(k, input.weights[k])", "a list of numbers"),
        ("default(input.limit, 0)", "a number"),
        ("default(input.limit, null)", "a number or null"),
        ("default(steps.fills.status, 'none')", "text"),
        ("default(input.score, 1)", "a number"),
        ("has(input.limit) ? input.limit : 0", "a number"),
        ("input.kind == 'retail' ? 1 : 'x'", 'a whole number or the text "x"'),
        ("{etf: 'VAS', (input.kind): 1}", 'a map of values that are each the text "VAS" or a whole number'),
        ("{a: 1}.a", "a whole number"),
        ("[]", "a list of nothing"),
        ("[] + [1]", "a list of whole numbers"),
        ("size([])", "a whole number"),
        ("sum(steps.drift.trades.map(t, t.price * t.units))", "a number"),
        ("min(1, 2.5)", "a number"),
        ("max([1, 2])", "a whole number"),
        ("sorted(keys(input.weights))", "a list of texts"),
        ("join(steps.drift.trades.map(t, t.etf), ', ')", "text"),
        ("date('2026-01-01')", "a date"),
        ("number('5')", "a number"),
        ("string(5)", "text"),
        ("abs(-2h)", "a duration"),
        ("event.anything.goes > 5", "true or false"),
        ("table('fees', {balance: input.amount}).rate", "a number"),
        ("table('fees', input.weights)", "a map with rate"),
        ("null", "null"),
        ("input.start < '2026-02-01'", "true or false"),
        ("input.due > '2026-02-01T00:00:00Z'", "true or false"),
        ("input.start in ['2026-02-01', 2026-02-02]", "true or false"),
        ("run.now - 1h > input.due", "true or false"),
        ("input.kind in ['retail', 'wholesale']", "true or false"),
        ("'VAS' in input.weights", "true or false"),
        ("input.score == null || input.score > 1", "true or false"),
        ("input.score != null && input.score > 1", "true or false"),
        ("input.portfolio_id + '-' + run.id", "text"),
        ("date(input.start) + input.period", "a date"),
    ],
)
def test_types(source: str, type: str) -> None:
    """What fits has a type, and no findings."""
    checked = check(source, ENV)
    assert [finding.message for finding in checked.findings] == []
    assert str(checked.type) == type


FINDINGS = [
    # source, code, marked, a word of message, help or note
    ("steps.drift.larges > input.max_drift", "K204", "larges", "did you mean `largest`?"),
    ("steps.drift.larges", "K204", "larges", "step `drift` has no output field `larges`"),
    (
        "steps.drift.larges",
        "K204",
        "larges",
        "portfolio.measure_drift returns largest, total_drift, trades, done",
    ),
    ("steps.dirft.largest", "K204", "dirft", "there is no step `dirft`"),
    ("vars.deu", "K204", "deu", "there is no variable `deu`"),
    ("input.goals[0].amonut", "K204", "amonut", "`input.goals[0]` has no field `amonut`"),
    ("input['portfolio']", "K204", "'portfolio'", "`portfolio_id`"),
    ("{a: 1}.b", "K204", "b", "this value has no field `b`"),
    ("inputs.amount", "K225", "inputs", "did you mean `input`?"),
    ("signal.amount", "K225", "signal", "only in the `where` of a receive"),
    ("True", "K225", "True", "write `true`"),
    ("sum > 3", "K225", "sum", "is a function"),
    ("input.kind == retail", "K225", "retail", 'as in "retail"'),
    ("input.limit > 1", "K226", "limit", "has(input.limit)"),
    ("steps.fills.status == 'x'", "K226", "fills", "runs only when `trade` does"),
    ("input.customer.name == 'x'", "K226", "customer", "may be missing"),
    ("has(steps.fills) || steps.fills.status == 'x'", "K226", "fills", "may be missing"),
    ("has(steps.fills) && steps.fills.share > 1", "K226", "share", "steps.fills.share"),
    ("!has(input.limit) && input.limit > 1", "K226", "limit", "may be missing"),
    ("has(input.limit) ? 1 : input.limit", "K226", "limit", "may be missing"),
    ("has(input.goals[0].note) && input.goals[1].note == 'x'", "K226", "note", "input.goals[1].note"),
    ("input.goals.exists(g, g.note == 'x')", "K226", "note", "g.note"),
    ("steps.report.status", "K227", "report", "comes after this one"),
    ("has(steps.report)", "K227", "report", "no value here yet"),
    ("input.score > 1", "K228", "input.score", "!= null"),
    ("input.score + 1", "K228", "input.score", "default(input.score, …)"),
    ("null + 1", "K228", "null", "no value to compute with"),
    ("len(input.goals)", "K229", "len", "size"),
    ("roud(1)", "K229", "roud", "`round`"),
    ("round(1, 2, 3)", "K230", "round(1, 2, 3)", "1 to 2"),
    ("round('a', 1)", "K230", "'a'", "a number"),
    ("sum(input.goals)", "K230", "input.goals", ".map("),
    ("sum(input.amount)", "K230", "input.amount", "takes a list"),
    ("min([1, 'a'])", "K230", "[1, 'a']", "cannot be compared"),
    ("join(input.goals, ', ')", "K230", "input.goals", "pick a field"),
    ("join(['a'], 1)", "K230", "1", "between the elements"),
    ("keys(input.goals)", "K230", "input.goals", "takes a map"),
    ("days('3')", "K230", "'3'", "number(…)"),
    ("date(5)", "K230", "5", "text or a moment"),
    ("string(input.goals)", "K230", "input.goals", "a single value"),
    ("table(input.kind, {})", "K230", "input.kind", "written out"),
    ("table('fee', {})", "K239", "'fee'", "did you mean `fees`"),
    ("table('fees', {})", "K203", "{}", ""),
    ("table('fees', {balance: 1, blance: 2})", "K202", "2", ""),
    ("table('fees', {balance: 'much'})", "K206", "'much'", ""),
    ("table('fees', 5)", "K206", "5", ""),
    ("table('fees', {balance: 1}).rates", "K204", "rates", "did you mean `rate`"),
    ("input.portfolio_id > 5", "K231", "input.portfolio_id > 5", "number(…)"),
    ("input.start < run.now", "K231", "input.start < run.now", "date(…)"),
    ("input.start < '2026-13-01'", "K231", "input.start < '2026-13-01'", "a date is written"),
    ("input.kind + 1", "K231", "input.kind + 1", "string(…)"),
    ("input.start + 5", "K231", "input.start + 5", "days(…)"),
    ("input.start + 36h", "K231", "36h", "whole days"),
    ("input.start + input.period", "K231", "input.start + input.period", "from JSON"),
    ("input.start + 5bd", "K231", "input.start + 5bd", "calendar"),
    ("true + 1", "K231", "true + 1", "does not fit"),
    ("1 < 2 == true < false", "K231", "1 < 2 == true < false", "no order"),
    ("true < false", "K231", "true < false", "no order"),
    ("-input.kind", "K231", "-input.kind", "negative"),
    ("!input.amount", "K231", "input.amount", "true or false"),
    ("input.amount && true", "K231", "input.amount", "compare it"),
    ("not input.kind == 'retail'", "K231", "input.kind", "not (a == b)"),
    ("input.amount ? 1 : 2", "K231", "input.amount", "true or false"),
    ("input.goals.filter(g, g.amount)", "K231", "g.amount", "true or false"),
    ("input.amount.filter(g, true)", "K231", "input.amount", "goes over a list"),
    ("input.goals.amount", "K231", "amount", ".map(item, item.amount)"),
    ("input.amount.cents", "K231", "cents", "has no field"),
    ("input.goals['a']", "K231", "'a'", "no field"),
    ("input.weights[0]", "K231", "0", "read by text"),
    ("input.amount[0]", "K231", "input.amount", "no elements"),
    ("'a' in input.kind", "K231", "input.kind", "list or a map"),
    ("{(input.amount): 1}", "K231", "input.amount", "key of a map"),
    ("input.kind == 'retial'", "K232", "input.kind == 'retial'", "did you mean `retail`?"),
    ("input.kind in ['retail', 'other']", "K232", "'other'", "retail, wholesale"),
    ("'a' in [1, 2]", "K232", "1", "never equals"),
    ("input.amount == '100'", "K232", "input.amount == '100'", "number(…)"),
    ("input.amount == null", "K232", "input.amount == null", "never null"),
    ("steps.drift.done == 'true'", "K232", "steps.drift.done == 'true'", "without quotes"),
    ("input.goals.map(input, 1)", "K234", "input", "another name"),
    ("has(input)", "K235", "input", "takes a field"),
    ("input.amount / 0", "K236", "0", "division by zero"),
    ("input.amount % 0", "K236", "0", "division by zero"),
    ("round(input.amount, 2.5)", "K231", "2.5", "whole number"),
    ("round(input.amount, 1 + 0.5)", "K231", "1 + 0.5", "whole number"),
    ("round(input.amount, 40)", "K231", "40", "at most 28"),
    ("1 +", "K220", "", "a value is expected"),
    ("2026-02-30", "K222", "2026-02-30", "no day"),
]


@pytest.mark.parametrize(("source", "code", "marked", "words"), FINDINGS)
def test_findings(source: str, code: str, marked: str, words: str) -> None:
    """What is wrong is found with its code, its place and what to do."""
    findings = [each for each in check(source, ENV).findings if each.code == code]
    assert [source[each.start : each.end] for each in findings][:1] == [marked]
    assert words in f"{findings[0].message} {findings[0].help} {findings[0].note}"
    assert code in CODES


@pytest.mark.parametrize("source", sorted({row[0] for row in FINDINGS}))
def test_one_slip_is_one_finding(source: str) -> None:
    """Nothing is blamed for a fault elsewhere."""
    doubles = {"not input.kind == 'retail'", "'a' in [1, 2]"}
    if source not in doubles:
        assert len(check(source, ENV).findings) == 1, check(source, ENV).findings


def test_several_slips_are_several_findings() -> None:
    """All that is wrong is said at once."""
    found = check("steps.drift.larges > inputs.x && input.kind == 'x' && len(1)", ENV).findings
    assert [each.code for each in found] == ["K204", "K225", "K232", "K229"]


@pytest.mark.parametrize(
    "source",
    [
        "has(input.limit) && input.limit > 1",
        "!has(input.limit) || input.limit > 1",
        "!(has(input.limit) && true) || input.limit > 1",
        "has(input.limit) && has(steps.fills.share) && input.limit > steps.fills.share",
        "!(!has(input.limit) || !has(steps.fills)) && input.limit > 1 && steps.fills.status == 'x'",
        "(has(input.limit) && input.amount > 1 || has(input.limit) && input.amount < 1) && input.limit > 1",
        "has(steps.fills.share) ? steps.fills.status : 'none'",
        "!has(input.limit) ? 0 : input.limit",
        "has(input.customer.adviser) && input.customer.name == input.customer.adviser",
        "has(input.goals[0].note) && input.goals[0].note == 'x'",
        "input.goals.exists(g, has(g.note) && g.note == 'x')",
        "input.goals.filter(g, has(g.note)).map(g, default(g.note, '-'))",
        "input.goals.map(g, has(g.note), g.note)",
        "has(input.limit) && input.goals.all(g, g.amount > input.limit)",
        "input.score == null ? 0 : input.score + 1",
        "default(steps.fills.share, 0) > 1",
        "default(input.customer, {name: '-'}).name == 'x'",
        "has(input.limit) and not (input.limit > 1)",
    ],
)
def test_guards_are_understood(source: str) -> None:
    """A test of presence counts wherever it must have come out true."""
    assert check(source, ENV).findings == ()


def test_a_guard_around_a_step_counts_inside() -> None:
    """`when_true` and `when_false` carry what a condition has tested to what it guards."""
    checked = check("has(steps.fills) && input.score != null", ENV)
    assert checked.when_true >= {("steps", "fills"), ("input", "score")}
    inside = ENV.with_present(checked.when_true)
    assert check("steps.fills.status == 'x' && input.score > 1", inside).findings == ()
    assert check("!has(steps.fills)", ENV).when_false >= {("steps", "fills")}
    assert check("has(steps.fills) || true", ENV).when_true == frozenset()


def test_what_comes_later_no_guard_helps() -> None:
    """A guard tells that a value may be missing; one that never is there yet is a slip."""
    env = ENV.with_present([("steps", "report")])
    assert [each.code for each in check("steps.report.status", env).findings] == ["K227"]


def test_a_name_of_a_macro_hides_what_was_known_of_another() -> None:
    """Knowledge of a hidden name is not knowledge of the one that hides it."""
    env = ENV.with_present([("g", "note")])
    assert [each.code for each in check("input.goals.exists(g, g.note == 'x')", env).findings] == ["K226"]


def test_a_place_can_want_a_type() -> None:
    """`when` is true or false, `for_each` a list."""
    assert check("input.amount > 1", ENV, BOOL).findings == ()
    (finding,) = check("input.amount", ENV, BOOL).findings
    assert (finding.code, finding.start, finding.end) == ("K233", 0, 12)
    assert finding.message == "true or false is needed here, this is an amount of money"
    assert check("input.goals", ENV, ListType(ANY)).findings == ()
    assert [each.code for each in check("input.weights", ENV, ListType(ANY)).findings] == ["K233"]
    assert check("30d", ENV, DURATION).findings == ()
    assert [each.code for each in check("3", ENV, DURATION).findings] == ["K233"]


def messages(findings: Iterable[object]) -> list[tuple[object, ...]]:
    return [(each.code, each.path) for each in findings]  # type: ignore[attr-defined]


def test_templates_have_types_and_findings_with_the_path_to_their_string() -> None:
    """A template is a map written in the definition, its strings are texts or keep their type."""
    checked = check_template(
        {"id": "${ input.portfolio_id }", "n": [1, "${ input.amount }"], "t": "x ${ input.count }"}, ENV
    )
    assert checked.findings == ()
    assert isinstance(checked.type, ObjectType)
    assert checked.type.written
    assert {name: str(field.type) for name, field in checked.type.fields.items()} == {
        "id": "text",
        "n": "a list of numbers",
        "t": "text",
    }
    wrong = check_template(
        {"a": ["x ${ input.goals }", "${ inputs }"], "b": {"c": "y ${ input.score }", "d": "${"}}, ENV
    )
    assert messages(wrong.findings) == [
        ("K231", ("a", 0)),
        ("K225", ("a", 1)),
        ("K228", ("b", "c")),
        ("K224", ("b", "d")),
    ]


def test_positions_in_a_template_count_in_the_whole_string() -> None:
    """So that an editor can underline the right characters."""
    text = "for ${ input.portfolio_id }: ${ input.amuont }"
    (finding,) = check_template(text, ENV).findings
    assert text[finding.start : finding.end] == "amuont"


def test_any_value_is_never_blamed() -> None:
    """What has no type is looked at when it runs."""
    env = TypeEnv({"x": ANY, "m": MapType(ANY), "l": ListType(ANY)})
    for source in (
        "x.a.b > 1",
        "x + 1 == 2",
        "m.k.j && l[0]",
        "sum(x) + avg(l)",
        "x in x",
        "-x < 3d",
        "x.map(y, y.z)",
    ):
        assert check(source, env).findings == ()


def test_a_field_that_only_some_forms_name_may_be_missing() -> None:
    """An object that takes any field is not one that has it."""
    either = union(ObjectType({"amount": Field(INTEGER)}), MapType(ANY))
    assert [one.code for one in check("signal.amount > 3", TypeEnv({"signal": either})).findings] == ["K226"]
    assert check("default(signal.amount, 0) > 3", TypeEnv({"signal": either})).findings == ()
