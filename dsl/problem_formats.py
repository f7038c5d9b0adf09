"""Problems in the formats of other tools: SARIF for code scanning, workflow commands for GitHub.

Both say the same as the text for people: code, place, message, and what to do.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from dsl.codes import CODES, Code
from dsl.problems import Problem

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_sarif(problems: Iterable[Problem]) -> str:
    """One SARIF 2.1.0 run, with a rule for each code that was found; columns count characters."""
    found = list(problems)
    codes = sorted({problem.code for problem in found})
    run = {
        "tool": {"driver": {"name": "kronos", "rules": [_rule(CODES[code]) for code in codes]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, codes) for problem in found],
    }
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def render_github(problems: Iterable[Problem]) -> str:
    """One workflow command a problem, which GitHub shows at its line of a change; empty text for none."""
    return "\n".join(_command(problem) for problem in problems)


def _rule(code: Code) -> dict[str, Any]:
    return {
        "id": code.id,
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": code.explanation},
        "help": {"text": _help(code, ("", "")), "markdown": _help(code, ("```yaml\n", "\n```"))},
        "defaultConfiguration": {"level": code.severity},
    }


def _help(code: Code, fence: tuple[str, str]) -> str:
    before, after = fence
    examples = (("Wrong", code.wrong), ("Right", code.right))
    shown = [f"{label}:\n{before}{text}{after}" for label, text in examples if text]
    return "\n\n".join([code.explanation, *shown])


def _result(problem: Problem, codes: Sequence[str]) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": _uri(problem.file)},
        "region": {
            "startLine": problem.line,
            "startColumn": problem.column,
            "endLine": problem.line,
            "endColumn": problem.end_column,
            "snippet": {"text": problem.source_line},
        },
    }
    return {
        "ruleId": problem.code,
        "ruleIndex": codes.index(problem.code),
        "level": problem.severity,
        "message": {"text": _whole_message(problem)},
        "locations": [{"physicalLocation": place}],
    }


def _uri(file: str) -> str:
    """A file as a reference: below the folder that the check ran in, or from the root."""
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _command(problem: Problem) -> str:
    """`::error file=…,line=…,col=…,endColumn=…,title=K204::message`."""
    values = {
        "file": problem.file,
        "line": problem.line,
        "col": problem.column,
        "endColumn": problem.end_column,
        "title": problem.code,
    }
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in values.items())
    return f"::{problem.severity} {properties}::{_data(_whole_message(problem))}"


def _whole_message(problem: Problem) -> str:
    return "\n".join(part for part in (problem.message, problem.help, problem.note) if part)


def _data(text: str) -> str:
    """Text behind `::`, where a line break would end the command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """The value of a property, which also ends at `:` and `,`."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
