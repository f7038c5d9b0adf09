"""Timers of a test's run that fire inside the workflow task which set them.

The server skips time too, but every timer costs it six events and about 10 ms of a processor. A run
that waits for timers alone, and to which nobody will write, needs no server to know what comes next:
its earliest timer fires, and its clock goes there. Beside an activity of a queue or a child the timers
are the server's own, as in every other run.

Search attributes stay away from the server, too: each costs it a row, and nobody looks a test's run up.

What happens here follows from the activations alone, so that such a run replays like any other.
"""

from collections.abc import Callable
from typing import Any

from temporalio.bridge.proto.workflow_activation import FireTimer, WorkflowActivation, WorkflowActivationJob
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import SerializationContext, StorageDriverStoreContext
from temporalio.worker import (
    UnsandboxedWorkflowRunner,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowRunner,
)
from temporalio.workflow import Info, _Definition

from worker.scenarios.trial import Trial

AT_MOST = 100
"""Timers that fire here before the server gets one: a task must not grow without end."""
OPENS = {
    "schedule_activity": "activity",
    "schedule_local_activity": "activity",
    "start_child_workflow_execution": "child",
}
CLOSES = {
    "fire_timer": "timer",
    "resolve_activity": "activity",
    "resolve_child_workflow_execution": "child",
}
ENDS = (
    "complete_workflow_execution",
    "fail_workflow_execution",
    "cancel_workflow_execution",
    "continue_as_new_workflow_execution",
)


class SkippingRunner(WorkflowRunner):
    """Runs workflows outside of the sandbox, those of tests without messages on clocks of their own."""

    def __init__(self, trial_of: Callable[[str], Trial]) -> None:
        self._plain = UnsandboxedWorkflowRunner()
        self._trial_of = trial_of
        self._begun: dict[str, int] = {}

    def prepare_workflow(self, defn: _Definition) -> None:
        """Nothing is to be prepared outside of the sandbox."""
        self._plain.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """The run's instance; a child begins at its parent's time, what goes on as new at the time before."""
        plain, info = self._plain.create_instance(det), det.info
        trial, id = self._trial_of(info.workflow_id), info.workflow_id
        before = info.parent.workflow_id if info.parent and info.continued_run_id is None else id
        # A run that replays begins where it did the first time.
        ahead = self._begun.setdefault(info.run_id, trial.ahead.get(before, 0))
        return _Skipping(plain, not trial.timed, ahead, lambda now: trial.ahead.update({id: now}))


class _Skipping(WorkflowInstance):
    """One run, whose clock may be ahead of the server's; times are nanoseconds."""

    def __init__(self, plain: WorkflowInstance, free: bool, ahead: int, tell: Callable[[int], None]) -> None:
        self._plain = plain
        self._free = free  # do its timers fire here
        self._ahead = ahead
        self._tell = tell
        self._open: dict[tuple[str, int], str] = {}
        """What the server or a local activity will bring, by the command that asked for it."""
        self._held: dict[int, tuple[int, WorkflowCommand]] = {}
        """Timers that the server does not know, with their moments."""
        self._fired = 0

    def get_serialization_context(self, command_info: Any) -> SerializationContext | None:
        """As the run itself says."""
        return self._plain.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> StorageDriverStoreContext:
        """As the run itself says."""
        return self._plain.get_external_store_context(command_info)

    def get_info(self) -> Info:
        """As the run itself says."""
        return self._plain.get_info()

    def get_thread_id(self) -> int | None:
        """As the run itself says."""
        return self._plain.get_thread_id()

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """What the run does now, and then at the moments of timers that nothing can come before."""
        there = act.timestamp.ToNanoseconds()
        whole = self._at(there, act)
        while whole.HasField("successful") and (seq := self._next()) is not None:
            moment, _ = self._held.pop(seq)
            self._fired += 1
            self._ahead = max(self._ahead, moment - there)
            self._tell(self._ahead)
            del act.jobs[:]
            act.jobs.append(WorkflowActivationJob(fire_timer=FireTimer(seq=seq)))
            part = self._at(there, act)
            if not part.HasField("successful"):
                return part
            whole.successful.commands.extend(part.successful.commands)
            whole.successful.used_internal_flags.extend(part.successful.used_internal_flags)
        return whole

    def _next(self) -> int | None:
        """The timer that fires now; None when something else may come first."""
        if self._open or not self._held:
            return None
        return min(self._held, key=lambda seq: (self._held[seq][0], seq))

    def _at(self, there: int, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """One activation at the run's own time; of its commands those that concern the server."""
        now = there + self._ahead
        act.timestamp.FromNanoseconds(now)
        for job in act.jobs:
            kind = job.WhichOneof("variant")
            if kind in CLOSES:
                self._open.pop((CLOSES[kind], getattr(job, kind).seq), None)
        done = self._plain.activate(act)
        if done.HasField("successful"):
            commands = [command for each in done.successful.commands for command in self._sent(each, now)]
            commands += self._released(now)
            del done.successful.commands[:]
            done.successful.commands.extend(commands)
        return done

    def _sent(self, command: WorkflowCommand, now: int) -> list[WorkflowCommand]:
        """The command, unless it is about a timer that is held here, or a label that nobody looks up."""
        kind = str(command.WhichOneof("variant"))
        if kind == "upsert_workflow_search_attributes":
            return []
        if kind == "start_timer" and self._free:
            timer = command.start_timer
            self._held[timer.seq] = now + timer.start_to_fire_timeout.ToNanoseconds(), command
            return []
        if kind == "cancel_timer":
            if self._held.pop(command.cancel_timer.seq, None) is not None:
                return []
            self._open.pop(("timer", command.cancel_timer.seq), None)
        if kind in OPENS:
            self._open[OPENS[kind], getattr(command, kind).seq] = kind
        if kind in ENDS:
            self._held.clear()
        return [command]

    def _released(self, now: int) -> list[WorkflowCommand]:
        """The timers for the server: all, when it has something else to bring, or when it is due to get one.

        A local activity ends in the same task: until then there is time.
        """
        waits = set(self._open.values())
        if "schedule_local_activity" in waits or not (waits or self._fired >= AT_MOST):
            return []
        self._fired = 0
        released = []
        for seq, (moment, command) in sorted(self._held.items()):
            command.start_timer.start_to_fire_timeout.FromNanoseconds(max(moment - now, 0))
            self._open["timer", seq] = "start_timer"
            released.append(command)
        self._held.clear()
        return released
