"""A Temporal server of its own for one command, whose runs live on virtual time.

It is the real server, with its time skipping on: while nothing of a run is under way, the run's clock
goes to its next timer at once. Every run has a clock of its own.
"""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.client import Client

from store.keyring import open_keyring
from worker.converter import data_converter
from worker.dev_server import start_dev_server
from worker.ports import free_ports

NAMESPACE = "default"
# By default a shard looks for timers 20 times a second: every virtual day would take 50 ms.
# By default a run goes on as new a second after it began, at the earliest: that second is real, and the
# server's clock comes out of it with all that was skipped before counted twice.
DYNAMIC = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    "history.timerProcessorMaxPollRPS=1000",
    'history.workflowIdReuseMinimalInterval="0s"',
)
# Nothing that a test does needs to outlive it, and a disk is slow.
MEMORY = Path("/dev/shm")


@asynccontextmanager
async def virtual_server() -> AsyncIterator[Client]:
    """A client of a server that ends, with all it knows, when the block does."""
    memory = str(MEMORY) if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="kronos-tests-", dir=memory) as name:
        folder = Path(name)
        extra = tuple(part for setting in DYNAMIC for part in ("--dynamic-config-value", setting))
        server = start_dev_server(
            database=folder / "temporal.db",
            log=folder / "temporal.log",
            port=free_ports(1)[0],
            extra=extra,
        )
        try:
            keyring = open_keyring(folder / "keys.json")
            converter = data_converter(keyring, NAMESPACE)
            yield await Client.connect(server.address, namespace=NAMESPACE, data_converter=converter)
        finally:
            server.kill()
