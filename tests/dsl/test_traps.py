"""Where YAML reads an expression before we do, a code of its own says so and shows the line with quotes."""

import pytest

from dsl.load import load
from dsl.problems import Problem
from tests.support.definitions import problems, seen, small


def only(text: str) -> Problem:
    """The one problem of a text."""
    _, report = load(text.encode(), "a.yaml")
    assert len(report.problems) == 1, report.problems
    return report.problems[0]


@pytest.mark.parametrize(
    ("line", "code", "fixed"),
    [
        ("when: a ? b : c", "K140", 'when: "a ? b : c"'),
        ("- when: a ? 'x' : c", "K140", "- when: \"a ? 'x' : c\""),
        ("when: !input.urgent", "K141", 'when: "!input.urgent"'),
        ("when: !has(steps.a) && b", "K141", 'when: "!has(steps.a) && b"'),
        ("- until: !(a)", "K141", '- until: "!(a)"'),
        ('when: "a" == input.kind', "K142", "when: '\"a\" == input.kind'"),
        ("when: 'a' == input.kind", "K142", "when: \"'a' == input.kind\""),
        ('when: input.note == "a: b"', "K143", "when: 'input.note == \"a: b\"'"),
        ("with: {id: ${ input.id }}", "K144", 'with: {id: "${ input.id }"}'),
        ("with: {id: ${ input.id }, b: 2}", "K144", 'with: {id: "${ input.id }", b: 2}'),
        ("lock: {a: ${input.id}}", "K144", 'lock: {a: "${input.id}"}'),
        ("title: ${ a ? b : c }", "K145", 'title: "${ a ? b : c }"'),
        ('with: ${ {"a": 1} }', "K145", "with: '${ {\"a\": 1} }'"),
        ("{when: input.ids[0] == 1, wait: 1d}", "K146", '{when: "input.ids[0] == 1", wait: 1d}'),
        ("{until: max(a, b) > 2}", "K147", '{until: "max(a, b) > 2"}'),
        (
            "repeat: {until: max(a, b) > 2, at_most: 3}",
            "K147",
            'repeat: {until: "max(a, b) > 2", at_most: 3}',
        ),
        ('when: input.tag == "a # b"', "K148", "when: 'input.tag == \"a # b\"'"),
        ('when: [1, "a"] == [1]', "K150", "when: '[1, \"a\"] == [1]'"),
        ("- when: [[1], 2] == [1]", "K150", '- when: "[[1], 2] == [1]"'),
        ("{when: [1] == [1], wait: 1d}", "K150", '{when: "[1] == [1]", wait: 1d}'),
        ("when: - - 5 < 0", "K150", 'when: "- - 5 < 0"'),
        ("- a ? b : c", "K149", '- "a ? b : c"'),
        ("a: {b: c ? d : e}", "K140", 'a: {b: "c ? d : e"}'),
    ],
)
def test_each_trap_has_its_code_and_shows_the_line_in_quotes(line: str, code: str, fixed: str) -> None:
    """The help is the same line with quotes, which YAML then reads as it was meant."""
    problem = only(line + "\n")
    assert (problem.code, problem.help) == (code, f"write `{fixed}`")
    _, report = load(fixed.encode(), "a.yaml")
    assert not report.problems


def test_a_comment_behind_an_expression_is_a_warning() -> None:
    """What YAML drops behind a whole expression may be meant as a comment: it is pointed out, and not refused."""
    problem = only("when: input.amount > 1 # five\n")
    assert (problem.code, problem.severity, problem.column) == ("K903", "warning", 24)


@pytest.mark.parametrize(
    "line",
    [
        'when: "a ? b : c"',
        "when: a && !b",
        "title: a # comment",
        "lock: ${ input.x }",
        "with: {a: b}",
        "when: x  ",
    ],
)
def test_what_yaml_reads_as_it_was_meant_is_no_trap(line: str) -> None:
    """Nothing is reported where nothing is misread."""
    _, report = load(line.encode(), "a.yaml")
    assert not report.problems


@pytest.mark.parametrize("text", ["a: [1, 2", "a: [b, c] ]", "a: - b", "a: [{x: 1}, 2"])
def test_a_list_that_is_written_wrongly_is_no_expression(text: str) -> None:
    """Bad YAML that nobody meant as an expression keeps the code of bad YAML."""
    assert only(text + "\n").code == "K105"


ALONE = [
    ("- when: input.amount > 3 ? true : false\n  wait: 1d", "K140"),
    ("- when: !has(input.note) && input.amount > 3\n  wait: 1d", "K141"),
    ('- when: "a" == input.id\n  wait: 1d', "K142"),
    ("- call: portfolio.read\n  with: {portfolio_id: ${ input.id }}", "K144"),
    ("- title: ${ input.amount > 3 ? 1 : 2 }\n  wait: 1d", "K145"),
    ("- when: [input.id] == ['a']\n  wait: 1d", "K150"),
    ("- title: Wait: a day\n  wait: 1d", "K105"),
    ("- title: @home\n  wait: 1d", "K105"),
]


@pytest.mark.parametrize(("steps", "code"), ALONE)
def test_a_trap_hides_nothing_else(steps: str, code: str) -> None:
    """The value is read as it was meant: faults before and behind it are found in the same pass."""
    lines = steps.count("\n") + 1
    text = small(f"- wait: 1 day\n{steps}\n- wiat: 1d\n- wait: 1d\n  when: input.amont > 3")
    first = next(place for place, line in enumerate(text.splitlines(), 1) if line.startswith("- wait: 1 day"))
    found = [(each, line) for each, line in seen(text) if not first < line <= first + lines]
    assert found == [("K129", first), ("K120", first + lines + 1), ("K204", first + lines + 3)]
    assert [each for each, line in seen(text) if first < line <= first + lines] == [code]


def test_several_traps_are_all_found() -> None:
    """Each with its own code and line."""
    text = small(
        "".join(f"- {{set: {{a{n}: ${{ input.id }}}}}}\n- when: a ? b : c\n  wait: 1d\n" for n in "ab")
    )
    assert [code for code, _ in seen(text) if code in ("K140", "K144")] == ["K144", "K140", "K144", "K140"]


def test_what_an_expression_in_a_trap_gets_wrong_is_found_too() -> None:
    """As if the quotes were there, at the name that is wrong."""
    (trap, name) = [each for each in problems(small('- when: "a" == input.idd\n  wait: 1d')) if each.is_error]
    assert (trap.code, name.code, name.column) == ("K142", "K204", 22)


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("when: !has(input.noote)", [("K204", 20)]),
        ("when: !input.urgent && input.amont > 3", [("K204", 16), ("K204", 32)]),
        ("when: !input.amount", [("K231", 10)]),
        ("when: !vars.x || steps.nobody.y", [("K204", 15), ("K204", 26)]),
        ("when: !", [("K220", 10)]),
    ],
)
def test_an_expression_that_yaml_took_for_a_tag_is_read_on(line: str, faults: list[tuple[str, int]]) -> None:
    """Whatever is wrong in it is found in the same pass, at its column."""
    found = problems(small(f"- wait: 1d\n  {line}"))
    assert [(each.code, each.column) for each in found if each.is_error and each.code != "K141"] == faults
    assert [each.code for each in found].count("K141") == 1


def test_more_expressions_than_are_read_again_are_told_of_their_tag() -> None:
    """A file is not read over and over; those left have their own code, and nothing made up beside it."""
    text = small("".join("- wait: 1d\n  when: !input.urgent\n" for _ in range(30)))
    codes = [code for code, _ in seen(text)]
    assert (codes.count("K141"), codes.count("K204"), set(codes)) == (30, 20, {"K141", "K204"})
