"""Runs in flight go on under this code whatever way they took: completed, failed, undone, held, timed out."""

from temporalio.worker import Replayer

from dsl.folder import load_folder
from tests.replay.paths import DEFINITIONS, PATHS, PLAIN, kinds, read
from worker.worker import workflow_runner
from workflows.run import KronosRun

AGAIN = "record it with `python -m tests.replay.paths`"
RECORDED = sorted(PATHS.glob("*.json.gz"))


async def test_every_path_replays() -> None:
    """This code asks for the same commands, in the same order, as when the runs were recorded."""
    replayer = Replayer(workflows=[KronosRun], workflow_runner=workflow_runner(), data_converter=PLAIN)
    broken = []
    for path in RECORDED:
        result = await replayer.replay_workflow(read(path), raise_on_replay_failure=False)
        if result.replay_failure is not None:
            broken.append((path.name, str(result.replay_failure)[:300]))
    assert broken == []


def test_every_kind_of_path_has_a_history() -> None:
    """A test of a definition that ends in a way of its own, or a definition that is new, needs a history."""
    recorded = {path.name.partition(".")[0] for path in RECORDED}
    assert recorded == set(kinds(load_folder(DEFINITIONS))), AGAIN


def test_the_main_paths_are_among_them() -> None:
    """Every definition has a path to its end, and one that fails; some are undone, some held and retried."""
    ways = {tuple(path.name.split("-")[:2]) for path in RECORDED}
    definitions = {path.stem for path in (DEFINITIONS / "workflows").glob("*.yaml")}
    assert {name for name, outcome in ways if outcome == "completed"} == definitions
    assert {name for name, outcome in ways if outcome == "failed"} >= {
        "investment",
        "onboarding",
        "rebalancing",
    }
    for way in ("-undone", "-retry", "-signal", "-approval"):
        assert any(way in path.name for path in RECORDED), way
