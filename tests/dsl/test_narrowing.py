"""What is said of one definition of a folder is the same, whether the whole folder is read or what it needs of it."""

import random
from pathlib import Path
from textwrap import dedent

import pytest

from dsl.folder import File, Folder, load_folder
from dsl.narrowing import narrowed
from dsl.problems import Problem
from dsl.release import build_release, check_paths
from tests.support import hostile
from tests.support.definitions import folder, small

DEFINITIONS = Path(__file__).parents[2] / "definitions"
SHIPPED = load_folder(DEFINITIONS)
WORKFLOWS = sorted(SHIPPED.structure.definitions)

CHILD = small("- call: portfolio.read\n  with: {portfolio_id: a}").replace("small", "child")


def of_file(found: Folder, path: str) -> list[Problem]:
    """What is wrong with one of its files."""
    return [problem for problem in found.checked.problems if problem.file == path]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_plan_is_the_same(name: str) -> None:
    """The plan of each shipped definition, made from the few files that it needs."""
    few = narrowed(SHIPPED, name)
    assert build_release(few).plans[name] == build_release(SHIPPED).plans[name]
    assert len(few.workflows) < len(SHIPPED.workflows)
    assert len(few.catalogue) < len(SHIPPED.catalogue)


def test_what_a_definition_runs_is_kept_and_what_that_runs() -> None:
    """Definitions are followed through all that they run."""
    few = narrowed(SHIPPED, "onboarding")
    assert sorted(few.structure.definitions) == ["investment", "onboarding"]


@pytest.mark.parametrize(
    "step",
    [
        "- run: child\n  input: {}",
        "- {run: child, input: {}}",
        "- {\"run\": 'child', input: {}}",
        "- run:   child # and wait",
        '- run: "ch\\x69ld"',  # only YAML can tell
        "- run: chidl",
        "- run: nobody",
        "- run: [child]",
        "- wait: 1",
        "- call: portfolio.raed\n  with: {portfolio_id: a}",
    ],
)
@pytest.mark.parametrize("wanted", ["small", "child"])
def test_every_way_to_run_another_is_understood(step: str, wanted: str) -> None:
    """Whatever a step looks like, as much is wrong with its file as when all files are read."""
    whole = folder(dedent(small(step)), CHILD, small("- wait: 1d").replace("small", "other"))
    few = narrowed(whole, wanted)
    for file in few.workflows:
        assert of_file(few, file.path) == of_file(whole, file.path)
    assert wanted in few.structure.definitions


@pytest.mark.parametrize(
    ("first", "second"),
    [("workflow: small", "workflow: small"), ("workflow: small", '"workflow": "sm\\x61ll"'), ("{", "[")],
)
def test_a_workflow_that_is_defined_twice_is_seen(first: str, second: str) -> None:
    """However its name is written in the second file."""
    again = small("- wait: 1d").replace("workflow: small", second)
    whole = folder(small("- wait: 1d").replace("workflow: small", first), again)
    few = narrowed(whole, "small")
    for file in whole.workflows:
        assert of_file(few, file.path) == of_file(whole, file.path)


@pytest.mark.parametrize("seed", range(60))
def test_a_mutated_definition_has_the_same_problems(seed: int) -> None:
    """Random mutations of the shipped definitions, each in the place of the original."""
    name = WORKFLOWS[seed % len(WORKFLOWS)]
    original = next(file for file in SHIPPED.workflows if file.name == name)
    text = hostile.changed(original.content.decode(), random.Random(seed))
    changed = File(original.path, name, text.encode("utf-8", "surrogatepass"))
    others = tuple(file for file in SHIPPED.workflows if file.name != name)
    whole = Folder(SHIPPED.path, (*others, changed), SHIPPED.catalogue, names=SHIPPED.names)
    assert of_file(narrowed(whole, name), changed.path) == of_file(whole, changed.path)


def test_a_file_is_checked_with_the_files_that_activities_need(tmp_path: Path) -> None:
    """A catalogue file that is missing is said also where a single definition is checked."""
    for file in (*SHIPPED.workflows, *SHIPPED.catalogue):
        copy = tmp_path / Path(file.path).relative_to(DEFINITIONS)
        copy.parent.mkdir(exist_ok=True)
        if file.name != "compliance":
            copy.write_bytes(file.content)
    codes = {problem.code for problem in check_paths([tmp_path / "workflows" / "investment.yaml"])}
    assert codes == {"K215"}
