"""One definition with several faults, to the letter, in every format that other tools read."""

import json
from dataclasses import replace
from textwrap import dedent
from typing import Any

import jsonschema

from dsl.problem_formats import render_github, render_sarif
from dsl.problems import Problem, render_json, render_text
from tests.support.definitions import GOOD, problems

FAULTY = (
    GOOD.replace("steps.drift.largest", "steps.drift.larges")
    .replace("call: portfolio.measure_drift", "call: portfolio.mesure_drift")
    .replace("[OrderRejected]", "[OrderRejceted]")
    .replace("hold: 1d, role:", "hold: 1d, rle:")
)
TEXT = dedent("""\
    error[K120]: `on_failure` has no key `rle`
      --> workflows/0.yaml:17:24
       |
    17 | on_failure: {hold: 1d, rle: operations}
       |                        ^^^ did you mean `role`?
       = note: the keys are hold, role

    error[K201]: there is no activity `portfolio.mesure_drift`
      --> workflows/0.yaml:21:11
       |
    21 |     call: portfolio.mesure_drift
       |           ^^^^^^^^^^^^^^^^^^^^^^ did you mean `portfolio.measure_drift`?

    error[K207]: nothing in this `try` raises `OrderRejceted`
      --> workflows/0.yaml:36:18
       |
    36 |       - errors: [OrderRejceted]
       |                  ^^^^^^^^^^^^^ did you mean `OrderRejected`?
       = note: the steps raise AccountClosed, AnswerUnreadable, BrokerAccessDenied,
               BrokerUnavailable, DatabaseBusy, DatabaseUnavailable, FillMismatch,
               InsufficientCash, InsufficientUnits, NoSnapshot, OrderRejected,
               OrderTooLarge, …
""")
PLACE = {
    "type": "object",
    "required": ["uri"],
    "properties": {"uri": {"type": "string", "format": "uri-reference"}},
}
REGION = {
    "type": "object",
    "required": ["startLine", "startColumn", "endLine", "endColumn"],
    "properties": {
        **{
            name: {"type": "integer", "minimum": 1}
            for name in ("startLine", "startColumn", "endLine", "endColumn")
        },
        "snippet": {
            "type": "object",
            "required": ["text"],
            "additionalProperties": False,
            "properties": {"text": {"type": "string"}},
        },
    },
    "additionalProperties": False,
}
WORDS = {
    "type": "object",
    "required": ["text"],
    "additionalProperties": False,
    "properties": {
        "text": {"type": "string", "minLength": 1},
        "markdown": {"type": "string", "minLength": 1},
    },
}
LEVEL = {"enum": ["error", "warning", "note", "none"]}


def closed(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
        "additionalProperties": False,
    }


RULE = closed(
    {
        "id": {"type": "string"},
        "shortDescription": WORDS,
        "fullDescription": WORDS,
        "help": WORDS,
        "defaultConfiguration": closed({"level": LEVEL}),
    }
)
RESULT = closed(
    {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": WORDS,
        "locations": {
            "type": "array",
            "minItems": 1,
            "items": closed({"physicalLocation": closed({"artifactLocation": PLACE, "region": REGION})}),
        },
    }
)
# What SARIF 2.1.0 says of the parts that are written here.
SARIF = closed(
    {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": closed(
                {
                    "tool": closed(
                        {
                            "driver": closed(
                                {
                                    "name": {"type": "string"},
                                    "rules": {"type": "array", "uniqueItems": True, "items": RULE},
                                }
                            )
                        }
                    ),
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {"type": "array", "items": RESULT},
                }
            ),
        },
    }
)


def found() -> list[Problem]:
    """The errors of the faulty definition."""
    return [problem for problem in problems(FAULTY) if problem.is_error]


def test_people_see_every_fault_in_one_pass() -> None:
    """Line, caret and suggestion for each."""
    assert render_text(found()) + "\n" == TEXT


def test_nothing_is_wider_than_a_window() -> None:
    """A long line is cut around its caret, a long note is broken between words."""
    text = GOOD.replace("steps.drift.largest", "steps.drift.larges + " + "1 + " * 40 + "steps.drift.largest")
    long = [*found(), *(problem for problem in problems(text) if problem.is_error)]
    wide = [replace(each, message="word " * 40, note="note " * 40) for each in long]
    for line in render_text(wide).splitlines():
        assert len(line) <= 80


def test_json_has_every_fault_with_its_place() -> None:
    """Codes and places are those of the text."""
    rows = json.loads(render_json(found()))["problems"]
    assert [(row["code"], row["line"], row["column"], row["end_column"]) for row in rows] == [
        ("K120", 17, 24, 27),
        ("K201", 21, 11, 33),
        ("K207", 36, 18, 31),
    ]


def test_sarif_has_a_rule_for_each_code_and_a_region_for_each_fault() -> None:
    """What code scanning reads, held against the structure of SARIF 2.1.0."""
    log = json.loads(render_sarif(found()))
    jsonschema.validate(log, SARIF, cls=jsonschema.Draft202012Validator)
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["K120", "K201", "K207"]
    assert "portfolio.mesure_drift" in rules[1]["help"]["markdown"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == ["K120", "K201", "K207"]
    place = run["results"][1]["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "workflows/0.yaml"},
        "region": {
            "startLine": 21,
            "startColumn": 11,
            "endLine": 21,
            "endColumn": 33,
            "snippet": {"text": "    call: portfolio.mesure_drift"},
        },
    }
    assert run["results"][1]["message"]["text"].startswith("there is no activity `portfolio.mesure_drift`")


def test_sarif_names_files_by_references() -> None:
    """Spaces are escaped, and a path from the root has its scheme."""
    [one, two] = [replace(found()[0], file=file) for file in ("my folder/a.yaml", "/tmp/a b.yaml")]
    results = json.loads(render_sarif([one, two]))["runs"][0]["results"]
    uris = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results]
    assert uris == ["my%20folder/a.yaml", "file:///tmp/a%20b.yaml"]


def test_github_gets_one_command_a_fault() -> None:
    """Shown at the line of the change."""
    assert render_github(found()).splitlines() == [
        "::error file=workflows/0.yaml,line=17,col=24,endColumn=27,title=K120::`on_failure` has no key `rle`%0Adid you mean `role`?%0Athe keys are hold, role",
        "::error file=workflows/0.yaml,line=21,col=11,endColumn=33,title=K201::there is no activity `portfolio.mesure_drift`%0Adid you mean `portfolio.measure_drift`?",
        "::error file=workflows/0.yaml,line=36,col=18,endColumn=31,title=K207::nothing in this `try` raises `OrderRejceted`%0Adid you mean `OrderRejected`?%0Athe steps raise AccountClosed, AnswerUnreadable, BrokerAccessDenied, BrokerUnavailable, DatabaseBusy, DatabaseUnavailable, FillMismatch, InsufficientCash, InsufficientUnits, NoSnapshot, OrderRejected, OrderTooLarge, …",
    ]


def test_a_command_cannot_be_broken_by_what_it_says() -> None:
    """Per cent, line breaks, colons and commas are escaped where they would end something."""
    hostile = replace(found()[1], file="a,b:c%.yaml", message="50%\r\n::error::no", help="", note="")
    assert render_github([hostile]) == (
        "::error file=a%2Cb%3Ac%25.yaml,line=21,col=11,endColumn=33,title=K201::50%25%0D%0A::error::no"
    )


def test_no_problems_are_an_empty_log_and_no_commands() -> None:
    """A clean file is a log without results."""
    log = json.loads(render_sarif([]))
    jsonschema.validate(log, SARIF, cls=jsonschema.Draft202012Validator)
    assert log["runs"][0]["results"] == []
    assert render_github([]) == ""
