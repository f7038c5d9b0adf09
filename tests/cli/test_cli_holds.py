"""Whoever waits for a run hears that it is held, and can leave it alone."""

import json
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Installation
from tests.support.servers import STARTS_WITHIN, kill_group, stop, wait_for_line


@pytest.fixture
def incomplete(tmp_path: Path) -> Path:
    """An input that fits its schema and that scoring refuses."""
    path = tmp_path / "incomplete.json"
    path.write_text(json.dumps({"answers": {"q1": "30_45"}}))
    return path


@contextmanager
def waiting(up: Installation, log: Path, *arguments: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    """A command that waits for a run, its stdout and stderr in `log`."""
    process = up.kronos.begin(*arguments, log=log)
    try:
        yield process
    finally:
        kill_group(process)


def wait_for_holds(count: int, log: Path) -> None:
    """Wait until so many holds were said."""
    deadline = time.monotonic() + STARTS_WITHIN
    while log.read_text().count("held: ") < count:
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def test_waiting_for_a_held_run_says_so_once_for_each_hold(
    up: Installation, incomplete: Path, tmp_path: Path
) -> None:
    """At which step, why, and what to do; the wait goes on until the run has ended."""
    run, log = f"strict-{uuid.uuid4().hex[:8]}", tmp_path / "log"
    with waiting(up, log, "start", "strict", "--input", incomplete, "--id", run, "--wait") as process:
        wait_for_holds(1, log)
        said = log.read_text()
        error = json.loads(up.kronos("status", run).out)["error"]
        assert f"held: {run} failed at step score: {error['type']}: {error['message']}" in said
        assert "waits for retry by operations" in said
        assert f"kronos retry {run} --step score" in said
        assert f"kronos cancel {run}" in said
        refused = up.kronos("retry", run, "--by", "kim")
        assert (refused.code, "NotEligible" in refused.err, "sam, toni" in refused.err) == (1, True, True)
        assert up.kronos("retry", run, "--step", "score", "--by", "sam").code == 0
        wait_for_holds(2, log)
        assert json.loads(up.kronos("status", run).out)["retries"][0]["by"] == "sam"
        assert up.kronos("cancel", run).code == 0
        assert process.wait(STARTS_WITHIN) == 1
    assert log.read_text().count("held: ") == 2


def test_watching_a_run_says_that_a_run_inside_it_is_held(
    up: Installation, incomplete: Path, tmp_path: Path
) -> None:
    """The commands that it names are those of the run that is held."""
    run, log = f"around-{uuid.uuid4().hex[:8]}", tmp_path / "log"
    assert up.kronos("start", "around", "--input", incomplete, "--id", run).code == 0
    with waiting(up, log, "watch", run, "-o", "json"):
        wait_for_holds(1, log)
        assert f"kronos retry {run}.inner --step score" in log.read_text()
        up.kronos("cancel", run)


@pytest.mark.parametrize("command", ["start", "watch"])
def test_an_interrupt_says_that_the_run_goes_on(
    up: Installation, incomplete: Path, tmp_path: Path, command: str
) -> None:
    """Exit code 130 with the run's id, also when the command made it up; the run is untouched."""
    log, arguments = tmp_path / "log", ["start", "strict", "--input", incomplete, "--wait"]
    if command == "watch":
        run = json.loads(up.kronos("start", "strict", "--input", incomplete).out)["workflow_id"]
        arguments = ["watch", run]
    with waiting(up, log, *arguments) as process:
        wait_for_line("held: ", process, log)
        assert stop(process, signal.SIGINT) == 130
    said = log.read_text().splitlines()[-1]
    run = said.split()[-1]
    assert said == (
        f"Interrupted. The run {run} goes on without this command; follow it with: kronos watch {run}"
    )
    assert json.loads(up.kronos("status", run).out)["state"] == "held"
    up.kronos("cancel", run)
