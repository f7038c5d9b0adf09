"""Workers of which nothing is heard again, all in one process.

A worker dies where a step's work is done and Temporal does not know it, each step's the first time that any
run comes there. An activity of a queue: its effects are in the books, its answer is lost, and the server tries
again by the step's own retry, as after a heartbeat that stopped. What happens inside of a workflow task, steps
that begin and end, local activities, decisions that people send: the task is given up when it is over,
what it did is nowhere, and the run goes on from its history at a worker that knows nothing of it.
"""

import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from temporalio import activity, workflow
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.workflow import _Definition

import worker.worker
from dsl import plan as p
from payloads.call import Call
from payloads.entry import Effect
from payloads.facts import activity_facts
from worker.scenarios import testing
from worker.scenarios.skipping import SkippingRunner
from worker.worker import ActivityHost
from workflows.frame import Frame
from workflows.interpreter import Interpreter

# How long the server waits before it tries again is its own affair, and takes its time from the test.
AT_ONCE = timedelta(milliseconds=10)


class TaskLost(Exception):
    """The worker died when its workflow task was over."""


@dataclass
class Deaths:
    """What was passed how often, and where a worker died."""

    passed: Counter[str] = field(default_factory=Counter)
    died: set[str] = field(default_factory=set)
    tasks: dict[str, set[str]] = field(default_factory=dict)
    """By run: what the task at work is the first to pass."""
    lost: dict[tuple[str, str], Any] = field(default_factory=dict)
    """Answers that Temporal never had, by run and call, of activities that must give them again."""
    repeated: int = 0
    changed: list[str] = field(default_factory=list)
    """Where the second answer was another one."""
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def pass_by(self, point: str) -> bool:
        """Whether the worker dies here."""
        with self.one_at_a_time:
            self.passed[point] += 1
            return self.passed[point] == 1

    def repeat(self, asked: tuple[str, str], point: str, answer: Any) -> None:
        """Hold the answer against the one that was lost."""
        if asked in self.lost:
            self.repeated += 1
            self.changed += [point] if self.lost.pop(asked) != answer else []

    def pass_in_task(self, run_id: str, point: str) -> None:
        """The worker dies when the run's task is over."""
        if self.pass_by(point):
            self.tasks.setdefault(run_id, set()).add(point)

    def end_task(self, run_id: str) -> None:
        """TaskLost if the worker dies."""
        if points := self.tasks.pop(run_id, None):
            self.died |= points
            raise TaskLost(", ".join(sorted(points)))


def point_of(name: str, call: Call) -> str:
    """Where an activity stands in its definition; the turns of a loop and of a lease are one place."""
    step = re.sub(r"#\d+$", "", call.step)
    return f"{call.workflow} {step} {name}"


@contextmanager
def answers_lost(deaths: Deaths) -> Iterator[None]:
    """The workers that are built in this block die as `deaths` says."""
    perform, runner = ActivityHost._perform, worker.worker.workflow_runner

    async def performed(host: ActivityHost, name: str, given: Any, call: Call) -> Any:
        answer = await perform(host, name, given, call)
        point, about = point_of(name, call), activity.info()
        asked = str(about.workflow_run_id), about.activity_id
        deaths.repeat(asked, point, answer)
        dies = deaths.pass_by(point)
        if dies and _repeatable(name):
            deaths.lost[asked] = answer
        if dies and about.is_local:
            deaths.tasks.setdefault(asked[0], set()).add(point)
        elif dies:
            deaths.died.add(point)
            raise ApplicationError(
                "nothing is heard of it",
                type="WorkerDied",
                next_retry_delay=AT_ONCE,
                category=ApplicationErrorCategory.BENIGN,  # no warning in the log
            )
        return answer

    with (
        _steps_watched(deaths),
        patch.object(ActivityHost, "_perform", performed),
        patch("worker.worker.workflow_runner", lambda: _Mortal(runner(), deaths)),
    ):
        yield


def _repeatable(name: str) -> bool:
    """Whether the same call has the same answer, whatever others did meanwhile: what is pure, and effects."""
    facts = activity_facts()[name]
    return not facts.internal and facts.effect != Effect.READS


@contextmanager
def tasks_lost(deaths: Deaths) -> Iterator[None]:
    """The workers of tests of definitions, of which this block tries some, die within their workflow tasks."""
    with (
        _steps_watched(deaths),
        patch.object(testing, "SkippingRunner", lambda trial_of: _Mortal(SkippingRunner(trial_of), deaths)),
    ):
        yield


@contextmanager
def _steps_watched(deaths: Deaths) -> Iterator[None]:
    take_step = Interpreter.step

    async def step_taken(run: Interpreter, step: p.Step, frame: Frame) -> None:
        where, run_id = f"{run.plan.workflow} {frame.place.static}", workflow.info().run_id
        deaths.pass_in_task(run_id, f"{where} begins")
        await take_step(run, step, frame)
        deaths.pass_in_task(run_id, f"{where} is over")

    with patch.object(Interpreter, "step", step_taken):
        yield


class _Mortal(WorkflowRunner):
    """Runs workflows, and dies when a task is over in which something was passed."""

    def __init__(self, plain: WorkflowRunner, deaths: Deaths) -> None:
        self._plain = plain
        self._deaths = deaths

    def prepare_workflow(self, defn: _Definition) -> None:
        self._plain.prepare_workflow(defn)

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        self._plain.set_worker_level_failure_exception_types(types)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        instance, run_id = self._plain.create_instance(det), det.info.run_id
        activate, awaited = instance.activate, 0

        # A task is over when it waits for no local activity any more.
        def activated(act: WorkflowActivation) -> WorkflowActivationCompletion:
            nonlocal awaited
            awaited -= sum(job.resolve_activity.is_local for job in act.jobs)
            done = activate(act)
            awaited += sum(each.HasField("schedule_local_activity") for each in done.successful.commands)
            if not awaited:
                self._deaths.end_task(run_id)
            return done

        instance.activate = activated  # type: ignore[method-assign]
        return instance
