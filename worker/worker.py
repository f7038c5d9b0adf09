"""Workers by role: which task queue they serve, and the catalogue's activities as Temporal sees them."""

import asyncio
import contextvars
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
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
from activities.runner import ActivityFault, looks
from activities.services import Services
from activities.waiting import Looks
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
# Activities under way at once; those that wait for fills hold no thread, and may be many.
OPEN = {Role.LIGHT: 100, Role.COMPUTE: 100, Role.BROKER: 500}
HEARTBEAT_SECONDS = 1.0
# Workers that stop let their activities end, so that a deploy interrupts nothing.
GRACE = timedelta(seconds=30)

logger = logging.getLogger(__name__)


class Stopping(Exception):
    """The worker is told to stop; raised where the activity pauses, before it goes on waiting."""


@dataclass(frozen=True, slots=True)
class Pause:
    """An activity wants to wait for so many seconds, then to go on."""

    seconds: float


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
        max_concurrent_activities=OPEN[role],
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

        The heartbeat carries what the activity last said of its progress, for `temporal workflow describe`.
        A cancellation is handed to the thread and its end awaited: an effect's outcome must be known.
        """
        cancelled = threading.Event()
        progress: list[object] = []
        context = Context(
            call=call,
            catalogue=self._services.releases.of(call),
            services=self._services,
            now=self._services.now,
            heartbeat=_keep_unless(cancelled, progress),
            pause=_pause_unless(cancelled),
        )
        failpoint(f"before.{name}")
        parts = looks(name, given, context)
        try:
            while True:
                part = await self._in_thread(parts, cancelled, progress)
                if not isinstance(part, Pause):
                    failpoint(f"after.{name}")
                    return part
                if cancelled.is_set():
                    raise Cancelled
                await _rest(part.seconds)
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

    async def _in_thread(
        self, parts: Looks[dict[str, Any]], cancelled: threading.Event, progress: Sequence[object]
    ) -> Any:
        """The activity's next part, from a thread."""
        # With our context, in which Temporal tells the thread that the worker stops.
        work = self._loop.run_in_executor(self._executor, contextvars.copy_context().run, _part, parts)
        while True:
            try:
                return await asyncio.wait_for(asyncio.shield(work), HEARTBEAT_SECONDS)
            except TimeoutError:
                _beat(*progress)
            except asyncio.CancelledError:
                cancelled.set()

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


def _part(parts: Looks[dict[str, Any]]) -> Any:
    """What the activity comes to next: its answer, or that it wants to wait."""
    try:
        return Pause(next(parts))
    except StopIteration as end:  # no future can carry it
        return end.value


async def _rest(seconds: float) -> None:
    """Wait without a thread, with a heartbeat each second; Stopping when the worker is told to stop."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        try:
            await asyncio.wait_for(activity.wait_for_worker_shutdown(), min(left, HEARTBEAT_SECONDS))
        except TimeoutError:
            _beat()
        else:
            raise Stopping
    if activity.is_worker_shutdown():
        raise Stopping


def _beat(*details: object) -> None:
    if not activity.info().is_local:
        activity.heartbeat(*details)


def _keep_unless(cancelled: threading.Event, progress: list[object]) -> Callable[..., None]:
    def heartbeat(*details: object) -> None:
        if cancelled.is_set():
            raise Cancelled
        progress[:] = details

    return heartbeat


def _pause_unless(cancelled: threading.Event) -> Callable[[float], None]:
    def pause(seconds: float) -> None:
        activity.wait_for_worker_shutdown_sync(seconds)
        if cancelled.is_set():
            raise Cancelled
        if activity.is_worker_shutdown():
            raise Stopping

    return pause
