"""What is shipped: the wheel's contents, and that it needs no development package."""

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parents[1]
SHIPPED = {
    "definitions",
    "examples",
    "dsl",
    "payloads",
    "workflows",
    "activities",
    "engines",
    "adapters",
    "store",
    "worker",
    "cli",
}
STARTED_WITHOUT = """
import sys
from importlib.abc import MetaPathFinder
class Blocked(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"{{name}} is for development only", name=name)
sys.meta_path.insert(0, Blocked())
sys.argv = ["kronos", *{arguments!r}]
from cli.main import main
main()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_has_exactly_the_shipped_packages(wheel: Path) -> None:
    """Nothing of tests, benchmarks or docs is installed beside them."""
    names = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == SHIPPED


def test_the_wheel_carries_definitions_examples_and_timetables(wheel: Path) -> None:
    """An installation without a checkout has the same definitions, catalogue, examples and sessions."""
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, suffix in (
        ("definitions", "yaml"),
        ("examples", "json"),
        ("engines", "json"),
        ("dsl", "json"),
    ):
        ours = {str(path.relative_to(PROJECT)) for path in (PROJECT / folder).rglob(f"*.{suffix}")}
        assert ours
        assert ours <= names


def test_the_wheel_cannot_be_uploaded_by_mistake(wheel: Path) -> None:
    """Registries refuse a distribution with this classifier."""
    archive = zipfile.ZipFile(wheel)
    (metadata,) = (name for name in archive.namelist() if name.endswith("METADATA"))
    assert "Classifier: Private :: Do Not Upload" in archive.read(metadata).decode()


def runtime_distributions() -> set[str]:
    """The runtime dependencies and everything they need, by normalised name."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    found: set[str] = set()
    todo = [Requirement(text) for text in project["dependencies"]]
    while todo:
        requirement = todo.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        name = normalised(requirement.name)
        extras = requirement.extras or {""}
        if name not in found or extras != {""}:
            found.add(name)
            for text in distribution(name).requires or ():
                needed = Requirement(text)
                wanted = needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in extras)
                if wanted and normalised(needed.name) not in found:
                    todo.append(needed)
    return found


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("arguments", [["version"], ["activities", "list"], ["definitions", "validate"]])
def test_the_command_line_starts_without_development_packages(arguments: list[str]) -> None:
    """A user's installation has the runtime packages alone."""
    runtime = runtime_distributions() | {"kronos"}
    blocked = {
        module
        for module, owners in packages_distributions().items()
        if not {normalised(owner) for owner in owners} & runtime
    }
    assert "pytest" in blocked
    code = STARTED_WITHOUT.format(blocked=blocked, arguments=arguments)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_lock_has_hashes_and_no_addresses() -> None:
    """Every locked package has a hash, and the file names no host."""
    lock = (PROJECT / "requirements.lock").read_text()
    assert "://" not in lock
    blocks = re.split(r"\n(?=\S)", lock.strip())
    assert all("--hash=sha256:" in block for block in blocks)
