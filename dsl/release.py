"""A folder of definitions: read, checked, and made into a release.

load_folder     the files, as bytes
check_folder    what is wrong with them
build_release   plans, catalogue and digest, once nothing is wrong
check_paths     single files, or folders, as `kronos definitions validate` takes them
validate_input  a value against the schema of an input or a signal
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dsl.catalogue_files import has_model, read_catalogue_file
from dsl.check import check_definition
from dsl.check.interfaces import with_interfaces
from dsl.compile import compile_definition, input_schema
from dsl.definition import Definition
from dsl.load import load
from dsl.problems import EnoughSaid, Problem, Report, in_order
from dsl.structure.document import read_definition
from dsl.tree import MapNode, Tree
from dsl.world import Interface, World
from payloads import plain_json
from payloads.facts import activity_facts

FORMAT = 1
"""Of the release document."""

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class File:
    """One file of a folder; `name` is the workflow's file name or the catalogue's path, without suffix."""

    path: str
    name: str
    content: bytes


@dataclass(frozen=True)
class Folder:
    """The files of a definitions folder, as they were when it was loaded."""

    path: str
    workflows: tuple[File, ...] = ()
    catalogue: tuple[File, ...] = ()

    @cached_property
    def checked(self) -> "Checked":
        """Everything that was found out about the files; computed once."""
        return _check(self)


@dataclass(frozen=True, slots=True)
class Checked:
    """A folder that was read: definitions by workflow, catalogue by name, problems in order."""

    definitions: Mapping[str, Definition]
    catalogue: Mapping[str, Any]
    world: World
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class Release:
    """What is published: plans by workflow, every catalogue file, and one digest over both."""

    document: Mapping[str, Any]
    digest: str

    @property
    def plans(self) -> Mapping[str, Any]:
        """`{workflow: {document, digest, version}}`."""
        plans: Mapping[str, Any] = self.document["plans"]
        return plans

    @property
    def catalogue(self) -> Mapping[str, Any]:
        """Every catalogue file by name."""
        files: Mapping[str, Any] = self.document["catalogue"]
        return files


class Refused(Exception):
    """The folder has errors, so that no release can be built; `problems` lists them with the warnings."""

    def __init__(self, problems: list[Problem]) -> None:
        errors = [problem for problem in problems if problem.is_error]
        first = errors[0]
        super().__init__(
            f"{len(errors)} error{'s' if len(errors) > 1 else ''} in the definitions; the first: "
            f"{first.file}:{first.line}:{first.column}: {first.message} [{first.code}]"
        )
        self.problems = problems


def load_folder(folder: Path) -> Folder:
    """The files under `workflows/` and `catalogue/`; OSError when one cannot be read."""
    return Folder(
        path=str(folder),
        workflows=tuple(_files(folder / "workflows", deep=False)),
        catalogue=tuple(_files(folder / "catalogue", deep=True)),
    )


def check_folder(folder: Folder) -> list[Problem]:
    """Every problem of every file, by file and place."""
    return folder.checked.problems


def build_release(folder: Folder) -> Release:
    """The release of a folder; Refused when it has errors."""
    checked = folder.checked
    if any(problem.is_error for problem in checked.problems):
        raise Refused(checked.problems)
    plans: dict[str, Any] = {}
    for workflow, definition in sorted(checked.definitions.items()):
        document = compile_definition(definition, checked.world)
        plans[workflow] = {
            "document": document,
            "digest": plain_json.digest(document),
            "version": document["version"],
        }
    content = {"format": FORMAT, "plans": plans, "catalogue": dict(checked.catalogue)}
    digest = plain_json.digest(content)
    return Release({**content, "digest": digest}, digest)


def check_paths(paths: Iterable[Path], folder: Folder | None = None) -> list[Problem]:
    """Every problem of single files and folders; OSError when one cannot be read.

    What a file refers to (other workflows, events) is looked up in the definitions folder that it
    lies in, else in `folder`.
    """
    problems: list[Problem] = []
    for path in paths:
        if path.is_dir() and (path / "workflows").is_dir():
            problems += check_folder(load_folder(path))
        elif path.is_dir():
            problems += check_paths(list(_yaml_files(path, deep=True)), folder)
        else:
            problems += _check_file(path, folder)
    return in_order(problems)


def validate_input(schema: Mapping[str, Any], value: Any) -> tuple[Any, list[Any]]:
    """The value with defaults filled in, and its misfits: `path` (`goals[0].target_date`) and `message`."""
    from dsl.values import fill_and_check  # jsonschema takes long to import

    return fill_and_check(schema, value)


def _files(folder: Path, *, deep: bool) -> Iterator[File]:
    for path in _yaml_files(folder, deep=deep):
        yield File(str(path), path.relative_to(folder).with_suffix("").as_posix(), path.read_bytes())


def _yaml_files(folder: Path, *, deep: bool) -> Iterator[Path]:
    found = folder.rglob("*") if deep else folder.glob("*")
    yield from sorted(path for path in found if path.suffix in SUFFIXES and path.is_file())


@dataclass(slots=True)
class _Reading:
    """A folder half read: what is known so far."""

    definitions: dict[str, tuple[Definition, Report]] = field(default_factory=dict)
    catalogue: dict[str, Any] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)


def _check(folder: Folder) -> Checked:
    reading = _Reading()
    for file in folder.catalogue:
        _read_catalogue(file, reading)
    for file in folder.workflows:
        _read_workflow(file, reading)
    world = _world(reading)
    for definition, report in reading.definitions.values():
        with suppress(EnoughSaid):
            check_definition(definition, world, report)
    return Checked(
        definitions={name: definition for name, (definition, _) in reading.definitions.items()},
        catalogue=reading.catalogue,
        world=world,
        problems=in_order(problem for report in reading.reports for problem in report.problems),
    )


def _read_catalogue(file: File, reading: _Reading) -> None:
    tree, report = load(file.content, file.path)
    reading.reports.append(report)
    if tree is not None:
        with suppress(EnoughSaid):
            reading.catalogue[file.name] = read_catalogue_file(tree, file.name, report)


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
    world = World(
        activities=activity_facts(),
        workflows={
            name: Interface(input_schema(definition.input))
            for name, (definition, _) in reading.definitions.items()
        },
        facts=_names(events.get("facts")) if isinstance(events, dict) else None,
        events=_names(events.get("business")) if isinstance(events, dict) else None,
    )
    return with_interfaces(
        world, {name: (found, report.source) for name, (found, report) in reading.definitions.items()}
    )


def _names(section: Any) -> frozenset[str]:
    return frozenset(section) if isinstance(section, dict) else frozenset()


def _check_file(path: Path, folder: Folder | None) -> list[Problem]:
    """The problems of one file, as if it lay in its folder; those of its neighbours are left out."""
    file = File(str(path), path.stem, path.read_bytes())
    home = _home(path)
    around = load_folder(home) if home else folder or Folder("")
    tree, _ = load(file.content, file.path)
    if _is_catalogue(path, tree):
        name = path.relative_to(home / "catalogue").with_suffix("").as_posix() if home else path.stem
        own = Folder(around.path, catalogue=(File(file.path, name, file.content),))
    else:
        others = tuple(other for other in around.workflows if not _same(other.path, path))
        workflow = _workflow_name(tree)
        others = tuple(other for other in others if other.name != workflow)
        own = Folder(around.path, workflows=(*others, file), catalogue=around.catalogue)
    return [problem for problem in check_folder(own) if problem.file == file.path]


def _home(path: Path) -> Path | None:
    """The definitions folder that a file lies in, by the names of the folders above it."""
    for parent in path.absolute().parents:
        if parent.name in ("workflows", "catalogue"):
            return parent.parent
    return None


def _same(path: str, other: Path) -> bool:
    return Path(path).absolute() == other.absolute()


def _is_catalogue(path: Path, tree: Tree | None) -> bool:
    if "catalogue" in (parent.name for parent in path.absolute().parents):
        return True
    root = tree.root if tree else None
    defines = isinstance(root, MapNode) and bool(root.get("workflow") or root.get("steps"))
    return not defines and has_model(path.stem)


def _workflow_name(tree: Tree | None) -> str | None:
    node = tree.root.get("workflow") if tree and isinstance(tree.root, MapNode) else None
    return getattr(node, "text", None)
