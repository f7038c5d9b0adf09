"""`kronos definitions test`: how it is called and what it prints."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.guard import wait_for
from cli.options import Address, Data, Definitions, Namespace, Output
from cli.output import as_yaml, folded, say, show

if TYPE_CHECKING:
    from worker.scenarios.testing import Results
    from worker.settings import Settings


def try_out(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Workflows, definition files or files of tests; by default all.", metavar="[NAME|FILE]..."
        ),
    ] = None,
    require_coverage: Annotated[
        bool, typer.Option("--require-coverage", help="Fail too when something was not reached.")
    ] = False,
    from_run: Annotated[
        str | None,
        typer.Option("--from-run", help="Write a test of this recorded run instead.", metavar="ID"),
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", help="Where that test goes, by default here.", metavar="FILE")
    ] = None,
    data: Data = None,
    address: Address = None,
    namespace: Namespace = None,
    definitions: Definitions = None,
    output: Output = None,
) -> int:
    """Run the tests of definitions on virtual time, and say what they did not reach.

    Exit code 1 when a test fails. Months pass in under a second; nothing outside of the tests is
    touched: activities have stand-ins, and the server is one of the command's own.

    Example: kronos definitions test onboarding
    """
    from worker.scenarios.selection import try_definitions
    from worker.settings import load_settings

    settings = load_settings(
        {"definitions": definitions, "data": data, "address": address, "namespace": namespace}
    )
    if from_run is not None:
        return _save(wait_for(_recorded(settings, from_run)), save)
    results = wait_for(try_definitions(settings, names or []))
    show(as_json(results), output, lambda _: table(results))
    return 0 if results.passed and (results.complete or not require_coverage) else 1


async def _recorded(settings: "Settings", workflow_id: str) -> dict[str, Any]:
    from worker.connection import connect
    from worker.scenarios.recording import scenario_of_run

    return await scenario_of_run(await connect(settings), workflow_id)


def _save(test: dict[str, Any], path: Path | None) -> int:
    text = as_yaml(test)
    if path is None:
        print(text, end="")
    else:
        path.write_text(text, encoding="utf-8")
    say("This test holds the values of that run, personal ones too; replace them before you share it.")
    return 0


def require_passing_tests(settings: "Settings") -> None:
    """Return when all tests of the definitions pass; what fails is raised, with its places."""
    from worker.scenarios.selection import refuse_what_fails

    wait_for(refuse_what_fails(settings))


def as_json(results: "Results") -> dict[str, Any]:
    """`{tests: […], problems: […], coverage: {workflow: …}}`."""
    from dsl.problems import as_object

    return {
        "tests": [
            {
                "file": test.file,
                "name": test.name,
                "workflow": test.workflow,
                "line": test.line,
                "outcome": "passed" if test.passed else "failed",
                "problems": [as_object(problem) for problem in test.problems],
                "seconds": round(test.seconds, 3),
                "virtual_seconds": round(test.virtual_seconds, 3),
            }
            for test in results.tests
        ],
        "problems": [as_object(problem) for problem in results.problems],
        "coverage": {name: coverage.as_json() for name, coverage in results.coverage.items()},
    }


def table(results: "Results") -> str:
    """The tests by file, what is wrong with them, and what was not reached."""
    from dsl.problems import render_text

    lines: list[str] = []
    for file in dict.fromkeys(test.file for test in results.tests):
        lines += [file, *(_line(test) for test in results.tests if test.file == file), ""]
    problems = [*results.problems, *(problem for test in results.tests for problem in test.problems)]
    if problems:
        lines += [render_text(problems), ""]
    for name, coverage in results.coverage.items():
        lines += [_reached(name, coverage.as_json())]
        lines += [_missed(goal) for goal in coverage.missing]
    failed = sum(not test.passed for test in results.tests)
    lines += ["", f"{len(results.tests) - failed} passed, {failed} failed"]
    return "\n".join(lines)


def _line(test: Any) -> str:
    took = f"{test.seconds:.2f} s" if test.seconds else "not run"
    return folded(f"  {'✓' if test.passed else '✗'} {test.name} ({_span(test.virtual_seconds)} in {took})", 4)


def _span(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _reached(name: str, counts: dict[str, Any]) -> str:
    parts = [
        f"{kind} {count['covered']}/{count['total']}"
        for kind, count in counts.items()
        if kind != "missing" and count["total"]
    ]
    return folded(f"coverage of {name}: {', '.join(parts)}", 2)


def _missed(goal: Any) -> str:
    name = f"{goal.id} ({goal.path})" if goal.id else goal.path
    return folded(f"  not reached, line {goal.line}: {goal.what} of {name}", 4)
