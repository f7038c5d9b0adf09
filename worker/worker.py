"""Workers by role: which task queue they serve, and the catalogue's activities as Temporal sees them."""

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from typing import Any

from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.context import Context
from activities.registry import implementations
from activities.runner import ActivityFault, run
from activities.services import Services
from adapters.failpoints import failpoint
from payloads.call import Call
from payloads.catalogue import catalogue
from payloads.entry import Entry, Role
from worker.gate import TemporalRuns
from worker.identity import worker_identity
from worker.settings import Settings
from workflows.calls import QUEUES, WORKER_STOPPING
from workflows.house import HOUSE
from workflows.run import KronosRun

ROLES = ("all", "workflows", "compute", "broker")
THREADS = 16
HEARTBEAT_SECONDS = 1.0
# Workers that stop let their activities end, so that a deploy interrupts nothing.
GRACE = timedelta(seconds=30)

logger = logging.getLogger(__name__)


class Stopping(Exception):
    """The worker is told to stop; raised where the activity pauses, before it goes on waiting."""


class Cancelled(Exception):
    """The run no longer wants the activity's answer; raised where the activity heartbeats."""


def build_workers(
    client: Client,
    settings: Settings,
    services: Services,
    role: str,
    *,
    workflows: Sequence[type] = (KronosRun, *HOUSE),
    max_cached_workflows: int = 1000,
) -> list[Worker]:
    """The workers of a role (`all`: every queue), not yet running.

    Must be called inside the event loop that they will run in.
    """
    host = ActivityHost(client, services)
    workers = []
    if role in ("all", "workflows"):
        workers.append(_worker(client, settings, host, Role.LIGHT, workflows, max_cached_workflows))
    if role in ("all", "compute"):
        workers.append(_worker(client, settings, host, Role.COMPUTE))
    if role in ("all", "broker"):
        workers.append(_worker(client, settings, host, Role.BROKER))
    return workers


def _worker(
    client: Client,
    settings: Settings,
    host: "ActivityHost",
    role: Role,
    workflows: Sequence[type] = (),
    max_cached_workflows: int = 0,
) -> Worker:
    return Worker(
        client,
        task_queue=QUEUES[role],
        workflows=list(workflows),
        activities=host.activities(role),
        workflow_runner=workflow_runner(),
        max_cached_workflows=max_cached_workflows,
        identity=worker_identity(settings),
        graceful_shutdown_timeout=GRACE,
        # What a dead worker had cached is handed to another after this long.
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=3),
        # An effect that is under way when its worker is told to stop is heard from again within seconds.
        max_heartbeat_throttle_interval=timedelta(seconds=HEARTBEAT_SECONDS),
        default_heartbeat_throttle_interval=timedelta(seconds=HEARTBEAT_SECONDS),
    )


def workflow_runner() -> SandboxedWorkflowRunner:
    """The sandbox as a determinism lint: our own pure packages and their libraries pass through."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(
        "dsl", "payloads", "workflows", "simplejson", "jsonschema", "referencing", "rpds"
    )
    return SandboxedWorkflowRunner(restrictions=restrictions)


class ActivityHost:
    """Runs activities for Temporal: decoding, identity, heartbeats, and errors as typed failures."""

    def __init__(self, client: Client, services: Services) -> None:
        self._loop = asyncio.get_running_loop()
        self._client = client
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="activity")
        self._services = replace(
            services, is_run_closed=self._is_run_closed, runs=TemporalRuns(client, self._loop)
        )
        # The first task should not wait for libraries to load, least of all one inside a workflow task.
        self._executor.submit(implementations)
        self._executor.submit(import_module, "engines.master_solver")

    def activities(self, role: Role) -> Sequence[Callable[..., Any]]:
        """The catalogue's activities of one role as Temporal definitions."""
        return [self._definition(entry) for entry in catalogue().values() if entry.role is role]

    def _definition(self, entry: Entry) -> Callable[..., Any]:
        @activity.defn(name=entry.name)
        async def perform(given: Any, call: Any) -> Any:
            return await self._perform(entry.name, given, Call.model_validate(call))

        return perform

    async def _perform(self, name: str, given: Any, call: Call) -> Any:
        """The activity's answer from a thread, with a heartbeat each second while it works.

        A cancellation is handed to the thread and its end awaited: an effect's outcome must be known.
        """
        cancelled = threading.Event()
        context = Context(
            call=call,
            catalogue=self._services.releases.of(call),
            services=self._services,
            now=self._services.now,
            heartbeat=_raise_when(cancelled),
            pause=_pause_unless(cancelled),
        )
        failpoint(f"before.{name}")
        # With our context, in which Temporal tells the thread that the worker stops.
        work = self._loop.run_in_executor(
            self._executor, contextvars.copy_context().run, _run, name, given, context
        )
        while True:
            try:
                answer = await asyncio.wait_for(asyncio.shield(work), HEARTBEAT_SECONDS)
                failpoint(f"after.{name}")
                return answer
            except TimeoutError:
                if not activity.info().is_local:
                    activity.heartbeat()
            except asyncio.CancelledError:
                cancelled.set()
            except Cancelled:
                raise asyncio.CancelledError from None
            except Stopping:
                logger.info("%s of %s is handed back: this worker stops", name, call.workflow_id)
                raise ApplicationError(
                    "its worker was told to stop",
                    type=WORKER_STOPPING,
                    non_retryable=True,
                    category=ApplicationErrorCategory.BENIGN,  # no warning in the log
                ) from None
            except ActivityFault as fault:
                raise ApplicationError(
                    fault.message,
                    {"path": fault.path},
                    type=fault.type,
                    non_retryable=not fault.retryable,
                ) from None

    def _is_run_closed(self, workflow_id: str) -> bool:
        """Whether no run of this workflow id is open, as Temporal knows."""
        return asyncio.run_coroutine_threadsafe(self._closed(workflow_id), self._loop).result()

    async def _closed(self, workflow_id: str) -> bool:
        try:
            found = await self._client.get_workflow_handle(workflow_id).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return True
            raise
        return found.status is not WorkflowExecutionStatus.RUNNING


def _run(name: str, given: Any, context: Context) -> Any:
    try:
        return run(name, given, context)
    except StopIteration as error:
        # It cannot cross a future: whoever waits for the answer would wait for ever.
        raise RuntimeError(f"{name} ran out of something to look through") from error


def _raise_when(cancelled: threading.Event) -> Callable[..., None]:
    def heartbeat(*_: object) -> None:
        if cancelled.is_set():
            raise Cancelled

    return heartbeat


def _pause_unless(cancelled: threading.Event) -> Callable[[float], None]:
    raise_when_cancelled = _raise_when(cancelled)

    def pause(seconds: float) -> None:
        activity.wait_for_worker_shutdown_sync(seconds)
        raise_when_cancelled()
        if activity.is_worker_shutdown():
            raise Stopping

    return pause
