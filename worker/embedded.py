"""Everything on one machine: what `kronos up` and `kronos demo` run on."""

import asyncio
import fcntl
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from temporalio.client import Client

from store.keyring import open_keyring
from worker.codec_server import origins, start_codec_server
from worker.connection import connect
from worker.dev_server import DevServer, launch
from worker.errors import BadSettings
from worker.http_server import HttpServer
from worker.kept_server import KeptServer
from worker.library import Published, publish
from worker.market import kept_fresh, prepare_market
from worker.serving import Workers, running
from worker.settings import DEFAULT_NAMESPACE, Settings

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the embedded parts listen; `codec` 0 takes a free one."""

    server: int
    ui: int
    codec: int = 0


@dataclass(frozen=True, slots=True)
class Embedded:
    """A running installation on this machine; `watch` keeps its server alive."""

    settings: Settings
    kept: KeptServer
    watch: "asyncio.Task[None]"
    codec: HttpServer
    client: Client
    workers: Workers
    published: Published
    snapshot: dict[str, Any]

    @property
    def server(self) -> DevServer:
        """The server that runs at the moment."""
        return self.kept.now

    async def failed(self) -> None:
        """Return never; raises when the server cannot be kept alive, or a worker ends by itself."""
        await asyncio.gather(asyncio.shield(self.watch), self.workers.failed())


@contextmanager
def _alone_in(data: Path) -> Iterator[None]:
    """Two servers on one database would spoil it, so a data directory serves one at a time."""
    with (data / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadSettings(
                f"another kronos works with the data in {data}; stop it, or give another --data", "data"
            ) from None
        yield


@asynccontextmanager
async def embedded(settings: Settings, ports: Ports, tell: Callable[[str], None]) -> AsyncIterator[Embedded]:
    """Server with web UI, codec endpoint and workers on the data directory; all stopped at the end.

    A server that dies is started again, and `tell` says so. Must be entered in the main thread.
    Publishes the definitions, as a development release when one changed under its old version.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as parts:
        parts.enter_context(_alone_in(settings.data))
        codec = start_codec_server(open_keyring(settings.keys_file), origins(ports.ui), port=ports.codec)
        parts.callback(codec.stop)
        # The server takes as long to start as the data: they start together.
        preparing = asyncio.create_task(asyncio.to_thread(_prepare, settings))
        parts.push_async_callback(_await_quietly, preparing)
        kept = KeptServer(lambda: _launch_server(settings, ports, codec), tell)
        parts.callback(kept.stop)
        await kept.answering()
        published, snapshot = await preparing
        local = replace(settings, address=kept.now.address, namespace=DEFAULT_NAMESPACE)
        client = await connect(local)
        watch = asyncio.create_task(kept.watch())
        # Workers drain before the watch ends: they need a server to drain to.
        parts.push_async_callback(_end, watch)
        await parts.enter_async_context(kept_fresh(local))
        workers = await parts.enter_async_context(running(client, local, "all"))
        yield Embedded(local, kept, watch, codec, client, workers, published, snapshot)


async def _await_quietly(task: asyncio.Task[Any]) -> None:
    """Wait for the end of what may have failed already, and was reported then."""
    await asyncio.gather(task, return_exceptions=True)


async def _end(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await _await_quietly(task)


def log_to_file(settings: Settings) -> None:
    """Send the log to `kronos.log` in the data directory: the terminal is for people."""
    settings.data.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(filename=settings.data / "kronos.log", level=logging.INFO, format=LOG_FORMAT)


def _launch_server(settings: Settings, ports: Ports, codec: HttpServer) -> DevServer:
    return launch(
        database=settings.temporal_database,
        log=settings.temporal_log,
        port=ports.server,
        ui_port=ports.ui,
        codec_endpoint=codec.url,
    )


def _prepare(settings: Settings) -> tuple[Published, dict[str, Any]]:
    published = publish(settings, development=True)
    return published, prepare_market(settings)
