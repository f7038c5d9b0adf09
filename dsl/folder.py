"""A folder of definitions: its files as they were loaded, and everything that was found out about them."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from dsl.catalogue_files import read_catalogue_file
from dsl.check import check_definition
from dsl.check.events import check_events, event_schemas
from dsl.check.interfaces import with_interfaces
from dsl.compile import input_schema
from dsl.definition import Definition
from dsl.load import load
from dsl.problems import EnoughSaid, Problem, Report, in_order
from dsl.scenarios.files import Tests, read_tests
from dsl.structure.document import read_definition
from dsl.structure.metrics import metric_types
from dsl.tables.documents import is_table
from dsl.tables.facts import UNREAD, TableFacts, facts_of
from dsl.tree import Source
from dsl.world import Interface, World
from payloads.facts import activity_facts
from payloads.roles import CLIENT

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class File:
    """One file of a folder; `name` is the workflow's file name or the catalogue's path, without suffix."""

    path: str
    name: str
    content: bytes


@dataclass(frozen=True)
class Folder:
    """The files of a definitions folder, as they were when it was loaded.

    `whole` when these are all its files, so that one that is not here is missing.
    """

    path: str
    workflows: tuple[File, ...] = ()
    catalogue: tuple[File, ...] = ()
    tests: tuple[File, ...] = ()
    whole: bool = False

    @cached_property
    def checked(self) -> "Checked":
        """Everything that was found out about the files; computed once."""
        return _check(self)

    @cached_property
    def scenarios(self) -> Tests:
        """The tests of the definitions, and what is wrong with them; a release is built without."""
        return read_tests(self.tests, self.checked.definitions, self.checked.world)


@dataclass(frozen=True, slots=True)
class Checked:
    """A folder that was read: definitions by workflow, catalogue by name, problems in order."""

    definitions: Mapping[str, Definition]
    catalogue: Mapping[str, Any]
    world: World
    problems: list[Problem]
    sources: Mapping[str, Source] = field(default_factory=dict)
    """The text of each definition, by workflow."""


def load_folder(folder: Path) -> Folder:
    """The files under `workflows/`, `catalogue/` and `tests/`; OSError when one cannot be read."""
    return Folder(
        path=str(folder),
        workflows=tuple(_files(folder / "workflows", deep=False)),
        catalogue=tuple(_files(folder / "catalogue", deep=True)),
        tests=tuple(_files(folder / "tests", deep=True)),
        whole=True,
    )


def check_folder(folder: Folder) -> list[Problem]:
    """Every problem of every file, by file and place."""
    return in_order([*folder.checked.problems, *folder.scenarios.problems])


def _files(folder: Path, *, deep: bool) -> Iterator[File]:
    for path in yaml_files(folder, deep=deep):
        yield File(str(path), path.relative_to(folder).with_suffix("").as_posix(), path.read_bytes())


def yaml_files(folder: Path, *, deep: bool) -> Iterator[Path]:
    found = folder.rglob("*") if deep else folder.glob("*")
    yield from sorted(path for path in found if path.suffix in SUFFIXES and path.is_file())


@dataclass(slots=True)
class _Reading:
    """A folder half read: what is known so far."""

    definitions: dict[str, tuple[Definition, Report]] = field(default_factory=dict)
    catalogue: dict[str, Any] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)
    tables: dict[str, TableFacts] = field(default_factory=dict)
    """Decision tables by name, those with faults too: that a file is there is known at once."""


def _check(folder: Folder) -> Checked:
    reading = _Reading()
    for file in folder.catalogue:
        _read_catalogue(file, reading)
    for file in folder.workflows:
        _read_workflow(file, reading)
    files = frozenset(file.name for file in folder.catalogue) if folder.whole else None
    world = replace(_world(reading), files=files)
    for definition, report in reading.definitions.values():
        with suppress(EnoughSaid):
            check_definition(definition, world, report)
    return Checked(
        definitions={name: definition for name, (definition, _) in reading.definitions.items()},
        catalogue=reading.catalogue,
        world=world,
        problems=in_order(problem for report in reading.reports for problem in report.problems),
        sources={name: report.source for name, (_, report) in reading.definitions.items()},
    )


def _read_catalogue(file: File, reading: _Reading) -> None:
    tree, report = load(file.content, file.path)
    reading.reports.append(report)
    if tree is not None:
        with suppress(EnoughSaid):
            if is_table(tree.root):
                reading.tables[file.name.rsplit("/", 1)[-1]] = UNREAD
            reading.catalogue[file.name] = read_catalogue_file(tree, file.name, report)
            if file.name == "events":
                check_events(tree, reading.catalogue[file.name], report)


def _read_workflow(file: File, reading: _Reading) -> None:
    tree, report = load(file.content, file.path)
    reading.reports.append(report)
    definition = None
    with suppress(EnoughSaid):
        definition = read_definition(tree, report) if tree else None
    if definition is None:
        return
    name = definition.workflow
    if name.text in reading.definitions:
        first = reading.definitions[name.text][1].source.file
        report.node("K133", name, f"the workflow `{name.text}` is defined twice", f"the other is in {first}")
        return
    reading.definitions[name.text] = (definition, report)


def _world(reading: _Reading) -> World:
    """What the definitions can name; a workflow that another one runs is looked into first."""
    events = reading.catalogue.get("events")
    found = {name: facts_of(document) for name, document in _tables(reading.catalogue)}
    world = World(
        activities=activity_facts(),
        workflows={
            name: Interface(input_schema(definition.input))
            for name, (definition, _) in reading.definitions.items()
        },
        facts=_names(events.get("facts")) if isinstance(events, dict) else None,
        events=_names(events.get("business")) if isinstance(events, dict) else None,
        event_schemas=event_schemas(events),
        tables={**reading.tables, **found},
        roles=holders(reading.catalogue.get("people")),
        metrics=metric_types(reading.catalogue.get("metrics")),
    )
    return with_interfaces(
        world, {name: (found, report.source) for name, (found, report) in reading.definitions.items()}
    )


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
