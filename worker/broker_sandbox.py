"""The broker's sandbox as a process: its folder, its token, and running until told to stop."""

import os
import secrets
import signal
from dataclasses import dataclass
from pathlib import Path

from adapters.openmarkets.faults import Faults
from adapters.openmarkets.faulty_answers import ClosableConnection
from adapters.openmarkets.sandbox import sandbox
from adapters.simulated_exchange import SimulatedExchange
from worker.brokers import TOKEN
from worker.http_server import HttpServer, start_http_server
from worker.ports import LOCAL
from worker.settings import Sessions
from worker.stopping import until_told_to_stop

FOLDER = "broker-sandbox"
TOKEN_FILE = "token"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox that answers; `token_file` is None when the environment gave the token."""

    server: HttpServer
    folder: Path
    token_file: Path | None

    async def until_stopped(self) -> signal.Signals:
        """Answer until SIGINT or SIGTERM, then let requests under way end; which signal it was."""
        try:
            return await until_told_to_stop(self.server.failed())
        finally:
            self.server.stop()


def start_sandbox(data: Path, faults: Faults | None, *, port: int, sessions: Sessions) -> Sandbox:
    """A sandbox with the orders it had, in a folder of its own in the data directory.

    Without `faults` its answers meet none, and its exchange does what the environment or the
    exchange-script.json of its folder says.
    """
    folder = data / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    behaviour = None if faults is None else faults.behaviour.model_dump()
    exchange = SimulatedExchange(folder, behaviour=behaviour, sessions=sessions)
    told = os.environ.get(TOKEN)
    file = None if told else folder / TOKEN_FILE
    app = sandbox(exchange, told or _kept_token(folder / TOKEN_FILE), faults or Faults())
    server = start_http_server(
        app, "broker sandbox", port=port, host=LOCAL, flag="--port", http=ClosableConnection
    )
    return Sandbox(server, folder, file)


def _kept_token(file: Path) -> str:
    """The token in `file`; a new one, readable by its owner alone, when there is none."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text(encoding="utf-8").strip()
    with os.fdopen(descriptor, "w", encoding="utf-8") as new:
        token = secrets.token_urlsafe(32)
        new.write(token + "\n")
    return token
