"""Real servers and real commands for tests: started on free ports, stopped by process id."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from worker.dev_server import DevServer, start_dev_server
from worker.ports import free_ports, listening

KRONOS = Path(sys.executable).with_name("kronos")
REPOSITORY = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 60.0
ANSWERS_WITHIN = 120.0


@contextmanager
def dev_server(folder: Path, *, port: int | None = None) -> Iterator[DevServer]:
    """A headless Temporal server whose database and log lie in `folder`; the database may be there already."""
    server = start_dev_server(
        database=folder / "temporal.db", log=folder / "temporal.log", port=port or free_ports(1)[0]
    )
    try:
        yield server
    finally:
        server.stop()


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left: its exit code, stdout and stderr."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Kronos:
    """The command line with an environment of its own, run as users run it: in a process."""

    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = REPOSITORY

    def __call__(self, *arguments: str | Path, stdin: str = "") -> Done:
        """Run one command to its end."""
        done = subprocess.run(
            [str(KRONOS), *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.variables(),
            timeout=ANSWERS_WITHIN,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def begin(self, *arguments: str | Path, log: Path) -> subprocess.Popen[bytes]:
        """Start a command that runs until it is told to stop, in a process group of its own."""
        with log.open("ab") as output:
            return subprocess.Popen(
                [str(KRONOS), *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                env=self.variables(),
                start_new_session=True,
            )

    def variables(self) -> dict[str, str]:
        """The environment, free of settings that the tests' own process may have."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("KRONOS_", "TEMPORAL_"))
        }
        return {**inherited, **self.environment}


def stop(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM) -> int:
    """Tell a process to stop and wait; its exit code. Its whole group is gone afterwards."""
    process.send_signal(how)
    try:
        return process.wait(STARTS_WITHIN)
    finally:
        kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill whatever is left of a process that leads a group of its own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def wait_until_listening(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for a started process to listen; its log is the message when it does not."""
    deadline = time.monotonic() + STARTS_WITHIN
    while not listening(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(log.read_text())
        time.sleep(0.05)


def wait_for_line(text: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for a started process to print `text`."""
    deadline = time.monotonic() + STARTS_WITHIN
    while text not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(log.read_text())
        time.sleep(0.05)
