"""Histories of every path that the tests of definitions take: `python -m tests.replay.paths` records them anew.

Each test in `definitions/tests` runs a definition on virtual time. Of those that end alike (outcome, error,
whether something is undone, what is sent to the run) the first one's history is kept, in plain text and
compressed, with that of every run that it starts.
"""

import asyncio
import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.worker import UnsandboxedWorkflowRunner

from dsl.folder import Folder, load_folder
from dsl.release import Release
from dsl.scenarios.model import Scenario, ScenarioFile
from worker.converter import PlainJsonConverter
from worker.scenarios import server, testing
from worker.scenarios.house import House
from worker.scenarios.trial import Trial

PATHS = Path(__file__).parent / "paths"
DEFINITIONS = Path(__file__).resolve().parents[2] / "definitions"
PLAIN = replace(DataConverter.default, payload_converter_class=PlainJsonConverter)


def kind_of(file: ScenarioFile, scenario: Scenario) -> str:
    """How a test ends and what happens in it: tests of one kind take paths that are alike."""
    error = scenario.expect["error"].value if "error" in scenario.expect else "none"
    undone = "undone" if "undone" in scenario.expect and scenario.expect["undone"].value else "kept"
    sent = sorted({type(message).__name__.lower() for message in scenario.messages})
    return "-".join([file.workflow, scenario.outcome, error, undone, *sent])


def kinds(folder: Folder) -> dict[str, tuple[ScenarioFile, Scenario]]:
    """The first test of each kind."""
    found: dict[str, tuple[ScenarioFile, Scenario]] = {}
    for file in folder.scenarios.files:
        for scenario in file.scenarios:
            found.setdefault(kind_of(file, scenario), (file, scenario))
    return found


async def record() -> None:
    """Run every test once and keep one history of each kind; those of kinds that are gone are deleted."""
    folder = load_folder(DEFINITIONS)
    wanted = {id(scenario): kind for kind, (_, scenario) in kinds(folder).items()}
    play = testing._play

    async def kept(client: Client, release: Release, house: House, trial: Trial) -> testing.Result:
        result = await play(client, release, house, trial)
        kind = wanted.get(id(trial.scenario))
        for run in trial.runs.values() if kind else ():
            history = await client.get_workflow_handle(run.id).fetch_history()
            write(f"{kind}{run.id.removeprefix(trial.id)}", history)
        return result

    PATHS.mkdir(exist_ok=True)
    for old in PATHS.glob("*.json.gz"):
        old.unlink()
    testing._play = kept
    # Timers and labels are to be the server's: those that a test keeps to itself are in no history.
    Trial.timed = property(lambda trial: True)  # type: ignore[assignment]
    testing.SkippingRunner = lambda _: UnsandboxedWorkflowRunner()  # type: ignore[assignment, misc]
    server.data_converter = lambda *_: PLAIN
    results = await testing.run_tests(folder, folder.checked.definitions, folder.scenarios.files)
    failed = {
        one.name: [str(each.message) for each in one.problems] for one in results.tests if not one.passed
    }
    assert not failed, failed


def write(name: str, history: WorkflowHistory) -> None:
    """Keep a history; the same one gives the same bytes."""
    kept = {"id": history.workflow_id, **json.loads(history.to_json())}
    text = json.dumps(kept, separators=(",", ":"))
    (PATHS / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def read(path: Path) -> WorkflowHistory:
    """A history that was kept, under the id that its run had."""
    kept: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return WorkflowHistory.from_json(kept.pop("id"), kept)


if __name__ == "__main__":
    asyncio.run(record())
