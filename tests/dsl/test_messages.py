"""Typical mistakes of somebody new to the language, and what they are told to do."""

import pytest

from dsl.problems import Problem
from tests.support.definitions import problems, small

TOP = "workflow: small\nversion: 1\nsummary: x\n"


def found(text: str, code: str) -> Problem:
    """The one problem of that code."""
    (problem,) = [each for each in problems(text) if each.code == code]
    return problem


@pytest.mark.parametrize(
    ("steps", "code", "help"),
    [
        ("- if: input.amount > 3\n  then: [{wait: 1d}]", "K120", "did you mean `choose`?"),
        ("- choose:\n  - else: [{wait: 1d}]", "K120", "did you mean `otherwise`?"),
        (
            "- choose: {when: a}",
            "K122",
            "begin each branch with `- when: …`, the last one with `- otherwise: …`",
        ),
        ("- call: portfolio.read\n  input: {portfolio_id: a}", "K120", "did you mean `with`?"),
        ("- sleep: 1d", "K120", "did you mean `wait`?"),
        (
            "- repeat: 3\n  steps: [{wait: 1d}]",
            "K122",
            "write `repeat: {at_most: 3}` or `repeat: {until: …, every: 1d}`",
        ),
        ("- set: x = 3", "K122", "write `set: {name: value}`"),
        ("- fail: nope", "K122", "write `fail: {error: Name, message: text}`"),
        ("- parallel: [[{wait: 1d}]]", "K122", "write `parallel: {name: [steps], other: [steps]}`"),
        ("- for_each: ids\n  as: i\n  steps: [{wait: 1d}]", "K225", "did you mean `input.ids`?"),
        ("- call: portfolio.read", "K203", "add `portfolio_id: …` to `with`; it is text"),
        ("- 5", "K122", "begin with its kind, as in `- call: portfolio.read`"),
        ("- when: input.amount = 3\n  wait: 1d", "K220", "compare with `==`"),
        ("- wait: 5 days", "K129", "write a whole number and s, m, h, d, w or bd, as in 30d"),
        (
            "- call: portfolio.read\n  with: {portfolio_id: a}\n  retry: 3",
            "K122",
            "write `retry: {attempts: 3}`",
        ),
    ],
)
def test_a_mistake_says_what_to_do(steps: str, code: str, help: str) -> None:
    """The word that is meant here, or how the key is written."""
    assert found(small(steps), code).help == help


@pytest.mark.parametrize(
    ("step", "note"),
    [
        ("wait: 1d", "a `wait` puts nothing out"),
        ("try: [{wait: 1d}]\n  finally: [{wait: 1d}]", "a `try` puts nothing out"),
        ("for_each: [1]\n  as: i\n  steps: [{wait: 1d}]", "add `collect`"),
    ],
)
def test_a_step_that_puts_nothing_out_is_not_said_to_come_later(step: str, note: str) -> None:
    """It stands before: what is missing is an output."""
    problem = found(small(f'- id: s\n  {step}\n- finish: {{s: "${{ has(steps.s) }}"}}'), "K227")
    assert (note in problem.note, problem.help) == (True, "")


@pytest.mark.parametrize(
    "written", ["input.id", '"{{ input.id }}"', "$input.id", "$(input.id)", '"{{input.id}}"']
)
def test_text_that_reads_like_an_expression_is_pointed_out(written: str) -> None:
    """Without `${ }` it would be sent as it stands."""
    warning = found(small(f"- finish: {{x: {written}}}"), "K911")
    assert (warning.severity, warning.help) == ("warning", 'write "${ input.id }" for its value')


@pytest.mark.parametrize("written", ["kim.smith", '"${ input.id }"', "input", "input.id and more", "v1.2"])
def test_other_text_is_text(written: str) -> None:
    """A name of nothing here, a word, a sentence."""
    assert "K911" not in [each.code for each in problems(small(f"- finish: {{x: {written}}}"))]


def test_an_empty_text_is_said_to_be_empty() -> None:
    """Not that text is no text."""
    problem = found('workflow: small\nversion: 1\nsummary: ""\nsteps: [{wait: 1d}]', "K122")
    assert (problem.message, problem.help) == (
        "`summary` is an empty text",
        "say in one sentence what it does",
    )


def test_a_workflow_without_a_name_is_none_that_can_be_run() -> None:
    """It is not listed among those that there are, and two of them are not the same."""
    nameless = "version: 1\nsummary: x\nsteps: [{run: zzz}]\n"
    assert found(nameless, "K210").note == "there is no workflow at all"
    assert "K133" not in [each.code for each in problems(nameless, nameless)]


def test_a_key_is_listed_once() -> None:
    """Keys that several kinds of trigger share."""
    note = found(f"{TOP}steps: [{{wait: 1d}}]\ntriggers: [{{cron: '0 9 * * *'}}]", "K120").note
    assert note.count("where") == note.count("input") == 1


def test_what_a_trigger_leaves_out_belongs_to_its_input() -> None:
    """Not to a `with`, which triggers do not have."""
    text = f"{TOP}input: {{required: [a], properties: {{a: {{type: string}}}}}}\nsteps: [{{wait: 1d}}]\n"
    triggers = "triggers: [{event: drift_exceeded}]"
    assert found(text + triggers, "K203").help == "add `a: …` to `input`; it is text"
