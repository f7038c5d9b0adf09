"""What each kind of step does."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from temporalio import workflow

from dsl import plan as p
from payloads.facts import activity_facts
from workflows import carried, moments, safety
from workflows.approvals import approve
from workflows.calls import run_child
from workflows.frame import Begun, Frame, UndoLog, takes
from workflows.mailbox import Message
from workflows.outcomes import Finished, StepFailed
from workflows.together import together

if TYPE_CHECKING:
    from workflows.interpreter import Interpreter

DEEPEST = 10
WIDEST = 500
"""Things at once in one `for_each`: Temporal takes 2,000 open activities of a run."""


async def perform(run: "Interpreter", step: p.Step, frame: Frame) -> Any:
    """The step's output, by its kind."""
    return await KINDS[type(step)](run, step, frame)


async def call(run: "Interpreter", step: p.Call, frame: Frame) -> Any:
    """One activity. Its undo is registered before its effect is sent: a lost outcome is undone too."""
    if step.undo is not None:
        frame.undo.entries.append(Begun(run.next_order(), frame, step_id=step.id, undo=step.undo))
    given = run.render(step.call.input, frame)
    key = str(run.render(step.key, frame)) if step.key is not None else None
    identity = run.caller.identity(frame.place, key)
    label = run.title(step, frame) or activity_facts()[step.call.activity].summary

    async def attempt(turn: int) -> Any:
        again = identity.model_copy(update={"turn": turn})
        activity_id = frame.place.runtime if turn == 1 else f"{frame.place.runtime}#{turn}"
        return await run.caller.call(step.call, given, again, label, activity_id)

    return await _with_hold(run, step, frame, attempt)


async def _with_hold(
    run: "Interpreter", step: p.Step, frame: Frame, attempt: Callable[[int], Awaitable[Any]]
) -> Any:
    path, turn = frame.place.runtime, 1
    while True:
        try:
            return await attempt(turn)
        except StepFailed as error:
            if not safety.holds(run, error, frame):
                raise
            await safety.hold(run, step, frame, error)
        turn += 1
        run.progress.start(path, step, None, run.now())


async def set_names(run: "Interpreter", step: p.Set, frame: Frame) -> Any:
    """Write `vars`; all values are computed before the first is written."""
    values = {name: run.render(template, frame) for name, template in step.set.items()}
    frame.scope.variables.update(values)
    return values


async def choose(run: "Interpreter", step: p.Choose, frame: Frame) -> Any:
    """The first branch whose condition is true; its index, or None when there is none."""
    names = [f"choose[{index}].steps" for index in range(len(step.choose))]
    taken = run.returned.branch(frame.place.runtime, names)
    if taken is not None:
        await run.block(step.choose[names.index(taken)].steps, frame, taken)
        return names.index(taken)
    for index, branch in enumerate(step.choose):
        if branch.when is None or run.truth(branch.when, frame):
            await run.block(branch.steps, frame, f"choose[{index}].steps")
            return index
    return None


async def parallel(run: "Interpreter", step: p.Parallel, frame: Frame) -> Any:
    """All branches at once."""

    def branch(name: str, steps: tuple[p.Step, ...]) -> Callable[[], Awaitable[None]]:
        return lambda: run.block(steps, frame, f"parallel.{name}")

    names = [f"parallel.{name}" for name in step.parallel]
    left = run.returned.branch(frame.place.runtime, names)  # the others were done before
    jobs = [branch(n, s) for n, s in step.parallel.items() if left in (None, f"parallel.{n}")]
    await together(jobs, len(step.parallel), run.lanes)
    return None


async def for_each(run: "Interpreter", step: p.ForEach, frame: Frame) -> Any:
    """A turn for each item; what they collect, in the order of the items."""
    path = frame.place.runtime
    known = run.returned.level(path)
    items = known["items"] if known else run.evaluate(step.for_each, frame)
    if not isinstance(items, list | tuple):
        raise StepFailed("ExpressionFailed", "`for_each` needs a list", path)
    at_most = int(run.render(step.at_most, frame))
    collected: dict[int, Any] = {int(turn): value for turn, value in (known or {}).get("collected", [])}
    run.levels[path] = lambda: {"items": items, "collected": list(map(list, collected.items()))}

    def turn(index: int, item: Any) -> Callable[[], Awaitable[Any]]:
        scope = frame.scope.with_name(step.as_, item)
        inner = run.turn(frame.within(frame.place.turn("for_each", index), scope))

        async def body() -> Any:
            await run.block(step.steps, inner, "steps")
            collected[index] = run.collect(step.collect, inner) if step.collect is not None else None

        return body

    left = [(index, item) for index, item in enumerate(items) if index not in collected]
    await together([turn(index, item) for index, item in left], min(max(at_most, 1), WIDEST), run.lanes)
    return [collected[index] for index in range(len(items))] if step.collect is not None else None


async def try_steps(run: "Interpreter", step: p.Try, frame: Frame) -> Any:
    """The steps of `try`; an error that a clause takes undoes them, then the clause runs."""
    path = frame.place.runtime
    known = run.returned.level(path)
    undo, ending = carried.undo_log(known["undo"] if known else [], frame), None
    run.levels[path] = lambda: {"undo": carried.undo_rows(run, undo)}
    try:
        await _tried(run, step, frame, undo)
    except (StepFailed, Finished, asyncio.CancelledError) as error:
        ending = error
    frame.undo.take_over(undo)
    run.lanes.open += 1  # how the `try` ended is nowhere else: its `finally` cannot continue as new
    try:
        await run.block(step.finally_, frame, "finally")
    finally:
        run.lanes.open -= 1
    if ending is not None:
        raise ending
    return None


async def _tried(run: "Interpreter", step: p.Try, frame: Frame, undo: UndoLog) -> None:
    path = frame.place.runtime
    names = [f"catch[{index}].steps" for index in range(len(step.catch))]
    taken = run.returned.branch(path, names)
    if taken is not None:
        index = names.index(taken)
        caught = run.returned.level(f"{path}.catch[{index}]") or {}
        await _catch(run, step.catch[index], index, caught["error"], frame)
        return
    try:
        await run.block(step.try_, frame.catching(step.catch, undo), "try")
    except StepFailed as error:
        taking = next((i for i, clause in enumerate(step.catch) if takes(clause, error.type)), None)
        if taking is None:
            raise
        await safety.unwind(run, undo)
        await _catch(run, step.catch[taking], taking, error.as_value(), frame)


async def _catch(
    run: "Interpreter", clause: p.Catch, index: int, error: dict[str, Any], frame: Frame
) -> None:
    run.levels[f"{frame.place.runtime}.catch[{index}]"] = lambda: {"error": error}
    scope = frame.scope if clause.as_ is None else frame.scope.with_name(clause.as_, error)
    await run.block(clause.steps, frame.within(frame.place, scope), f"catch[{index}].steps")


async def wait(run: "Interpreter", step: p.Wait, frame: Frame) -> Any:
    """A durable timer; a moment that is past goes on at once."""
    end = await moments.until(run, step, frame)
    await run.sleep_until(end, frame, run.title(step, frame) or "Wait")
    return None


async def receive(run: "Interpreter", step: p.Receive, frame: Frame) -> Any:
    """The next unread signal that fits; what does not match stays for others."""
    path = frame.place.runtime
    if run.returned.through(path):
        return await _timed_out(run, step, frame)
    deadline = None if step.within is None else await moments.after(run, step.within, step, frame)
    seen = -1
    while True:
        message = run.mailbox.take(step.receive, lambda found: _fits(run, step, found, frame))
        if message is not None:
            run.caller.acted = True
            run.resume(path)
            return {"signal": message.name, "payload": message.payload, "timed_out": False}
        seen = run.mailbox.arrivals
        run.wait(path, " or ".join(step.receive))
        try:
            await workflow.wait_condition(
                partial(run.mailbox.has_news, seen),
                timeout=None if deadline is None else max(deadline - run.now(), timedelta(0)),
                timeout_summary=f"Deadline for {' or '.join(step.receive)}"[:120],
            )
        except TimeoutError:
            run.resume(path)
            return await _timed_out(run, step, frame)


def _fits(run: "Interpreter", step: p.Receive, message: Message, frame: Frame) -> bool:
    if step.where is None:
        return True
    return run.truth(step.where, frame.within(frame.place, frame.scope.with_name("signal", message.payload)))


async def _timed_out(run: "Interpreter", step: p.Receive, frame: Frame) -> Any:
    names = " or ".join(step.receive)
    if step.on_timeout is None:
        raise StepFailed("SignalTimeout", f"no signal {names} came in time", frame.place.runtime)
    await run.block(step.on_timeout, frame, "on_timeout")
    return {"signal": None, "payload": None, "timed_out": True}


async def emit(run: "Interpreter", step: p.Emit, frame: Frame) -> Any:
    """A business event, appended once."""
    given = {"event": step.emit, "data": run.render(step.data, frame)}
    identity = run.caller.identity(frame.place)
    return await run.caller.internal("events.emit", given, identity, f"Emit {step.emit}")


async def run_workflow(run: "Interpreter", step: p.Run, frame: Frame) -> Any:
    """A child run. Its effects are identified through this step, not through its own start."""
    place = frame.place
    if run.depth >= DEEPEST:
        raise StepFailed("TooDeep", f"runs nest more than {DEEPEST} deep", place.runtime)
    given = run.render(step.input, frame)
    link = {
        "effect_root": f"{run.caller.effect_root}/{place.static}#{place.iteration}",
        "depth": run.depth + 1,
    }
    name = f"{workflow.info().workflow_id}.{step.id or place.runtime}"
    name += f".{place.iteration}" if place.iteration and step.id else ""
    label = run.title(step, frame) or f"Run {step.run}"
    run.caller.acted = True

    async def attempt(_: int) -> Any:
        return await run_child(step, given, link, name, place.runtime, label)

    return await _with_hold(run, step, frame, attempt)


async def fail(run: "Interpreter", step: p.Fail, frame: Frame) -> Any:
    """The end, failed, after undoing."""
    message = str(run.render(step.message, frame))
    raise StepFailed(step.error, message, frame.place.runtime, deliberate=True)


async def finish(run: "Interpreter", step: p.Finish, frame: Frame) -> Any:
    """The end, completed; nothing is undone."""
    raise Finished(run.render(step.finish, frame))


async def record(run: "Interpreter", rule: p.Record, output: Any, frame: Frame) -> None:
    """Append the step's fact."""
    data = run.render(rule.data, frame) if rule.data is not None else output
    given = {"fact": rule.fact, "data": data if isinstance(data, dict) else {"value": data}}
    identity = run.caller.identity(frame.place, part="/record")
    await run.caller.internal("events.record", given, identity, f"Record {rule.fact}")


async def repeat(run: "Interpreter", step: p.Repeat, frame: Frame) -> Any:
    """Turns, each tested when it is over; the outputs of the last one stay."""
    path = frame.place.runtime
    if run.returned.index(path, "on_exhausted") is not None:
        await run.block(step.on_exhausted or (), frame, "on_exhausted")
        return None
    known = run.returned.level(path)
    turn, began = (known["turn"], moments.moment(known["began"], frame)) if known else (0, run.now())
    if run.returned.path == path:
        run.returned.arrive()
    run.levels[path] = lambda: {"turn": turn, "began": began.isoformat()}
    while True:
        inner = run.turn(frame.within(frame.place.turn("repeat", turn), frame.scope))
        await run.block(step.steps, inner, "steps")
        turn += 1
        over = step.until is not None and run.truth(step.until, inner)
        if over or (step.at_most is not None and turn >= int(run.render(step.at_most, frame))):
            frame.scope.steps.update(inner.scope.steps)
            return await _repeated(run, step, frame, over)
        if step.every is not None:
            began = max(await moments.after(run, step.every, step, inner, began), run.now())
            await run.sleep_until(began, frame, "Next turn")
        await carried.turn_over(run, step, frame)


async def _repeated(run: "Interpreter", step: p.Repeat, frame: Frame, over: bool) -> None:
    if over:
        return
    if step.on_exhausted is not None:
        await run.block(step.on_exhausted, frame, "on_exhausted")
    elif step.until is not None:
        message = "the last turn is over, and what was waited for is not true"
        raise StepFailed("RepeatExhausted", message, frame.place.runtime)


KINDS: dict[type[p.Step], Callable[["Interpreter", Any, Frame], Awaitable[Any]]] = {
    p.Call: call,
    p.Set: set_names,
    p.Choose: choose,
    p.Parallel: parallel,
    p.ForEach: for_each,
    p.Try: try_steps,
    p.Repeat: repeat,
    p.Wait: wait,
    p.Receive: receive,
    p.Approve: approve,
    p.Emit: emit,
    p.Run: run_workflow,
    p.Fail: fail,
    p.Finish: finish,
}
