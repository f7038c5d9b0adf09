"""`kronos up` when its server dies, and when it is stopped while orders are open."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.simulated_exchange import order_book
from payloads import plain_json
from tests.support.asking import PATIENCE, begun, over, until, until_status
from tests.support.killing import children
from tests.support.reviewers import reviewers
from tests.support.servers import Kronos, kill_group, stop, wait_for_line
from tests.support.town import application
from worker.kept_server import GIVES_UP_AFTER
from worker.ports import free_ports
from worker.settings import Settings, load_settings

RUN = "onboarding-C-1"
INVESTMENT = f"{RUN}.invested"
DIED = "The Temporal server ended with signal 9; starting it again."
ANSWERS = "The Temporal server answers again"


@dataclass(frozen=True)
class Home:
    """What one `kronos up` after another works on."""

    data: Path
    port: int
    ui_port: int
    kronos: Kronos

    @property
    def log(self) -> str:
        """The log file that `up` keeps."""
        return (self.data / "kronos.log").read_text()

    @property
    def settings(self) -> Settings:
        """What the commands of this home know of it."""
        return load_settings({"data": self.data, "address": f"127.0.0.1:{self.port}"})

    @contextmanager
    def up(self, said: Path) -> Iterator["subprocess.Popen[bytes]"]:
        """`kronos up`, ready; what it prints goes to `said`."""
        ports = ("--port", str(self.port), "--ui-port", str(self.ui_port))
        process = self.kronos.begin("up", *ports, log=said)
        try:
            wait_for_line("Market", process, said)
            yield process
        finally:
            kill_group(process)

    def answer(self, *arguments: str, given: Any = None) -> Any:
        """The JSON that a command prints; the command must succeed."""
        done = self.kronos(*arguments, "-o", "json", stdin="" if given is None else plain_json.dumps(given))
        assert done.code == 0, done.err
        return json.loads(done.out)

    def invest_until_orders_are_open(self) -> None:
        """Take on a client whose orders the exchange has and does not fill yet."""
        given = application("C-1")
        self.answer("start", "onboarding", "--input", "-", "--id", RUN, given=given)
        signed = {"signed_by": given["customer"]["name"]}
        self.answer("signal", RUN, "agreement_signed", "--data", "-", given=signed)
        paid = {"amount": given["capital"], "reference": "D-C-1"}
        self.answer("signal", RUN, "deposit_received", "--data", "-", given=paid)
        with reviewers(self.settings):
            self.until_fills_are_awaited()

    def until_fills_are_awaited(self) -> None:
        """Wait until a worker has begun `orders.await_fills`."""
        until(lambda: begun(self.settings, INVESTMENT) == ["orders.await_fills"])

    def let_the_orders_fill(self) -> None:
        """The exchange fills at last what it was sent."""
        with closing(sqlite3.connect(self.data / "exchange.db")) as book, book:
            book.execute("UPDATE planned_fills SET due_at = ?", (order_book.text(datetime.now(UTC)),))


def kill_server(up: "subprocess.Popen[bytes]") -> None:
    """Kill the server that `up` runs now, as a power cut would."""
    [server] = children(up.pid)
    os.kill(server, signal.SIGKILL)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    data = tmp_path / "data"
    data.mkdir()
    (data / "exchange-script.json").write_text('{"rules": [{"does": "delay", "seconds": 36000}]}')
    port, ui_port = free_ports(2)
    kronos = Kronos({"KRONOS_DATA": str(data), "KRONOS_ADDRESS": f"127.0.0.1:{port}"})
    return Home(data, port, ui_port, kronos)


linux = pytest.mark.skipif(sys.platform != "linux", reason="children are found in /proc")


@linux
def test_a_server_that_dies_is_started_again_and_runs_go_on(home: Home, tmp_path: Path) -> None:
    """Killed in the middle of an investment, it is back on the same port; one line says so; the run completes."""
    said = tmp_path / "up.out"
    with home.up(said) as process:
        home.invest_until_orders_are_open()
        kill_server(process)
        wait_for_line(ANSWERS, process, home.data / "kronos.log")
        home.let_the_orders_fill()
        status = until_status(home.settings, RUN, over)
        assert status["state"] == "completed", status["error"]
        assert said.read_text().count("Temporal server ended") == said.read_text().count(DIED) == 1
        assert DIED in home.log
        assert stop(process) == 0


@linux
def test_a_server_that_dies_again_and_again_ends_up(home: Home, tmp_path: Path) -> None:
    """The third death within a minute is an error with a name and exit code 3."""
    said = tmp_path / "up.out"
    with home.up(said) as process:
        for death in range(1, GIVES_UP_AFTER):
            kill_server(process)
            while home.log.count(ANSWERS) < death:
                assert process.poll() is None, said.read_text()
                time.sleep(0.05)
        kill_server(process)
        assert process.wait(PATIENCE) == 3
    assert "error: ServerKeepsDying: the Temporal server ended 3 times" in said.read_text()
    assert "ServerKeepsDying: the Temporal server ended 3 times" in home.log
    assert "Traceback" not in said.read_text()


@linux
def test_a_server_that_cannot_start_again_ends_up(home: Home, tmp_path: Path) -> None:
    """A database that broke meanwhile is an error with a name and exit code 3."""
    said = tmp_path / "up.out"
    with home.up(said) as process:
        [server] = children(process.pid)
        os.kill(server, signal.SIGSTOP)  # it must not write while its database is broken
        for file in home.data.glob("temporal.db*"):
            file.write_bytes(b"no database " * 1000)
        os.kill(server, signal.SIGKILL)
        assert process.wait(PATIENCE) == 3
    assert "error: ServerUnreachable: the Temporal server did not start" in said.read_text()


def test_stopping_hands_open_orders_to_the_next_up(home: Home, tmp_path: Path) -> None:
    """The wait for fills is handed back when Ctrl-C is pressed, and goes on where it was."""
    first, second = tmp_path / "first.out", tmp_path / "second.out"
    with home.up(first) as process:
        home.invest_until_orders_are_open()
        assert stop(process, signal.SIGINT) == 130
    assert f"orders.await_fills of {INVESTMENT} is handed back: this worker stops" in home.log
    with home.up(second) as process:
        home.until_fills_are_awaited()
        home.let_the_orders_fill()
        status = until_status(home.settings, RUN, over)
        assert status["state"] == "completed", status["error"]
        assert stop(process) == 0
