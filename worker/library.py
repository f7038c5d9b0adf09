"""Definitions: what is in the folder, what is wrong with it, and making a release of it.

`dsl.release` brings the checker and the compiler, and is imported by the functions that need them.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsl.folder import File, Folder, check_folder, load_folder, yaml_files
from dsl.near import listed, nearest
from worker.errors import BadInput, UnknownId
from worker.settings import Settings

if TYPE_CHECKING:
    from dsl.problems import Problem
    from dsl.release import Release


@dataclass(frozen=True, slots=True)
class Published:
    """A release that was stored; `development` when a definition is older, or changed under its version."""

    release: str
    development: bool
    changed: str
    definitions: list[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """What `kronos definitions publish` prints."""
        return {
            "release": self.release,
            "development": self.development,
            "definitions": self.definitions,
        }


def problems_of(settings: Settings, paths: list[Path]) -> "list[Problem]":
    """Every problem of the files and folders given, by default of the definitions folder."""
    from dsl.release import check_paths

    try:
        folder = load_folder(settings.definitions)
        problems = check_paths(paths, folder) if paths else check_folder(folder)
    except OSError as error:
        raise BadInput(f"{error.filename} cannot be read: {error.strerror}") from error
    for place in paths or [settings.definitions]:
        # A wrong path would otherwise pass for a folder without problems.
        if place.is_dir() and not any(yaml_files(place, deep=True)):
            raise BadInput(f"there is no definition (*.yaml) in {place}")
    if not paths and not folder.workflows:
        raise BadInput(f"there is no definition in {settings.definitions / 'workflows'}")
    return problems


def list_definitions(settings: Settings) -> list[dict[str, Any]]:
    """Every definition of the folder that can be read: name, version, summary, file.

    A version that is no number is None; `problems_of` says what is wrong with it.
    """
    from dsl.scalars import resolve

    rows = []
    for name, (definition, report) in sorted(_folder(settings).structure.definitions.items()):
        version = resolve(definition.version)
        rows.append(
            {
                "workflow": name,
                "version": version if isinstance(version, int) else None,
                "summary": definition.summary.text,
                "file": report.source.file,
            }
        )
    return rows


def plan_document(settings: Settings, name: str) -> dict[str, Any]:
    """The compiled plan of one definition, by workflow name or by file.

    `dsl.release.Refused` lists the problems when something in the folder is wrong that concerns it.
    """
    from dsl.narrowing import narrowed

    folder = _folder(settings)
    if _is_path(name):
        folder, name = _folder_of_file(settings, Path(name))
    plans = _release_around(narrowed(folder, name), name).plans
    if name not in plans:
        near = nearest(name, plans)
        hint = f"did you mean {near}?" if near else f"there are: {listed(plans) or 'none'}"
        raise UnknownId(f"there is no definition {name} in {folder.path}; {hint}", name="UnknownDefinition")
    plan: dict[str, Any] = plans[name]
    return {"digest": plan["digest"], **plan["document"]}


def publish(settings: Settings, *, development: bool = False) -> Published:
    """Store the folder as the release that new runs start from.

    `dsl.release.Refused` when a check fails; `VersionUnchanged` when a definition changed and its
    version did not, `VersionLowered` when a higher version is published, unless `development` takes
    that as a release to try things out with.
    """
    from dsl.release import build_release
    from payloads import plain_json
    from store import releases
    from worker.storage import open_database

    folder = _folder(settings)
    if not folder.workflows:
        raise BadInput(f"there is no definition in {settings.definitions / 'workflows'}")
    release = build_release(folder)
    text = plain_json.dumps(release.document)
    database = open_database(settings)
    changed = ""
    try:
        try:
            with database.transaction() as tx:
                stored = releases.save(tx, settings.tenant, release.digest, text, datetime.now(UTC))
                tentative = stored.development
        except (releases.VersionUnchanged, releases.VersionLowered) as error:
            if not development:
                raise
            changed = error.message
            with database.transaction() as tx:
                releases.save(tx, settings.tenant, release.digest, text, datetime.now(UTC), development=True)
            tentative = True
    finally:
        database.close()
    rows = [{"workflow": name, "version": plan["version"]} for name, plan in release.plans.items()]
    return Published(release.digest, tentative, changed, rows)


def _folder(settings: Settings) -> Folder:
    try:
        return load_folder(settings.definitions)
    except OSError as error:
        raise BadInput(f"{error.filename} cannot be read: {error.strerror}") from error


def _is_path(name: str) -> bool:
    """Names somebody a file rather than a workflow; a workflow's name has neither a dot nor a slash."""
    return name.endswith((".yaml", ".yml")) or "/" in name


def _folder_of_file(settings: Settings, path: Path) -> tuple[Folder, str]:
    """The definitions folder with `path` in the place of its namesake, and its workflow's name."""
    from dsl.load import load, read_file
    from dsl.release import Refused
    from dsl.tree import MapNode

    try:
        file = File(str(path), path.stem, read_file(path))
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from error
    tree, report = load(file.content, file.path)
    root = tree.root if tree else None
    name = getattr(root.get("workflow") if isinstance(root, MapNode) else None, "text", None)
    if not isinstance(name, str):
        raise Refused(report.problems or problems_of(settings, [path]))
    around = _folder(settings)
    others = tuple(other for other in around.workflows if other.name != name)
    return replace(around, workflows=(*others, file)), name


def _release_around(folder: Folder, name: str) -> "Release":
    """A release with the workflow `name`: faults of others, which it does not need, are no matter."""
    from dsl.release import Refused, build_release

    try:
        return build_release(folder)
    except Refused as refused:
        faulty = {problem.file for problem in refused.problems if problem.is_error}
        own = folder.checked.sources.get(name)
        kept = tuple(file for file in folder.workflows if file.path not in faulty)
        if own is None or own.file in faulty:
            raise
        try:
            return build_release(replace(folder, workflows=kept))
        except Refused:
            raise refused from None
