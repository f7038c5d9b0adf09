"""What people and programs see of a problem, to the letter."""

import json
from dataclasses import replace
from textwrap import dedent

from dsl.problems import render_json, render_text
from tests.support.definitions import GOOD, problems


def shown(text: str) -> str:
    """The errors of a text, as people see them."""
    return render_text(problem for problem in problems(text) if problem.is_error)


def test_a_misspelt_field_is_shown_with_its_line_a_caret_and_what_there_is() -> None:
    """The shape that every diagnostic has."""
    assert shown(GOOD.replace("steps.drift.largest", "steps.drift.larges")) == dedent("""\
        error[K204]: step `drift` has no output field `larges`
          --> workflows/0.yaml:24:23
           |
        24 |     when: steps.drift.larges > input.max_drift
           |                       ^^^^^^ did you mean `largest`?
           = note: portfolio.measure_drift returns largest, total_drift, by_etf, trades""")


def test_an_unknown_activity_is_shown_with_a_near_name() -> None:
    """The suggestion stands at the caret."""
    assert shown(GOOD.replace("call: portfolio.measure_drift", "call: portfolio.mesure_drift")) == dedent("""\
        error[K201]: there is no activity `portfolio.mesure_drift`
          --> workflows/0.yaml:21:11
           |
        21 |     call: portfolio.mesure_drift
           |           ^^^^^^^^^^^^^^^^^^^^^^ did you mean `portfolio.measure_drift`?""")


def test_an_expression_that_yaml_cut_is_shown_in_quotes() -> None:
    """Help that is a whole line stands below."""
    text = GOOD.replace(
        "when: steps.drift.largest > input.max_drift",
        'when: input.portfolio_id == "a: b" || input.max_drift > 1',
    )
    assert shown(text) == dedent("""\
        error[K143]: YAML takes the `: ` inside the text for the end of a key
          --> workflows/0.yaml:24:11
           |
        24 |     when: input.portfolio_id == "a: b" || input.max_drift > 1
           |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
           = help: write `when: 'input.portfolio_id == "a: b" || input.max_drift > 1'`""")


def test_a_long_help_is_folded_and_what_it_says_to_write_is_not() -> None:
    """Words go on the next line; what stands in backticks is copied from there whole."""
    [problem] = [
        found
        for found in problems(GOOD.replace("steps.drift.largest", "steps.drift.larges"))
        if found.is_error
    ]
    line = "`when: steps.drift.largest > input.max_drift || steps.drift.total_drift > 0.1`"
    helped = replace(
        problem, note="", help=f"look at what the step returns once more, then write {line} there"
    )
    assert render_text([helped]).split("\n")[-3:] == [
        "   = help: look at what the step returns once more, then write",
        f"           {line}",
        "           there",
    ]


def test_a_missing_key_is_shown_at_the_mapping_that_lacks_it() -> None:
    """What is missing is said where it belongs."""
    assert shown("workflow: a\nversion: 1\nsteps: [{wait: 1d}]\n") == dedent("""\
        error[K121]: a definition needs the key `summary`
         --> workflows/0.yaml:1:1
          |
        1 | workflow: a
          | ^^^^^^^^ add `summary: …`""")


def test_json_has_the_fields_that_programs_read() -> None:
    """Names and types of the fields are fixed."""
    found = json.loads(render_json(problems(GOOD.replace("steps.drift.largest", "steps.drift.larges"))))
    assert found == {
        "problems": [
            {
                "code": "K204",
                "severity": "error",
                "message": "step `drift` has no output field `larges`",
                "file": "workflows/0.yaml",
                "line": 24,
                "column": 23,
                "end_column": 29,
                "pointer": "/steps/1/when",
                "help": "did you mean `largest`?",
                "note": "portfolio.measure_drift returns largest, total_drift, by_etf, trades",
            }
        ]
    }


def test_no_problems_are_an_empty_list() -> None:
    """A program can always read `problems`."""
    assert json.loads(render_json([])) == {"problems": []}
    assert render_text([]) == ""


def test_a_very_long_line_is_cut_around_the_caret() -> None:
    """Carets stay under what they mean, in a window of the line."""
    text = GOOD.replace("steps.drift.largest", "(" + "true || " * 60 + "steps.drift.larges > 1) &&  1")
    line, carets = shown(text).splitlines()[3:5]
    assert len(line) < 180
    assert line[carets.index("^") : carets.rindex("^") + 1] == "larges"
