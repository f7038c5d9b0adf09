"""Everything that is found out about a folder of definitions: by file, and between its files."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from dsl.check.events import check_events
from dsl.check.interfaces import with_interfaces
from dsl.check.whole import check_definition
from dsl.definition import Definition
from dsl.folder import Folder
from dsl.problems import EnoughSaid, Problem, in_order
from dsl.survey import EVENTS, Surveyed, named
from dsl.tree import Source
from dsl.world import World


@dataclass(frozen=True, slots=True)
class Checked:
    """A folder that was read: definitions by workflow, catalogue by name, problems in order."""

    definitions: Mapping[str, Definition]
    catalogue: Mapping[str, Any]
    world: World
    problems: list[Problem]
    sources: Mapping[str, Source] = field(default_factory=dict)
    """The text of each definition, by workflow."""


def check(folder: Folder) -> Checked:
    """Hold every definition against the catalogue and against the others."""
    surveyed, definitions = folder.surveyed, folder.structure.definitions
    _check_catalogue(surveyed)
    world = with_interfaces(
        surveyed.world, {name: (it, its.source) for name, (it, its) in named(definitions)}
    )
    for definition, report in definitions.values():
        with suppress(EnoughSaid):
            check_definition(definition, world, report)
    reports = [*(file.report for file in surveyed.files), *folder.structure.reports]
    return Checked(
        definitions={name: definition for name, (definition, _) in definitions.items()},
        catalogue=surveyed.catalogue,
        world=world,
        problems=in_order(problem for report in reports for problem in report.problems),
        sources={name: report.source for name, (_, report) in definitions.items()},
    )


def _check_catalogue(surveyed: Surveyed) -> None:
    for file in surveyed.files:
        if file.name == EVENTS and file.name in surveyed.catalogue and file.tree is not None:
            with suppress(EnoughSaid):
                check_events(file.tree, surveyed.catalogue[file.name], file.report)
