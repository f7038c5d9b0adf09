"""Which tests a command means: those of workflows by name, of definition files, or of files of tests."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dsl.folder import SUFFIXES, File, Folder, load_folder
from dsl.load import load, read_file
from dsl.near import listed, nearest
from dsl.release import Refused, holds_tests, home_of
from dsl.tree import MapNode, ScalarNode, Tree
from worker.errors import BadInput, UnknownId
from worker.scenarios.testing import Results, run_tests
from worker.settings import Settings


async def try_definitions(settings: Settings, names: Sequence[str] = ()) -> Results:
    """The results of the tests that `names` mean, by default of all in the definitions folder.

    `dsl.release.Refused` when the definitions have errors, BadInput for a file that cannot be read,
    UnknownId for a name that no workflow has.
    """
    folder = _folder(settings.definitions)
    if not names:
        files = folder.scenarios.files
        return await run_tests(folder, folder.checked.definitions, files)
    results = Results()
    for name in names:
        _add(results, await _of_name(name, folder))
    return results


async def refuse_what_fails(settings: Settings) -> None:
    """Return when every test of the definitions folder passes; `dsl.release.Refused` lists why not."""
    results = await try_definitions(settings)
    if not results.passed:
        found = [problem for test in results.tests for problem in test.problems]
        raise Refused([*results.problems, *found])


def _add(results: Results, more: Results) -> None:
    known = {(test.file, test.line) for test in results.tests}
    results.tests += [test for test in more.tests if (test.file, test.line) not in known]
    results.problems += [problem for problem in more.problems if problem not in results.problems]
    for workflow, coverage in more.coverage.items():
        if workflow in results.coverage:
            results.coverage[workflow].reached |= coverage.reached
        else:
            results.coverage[workflow] = coverage


async def _of_name(name: str, folder: Folder) -> Results:
    if name in folder.checked.definitions:
        return await run_tests(folder, [name], [f for f in folder.scenarios.files if f.workflow == name])
    path = Path(name)
    if path.suffix not in SUFFIXES and not path.exists():
        near = nearest(name, folder.checked.definitions)
        hint = (
            f"did you mean {near}?" if near else f"there are: {listed(folder.checked.definitions) or 'none'}"
        )
        raise UnknownId(f"there is no definition {name} in {folder.path}; {hint}", name="UnknownDefinition")
    return await _of_file(path, folder)


async def _of_file(path: Path, folder: Folder) -> Results:
    try:
        file = File(str(path), path.stem, read_file(path))
        home = home_of(path)
        around = load_folder(home) if home is not None else folder
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from error
    tree, report = load(file.content, file.path)
    if tree is None:
        raise Refused(report.problems)
    if holds_tests(tree):
        own = replace(around, tests=(file,))
        files = own.scenarios.files
        found = await run_tests(own, {each.workflow for each in files}, files)
        if not files:
            found.problems = list(own.scenarios.problems)
        return found
    workflow = _workflow_of(tree)
    others = tuple(other for other in around.workflows if _workflow_in(other) != workflow)
    own = replace(around, workflows=(*others, file))
    if workflow is None or workflow not in own.checked.definitions:
        raise Refused([problem for problem in own.checked.problems if problem.file == file.path])
    return await run_tests(own, [workflow], [f for f in own.scenarios.files if f.workflow == workflow])


def _folder(path: Path) -> Folder:
    try:
        return load_folder(path)
    except OSError as error:
        raise BadInput(f"{error.filename} cannot be read: {error.strerror}") from error


def _workflow_in(file: File) -> str | None:
    tree, _ = load(file.content, file.path)
    return _workflow_of(tree) if tree is not None else None


def _workflow_of(tree: Tree) -> str | None:
    node = tree.root.get("workflow") if isinstance(tree.root, MapNode) else None
    return node.text if isinstance(node, ScalarNode) else None
