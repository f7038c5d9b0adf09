"""What the definitions of a folder can name, before any of them is looked into."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from dsl.catalogue_files import check_is_read, read_catalogue_file
from dsl.compile import input_schema
from dsl.definition import Definition
from dsl.folder import File, Folder
from dsl.load import load
from dsl.problems import EnoughSaid, Report
from dsl.tables.documents import is_table
from dsl.tables.facts import UNREAD, TableFacts, facts_of
from dsl.tree import Tree
from dsl.types import BOOL, INTEGER, NUMBER, Type
from dsl.world import Interface, World
from payloads.facts import activity_facts
from payloads.roles import CLIENT

EVENTS = "events"
NAMED = (EVENTS, "people", "metrics")
"""The catalogue files whose entries definitions name; decision tables are the others."""
_METRIC_TYPES = {"number": NUMBER, "integer": INTEGER, "boolean": BOOL}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A catalogue file as it was loaded, and what was said of it so far; no tree where it is no YAML."""

    name: str
    tree: Tree | None
    report: Report


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A folder before its definitions are looked into: its catalogue, and what definitions can name.

    Of a workflow that another one runs `world` knows the input alone.
    """

    catalogue: Mapping[str, Any]
    world: World
    files: list[Loaded]


@dataclass(slots=True)
class _Reading:
    """A catalogue half read: what is known so far."""

    catalogue: dict[str, Any] = field(default_factory=dict)
    files: list[Loaded] = field(default_factory=list)
    tables: dict[str, TableFacts] = field(default_factory=dict)
    """Decision tables by name, those with faults too: that a file is there is known at once."""


def survey(folder: Folder) -> Surveyed:
    """Read the catalogue, and say what definitions of the folder can name."""
    reading = _Reading()
    for file in folder.catalogue:
        _read(file, reading)
    world = _world(reading, folder.structure.definitions)
    return Surveyed(reading.catalogue, replace(world, files=folder.names), reading.files)


def named(
    definitions: Mapping[str, tuple[Definition, Report]],
) -> Iterator[tuple[str, tuple[Definition, Report]]]:
    """Those that have a name, by which others can run them."""
    return ((name, found) for name, found in definitions.items() if found[0].workflow.text)


def event_schemas(events: Any) -> dict[str, Mapping[str, Any]]:
    """The schema of each business event that has one, of the file as JSON."""
    business = events.get("business") if isinstance(events, dict) else None
    found = business.items() if isinstance(business, dict) else ()
    return {
        name: event["schema"]
        for name, event in found
        if isinstance(event, dict) and isinstance(event.get("schema"), dict)
    }


def _read(file: File, reading: _Reading) -> None:
    tree, report = load(file.content, file.path)
    reading.files.append(Loaded(file.name, tree, report))
    if tree is not None:
        with suppress(EnoughSaid):
            if is_table(tree.root):
                reading.tables[file.name.rsplit("/", 1)[-1]] = UNREAD
            else:
                check_is_read(tree, file.name, report)
            reading.catalogue[file.name] = read_catalogue_file(tree, file.name, report)


def _world(reading: _Reading, definitions: Mapping[str, tuple[Definition, Report]]) -> World:
    events = reading.catalogue.get(EVENTS)
    found = {name: facts_of(document) for name, document in _tables(reading.catalogue)}
    return World(
        activities=activity_facts(),
        workflows={
            name: Interface(input_schema(definition.input)) for name, (definition, _) in named(definitions)
        },
        facts=_names(events.get("facts")) if isinstance(events, dict) else None,
        events=_names(events.get("business")) if isinstance(events, dict) else None,
        event_schemas=event_schemas(events),
        tables={**reading.tables, **found},
        roles=_holders(reading.catalogue.get("people")),
        metrics=_metric_types(reading.catalogue.get("metrics")),
    )


def _tables(catalogue: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, content in catalogue.items():
        if isinstance(content, dict) and "table" in content:
            yield name.rsplit("/", 1)[-1], content


def _holders(people: Any) -> dict[str, int] | None:
    """How many people hold each role of people.yaml, and that of the run's client; None without the file."""
    if not isinstance(people, dict) or not isinstance(people.get("people"), dict):
        return None
    held = [role for person in people["people"].values() for role in _listed(person, "roles")]
    return {**{role: held.count(role) for role in _names(people.get("roles"))}, CLIENT: 1}


def _metric_types(metrics: Any) -> dict[str, Type] | None:
    """The type of each metric of the file as JSON; None without the file."""
    if not isinstance(metrics, dict):
        return None
    found = metrics.get("metrics")
    entries = found.items() if isinstance(found, dict) else ()
    return {
        name: _METRIC_TYPES.get(str(metric.get("type")), NUMBER)
        for name, metric in entries
        if isinstance(metric, dict)
    }


def _listed(section: Any, key: str) -> list[Any]:
    found = section.get(key) if isinstance(section, dict) else None
    return found if isinstance(found, list) else []


def _names(section: Any) -> frozenset[str]:
    return frozenset(section) if isinstance(section, dict) else frozenset()
