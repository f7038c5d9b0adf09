"""`kronos definitions explain`, and how the problems of definitions are printed."""

import sys
import textwrap
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import Output
from cli.output import Format, show

if TYPE_CHECKING:
    from dsl.problems import Problem

WIDTH = 80


class ProblemFormat(StrEnum):
    """How problems are written."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    SARIF = "sarif"
    GITHUB = "github"


ProblemOutput = Annotated[
    ProblemFormat | None,
    typer.Option(
        "-o", "--output", help="table (default at a terminal), json, yaml, sarif, or github for its actions."
    ),
]


def explain(
    code: Annotated[str, typer.Argument(help="The code of a problem.", metavar="CODE")],
    output: Output = None,
) -> None:
    """Explain a code: what it means, with an example that is wrong and the same put right.

    Example: kronos definitions explain K204
    """
    from worker.explanations import explanation

    show(explanation(code), output, _explanation_table)


def show_problems(problems: "list[Problem]", output: ProblemFormat | None) -> int:
    """Print problems in the format asked for; the exit code, 1 when one is an error."""
    from dsl.problem_formats import render_github, render_sarif
    from dsl.problems import render_json, render_text
    from payloads import plain_json

    match output or (ProblemFormat.TABLE if sys.stdout.isatty() else ProblemFormat.JSON):
        case ProblemFormat.SARIF:
            print(render_sarif(problems))
        case ProblemFormat.GITHUB:
            print(render_github(problems), end="\n" if problems else "")
        case plain:
            data = plain_json.loads(render_json(problems))
            show(data, Format(plain), lambda _: render_text(problems) or "No problems.")
    return 1 if any(problem.is_error for problem in problems) else 0


def _explanation_table(data: Any) -> str:
    parts = [
        f"{data['severity']}[{data['code']}]: {data['title']}",
        textwrap.fill(data["explanation"], WIDTH),
    ]
    parts += [
        f"{label}:\n{textwrap.indent(data[key], '    ')}"
        for label, key in (("Wrong", "wrong"), ("Right", "right"))
        if data[key]
    ]
    return "\n\n".join(parts)
