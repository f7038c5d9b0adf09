"""People who approve whatever runs ask of them, as long as a test lasts."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.client import Client
from temporalio.service import RPCError

from worker import approving
from worker.connection import connect
from worker.errors import WorkerError
from worker.settings import Settings

PAUSE = 0.2


@contextmanager
def reviewers(settings: Settings) -> Iterator[None]:
    """In a thread of their own: the first who may decide approves, through restarts of server and workers."""
    stop = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_review(settings, stop)), name="reviewers")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


async def _review(settings: Settings, stop: threading.Event) -> None:
    client: Client | None = None
    while not stop.is_set():
        try:
            client = client or await connect(settings)
            await approve_all(client)
        except (WorkerError, RPCError):
            pass  # a server or worker that is down, or a run that ended meanwhile: they look again
        await asyncio.sleep(PAUSE)


async def approve_all(client: Client) -> None:
    """Approve everything that is open now."""
    for asked in await approving.open_approvals(client):
        word = {"decision": "approve", "by": asked["eligible"][0], "role": asked["role"]}
        decision = {**word, "step": asked["step"] or asked["path"], "digest": asked["digest"]}
        await approving.decide(client, asked["workflow_id"], decision)
