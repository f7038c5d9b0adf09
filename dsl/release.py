"""A release of a folder of definitions, and the checks that people ask for.

    build_release   plans, catalogue and digest, once nothing is wrong
    check_paths     single files, or folders, as `kronos definitions validate` takes them
    validate_input  a value against the schema of an input or a signal

`load_folder` and `check_folder` are in `dsl.folder`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dsl.catalogue_files import has_model
from dsl.compile import compile_definition
from dsl.folder import File, Folder, check_folder, load_folder, yaml_files
from dsl.load import load, read_file
from dsl.narrowing import narrowed
from dsl.problems import Problem, in_order
from dsl.tree import MapNode, Tree
from payloads import plain_json

__all__ = [
    "File",
    "Folder",
    "Refused",
    "Release",
    "build_release",
    "check_folder",
    "check_paths",
    "load_folder",
    "validate_input",
]

FORMAT = 1
"""Of the release document."""


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
            problems += check_paths(list(yaml_files(path, deep=True)), folder)
        else:
            problems += _check_file(path, folder)
    return in_order(problems)


def validate_input(schema: Mapping[str, Any], value: Any) -> tuple[Any, list[Any]]:
    """The value with defaults filled in, and its misfits: `path` (`goals[0].target_date`) and `message`."""
    from dsl.values import fill_and_check  # jsonschema takes long to import

    return fill_and_check(schema, value)


def _check_file(path: Path, folder: Folder | None) -> list[Problem]:
    """The problems of one file, as if it lay in its folder; those of its neighbours are left out."""
    file = File(str(path), path.stem, read_file(path))
    home = home_of(path)
    around = load_folder(home) if home else folder or Folder("")
    tree, _ = load(file.content, file.path)
    if _is_catalogue(path, tree):
        inside = path.absolute().relative_to(home / "catalogue") if home else Path(path.name)
        name = inside.with_suffix("").as_posix()
        own = Folder(around.path, catalogue=(File(file.path, name, file.content),))
    elif holds_tests(tree):
        own = replace(around, tests=(file,))
    else:
        others = tuple(other for other in around.workflows if not _same(other.path, path))
        workflow = _workflow_name(tree)
        others = tuple(other for other in others if other.name != workflow)
        own = replace(around, workflows=(*others, file), tests=())
        own = narrowed(own, workflow) if workflow else own
    return [problem for problem in check_folder(own) if problem.file == file.path]


def home_of(path: Path) -> Path | None:
    """The definitions folder that a file lies in, by the names of the folders above it."""
    for parent in path.absolute().parents:
        if parent.name in ("workflows", "catalogue") or (
            parent.name == "tests" and (parent.parent / "workflows").is_dir()
        ):
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


def holds_tests(tree: Tree | None) -> bool:
    """Is it a file of tests: does it have tests and no steps."""
    root = tree.root if tree else None
    return isinstance(root, MapNode) and root.get("tests") is not None and root.get("steps") is None


def _workflow_name(tree: Tree | None) -> str | None:
    node = tree.root.get("workflow") if tree and isinstance(tree.root, MapNode) else None
    return getattr(node, "text", None)
