"""A house whose time a test moves: a real server, real books and the whole release, years in minutes.

Every run has a clock of its own at the server. `World.at(moment)` takes all of them there and no further; what
starts a run while it is that moment, be it an event, a sweep, or a person, starts it at that moment.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlmodel import func, select
from temporalio import workflow
from temporalio.api.workflowservice.v1 import ListScheduleMatchingTimesRequest
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    ScheduleActionStartWorkflow,
    ScheduleState,
    StartWorkflowInput,
    WorkflowHandle,
)
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from activities.snapshots import keep
from adapters.market import MarketSource
from adapters.simulated_exchange import SimulatedExchange
from engines.calendars import last_session
from payloads.files.market import MarketFile
from payloads.files.universe import UniverseFile
from store import dispatches, events
from store.tables import Dispatch
from tests.support.answering import Answering
from tests.support.town import PROJECT
from worker.dispatcher import ensure_dispatcher
from worker.errors import WorkerError
from worker.folder_catalogue import FolderCatalogue
from worker.library import publish
from worker.release_check import newest_document
from worker.scenarios.clock import Clock
from worker.scenarios.server import virtual_server
from worker.schedule_specs import WantedSchedule, wanted_schedules
from worker.services import build_services
from worker.settings import Settings, load_settings
from worker.worker import build_workers
from workflows.calls import QUEUES
from workflows.house import DISPATCH, HOUSE
from workflows.run import KronosRun

MOST = 600.0  # seconds for all that comes of one moment; far more than it takes
PATIENCE = 5.0  # seconds for a run to come to a moment; one in the midst of something comes later
BEGIN = "tests.begin"


@workflow.defn(name=BEGIN, sandboxed=False)
class Begin:
    """Starts a run at a moment: a child begins at its parent's time."""

    @workflow.run
    async def run(self, moment: str, name: str, id: str, args: list[Any]) -> bool:
        await workflow.sleep(max(datetime.fromisoformat(moment) - workflow.now(), timedelta(0)))
        try:
            await workflow.start_child_workflow(
                name,
                args=args,
                id=id,
                task_queue=QUEUES["light"],
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            )
        except WorkflowAlreadyStartedError:
            return False
        return True


class World(Interceptor):
    """What time it is, and all that runs, is booked and traded then."""

    def __init__(self, settings: Settings, start: datetime, market: MarketSource) -> None:
        self.settings = settings
        self.moment, self._since = start, time.monotonic()
        self.market = market
        self.client: Client = None  # type: ignore[assignment] # known once the server is
        self.services = replace(
            build_services(settings),
            broker=SimulatedExchange(settings.data, now=lambda: self.now),
            market=market,
            now=lambda: self.now,
        )
        self.prices: dict[str, Decimal] = {}  # of the last close
        self.begun = 0
        self._catalogue = FolderCatalogue(settings.definitions / "catalogue")
        self._due: dict[str, list[datetime]] = {}

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        """Have whoever starts a run start it at the world's moment."""
        return _AtItsMoment(next, self)

    # Time

    @property
    def now(self) -> datetime:
        """The world's time; between two moments it goes on as ours does."""
        return self.moment + timedelta(seconds=time.monotonic() - self._since)

    async def go_to(self, moment: datetime) -> None:
        """Let every run come to this moment, at the prices of the last close before it."""
        await asyncio.to_thread(self._close, moment)
        self.moment, self._since = moment, time.monotonic()
        clocks = [Clock(self.skipper, handle) for handle in await self._open()]
        # A run in which something is under way goes there when it is done.
        forward = [asyncio.wait_for(clock.forward_to(moment), PATIENCE) for clock in clocks]
        for result in await asyncio.gather(*forward, return_exceptions=True):
            if isinstance(result, BaseException) and not isinstance(result, TimeoutError):
                raise result

    async def settle(self, answers: Answering) -> None:
        """Return when nothing is under way, no event is left, and nobody waits for an answer."""
        quiet, end = 0, time.monotonic() + MOST
        while quiet < 2:
            busy = await self._looked(answers) or await self._busy()
            quiet = 0 if busy else quiet + 1
            assert time.monotonic() < end, f"still busy at {self.now}: {busy}"
            await asyncio.sleep(0.05)

    async def _looked(self, answers: Answering) -> str:
        """What keeps somebody from an answer: a run in whose task a worker died says nothing for a while."""
        try:
            await answers.look()
        except WorkerError as error:
            return str(error)
        return ""

    async def _open(self) -> list[WorkflowHandle[Any, Any]]:
        found = self.client.list_workflows("ExecutionStatus = 'Running'")
        return [
            self.client.get_workflow_handle(run.id) async for run in found if run.workflow_type != DISPATCH
        ]

    async def _busy(self) -> str:
        """A run that is in the midst of something, and what that is."""
        for handle in await self._open():
            about = (await handle.describe()).raw_description
            if about.pending_activities or about.HasField("pending_workflow_task"):
                return f"{handle.id} {[each.activity_type.name for each in about.pending_activities]}"
        return "events are left" if await asyncio.to_thread(self._undispatched) else ""

    def _undispatched(self) -> bool:
        with self.services.database.reading() as tx:
            read = dispatches.cursor(tx, self.settings.tenant)
            left = events.read(tx, self.settings.tenant, after=read, kind="business", limit=1)
            return bool(left) or tx.scalar(select(func.count()).select_from(Dispatch)) > 0

    def _close(self, moment: datetime) -> None:
        """Take the last close, unless it is taken."""
        market = self._catalogue.read("market", MarketFile)
        # The sessions of the day are over: it is evening there.
        as_of = last_session(market.calendar, moment.date() + timedelta(days=1))
        snapshot = self.market.snapshot(self._catalogue.read("universe", UniverseFile), market, as_of)
        with self.services.database.transaction() as tx:
            keep(tx, self.settings.tenant, snapshot, moment)
        prices = {etf: snapshot.closing(etf) for etf in snapshot.tickers}
        self.services.broker.load_prices(prices, as_of.isoformat())
        self.prices = prices

    # What happens

    async def start(self, workflow: str, given: Any, id: str) -> WorkflowHandle[Any, Any]:
        """Start a run now."""
        return await self.client.start_workflow(workflow, given, id=id, task_queue=QUEUES["light"])

    def tell(self, name: str, **data: Any) -> None:
        """Append a business event now."""
        stream = f"client:{data['customer_id']}" if "customer_id" in data else "events"
        with self.services.database.transaction() as tx:
            events.append(tx, self.settings.tenant, stream, name, data, at=self.now, kind="business")

    async def schedules(self) -> None:
        """Have Temporal keep the release's schedules, none of which it acts upon itself."""
        for id, wanted in self._wanted().items():
            paused = replace(wanted.schedule, state=ScheduleState(paused=True))
            await self.skipper.client.create_schedule(id, paused)

    async def run_schedules(self, since: datetime) -> None:
        """Start what came due since then, each once."""
        for id, wanted in self._wanted().items():
            request = ListScheduleMatchingTimesRequest(namespace=self.client.namespace, schedule_id=id)
            request.start_time.FromDatetime(since)
            request.end_time.FromDatetime(self.now)
            times = await self.client.workflow_service.list_schedule_matching_times(request)
            action = wanted.schedule.action
            if times.start_time and isinstance(action, ScheduleActionStartWorkflow):
                due = times.start_time[-1].ToDatetime(UTC)
                await self.start(action.workflow, action.args[0], f"{action.id}-{due:%Y-%m-%dT%H:%M:%SZ}")

    def _wanted(self) -> dict[str, WantedSchedule]:
        document = newest_document(self.settings)
        return wanted_schedules(document, self.settings.tenant, datetime.now(UTC).date())


@asynccontextmanager
async def world(data: Path, start: datetime, market: MarketSource) -> AsyncIterator[World]:
    """A house with an empty book, its release published, its workers at work."""
    settings = load_settings({"data": data, "definitions": PROJECT / "definitions"})
    data.mkdir(parents=True)
    publish(settings, development=True)
    place = World(settings, start, market)
    async with AsyncExitStack() as parts:
        plain = await parts.enter_async_context(virtual_server())
        place.skipper = TimeSkipper(plain, config=TimeSkippingConfig(disable_propagation=True))
        options = place.skipper.client.config()
        options["interceptors"] = [place, *options["interceptors"]]
        place.client = Client(**options)
        parts.callback(place.services.close)
        workers = build_workers(
            place.client, settings, place.services, "all", workflows=(KronosRun, Begin, *HOUSE)
        )
        for worker in workers:
            await parts.enter_async_context(worker)
        await ensure_dispatcher(plain, settings)
        await place.schedules()
        yield place


class _AtItsMoment(OutboundInterceptor):
    def __init__(self, next: OutboundInterceptor, world: World) -> None:
        super().__init__(next)
        self._world = world

    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:
        if input.workflow in (BEGIN, DISPATCH):
            return await super().start_workflow(input)
        self._world.begun += 1
        args = [self._world.now.isoformat(), input.workflow, input.id, list(input.args)]
        id = f"begin-{self._world.begun}"
        handle = await super().start_workflow(replace(input, workflow=BEGIN, id=id, args=args))
        # Nothing begins any more when the world ends.
        if not await asyncio.wait_for(handle.result(), MOST):
            raise WorkflowAlreadyStartedError(input.id, input.workflow)
        return self._world.client.get_workflow_handle(input.id)
