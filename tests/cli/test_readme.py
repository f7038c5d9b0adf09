"""What the README shows is so: its commands, its demo, its first definition."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from cli.main import app
from cli.portfolio import holdings_table
from cli.tree import MARKS
from dsl.problems import render_text
from dsl.release import File, build_release, check_folder, load_folder
from tests.support.servers import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
FENCED = re.findall(r"^```\w*\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
[DEMO] = [block for block in FENCED if "Web UI: http" in block]
STEP = re.compile(rf"( *)[{re.escape(''.join(MARKS.values()))}] (.+?)(?: +\d+\.\d\d s)?")
COMMANDS = sorted(
    {
        line.split("|")[-1].strip().removeprefix(".venv/bin/")
        for line in "\n".join([*FENCED, *re.findall(r"`([^`\n]+)`", README)]).replace("\\\n", "").splitlines()
        if re.search(r"(^|\| *)(\.venv/bin/)?kronos [a-z]", line)
    }
)


@cache
def definitions() -> Any:
    """The plans of the repository, by workflow."""
    return build_release(load_folder(REPOSITORY / "definitions")).plans


def titles(steps: Any) -> Iterator[str]:
    """The titles of steps and of all steps inside them, in their order."""
    if isinstance(steps, dict):
        if isinstance(steps.get("title"), str) and "kind" in steps:
            yield steps["title"]
        steps = list(steps.values())
    if isinstance(steps, list):
        for step in steps:
            yield from titles(step)


def test_there_are_commands_to_look_at() -> None:
    """The tests below look at what is quoted."""
    assert "kronos definitions validate" in COMMANDS
    assert any(command.startswith("kronos signal my-client deposit_received") for command in COMMANDS)


@pytest.mark.parametrize("line", COMMANDS)
def test_a_quoted_command_can_be_typed(line: str) -> None:
    """The command exists, with each of its options."""
    words = shlex.split(line)[1:]
    command: Any = get_command(app)
    while words and hasattr(command, "list_commands"):
        found = command.get_command(None, words[0])
        assert found is not None, f"there is no command {words[0]}"
        command, words = found, words[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("-") and word != "-"} <= known


def test_a_quoted_target_of_make_exists() -> None:
    """`make demo` is the first thing that a newcomer types."""
    made = set(re.findall(r"^(?:`*)make (\w+)|`make (\w+)`", README, re.MULTILINE))
    targets = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "test"} <= {a or b for a, b in made} <= targets


def test_the_demo_shown_has_the_steps_of_the_definitions() -> None:
    """A step that was renamed or taken out is not shown any longer; it begins as onboarding begins."""
    shown = [STEP.fullmatch(line) for line in DEMO.splitlines()]
    steps = [found[2] for found in shown if found]
    assert len(steps) > 20
    known = {
        *titles(definitions()["onboarding"]["document"]),
        *titles(definitions()["investment"]["document"]),
    }
    assert [step for step in steps if step not in known] == []
    before = DEMO[: DEMO.index("⋮")].splitlines()
    first = [found[2] for line in before if (found := STEP.fullmatch(line))]
    top = [step["title"] for step in definitions()["onboarding"]["document"]["steps"]]
    assert first == top[: len(first)]


def test_the_holdings_shown_are_laid_out_as_they_are_printed() -> None:
    """The columns of the demo's last table."""
    holding = dict.fromkeys(("etf", "units", "price", "value", "weight", "target", "drift"))
    header = holdings_table({"holdings": [holding]}).splitlines()[0].split()
    assert header in [line.split() for line in DEMO.splitlines()]


def test_the_first_definition_is_right_and_its_fault_is_shown_to_the_letter() -> None:
    """A newcomer who types it off, and then the fault, sees what the README says."""
    [text] = [block for block in FENCED if block.startswith("workflow: review")]
    path = "definitions/workflows/review.yaml"
    assert shown_problems(path, text) == ""
    told = shown_problems(path, text.replace("steps.portfolio.cash > 1000", "steps.portfolio.cahs > 1000"))
    assert f"```\n{told}\n```" in README


def shown_problems(path: str, text: str) -> str:
    """What the checker says of a definition beside those of the repository."""
    folder = load_folder(REPOSITORY / "definitions")
    own = File(path, Path(path).stem, text.encode())
    problems = check_folder(replace(folder, workflows=(*folder.workflows, own)))
    return render_text(problem for problem in problems if problem.file == path)
