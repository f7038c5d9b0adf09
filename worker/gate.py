"""Temporal for activities that start and signal runs: called from their threads, done in the event loop."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from temporalio.client import (
    Client,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.services import Delivered, Delivery
from workflows.calls import LABEL, QUEUES

ANSWERS_WITHIN = timedelta(seconds=5)
# The run answered that it has only just begun, or ended while it took the signal.
NOT_READY = "NotReady"
TAKEN_AND_ENDED = "AcceptedUpdateCompletedWorkflow"

Answer = TypeVar("Answer")


class TemporalRuns:
    """Starts and signals runs with the worker's own client."""

    def __init__(self, client: Client, loop: asyncio.AbstractEventLoop) -> None:
        self._client = client
        self._loop = loop

    def start(self, workflow: str, given: Any, workflow_id: str, summary: str) -> bool:
        """Start a run; False when there was one of that id, open or closed."""
        return self._wait(self._start(workflow, given, workflow_id, summary))

    def signal(
        self, workflow_id: str, first_run_id: str, name: str, payload: Any, message_id: str
    ) -> Delivered:
        """Hand a signal to a run as an update, which the run counts once by its id."""
        return self._wait(self._signal(workflow_id, first_run_id, name, payload, message_id))

    def _wait(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _start(self, workflow: str, given: Any, workflow_id: str, summary: str) -> bool:
        try:
            await self._client.start_workflow(
                workflow,
                given,
                id=workflow_id,
                task_queue=QUEUES["light"],
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary=summary[:LABEL],
            )
        except WorkflowAlreadyStartedError:
            return False
        return True

    async def _signal(
        self, workflow_id: str, first_run_id: str, name: str, payload: Any, message_id: str
    ) -> Delivered:
        handle = self._client.get_workflow_handle(workflow_id, first_execution_run_id=first_run_id)
        message = {"name": name, "payload": payload, "id": message_id}
        try:
            await handle.execute_update("signal", message, id=message_id, rpc_timeout=ANSWERS_WITHIN)
        except WorkflowUpdateFailedError as error:
            return _refused(error.cause)
        except WorkflowUpdateRPCTimeoutOrCancelledError:
            return Delivered(Delivery.LATER, "no worker answers for the run")
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return Delivered(Delivery.GONE)
            return Delivered(Delivery.LATER, error.message)
        return Delivered(Delivery.TAKEN)


def _refused(cause: BaseException | None) -> Delivered:
    kind = cause.type if isinstance(cause, ApplicationError) else type(cause).__name__
    if kind == NOT_READY:
        return Delivered(Delivery.LATER, "the run has only just begun")
    if kind == TAKEN_AND_ENDED:
        return Delivered(Delivery.TAKEN)
    return Delivered(Delivery.REFUSED, str(cause))
