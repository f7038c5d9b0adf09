"""A folder of definitions: its files as they were loaded. `dsl.checked` finds out all else about them."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dsl.definition import Definition
from dsl.load import load, read_file
from dsl.problems import EnoughSaid, Problem, Report, in_order
from dsl.structure.document import read_definition

if TYPE_CHECKING:
    # The checker is imported when something is to be checked: to list what there is, nothing needs to be.
    from dsl.checked import Checked
    from dsl.scenarios.files import Tests
    from dsl.survey import Surveyed

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

    `names` are those of all files of its catalogue, so that another one is missing; None when unknown.
    """

    path: str
    workflows: tuple[File, ...] = ()
    catalogue: tuple[File, ...] = ()
    tests: tuple[File, ...] = ()
    names: frozenset[str] | None = None

    @cached_property
    def structure(self) -> "Structure":
        """The definitions as far as each file alone says what it is; computed once."""
        structure = Structure({}, [])
        for file in self.workflows:
            _read_workflow(file, structure)
        return structure

    @cached_property
    def surveyed(self) -> "Surveyed":
        """What the definitions can name, before they are checked; computed once."""
        from dsl.survey import survey

        return survey(self)

    @cached_property
    def checked(self) -> "Checked":
        """Everything that was found out about the files; computed once."""
        from dsl.checked import check

        return check(self)

    @cached_property
    def scenarios(self) -> "Tests":
        """The tests of the definitions, and what is wrong with them; a release is built without."""
        from dsl.scenarios.files import read_tests

        return read_tests(self.tests, self.checked.definitions, self.checked.world)


@dataclass(frozen=True, slots=True)
class Structure:
    """The definitions that could be read, by workflow, each with its report; and the reports of all files."""

    definitions: dict[str, tuple[Definition, Report]]
    reports: list[Report]


def load_folder(folder: Path) -> Folder:
    """The files under `workflows/`, `catalogue/` and `tests/`; OSError when one cannot be read."""
    catalogue = tuple(_files(folder / "catalogue", deep=True))
    return Folder(
        path=str(folder),
        workflows=tuple(_files(folder / "workflows", deep=False)),
        catalogue=catalogue,
        tests=tuple(_files(folder / "tests", deep=True)),
        names=frozenset(file.name for file in catalogue),
    )


def check_folder(folder: Folder) -> list[Problem]:
    """Every problem of every file, by file and place."""
    return in_order([*folder.checked.problems, *folder.scenarios.problems])


def _files(folder: Path, *, deep: bool) -> Iterator[File]:
    for path in yaml_files(folder, deep=deep):
        yield File(str(path), path.relative_to(folder).with_suffix("").as_posix(), read_file(path))


def yaml_files(folder: Path, *, deep: bool) -> Iterator[Path]:
    """The YAML files of a folder, sorted; with `deep` those of the folders in it, too."""
    found = folder.rglob("*") if deep else folder.glob("*")
    yield from sorted(path for path in found if path.suffix in SUFFIXES and path.is_file())


def _read_workflow(file: File, structure: Structure) -> None:
    tree, report = load(file.content, file.path)
    structure.reports.append(report)
    definition = None
    with suppress(EnoughSaid):
        definition = read_definition(tree, report) if tree else None
    if definition is None:
        return
    name = definition.workflow
    if not name.text:  # without a name, which is reported, it is told from others by its file
        structure.definitions[file.path] = (definition, report)
        return
    if name.text in structure.definitions:
        first = structure.definitions[name.text][1].source.file
        report.node("K133", name, f"the workflow `{name.text}` is defined twice", f"the other is in {first}")
        return
    structure.definitions[name.text] = (definition, report)
