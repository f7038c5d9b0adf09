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
from worker.scenarios.delivery import Refusal, deliver
from worker.scenarios.idleness import is_idle
from worker.scenarios.trial import RunOfTrial, Trial
from workflows.calls import QUEUES

LONGEST = 60.0
"""Seconds of the world's own time that one test may take."""
OFTEN = 0.02
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
        clock = self._clock(self._trial.id)
        if self._scenario.until is not None:
            await clock.forward_to(start + self._scenario.until)
            return
        if self._trial.timed:
            await clock.run_on()
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

    async def _idle(self, *, stopped: bool = False) -> bool:
        return await is_idle(self._skipper.client, self._trial, stopped=stopped)

    # Messages

    async def _send(self, message: Message, start: datetime) -> None:
        receiver = await self._receiver(message)
        if receiver is None:
            self._undelivered(message, "no run that takes it is open")
            return
        if message.after is not None:
            await self._clock(receiver).forward_to(start + message.after)
        refusal = await self._deliver(message, receiver)
        if refusal is not None and not message.refused:
            self._undelivered(message, str(refusal))
        if refusal is None and message.refused:
            self._undelivered(message, "it was taken, and the test says that it is refused")
        if receiver != self._trial.id and not any(self._takes_more(receiver)):
            await self._clock(receiver).run_on()

    async def _deliver(self, message: Message, receiver: str) -> Refusal | None:
        """Why the run did not take the message; None when it did.

        It is offered until the run can take it, or is known not to come to where it could.
        """
        while True:
            refusal = await deliver(self._skipper.client, self._trial, message, receiver)
            if refusal is None:
                return None
            if refusal.type != "NotReady":
                # At its moment the run may still be busy with getting there.
                offered = refusal.early and not message.refused
                if not offered or await self._idle(stopped=message.after is not None):
                    return refusal
            await asyncio.sleep(OFTEN)

    def _undelivered(self, message: Message, why: str) -> None:
        what = type(message).__name__.lower()
        self._trial.note(
            Note(NOT_DELIVERED, message.node, f"the {what} did not arrive as the test says: {why}")
        )

    async def _receiver(self, message: Message) -> str | None:
        """The id of the run that takes the message: the test's own, else the first one below that does."""
        if self._takes(self._workflow, message):
            return self._trial.id
        await self._clock(self._trial.id).run_on()
        assert self._ending is not None
        while True:
            for run in list(self._trial.runs.values()):
                if run.ended_at is None and self._takes(run.workflow, message):
                    return run.id
            if self._ending.done() or await self._idle():
                return None
            await asyncio.sleep(OFTEN)

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

    def _takes_more(self, run_id: str) -> list[Message]:
        workflow = self._trial.runs[run_id].workflow
        later = self._left[1:]
        own = [message for message in later if not self._takes(self._workflow, message)]
        return [message for message in own if self._takes(workflow, message)]

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
            self._begun.append(asyncio.create_task(self._run_on(run.id)))

    async def _run_on(self, run_id: str) -> None:
        handle = self._skipper.client.get_workflow_handle(run_id)
        while (await handle.describe()).history_length < FIRST_TASK_DONE:
            await asyncio.sleep(OFTEN)
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


async def _ended(handle: WorkflowHandle[Any, Any]) -> None:
    with suppress(WorkflowFailureError):
        await handle.result()
