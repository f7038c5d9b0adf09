"""Workers of one process: running until told to stop, then draining."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from temporalio.client import Client
from temporalio.worker import Worker

from store.keyring import open_keyring
from worker.codec_server import start_codec_server
from worker.connection import connect
from worker.dispatcher import ensure_dispatcher
from worker.http_server import HttpServer
from worker.market import kept_fresh, prepare_market
from worker.services import opened
from worker.settings import Settings
from worker.stopping import until_told_to_stop
from worker.storage import open_database
from worker.worker import build_workers

CODEC_TOKEN = "KRONOS_CODEC_TOKEN"  # never a flag: flags show in the list of processes


@dataclass(frozen=True, slots=True)
class CodecPlace:
    """Where a codec endpoint listens, and the origins of the web UI that may ask it."""

    host: str
    port: int
    origins: tuple[str, ...]


async def serve(
    settings: Settings, role: str, *, simulated_market: bool = False, codec: CodecPlace | None = None
) -> signal.Signals:
    """Work for `role` until SIGINT or SIGTERM, then let what is under way end; which signal it was."""
    open_database(settings).close()
    if simulated_market:
        await asyncio.to_thread(prepare_market, settings)
    client = await connect(settings)
    async with AsyncExitStack() as parts:
        if simulated_market:
            await parts.enter_async_context(kept_fresh(settings))
        if codec is not None:
            parts.callback(_start_codec(settings, codec).stop)
        workers = await parts.enter_async_context(running(client, settings, role))
        return await until_told_to_stop(workers.failed())


def _start_codec(settings: Settings, place: CodecPlace) -> HttpServer:
    return start_codec_server(
        open_keyring(settings.keys_file),
        place.origins,
        port=place.port,
        host=place.host,
        token=os.environ.get(CODEC_TOKEN) or None,
    )


@asynccontextmanager
async def running(client: Client, settings: Settings, role: str) -> AsyncIterator["Workers"]:
    """The workers of `role`, polling; at the end they drain and give their connections back."""
    with opened(settings) as services:
        if role in ("all", "workflows"):
            await ensure_dispatcher(client, settings)
        workers = Workers(build_workers(client, settings, services, role))
        try:
            yield workers
        finally:
            await workers.drain()


class Workers:
    """Workers that poll from the moment this is made."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._workers = workers
        self._tasks = [asyncio.create_task(worker.run()) for worker in workers]

    async def failed(self) -> None:
        """Return never; raises when a worker ends by itself, which only a fatal error makes it do."""
        await asyncio.gather(*(asyncio.shield(task) for task in self._tasks))

    async def drain(self) -> None:
        """Take no more work and wait for what is under way."""
        await asyncio.gather(*(worker.shutdown() for worker in self._workers if worker.is_running))
        await asyncio.gather(*self._tasks, return_exceptions=True)
