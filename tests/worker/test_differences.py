"""Which definitions are compared, and what is said of the runs that are open."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.definitions import EVENTS
from worker import client, connection
from worker.differences import diff
from worker.errors import Refused, ServerUnreachable, UnknownId
from worker.library import publish
from worker.plans import find_plan
from worker.settings import Settings, load_settings

LOOP = """\
workflow: watching
version: {version}
summary: Look every day
steps:
  - {{id: seen, call: portfolio.read, with: {{portfolio_id: P-1}}}}
  - id: days
    repeat: {{until: "vars.done == true", every: 1d}}
    steps: [{{set: {{done: "${{ steps.{read}.available_cash > 5 }}"}}}}]
    {upgrade}
"""
PLAIN = "workflow: plain\nversion: 1\nsummary: Wait\nsteps: [{{wait: {days}d}}]\n"


def loop(version: int, read: str = "seen", upgrade: str = "upgrade: next_turn") -> str:
    """A definition that looks every day."""
    return LOOP.format(version=version, read=read, upgrade=upgrade)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A folder with two definitions, published once."""
    for name in ("workflows", "catalogue"):
        (tmp_path / "definitions" / name).mkdir(parents=True)
    write(tmp_path, "watching", loop(1))
    write(tmp_path, "plain", PLAIN.format(days=1))
    (tmp_path / "definitions" / "catalogue" / "events.yaml").write_text(EVENTS)
    found = load_settings({"definitions": tmp_path / "definitions", "data": tmp_path / "data"})
    publish(found)
    return found


def write(folder: Path, name: str, text: str) -> None:
    """Write a definition into the folder."""
    (folder / "definitions" / "workflows" / f"{name}.yaml").write_text(text)


def told(settings: Settings, old: str, new: str) -> dict[str, Any]:
    """What the command answers."""
    return asyncio.run(diff(settings, old, new))


@pytest.fixture
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Temporal server answers."""

    async def connect(_: Settings) -> None:
        raise ServerUnreachable("nobody is there")

    monkeypatch.setattr(connection, "connect", connect)


@pytest.fixture
def one_run(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """One open run of `watching`, which follows what was published."""
    release = publish(settings).release

    async def connect(_: Settings) -> None:
        return None

    async def list_runs(_: Any, query: str, limit: int) -> list[dict[str, Any]]:
        row = {"workflow_id": "W-1", "workflow": "watching", "version": 1}
        return [row] if query == "WorkflowType = 'watching' AND ExecutionStatus = 'Running'" else []

    async def status(_: Any, workflow_id: str) -> dict[str, Any]:
        return {"workflow_id": workflow_id, "release": release}

    monkeypatch.setattr(connection, "connect", connect)
    monkeypatch.setattr(client, "list_runs", list_runs)
    monkeypatch.setattr(client, "status", status)


@pytest.mark.usefixtures("no_server")
def test_without_a_server_nothing_is_said_of_runs(settings: Settings, tmp_path: Path) -> None:
    """And that nobody was asked is said."""
    write(tmp_path, "plain", PLAIN.format(days=2))
    found = told(settings, "plain@newest", "plain")
    assert (found["asked"], found["runs"]) == (False, [])
    [definition] = found["definitions"]
    assert definition["steps"]["changed"][0]["changes"] == [{"key": "wait", "old": "1d", "new": "2d"}]


@pytest.mark.usefixtures("no_server")
def test_versions_files_and_releases_can_be_compared(settings: Settings, tmp_path: Path) -> None:
    """Every way to name a definition."""
    first = publish(settings).release
    write(tmp_path, "plain", PLAIN.format(days=2).replace("version: 1", "version: 2"))
    second = publish(settings).release
    file = str(tmp_path / "definitions" / "workflows" / "plain.yaml")
    for old, new in (
        ("plain@1", "plain@2"),
        ("plain@1", file),
        (first, "plain"),
        (first[:10], "plain@newest"),
    ):
        [definition] = told(settings, old, new)["definitions"]
        assert (definition["old_version"], definition["new_version"]) == (1, 2)
        assert not definition["same"]
    both = told(settings, first, second)
    assert [(row["workflow"], row["same"]) for row in both["definitions"]] == [
        ("plain", False),
        ("watching", True),
    ]


@pytest.mark.usefixtures("no_server")
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("plain", "plian", "did you mean plain"),
        ("plain@7", "plain", "versions are: 1"),
        ("plain", "00000000", "no release has the digest"),
        ("plian@newest", "plain", "did you mean plain"),
    ],
)
def test_what_is_not_there_is_named(settings: Settings, old: str, new: str, said: str) -> None:
    """With what there is."""
    with pytest.raises((UnknownId, Refused), match=said):
        told(settings, old, new)


@pytest.mark.usefixtures("no_server")
def test_two_workflows_are_not_compared(settings: Settings) -> None:
    """Their steps have nothing to do with each other."""
    with pytest.raises(Refused, match="different workflows"):
        told(settings, "plain", "watching")


def test_a_release_is_not_one_plan(settings: Settings) -> None:
    """Whoever wants a drawing names the definition."""
    with pytest.raises(UnknownId, match="name one as WORKFLOW@VERSION"):
        find_plan(settings, publish(settings).release)


@pytest.mark.usefixtures("one_run")
def test_a_run_upgrades_when_it_has_all_that_the_new_plan_reads(settings: Settings, tmp_path: Path) -> None:
    """At its next turn."""
    write(tmp_path, "watching", loop(2).replace("every: 1d", "every: 2d"))
    [run] = told(settings, "watching@newest", "watching")["runs"]
    assert (run["workflow_id"], run["will"], run["reason"]) == ("W-1", "upgrade", None)


@pytest.mark.usefixtures("one_run")
def test_a_run_stays_when_it_lacks_what_the_new_plan_reads(settings: Settings, tmp_path: Path) -> None:
    """And the reason names it."""
    text = loop(2, read="fresh").replace("{id: seen,", "{id: fresh,")
    write(tmp_path, "watching", text)
    [run] = told(settings, "watching@newest", "watching")["runs"]
    assert run["will"] == "stay"
    assert "steps.fresh" in run["reason"]


@pytest.mark.usefixtures("one_run")
def test_runs_of_what_did_not_change_are_not_asked(settings: Settings) -> None:
    """Nothing will happen to them."""
    found = told(settings, "watching@newest", "watching")
    assert (found["asked"], found["runs"]) == (True, [])
