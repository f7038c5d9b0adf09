"""Runs that are in flight go on under this code: recorded histories replay."""

from dataclasses import replace
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.worker import Replayer

from worker.converter import PlainJsonConverter
from worker.worker import workflow_runner
from workflows.run import KronosRun

PLAIN = replace(DataConverter.default, payload_converter_class=PlainJsonConverter)
RECORDED = sorted(Path(__file__).parent.glob("*.json"))


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda path: path.stem)
async def test_a_recorded_run_replays(recorded: Path) -> None:
    """This code asks for the same commands, in the same order, as when the run was recorded."""
    history = WorkflowHistory.from_json(f"{recorded.stem}-recorded", recorded.read_text(encoding="utf-8"))
    replayer = Replayer(workflows=[KronosRun], workflow_runner=workflow_runner(), data_converter=PLAIN)
    await replayer.replay_workflow(history)


def test_there_is_a_recorded_run_of_every_definition() -> None:
    """A definition without a recorded history could break in flight unseen."""
    definitions = Path(__file__).resolve().parents[2] / "definitions/workflows"
    assert {path.stem for path in RECORDED} == {path.stem for path in definitions.glob("*.yaml")}
