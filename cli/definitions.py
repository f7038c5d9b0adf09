"""`kronos definitions`: what operators write, checked, compiled, published."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.definition_views import diff, graph, schema
from cli.explaining import ProblemOutput, explain, show_problems
from cli.group import group
from cli.options import Data, Definitions, Output
from cli.output import as_yaml, columns, fields, say, show
from cli.testing import require_passing_tests, try_out

app = group("Definitions of business processes.", example="kronos definitions validate")
app.command()(explain)
app.command("test")(try_out)
app.command()(schema)
app.command()(graph)
app.command()(diff)

Name = Annotated[str, typer.Argument(help="A workflow's name, or a definition's file.", metavar="NAME")]


@app.command("list")
def list_(definitions: Definitions = None, output: Output = None) -> None:
    """List the definitions of the folder.

    Example: kronos definitions list
    """
    from worker.library import list_definitions
    from worker.settings import load_settings

    settings = load_settings({"definitions": definitions})
    show({"definitions": list_definitions(settings)}, output, _list_table)


@app.command("show")
def show_(name: Name, definitions: Definitions = None, output: Output = None) -> None:
    """Show one definition: its input, its signals and its steps.

    Example: kronos definitions show onboarding
    """
    show(_plan(name, definitions), output, _plan_table)


@app.command()
def validate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files or folders; by default all definitions.", metavar="[PATH]..."),
    ] = None,
    definitions: Definitions = None,
    output: ProblemOutput = None,
) -> int:
    """Check definitions and catalogue files; all problems at once, each with its place and what to do.

    Exit code 1 when there is an error, 0 when there are only warnings or nothing.

    Example: kronos definitions validate definitions/workflows/onboarding.yaml
    """
    from worker.library import problems_of
    from worker.settings import load_settings

    problems = problems_of(load_settings({"definitions": definitions}), paths or [])
    return show_problems(problems, output)


@app.command()
def compile(name: Name, definitions: Definitions = None, output: Output = None) -> None:
    """Print the plan that a definition compiles to, as a release stores it.

    Example: kronos definitions compile onboarding -o yaml
    """
    show(_plan(name, definitions), output, as_yaml)


@app.command()
def publish(
    development: Annotated[
        bool,
        typer.Option(
            "--development", help="Allow changes under an unchanged or lower version, to try them out."
        ),
    ] = False,
    skip_tests: Annotated[
        bool, typer.Option("--skip-tests", help="Publish without running the tests of the definitions.")
    ] = False,
    data: Data = None,
    definitions: Definitions = None,
    output: Output = None,
) -> None:
    """Store the definitions as an immutable release, from which new runs start.

    Refused when a check or a test fails, when a definition changed but its version did not, and when
    a higher version of a definition is published already: raise `version` in its file.

    Example: kronos definitions publish --definitions ./definitions
    """
    from worker.library import publish as publish_folder
    from worker.settings import load_settings

    settings = load_settings({"data": data, "definitions": definitions})
    if not skip_tests:
        require_passing_tests(settings)
    published = publish_folder(settings, development=development)
    if published.changed:
        say(f"Development release: {published.changed}")
    show(published.as_json(), output, _release_table)


def _plan(name: str, definitions: Path | None) -> dict[str, Any]:
    from worker.library import plan_document
    from worker.settings import load_settings

    return plan_document(load_settings({"definitions": definitions}), name)


def _list_table(data: Any) -> str:
    rows = [[row["workflow"], row["version"], row["summary"]] for row in data["definitions"]]
    return columns(["workflow", "version", "summary"], rows)


def _release_table(data: Any) -> str:
    rows = [[row["workflow"], row["version"]] for row in data["definitions"]]
    about = {"release": data["release"], "development": data["development"]}
    return f"{fields(about)}\n\n{columns(['workflow', 'version'], rows)}"


def _plan_table(plan: Any) -> str:
    about = {name: plan[name] for name in ("workflow", "version", "summary", "digest")}
    inputs = plan["input"].get("properties", {})
    required = plan["input"].get("required", [])
    rows = [[name, field.get("type", "any"), name in required] for name, field in inputs.items()]
    signals = ", ".join(plan["signals"]) or "none"
    steps = "\n".join(_outline(plan["steps"], 0))
    table = columns(["input", "type", "required"], rows) if rows else "No input."
    return f"{fields(about)}\nsignals   {signals}\n\n{table}\n\n{steps}"


def _outline(steps: Any, depth: int) -> list[str]:
    """One line a step, indented as they nest."""
    lines = []
    for step in steps:
        kind = step["kind"]
        what = step[kind] if isinstance(step.get(kind), str) else ""
        if kind == "call":
            what = step["call"]["activity"]
        lines.append(f"{'  ' * depth}- {step.get('id', '·')}: {kind} {what}".rstrip())
        lines += _inner(step, depth + 1)
    return lines


def _inner(step: Any, depth: int) -> list[str]:
    """The lines of every list of steps inside a step."""
    lines = []
    for value in step.values():
        for block in _blocks(value):
            lines += _outline(block, depth)
    return lines


def _blocks(value: Any) -> list[Any]:
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        if all("kind" in item for item in value):
            return [value]
        return [block for item in value for block in _blocks(item.get("steps"))]
    if isinstance(value, dict) and all(isinstance(item, list) for item in value.values()):
        return [block for item in value.values() for block in _blocks(item)]
    return []
