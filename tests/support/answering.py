"""Answers whatever runs wait for: signals, approvals, and a retry of what is held."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.service import RPCError

from tests.support.reviewers import approve_all
from worker.errors import WorkerError
from workflows.attributes import WAITS_FOR

PAUSE = 0.3
AGAIN = 5.0  # seconds until what is waited for still, or once more, is sent again

Payloads = Mapping[tuple[str, str], Callable[[str], dict[str, Any]]]
"""By workflow and signal: what it carries, for the run that waits for it."""


class Answering:
    """Looks at what the runs of a server wait for, and gives it to them; `now` is what time it is, in seconds."""

    def __init__(self, client: Client, payloads: Payloads, now: Callable[[], float] = time.monotonic) -> None:
        self.client = client
        self.payloads = payloads
        self.now = now
        self.sent: dict[tuple[str, str], tuple[int, float]] = {}

    async def look(self) -> None:
        """Answer everything that is waited for now."""
        asks = False
        async for run in self.client.list_workflows("ExecutionStatus = 'Running'"):
            waits_for = run.typed_search_attributes.get(WAITS_FOR) or ""
            asks = asks or "approval by " in waits_for
            for what in waits_for.split(", "):
                await self._answer(run, what)
        if asks:
            await approve_all(self.client)

    async def _answer(self, run: WorkflowExecution, what: str) -> None:
        handle = self.client.get_workflow_handle(run.id)
        if what.startswith("retry"):
            await handle.execute_update("retry", {"by": "sam"})
        for name in what.split(" or "):
            carries = self.payloads.get((run.workflow_type, name))
            if carries and self._due(run.id, name):
                count, _ = self.sent[run.id, name]
                message = {"name": name, "payload": carries(run.id), "id": f"{name}-{count}"}
                await handle.execute_update("signal", message)

    def _due(self, run_id: str, name: str) -> bool:
        count, when = self.sent.get((run_id, name), (0, 0.0))
        now = self.now()
        if count and now < when + AGAIN:
            return False
        self.sent[run_id, name] = (count + 1, now)
        return True


@asynccontextmanager
async def answering(client: Client, payloads: Payloads) -> AsyncIterator[None]:
    """Answer as long as the block lasts, also while workers die."""
    answers = Answering(client, payloads)
    done = asyncio.Event()

    # Told to end between two looks: an update that is cancelled while it is under way says nothing of whether it
    # was taken.
    async def forever() -> None:
        while not done.is_set():
            with suppress(
                RPCError, WorkerError, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
            ):
                await answers.look()
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), PAUSE)

    task = asyncio.create_task(forever())
    try:
        yield
    finally:
        done.set()
        await asyncio.wait_for(task, AGAIN * 6)
