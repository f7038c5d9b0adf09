"""Everything that is found out about a folder of definitions: by file, and between its files."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from dsl.catalogue_files import check_is_read, read_catalogue_file
from dsl.check import check_definition
from dsl.check.events import check_events, event_schemas
from dsl.check.interfaces import with_interfaces
from dsl.compile import input_schema
from dsl.definition import Definition
from dsl.folder import File, Folder
from dsl.load import load
from dsl.problems import EnoughSaid, Problem, Report, in_order
from dsl.structure.metrics import metric_types
from dsl.tables.documents import is_table
from dsl.tables.facts import UNREAD, TableFacts, facts_of
from dsl.tree import Source
from dsl.world import Interface, World
from payloads.facts import activity_facts
from payloads.roles import CLIENT

NAMED = ("events", "people", "metrics")
"""The catalogue files whose entries definitions name; decision tables are the others."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A folder that was read: definitions by workflow, catalogue by name, problems in order."""

    definitions: Mapping[str, Definition]
    catalogue: Mapping[str, Any]
    world: World
    problems: list[Problem]
    sources: Mapping[str, Source] = field(default_factory=dict)
    """The text of each definition, by workflow."""


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A folder before its definitions are looked into: what they can name, and the reports of the catalogue.

    Of a workflow that another one runs `world` knows the input alone.
    """

    catalogue: Mapping[str, Any]
    world: World
    reports: list[Report]


@dataclass(slots=True)
class _Reading:
    """A folder half read: what is known so far."""

    definitions: Mapping[str, tuple[Definition, Report]]
    catalogue: dict[str, Any] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)
    tables: dict[str, TableFacts] = field(default_factory=dict)
    """Decision tables by name, those with faults too: that a file is there is known at once."""


def survey(folder: Folder) -> Surveyed:
    """Read the catalogue, and say what definitions of the folder can name."""
    reading = _Reading(folder.structure.definitions)
    for file in folder.catalogue:
        _read_catalogue(file, reading)
    return Surveyed(reading.catalogue, replace(_world(reading), files=folder.names), reading.reports)


def check(folder: Folder) -> Checked:
    """Hold every definition against the catalogue and against the others."""
    surveyed, definitions = folder.surveyed, folder.structure.definitions
    world = with_interfaces(
        surveyed.world, {name: (it, its.source) for name, (it, its) in _named(definitions)}
    )
    for definition, report in definitions.values():
        with suppress(EnoughSaid):
            check_definition(definition, world, report)
    reports = [*surveyed.reports, *folder.structure.reports]
    return Checked(
        definitions={name: definition for name, (definition, _) in definitions.items()},
        catalogue=surveyed.catalogue,
        world=world,
        problems=in_order(problem for report in reports for problem in report.problems),
        sources={name: report.source for name, (_, report) in definitions.items()},
    )


def _read_catalogue(file: File, reading: _Reading) -> None:
    tree, report = load(file.content, file.path)
    reading.reports.append(report)
    if tree is not None:
        with suppress(EnoughSaid):
            if is_table(tree.root):
                reading.tables[file.name.rsplit("/", 1)[-1]] = UNREAD
            else:
                check_is_read(tree, file.name, report)
            reading.catalogue[file.name] = read_catalogue_file(tree, file.name, report)
            if file.name == "events":
                check_events(tree, reading.catalogue[file.name], report)


def _world(reading: _Reading) -> World:
    """What the definitions can name."""
    events = reading.catalogue.get("events")
    found = {name: facts_of(document) for name, document in _tables(reading.catalogue)}
    return World(
        activities=activity_facts(),
        workflows={
            name: Interface(input_schema(definition.input))
            for name, (definition, _) in _named(reading.definitions)
        },
        facts=_names(events.get("facts")) if isinstance(events, dict) else None,
        events=_names(events.get("business")) if isinstance(events, dict) else None,
        event_schemas=event_schemas(events),
        tables={**reading.tables, **found},
        roles=holders(reading.catalogue.get("people")),
        metrics=metric_types(reading.catalogue.get("metrics")),
    )


def _named(
    definitions: Mapping[str, tuple[Definition, Report]],
) -> Iterator[tuple[str, tuple[Definition, Report]]]:
    """Those that have a name, by which others can run them."""
    return ((name, found) for name, found in definitions.items() if found[0].workflow.text)


def _tables(catalogue: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, content in catalogue.items():
        if isinstance(content, dict) and "table" in content:
            yield name.rsplit("/", 1)[-1], content


def holders(people: Any) -> dict[str, int] | None:
    """How many people hold each role of people.yaml, and that of the run's client; None without the file."""
    if not isinstance(people, dict) or not isinstance(people.get("people"), dict):
        return None
    held = [role for person in people["people"].values() for role in _listed(person, "roles")]
    return {**{role: held.count(role) for role in _names(people.get("roles"))}, CLIENT: 1}


def _listed(section: Any, key: str) -> list[Any]:
    found = section.get(key) if isinstance(section, dict) else None
    return found if isinstance(found, list) else []


def _names(section: Any) -> frozenset[str]:
    return frozenset(section) if isinstance(section, dict) else frozenset()
