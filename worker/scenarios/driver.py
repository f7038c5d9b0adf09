"""Runs one test: starts its run, sends what the test sends at its virtual moments, sees how it ends."""

import asyncio
import time
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.service import RPCError
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from dsl.plan_reader import read_plan
from dsl.plan_walk import ids_by_path
from dsl.release import Release
from dsl.scenarios.model import Approval, Cancel, Event, Message, Retry, Signal
from dsl.scenarios.verdict import NO_END, NOT_DELIVERED, Note
from worker.scenarios.clock import Clock
from worker.scenarios.delivery import NOBODY, UNWANTED, Refusal, deliver
from worker.scenarios.idleness import is_idle
from worker.scenarios.trial import RunOfTrial, Trial
from workflows.calls import QUEUES

LONGEST = 60.0
"""Seconds of the world's own time that one test may take."""
OFTEN = 0.02
AT_ONCE = timedelta(seconds=5)
"""How far the clocks of runs lie apart that began together."""
FIRST_TASK_DONE = 4
"""Events of a run that has begun: started, its task scheduled, started, completed."""


class Driver:
    """Plays one test against the server."""

    def __init__(self, client: Client, release: Release, trial: Trial) -> None:
        self._trial = trial
        self._scenario = trial.scenario
        self._workflow = trial.file.workflow
        self._release = release
        # Where the test does something at a time of its own, the runs that the run starts have clocks that
        # only move when they are told to; else they run on freely, as it does.
        settings = TimeSkippingConfig(enabled=not trial.timed, disable_propagation=trial.timed)
        self._skipper = TimeSkipper(client, config=settings)
        self._clocks: dict[str, Clock] = {}
        self._free: set[str] = set()
        """Runs whose clocks run on by themselves."""
        self._left: list[Message] = list(self._scenario.messages)
        self._deadline = time.monotonic() + LONGEST
        self._ending: asyncio.Task[None] | None = None
        self._begun: list[asyncio.Task[None]] = []

    async def play(self) -> None:
        """Run the test to its end; what came of it is in the trial's `seen`."""
        trial = self._trial
        trial.on_start = self._started
        handle = await self._skipper.client.start_workflow(
            self._workflow, self._scenario.input, id=trial.id, task_queue=QUEUES["light"]
        )
        self._skipper.config = TimeSkippingConfig(disable_propagation=True)
        start = (await handle.describe()).start_time
        self._ending = asyncio.create_task(_ended(handle))
        try:
            await asyncio.wait_for(self._play(handle, start), LONGEST)
        except TimeoutError:
            trial.note(Note(NO_END, None, f"the test goes on for more than {LONGEST:.0f} seconds"))
        finally:
            for task in (self._ending, *self._begun):
                task.cancel()
            await self._look(handle, start)
            with suppress(RPCError):
                await handle.terminate("the test is over")

    async def _play(self, handle: WorkflowHandle[Any, Any], start: datetime) -> None:
        for message in self._scenario.messages:
            await self._send(message, start)
            self._left.remove(message)
        if self._scenario.until is not None:
            await self._forward(self._trial.id, start + self._scenario.until)
            return
        if self._trial.timed:
            await self._run_on(self._trial.id)
        await self._end()

    async def _end(self) -> None:
        """Return when the run has ended, or when nothing will ever happen to it any more."""
        assert self._ending is not None
        own = self._skipper.client.get_workflow_handle(self._trial.id)
        wait, length = OFTEN, 0
        while not self._ending.done():
            await asyncio.wait([self._ending], timeout=wait)
            wait = min(wait * 2, 0.5)
            before, length = length, (await own.describe()).history_length
            # A closer look reads the whole history: only when it seems to stand still.
            if length == before and not self._ending.done() and await self._idle():
                return

    async def _idle(self) -> bool:
        """Will nothing happen in any run until it is written to or its clock is moved."""
        runs = self._trial.open() if self._trial.timed else []
        standing = {run.id: self._clock(run.id) for run in runs if run.id not in self._free}
        return await is_idle(self._skipper.client, self._trial, standing)

    # Messages

    async def _send(self, message: Message, start: datetime) -> None:
        refusal = await self._deliver(message, start)
        if refusal is not None and refusal.type == UNWANTED:
            refusal = None  # an event is there for whoever takes it
        if refusal is not None and not message.refused:
            self._undelivered(message, str(refusal))
        if refusal is None and message.refused:
            self._undelivered(message, "it was taken, and the test says that it is refused")
        for run in self._trial.below():
            if not any(self._takes(run.workflow, later) for later in self._left[1:]):
                await self._begin(run.id)

    async def _deliver(self, message: Message, start: datetime) -> Refusal | None:
        """Why no run took the message; None when one did.

        It is offered to each run that knows such messages, until one can take it or none ever will. One
        that comes at no moment of its own lets time pass from timer to timer.
        """
        assert self._ending is not None
        settled = False
        while True:
            ended, receivers = self._ending.done(), await self._receivers(message)
            if message.after is not None:
                moved = [await self._forward(one, start + message.after) for one in receivers]
                settled = settled and not any(moved)
            refusal = await self._offer(message, receivers)
            if refusal is None or not refusal.early or ended:
                return refusal
            if not settled:
                # At its moment a run may still be busy with getting there.
                settled = await self._idle()
                await asyncio.sleep(0 if settled else OFTEN)
            elif not _may_pass_time(message) or not await self._pass_time():
                return refusal
            else:
                settled = False

    async def _offer(self, message: Message, receivers: list[str]) -> Refusal | None:
        refusal: Refusal | None = NOBODY
        for receiver in receivers:
            refusal = await deliver(self._skipper.client, self._trial, message, receiver)
            if refusal is None or not refusal.early:
                return refusal
        return refusal

    async def _pass_time(self) -> bool:
        """Go to the first moment that runs wait for whose clocks stand; was there any."""
        waiting: list[tuple[datetime, str]] = []
        for run in self._trial.open():
            moment = None if run.id in self._free else await self._clock(run.id).next_moment()
            if moment is not None:
                waiting.append((moment, run.id))
        for moment, id in waiting:
            if moment - min(waiting)[0] < AT_ONCE:
                await self._forward(id, moment)
        return bool(waiting)

    def _undelivered(self, message: Message, why: str) -> None:
        what = type(message).__name__.lower()
        self._trial.note(
            Note(NOT_DELIVERED, message.node, f"the {what} did not arrive as the test says: {why}")
        )

    async def _receivers(self, message: Message) -> list[str]:
        """The ids of the open runs that may take the message: the test's own, else those below that do."""
        if self._takes(self._workflow, message):
            return [self._trial.id]
        await self._run_on(self._trial.id)
        assert self._ending is not None
        while not self._ending.done() and not await self._idle():
            await asyncio.sleep(OFTEN)  # which of several is the first must not be chance
        return [run.id for run in self._trial.below() if self._takes(run.workflow, message)]

    def _takes(self, workflow: str, message: Message) -> bool:
        plan = self._release.plans[workflow]
        match message:
            case Signal():
                return message.name in plan["document"]["signals"]
            case Approval() | Retry(step=str()):
                return message.step in ids_by_path(read_plan(plan["document"], plan["digest"])).values()
            case Event() | Cancel() | Retry():
                return workflow == self._workflow
        return False

    # Runs

    def _clock(self, run_id: str) -> Clock:
        if run_id not in self._clocks:
            handle = self._skipper.client.get_workflow_handle(run_id)
            self._clocks[run_id] = Clock(self._skipper, handle)
        return self._clocks[run_id]

    async def _started(self, run: RunOfTrial) -> None:
        """A run that nobody will write to runs on by itself.

        It is told so after its first task: in the midst of one that would end it, it would be an event for
        which the server has all of the task done again, its activities too. A run that is free from its start
        is told nothing.
        """
        if run.id == self._trial.id or not self._trial.timed:
            return
        waiting = [message for message in self._left if not self._takes(self._workflow, message)]
        if not any(self._takes(run.workflow, message) for message in waiting):
            self._begun.append(asyncio.create_task(self._begin(run.id)))

    async def _forward(self, run_id: str, moment: datetime) -> bool:
        self._free.discard(run_id)
        return await self._clock(run_id).forward_to(moment)

    async def _begin(self, run_id: str) -> None:
        handle = self._skipper.client.get_workflow_handle(run_id)
        while (await handle.describe()).history_length < FIRST_TASK_DONE:
            await asyncio.sleep(OFTEN)
        await self._run_on(run_id)

    async def _run_on(self, run_id: str) -> None:
        if run_id not in self._free:
            self._free.add(run_id)
            await self._clock(run_id).run_on()

    async def _look(self, handle: WorkflowHandle[Any, Any], start: datetime) -> None:
        """Keep what came of the run, and of those that it started."""
        for run in self._trial.runs.values():
            if run.ended_at is None:
                with suppress(RPCError):
                    found = await self._skipper.client.get_workflow_handle(run.id).query("status")
                    run.statuses.append(found)
        own = self._trial.runs.get(handle.id)
        if own is not None and not own.statuses:
            self._trial.note(Note(NO_END, None, "nothing answers for the run any more"))
        elif own is not None:
            end = own.ended_at or await self._now(own.id)
            self._trial.conclude(own, end - start)

    async def _now(self, run_id: str) -> datetime:
        ahead = timedelta(microseconds=self._trial.ahead.get(run_id, 0) / 1000)
        return await self._clock(run_id).now() + ahead


def _may_pass_time(message: Message) -> bool:
    """Is there a moment to look for, at which a run takes it."""
    return message.after is None and not message.refused and not isinstance(message, Event)


async def _ended(handle: WorkflowHandle[Any, Any]) -> None:
    with suppress(WorkflowFailureError):
        await handle.result()
