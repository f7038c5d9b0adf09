"""A server with workers that know the interpreter and workflows written by hand."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from temporalio.client import Client

from worker.connection import connect
from worker.dev_server import start_dev_server
from worker.library import publish
from worker.ports import free_ports
from worker.services import opened
from worker.serving import Workers
from worker.settings import Settings
from worker.worker import build_workers
from workflows.run import KronosRun


@dataclass(frozen=True, slots=True)
class House:
    """A client of the server, and the release that its workers run."""

    client: Client
    release: str


@asynccontextmanager
async def house(settings: Settings, by_hand: Sequence[type]) -> AsyncIterator[House]:
    """Both kinds of workflow on one embedded server, with the activities of Kronos."""
    release = publish(settings, development=True).release
    server = start_dev_server(
        database=settings.temporal_database, log=settings.temporal_log, port=free_ports(1)[0]
    )
    try:
        local = replace(settings, address=server.address)
        client = await connect(local)
        with opened(local) as services:
            workers = Workers(build_workers(client, local, services, "all", workflows=(KronosRun, *by_hand)))
            try:
                yield House(client, release)
            finally:
                await workers.drain()
    finally:
        server.stop()
