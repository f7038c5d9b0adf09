"""What keeps money safe when a step goes wrong: leases, holding for a person, undoing."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from temporalio import workflow

from dsl import plan as p
from workflows import steps
from workflows.frame import Begun, Frame, UndoLog, takes
from workflows.outcomes import Finished, StepFailed

if TYPE_CHECKING:
    from workflows.interpreter import Interpreter

FIRST_LEASE_PAUSE = timedelta(seconds=1)
LONGEST_LEASE_PAUSE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Leases:
    """What this run holds: blocks by resource, and the resources that are being given back.

    The store knows one owner, the run: only the last of its blocks under a lease gives it back.
    """

    held: Counter[str] = field(default_factory=Counter)
    leaving: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Hold:
    """A failed step that waits for a person, who has it run again by the `retry` update."""

    frame: Frame
    step_id: str | None
    error: StepFailed
    retried: bool = False
    asked: bool = False
    """Is it being found out whether somebody may retry."""

    @property
    def path(self) -> str:
        """Where the step stands."""
        return self.frame.place.runtime


async def locked(run: "Interpreter", step: p.Step, frame: Frame) -> Any:
    """The step's output, with its lease held around it when it has a `lock`.

    A step that fails keeps its lease: undoing still trades, and gives it back afterwards.
    """
    if step.lock is None:
        return await steps.perform(run, step, frame)
    lease = _carried_lease(run, frame)
    if lease is not None:
        run.leases.held[str(lease.resource)] += 1
    else:
        resource = str(run.render(step.lock, frame))
        # A release under way could otherwise reach the store after this lock's own request.
        await workflow.wait_condition(lambda: resource not in run.leases.leaving)
        lease = Begun(run.next_order(), frame, resource=resource)
        frame.undo.entries.append(lease)
        run.leases.held[resource] += 1
        await _acquire(run, resource, frame)
    try:
        output = await steps.perform(run, step, frame)
    except Finished:
        await _give_back(run, lease, frame.undo)
        raise
    await _give_back(run, lease, frame.undo)
    return output


def _carried_lease(run: "Interpreter", frame: Frame) -> Begun | None:
    """The lease that this run took before it continued as new."""
    if not run.returned.through(frame.place.runtime):
        return None
    at_place = (held for held in frame.undo.entries if held.resource and held.frame.place == frame.place)
    return next(at_place, None)


async def _acquire(run: "Interpreter", resource: str, frame: Frame) -> None:
    path = frame.place.runtime
    pause, tries = FIRST_LEASE_PAUSE, 0
    while True:
        call = run.caller.identity(frame.place, part=f"/lease#{tries}" if tries else "/lease")
        state = await run.caller.internal(
            "leases.acquire", {"resource": resource}, call, f"Take the lease on {resource}"
        )
        if state["granted"]:
            run.resume(path)
            return
        run.wait(path, f"lease {resource} held by {state['holder']}")
        await workflow.sleep(pause, summary=f"Wait for the lease on {resource}")
        pause, tries = min(pause * 2, LONGEST_LEASE_PAUSE), tries + 1


async def _give_back(run: "Interpreter", lease: Begun, undo: UndoLog) -> None:
    """Give a lease back, unless another block of this run is still under it."""
    resource = str(lease.resource)
    if run.leases.held[resource] == 1:
        run.leases.leaving.add(resource)
        call = run.caller.identity(lease.frame.place, part="/release")
        given = {"resource": resource}
        try:
            await run.caller.internal("leases.release", given, call, f"Give the lease on {resource} back")
        finally:
            run.leases.leaving.discard(resource)
    run.leases.held[resource] -= 1
    if lease in undo.entries:
        undo.entries.remove(lease)


async def free(run: "Interpreter", undo: UndoLog) -> None:
    """Give back the leases of branches that a `finish` beside them cut short; nothing is undone."""
    for held in [begun for begun in undo.entries if begun.resource is not None]:
        await _give_back(run, held, undo)


def holds(run: "Interpreter", error: StepFailed, frame: Frame) -> bool:
    """Whether a failed step waits for a person: nobody catches its error, and the plan says so.

    An error that trying again does not help fails a run at once that has done nothing yet: there is
    nothing to save, and whoever started it learns now what was wrong.
    """
    return (
        run.plan.on_failure is not None
        and not error.deliberate
        and (run.caller.acted or not error.final)
        and not any(takes(clause, error.type) for clause in frame.catches)
    )


async def hold(run: "Interpreter", step: p.Step, frame: Frame, error: StepFailed) -> None:
    """Wait until a person retries the step; raises the error when nobody does in time."""
    rule = run.plan.on_failure
    assert rule is not None
    path = frame.place.runtime
    held = run.holds[path] = Hold(frame, step.id, error)
    run.progress.end(path, "failed", run.now())
    run.wait(path, f"retry by {rule.role}")
    run.progress.steps[path].state = "failed"
    try:
        await _retried(run, held, rule, frame)
    except (StepFailed, asyncio.CancelledError):
        _let_go(run, path)
        raise
    _let_go(run, path)


async def _retried(run: "Interpreter", held: Hold, rule: p.Hold, frame: Frame) -> None:
    """Return once somebody has the step run again; its error when nobody does in time."""
    try:
        await workflow.wait_condition(
            lambda: held.retried,
            timeout=run.length(rule.duration, frame),
            timeout_summary=f"Held for {rule.role}: {held.error.type}"[:120],
        )
    except TimeoutError:
        await workflow.wait_condition(lambda: not held.asked)  # whoever asked in time is answered
        if not held.retried:
            raise held.error from held.error.cause


async def retry(run: "Interpreter", held: Hold, by: str, method: str) -> None:
    """Have the held step run again, if this person may; StepFailed with what speaks against it.

    Who did, and when, stands in the log before the step runs.
    """
    while held.asked:
        await workflow.wait_condition(lambda: not held.asked)
    held.asked = True
    try:
        if held.retried or run.holds.get(held.path) is not held:
            raise StepFailed("NothingHeld", f"the step {held.step_id or held.path} is retried already", "")
        rule = run.plan.on_failure
        retried = {"step": held.step_id or held.path, "path": held.path, "by": by, "method": method}
        about = {"error": held.error.type, "role": rule.role if rule is not None else ""}
        identity = run.caller.identity(held.frame.place, part="/retry")
        given = {**retried, **about, "line": f"{workflow.info().run_id}#{len(run.retries)}"}
        await run.caller.internal("runs.allow_retry", given, identity, f"Retry for {by}")
        run.retries.append({**retried, "at": run.now()})
        held.retried = True
    finally:
        held.asked = False


def _let_go(run: "Interpreter", path: str) -> None:
    del run.holds[path]
    run.resume(path)
    run.progress.steps[path].state = "failed"


async def unwind(run: "Interpreter", undo: UndoLog) -> None:
    """Undo what the log holds, latest start first, and give its leases back."""
    while (begun := undo.take_latest()) is not None:
        if begun.resource is not None:
            await _give_back(run, begun, undo)
        elif begun.undo is not None:
            await _undo(run, begun, begun.undo)


async def _undo(run: "Interpreter", begun: Begun, undo: p.Activity) -> None:
    frame = begun.frame
    path = frame.place.runtime
    turn = 1
    while True:
        call = run.caller.identity(frame.place, part="/undo")
        activity_id = f"{path}/undo" if turn == 1 else f"{path}/undo#{turn}"
        try:
            given = begun.given if begun.given is not None else run.render(undo.input, frame)
            await run.caller.call(undo, given, call, f"Undo: {undo.activity}", activity_id)
            break
        except StepFailed as error:
            await _stuck(run, begun.step_id, frame, error)
            turn += 1
    run.progress.undo(path, begun.step_id, run.now())
    run.show(path)


async def _stuck(run: "Interpreter", step_id: str | None, frame: Frame, error: StepFailed) -> None:
    """An undo that used up its retries waits for a person, without end."""
    before, run.phase = run.phase, "undo_stuck"
    path = frame.place.runtime
    held = run.holds[path] = Hold(frame, step_id, error)
    run.wait(path, "retry of an undo")
    await workflow.wait_condition(lambda: held.retried)
    del run.holds[path]
    run.resume(path)
    run.phase = before
