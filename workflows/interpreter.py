"""Runs a compiled plan: asks it what is next, calls by catalogue name, waits, records."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow

from dsl import plan as p
from dsl.durations import DurationError
from dsl.expressions import EvaluationError, Expression, Template
from workflows import attributes, safety, steps
from workflows.approvals import Approval
from workflows.calls import LABEL, Caller, duration
from workflows.frame import Frame, UndoLog
from workflows.mailbox import Mailbox
from workflows.outcomes import Finished, StepFailed
from workflows.panel import Panel
from workflows.place import Place
from workflows.progress import Progress
from workflows.returned import Returned
from workflows.scope import Scope
from workflows.standing import Standing
from workflows.together import Lanes


class Interpreter:
    """One run of one plan. What it knows between two awaits is all here."""

    def __init__(self, plan: p.Plan, caller: Caller, mailbox: Mailbox, given: Any, depth: int) -> None:
        self.plan = plan
        self.caller = caller
        self.mailbox = mailbox
        self.depth = depth
        self.progress = Progress()
        self.panel = Panel(plan, self.progress)
        self.holds: dict[str, safety.Hold] = {}
        self.retries: list[dict[str, Any]] = []
        self.approvals: dict[str, Approval] = {}
        self.standing: dict[str, Standing] = {}
        self.lanes = Lanes()
        self.returned = Returned()
        self.levels: dict[str, Callable[[], dict[str, Any]]] = {}
        self.undo = UndoLog()
        self.leases = safety.Leases()
        self.stays: str | None = None
        self.phase = "running"
        self.labels = attributes.Labels(plan)
        self.begun = 0
        info = workflow.info()
        self._run: dict[str, Any] = {
            "id": info.workflow_id,
            "workflow": plan.workflow,
            "version": plan.version,
            "started_at": info.start_time,
            "now": info.start_time,
        }
        self.scope = Scope.of_run(given, self._run, plan.tables)

    async def run(self) -> Any:
        """The plan's output. On failure and on cancellation everything begun is undone first."""
        frame = Frame(Place(), self.scope, self.undo)
        self._search(frame)
        workflow.set_current_details(self.panel.whole())
        try:
            await self.block(self.plan.steps, frame, "steps")
            return self.render(self.plan.output, frame) if self.plan.output else None
        except Finished as finished:
            await safety.free(self, self.undo)
            return finished.output
        except (StepFailed, asyncio.CancelledError):
            self.phase = "undoing"
            await safety.unwind(self, self.undo)
            raise

    async def block(self, block: tuple[p.Step, ...], frame: Frame, name: str) -> None:
        """A list of steps, one after the other."""
        start = self.returned.index(frame.place.runtime, name) or 0
        for index, step in enumerate(block[start:], start):
            await self.step(step, frame.at(frame.place.child(name, index)))

    async def step(self, step: p.Step, frame: Frame) -> None:
        """One step: skipped or done, its output kept and its fact recorded."""
        path = frame.place.runtime
        returns = self.returned.through(path)
        if step.when is not None and not returns and not self.truth(step.when, frame):
            self.progress.skip(path, step, self.now())
            self._ticked(path)
            return
        if not returns:
            self.progress.start(path, step, self.title(step, frame), self.now())
        if "." not in path:
            self.labels.stage(step.id or path)
        self._search(frame)
        self._ticked(path)
        try:
            output = await safety.locked(self, step, frame)
            if step.id is not None and output is not None:
                frame.scope.steps[step.id] = output
                self._search(frame)
            if step.record is not None:
                await steps.record(self, step.record, output, frame)
        except Finished:
            self._end(path, "done")
            raise
        except (StepFailed, asyncio.CancelledError):
            self._end(path, "failed")
            raise
        self._search(frame)
        self._end(path, "done")

    # Expressions see one moment as `run.now` for as long as a workflow task lasts.

    def evaluate(self, expression: Expression, frame: Frame) -> Any:
        """The value of a bare expression; StepFailed when it has none."""
        return self._guarded(lambda: expression.evaluate(self._roots(frame)), frame)

    def render(self, template: Template, frame: Frame) -> Any:
        """A template with its expressions replaced; StepFailed when one has no value."""
        return self._guarded(lambda: template.render(self._roots(frame)), frame)

    def collect(self, expression: Expression, frame: Frame) -> Any:
        """The value of a bare expression in the plain form that outputs are kept in."""
        return self._guarded(lambda: expression.render(self._roots(frame)), frame)

    def length(self, template: Template, frame: Frame) -> timedelta:
        """How long a wait lasts; StepFailed when it is no duration."""
        value = self.render(template, frame)
        try:
            return duration(value)
        except DurationError as error:
            raise StepFailed("ExpressionFailed", str(error), frame.place.runtime, cause=error) from error

    def truth(self, expression: Expression, frame: Frame) -> bool:
        """The value of a condition, which must be true or false."""
        value = self.evaluate(expression, frame)
        if not isinstance(value, bool):
            raise StepFailed(
                "ExpressionFailed", f"`{expression.source}` is neither true nor false", frame.place.runtime
            )
        return value

    def title(self, step: p.Step, frame: Frame) -> str | None:
        """What people read for this step."""
        return str(self.render(step.title, frame)) if step.title is not None else None

    def now(self) -> datetime:
        """The run's own time."""
        return workflow.now()

    async def sleep_until(self, end: datetime, frame: Frame, summary: str) -> None:
        """A durable timer; a moment that is past takes no time."""
        path, left = frame.place.runtime, end - self.now()
        if left <= timedelta(0):
            return
        self.wait(path, "timer")
        await workflow.sleep(left, summary=summary[:LABEL])
        self.resume(path)

    def turn(self, frame: Frame) -> Frame:
        """The frame of one turn of a loop: what its body puts out is seen in that turn only."""
        path = frame.place.runtime
        outer = frame.scope
        known = self.returned.level(path) or {}
        inner = outer.turn(known.get("steps", {}))
        self.levels[path] = lambda: {"steps": inner.beside(outer)}
        return frame.within(frame.place, inner)

    @property
    def started_at(self) -> datetime:
        """When the run began, also if it continued as new since."""
        started: datetime = self._run["started_at"]
        return started

    @started_at.setter
    def started_at(self, moment: datetime) -> None:
        self._run["started_at"] = moment

    def next_order(self) -> int:
        """A number that grows with everything begun, for undoing the latest first."""
        self.begun += 1
        return self.begun

    def wait(self, path: str, reason: str) -> None:
        """The step at `path` waits for something outside."""
        self.progress.wait(path, reason)
        self._waits(path)

    def resume(self, path: str) -> None:
        """The step at `path` goes on."""
        self.progress.resume(path)
        self._waits(path)

    def show(self, path: str) -> None:
        """The web UI shows what has become of the step at `path`."""
        workflow.set_current_details(self.panel.after(path))

    def _end(self, path: str, state: str) -> None:
        waited = self.progress.waits_for
        self.progress.end(path, state, self.now())
        if self.progress.waits_for != waited:
            self._waits(path)
        else:
            self._ticked(path)

    def _ticked(self, path: str) -> None:
        """What happens inside of a top-level step is not shown."""
        if "." not in path:
            self.show(path)

    def _waits(self, path: str) -> None:
        self.labels.waits_for(self.progress.waits_for)
        self.show(path)

    def _roots(self, frame: Frame) -> dict[str, Any]:
        self._run["now"] = workflow.now()
        return frame.scope.roots

    def _guarded(self, evaluate: Callable[[], Any], frame: Frame) -> Any:
        try:
            return evaluate()
        except EvaluationError as error:
            raise StepFailed(error.type, str(error), frame.place.runtime, cause=error) from error

    def _search(self, frame: Frame) -> None:
        self.labels.search(lambda template: template.render(self._roots(frame)))
        if self.labels.stream is not None:
            self.caller.stream = self.labels.stream
