"""The broker's sandbox in a process of its own, and clients of it."""

import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from adapters.openmarkets.client import OpenMarkets, Patience
from tests.support.servers import Kronos, kill_group, stop, wait_for_line
from worker.ports import free_ports

PRICES = {"VAS": Decimal("90.00"), "VGS": Decimal("120.00")}
TABLES = ("amendments", "executions", "planned_fills", "orders", "arrivals", "prices")


@dataclass
class Sandbox:
    """A sandbox that answers, and the folder in which it keeps its orders."""

    data: Path
    faults: Mapping[str, Any] | None = None
    port: int = field(default_factory=lambda: free_ports(1)[0])
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def folder(self) -> Path:
        """Where its exchange keeps its records."""
        return self.data / "broker-sandbox"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        return (self.folder / "token").read_text().strip()

    @property
    def environment(self) -> dict[str, str]:
        """What points a worker at it."""
        return {
            "KRONOS_BROKER": "openmarkets",
            "KRONOS_BROKER_URL": self.address,
            "KRONOS_BROKER_TOKEN_FILE": str(self.folder / "token"),
        }

    def start(self) -> None:
        """Start the process and wait until it answers."""
        self.data.mkdir(parents=True, exist_ok=True)
        words = ["--port", str(self.port)]
        if self.faults is not None:
            script = self.data / "faults.json"
            script.write_text(json.dumps(self.faults))
            words += ["--faults", str(script)]
        log = self.data / "sandbox.log"
        log.write_text("")
        kronos = Kronos({"KRONOS_DATA": str(self.data)})
        self.process = kronos.begin("broker", "sandbox", *words, log=log)
        wait_for_line("KRONOS_BROKER_URL", self.process, log)

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop; its exit code."""
        assert self.process is not None
        return stop(self.process, how)

    def client(self, **patience: float) -> OpenMarkets:
        """A client with the sandbox's token; whoever asks for it closes it."""
        return OpenMarkets(self.address, self.token, Patience(**patience))

    def begin_anew(self, script: Mapping[str, Any]) -> None:
        """Forget every order, and treat new ones as `script` says."""
        with closing(sqlite3.connect(self.folder / "exchange.db")) as book, book:
            for table in TABLES:
                book.execute(f"DELETE FROM {table}")
        (self.folder / "exchange-script.json").write_text(json.dumps(script))


@contextmanager
def sandbox(data: Path, faults: Mapping[str, Any] | None = None) -> Iterator[Sandbox]:
    """A sandbox that answers, for the time of a block."""
    made = Sandbox(data, faults)
    try:
        made.start()
        yield made
    finally:
        if made.process is not None:
            kill_group(made.process)
