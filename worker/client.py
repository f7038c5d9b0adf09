"""What commands (and later an API) do with runs. Everything answers plain data."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
)
from temporalio.exceptions import ApplicationError, CancelledError, TerminatedError, TimeoutError
from temporalio.service import RPCError, RPCStatusCode

from worker.connection import connect
from worker.errors import Refused, ServerUnreachable, UnknownId
from worker.pollers import refuse_other_key
from worker.rpc import named_errors
from worker.settings import Settings
from worker.states import ENDED, ended_state, open_state
from workflows.calls import QUEUES
from workflows.house import TYPES

LIGHT_QUEUE = QUEUES["light"]
QUERY_WITHIN = timedelta(seconds=1)
# A server that is slow on a busy machine is not one that is gone.
DESCRIBED_WITHIN = timedelta(seconds=10)
ACCEPTED_WITHIN = 10.0  # seconds that an update may wait for a run that is only just starting
NOT_READY_PAUSE = 0.1
# A status may be a task ahead of what the run takes: who is told that nothing is open asks once more.
UNSURE = frozenset({"NothingHeld", "NothingOpen"})
WATCH_PAUSE = 0.4
WAIT_PAUSE = 1.0
SUMMARY_LENGTH = 120


async def check(settings: Settings, workflow: str, given: Any) -> dict[str, Any]:
    """The plan that a start would run, before anything is asked of the server; see `check_start`."""
    from worker.release_check import check_start  # the database costs a second to import

    try:
        return check_start(settings, workflow, given)
    except ServerUnreachable as no_database:
        # Without a database there is most likely no server either, and that is the first thing to know.
        try:
            await connect(settings)
        except ServerUnreachable as no_server:
            raise ServerUnreachable(f"{no_server.message}; also, {no_database.message}") from no_server
        raise


async def start(
    client: Client, settings: Settings, plan: Mapping[str, Any], given: Any, workflow_id: str | None = None
) -> str:
    """Start a run of the checked `plan`; its workflow id.

    Workers that hold another payload key than this client are a refusal: they could not read the input.
    """
    await refuse_other_key(client, settings, LIGHT_QUEUE)
    workflow = plan["workflow"]
    chosen = workflow_id or f"{workflow}-{uuid.uuid4().hex[:8]}"
    with named_errors(chosen):
        await client.start_workflow(
            workflow,
            given,
            id=chosen,
            task_queue=LIGHT_QUEUE,
            static_summary=plan["summary"][:SUMMARY_LENGTH],
        )
    return chosen


async def result(client: Client, workflow_id: str, seen: Callable[[dict[str, Any]], None]) -> Any:
    """The output of a run, waited for; Refused with the failure's type when it did not complete.

    `seen` is given the statuses of `watch` meanwhile.
    """
    watching = asyncio.create_task(_show(client, workflow_id, seen))
    try:
        with named_errors(workflow_id):
            return await client.get_workflow_handle(workflow_id).result()
    except WorkflowFailureError as error:
        raise _failure(workflow_id, error.cause) from error
    finally:
        watching.cancel()
        # Whatever keeps the run from being watched keeps it from being waited for: that is said there.
        await asyncio.gather(watching, return_exceptions=True)


async def _show(client: Client, workflow_id: str, seen: Callable[[dict[str, Any]], None]) -> None:
    while True:
        try:
            async for now in watch(client, workflow_id, pause=WAIT_PAUSE):
                seen(now)
            return
        except ServerUnreachable:
            await asyncio.sleep(WAIT_PAUSE)  # waiting for the result outlasts a server's restart too


async def signal(
    client: Client, workflow_id: str, name: str, payload: Any, message_id: str | None = None
) -> dict[str, Any]:
    """Hand a signal to a run as an update: what it does not take is refused, and nothing is recorded.

    The same `message_id` counts once.
    """
    message = {"name": name, "payload": payload, "id": message_id}
    return await update(client, workflow_id, "signal", message)


async def retry(
    client: Client, workflow_id: str, step: str | None, by: str, method: str = "declared"
) -> dict[str, Any]:
    """Run the failed step of a held run again, in the same run; NotEligible when `by` may not.

    The `method` by which the person is known is `system` for the system's user.
    """
    message = {"step": step, "by": by, "identity": {"subject": by, "method": method}}
    return await update(client, workflow_id, "retry", message)


async def cancel(client: Client, workflow_id: str) -> dict[str, Any]:
    """Ask a run to stop; it undoes what it began. `AlreadyEnded` when there is nothing to stop."""
    handle = client.get_workflow_handle(workflow_id)
    with named_errors(workflow_id):
        state = ended_state((await handle.describe()).status)
        if state is not None:
            raise Refused(f"the run {workflow_id} has ended already: {state}", name="AlreadyEnded")
        await handle.cancel()
    return {"workflow_id": workflow_id, "cancel_requested": True}


async def status(client: Client, workflow_id: str) -> dict[str, Any]:
    """Where a run is: from its worker; when none answers in a second, from its history (`live: false`)."""
    handle = client.get_workflow_handle(workflow_id)
    with named_errors(workflow_id):
        described, answered = await asyncio.gather(
            handle.describe(rpc_timeout=DESCRIBED_WITHIN), _query_status(handle)
        )
        if answered is None:
            from worker.history_status import status_from_history

            answered = await status_from_history(client, described)
    ended = ended_state(described.status)
    # A terminated run's own code never heard of it.
    return answered if ended is None else {**answered, "state": ended, "waits_for": None}


async def watch(
    client: Client, workflow_id: str, *, pause: float = WATCH_PAUSE
) -> AsyncIterator[dict[str, Any]]:
    """The status of a run each time it has changed, until the run has ended.

    A step that runs another workflow has that run's status under `child`.
    """
    before: dict[str, Any] | None = None
    while before is None or before["state"] not in ENDED:
        now = await _with_children(client, await status(client, workflow_id))
        if now != before:
            yield now
        before = now
        if now["state"] not in ENDED:
            await asyncio.sleep(pause)


async def _with_children(client: Client, run: dict[str, Any]) -> dict[str, Any]:
    steps = [
        {**step, "child": await _child(client, run["workflow_id"], step)}
        if step["kind"] == "run" and step["state"] not in ("pending", "skipped")
        else step
        for step in run["steps"]
    ]
    return {**run, "steps": steps}


async def _child(client: Client, parent: str, step: Mapping[str, Any]) -> dict[str, Any] | None:
    """The status of the run that a `run` step began; None before it is there."""
    try:
        child = await status(client, f"{parent}.{step['id'] or step['path']}")
    except UnknownId:
        return None
    return await _with_children(client, child)


async def list_runs(client: Client, query: str | None, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` runs of definitions that match Temporal's list filter, newest first."""
    runs = []
    of_definitions = " AND ".join(f"WorkflowType != '{type}'" for type in TYPES)
    wanted = f"({query}) AND {of_definitions}" if query else of_definitions
    with named_errors():
        async for run in client.list_workflows(wanted, limit=limit):
            runs.append(_row(run))
    return runs


def _row(run: WorkflowExecution) -> dict[str, Any]:
    found = {pair.key.name: pair.value for pair in run.typed_search_attributes}
    return {
        "workflow_id": run.id,
        "workflow": run.workflow_type,
        "version": _number(found.get("KronosVersion")),
        "state": ended_state(run.status) or open_state(found.get("KronosWaitsFor")),
        "stage": found.get("KronosStage"),
        "waits_for": found.get("KronosWaitsFor"),
        "client": found.get("KronosClient"),
        "portfolio": found.get("KronosPortfolio"),
        "started_at": run.start_time,
        "ended_at": run.close_time,
    }


def _number(text: Any) -> int | None:
    return int(text) if text is not None and str(text).isdigit() else None


async def update(
    client: Client, workflow_id: str, name: str, message: Any, update_id: str | None = None
) -> dict[str, Any]:
    """The update's answer; a run that has not loaded its definition yet is asked again for ten seconds.

    What is sent again under the same `update_id` is answered as it was at first.
    """
    handle = client.get_workflow_handle(workflow_id)
    update_id = update_id or uuid.uuid4().hex
    loop = asyncio.get_running_loop()
    deadline = loop.time() + ACCEPTED_WITHIN
    too_early = {"NotReady", *UNSURE}
    while True:
        left = timedelta(seconds=max(deadline - loop.time(), 0.5))
        try:
            with named_errors(workflow_id):
                answer: dict[str, Any] = await handle.execute_update(
                    name, message, id=update_id, rpc_timeout=left
                )
            return answer
        except Refused as refusal:
            if refusal.name not in too_early or loop.time() > deadline:
                raise
            too_early -= UNSURE
        await asyncio.sleep(NOT_READY_PAUSE)


async def _query_status(handle: WorkflowHandle[Any, Any]) -> dict[str, Any] | None:
    """The run's own answer; None when no worker gives it in time."""
    try:
        answer: dict[str, Any] = await handle.query("status", rpc_timeout=QUERY_WITHIN)
    except WorkflowQueryFailedError:
        return None
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise
        return None
    return answer


def _failure(workflow_id: str, cause: BaseException) -> Refused:
    chain: Sequence[tuple[type[BaseException], str]] = (
        (CancelledError, "Cancelled"),
        (TerminatedError, "Terminated"),
        (TimeoutError, "TimedOut"),
    )
    if isinstance(cause, ApplicationError):
        return Refused(cause.message, name=cause.type or "Failed")
    for kind, name in chain:
        if isinstance(cause, kind):
            return Refused(f"the run {workflow_id} did not complete", name=name)
    return Refused(str(cause), name=type(cause).__name__)
