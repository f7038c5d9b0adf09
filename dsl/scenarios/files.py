"""The files of tests of a folder, read and checked against its definitions."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsl.definition import Definition
from dsl.load import load
from dsl.problems import EnoughSaid, Problem, Report
from dsl.scenarios.model import ScenarioFile
from dsl.scenarios.read import read_scenarios
from dsl.scenarios.subject import subjects_of
from dsl.world import World

if TYPE_CHECKING:
    from dsl.folder import File


@dataclass(frozen=True, slots=True)
class Tests:
    """Every file of tests that could be read, and what is wrong with them all."""

    files: tuple[ScenarioFile, ...]
    problems: tuple[Problem, ...]


def read_tests(files: "Iterable[File]", definitions: Mapping[str, Definition], world: World) -> Tests:
    """The tests in files of a folder whose definitions were read before."""
    subjects = subjects_of(definitions)
    read: list[ScenarioFile] = []
    reports: list[Report] = []
    for file in files:
        tree, report = load(file.content, file.path)
        reports.append(report)
        with suppress(EnoughSaid):
            found = read_scenarios(tree, report, world, subjects) if tree else None
            read += [found] if found is not None else []
    return Tests(tuple(read), tuple(problem for report in reports for problem in report.problems))
