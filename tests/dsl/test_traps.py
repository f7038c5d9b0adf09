"""Where YAML reads an expression before we do, a code of its own says so and shows the line with quotes."""

import pytest

from dsl.load import load
from dsl.problems import Problem


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
