"""What a run hands to itself when it continues as new, and how it takes it up again.

It does so between two turns of a `repeat` while nothing else is under way: when its history has
grown long, or when a newer release of its definition can be taken.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from temporalio import workflow

from dsl import plan as p
from dsl.expressions import compile_template
from dsl.plan_reader import read_plan
from dsl.upgrade import reason_against, same_loop
from dsl.values import fill_and_check
from payloads import plain_json
from workflows import standing
from workflows.frame import Begun, Frame, UndoLog
from workflows.mailbox import Mailbox, Message
from workflows.outcomes import StepFailed
from workflows.place import Place
from workflows.progress import StepProgress, moved
from workflows.returned import Returned

if TYPE_CHECKING:
    from workflows.interpreter import Interpreter

LARGEST = 1_000_000  # bytes; Temporal refuses payloads of two million
REMEMBERED = 200  # ids of finished steps

State = dict[str, Any]


async def turn_over(run: "Interpreter", step: p.Repeat, frame: Frame) -> None:
    """Continue as new where that is due; returns when the run goes on as it is."""
    if run.lanes.open != 1:
        return
    newer = await _newer(run, step, frame)
    if newer is None and not workflow.info().is_continue_as_new_suggested():
        return
    state = _state(run, frame.place.runtime)
    if newer is not None:
        state = {**state, **newer}
        if newer["position"] != frame.place.runtime:
            state["levels"] = {newer["position"]: state["levels"][frame.place.runtime]}
    size = len(plain_json.dumps(state))
    if size > LARGEST:
        raise StepFailed(
            "StateTooLarge",
            f"the run would carry {size:,} bytes into its next turns, at most {LARGEST:,} are taken; "
            "keep less in `vars`, and undo or finish what was begun",
            frame.place.runtime,
        )
    await workflow.wait_condition(workflow.all_handlers_finished)
    workflow.continue_as_new(args=[run.scope.roots["input"], state])


async def _newer(run: "Interpreter", step: p.Repeat, frame: Frame) -> State | None:
    """The newest release's plan, when the outermost loop takes it and the run has all that it reads."""
    path = frame.place.runtime
    if not step.upgrade or "repeat[" in path or "for_each[" in path:
        return None
    asked = {"workflow": run.plan.workflow, "unless": run.plan.digest}
    identity = run.caller.identity(frame.place, part="/upgrade")
    found = await run.caller.once("runs.load_release", asked, identity, "Look for a newer release")
    if found["plan_digest"] == run.plan.digest:
        run.stays = None
        return None
    plan = read_plan(found["plan"], found["plan_digest"])
    known = [("steps", id) for id in frame.scope.steps] + [("vars", name) for name in frame.scope.variables]
    given = standing.rows(run)
    approved = [(row["place"][1], row["step_id"]) for row in given]
    run.stays = reason_against(plan, path, step.id, known, approved)
    _, misfits = fill_and_check(plan.input, run.scope.roots["input"])
    if misfits and run.stays is None:
        run.stays = f"the input does not fit version {plan.version}: {misfits[0]}"
    if run.stays is not None:
        return None
    return {
        "release": found["release"],
        "plan_digest": found["plan_digest"],
        "position": same_loop(plan, path, step.id),
        "standing": standing.moved(given, plan),
        "progress": [row.as_json() for row in moved(run.progress.outside(f"{path}.repeat["), plan)],
    }


def _state(run: "Interpreter", position: str) -> State:
    mailbox, progress = run.mailbox, run.progress
    on_the_way = {
        path: level() for path, level in run.levels.items() if f"{position}.".startswith(f"{path}.")
    }
    return {
        "release": run.caller.release,
        "plan_digest": run.plan.digest,
        "effect_root": run.caller.effect_root,
        "depth": run.depth,
        "position": position,
        "levels": on_the_way,
        "steps": run.scope.steps,
        "vars": run.scope.variables,
        "undo": undo_rows(run, run.undo),
        "standing": standing.rows(run),
        "begun": run.begun,
        "started_at": run.started_at.isoformat(),
        "stays": run.stays,
        "retries": run.retries[-REMEMBERED:],
        "unread": [[message.name, message.payload, message.id] for message in mailbox.unread],
        "rejected": mailbox.rejected,
        "seen": mailbox.seen,
        "progress": [row.as_json() for row in progress.outside(f"{position}.repeat[")],
        "finished": progress.finished[-REMEMBERED:],
        "undone": progress.undone[-REMEMBERED:],
    }


def mailbox_of(state: State) -> Mailbox:
    """The signals that the run had not read yet."""
    unread = [Message(name, payload, id) for name, payload, id in state["unread"]]
    return Mailbox(unread, list(state["rejected"]), dict(state["seen"]), len(unread))


def take_up(run: "Interpreter", state: State) -> None:
    """Put the run where it was when it continued as new."""
    run.begun = state["begun"]
    run.started_at = datetime.fromisoformat(state["started_at"])
    run.stays = state["stays"]
    run.retries = list(state.get("retries", ()))
    run.scope.steps.update(state["steps"])
    run.scope.variables.update(state["vars"])
    run.returned = Returned(state["position"], state["levels"])
    run.progress.finished[:] = state["finished"]
    run.progress.undone[:] = state["undone"]
    for row in state["progress"]:
        times = {key: _moment(row[key]) for key in ("started_at", "ended_at")}
        run.progress.steps[row["path"]] = StepProgress(**{**row, **times})
    frame = Frame(Place(), run.scope, run.undo)
    run.undo.entries.extend(undo_log(state["undo"], frame).entries)
    standing.take_up(run, state.get("standing", ()))  # older runs wrote none


def undo_rows(run: "Interpreter", undo: UndoLog) -> list[State]:
    """What would be undone, with the inputs that the undoing takes as they are now."""
    return [_row(run, begun) for begun in undo.entries]


def _row(run: "Interpreter", begun: Begun) -> State:
    place, undo = begun.frame.place, begun.undo
    row: State = {
        "order": begun.order,
        "place": [place.runtime, place.static, place.iteration],
        "step_id": begun.step_id,
        "resource": begun.resource,
    }
    if undo is not None:
        retry = undo.retry
        row["given"] = begun.given if begun.given is not None else run.render(undo.input, begun.frame)
        row["undo"] = [undo.activity, undo.timeout, undo.local, undo.role]
        row["retry"] = [retry.attempts, retry.first, str(retry.factor), retry.longest]
    return row


def undo_log(rows: list[State], frame: Frame) -> UndoLog:
    """The log that `undo_rows` wrote."""
    return UndoLog([_begun(row, frame) for row in rows])


def _begun(row: State, frame: Frame) -> Begun:
    undo = None
    if "undo" in row:
        activity, timeout, local, role = row["undo"]
        attempts, first, factor, longest = row["retry"]
        retry = p.Retry(attempts, first, float(factor), longest)
        undo = p.Activity(activity, compile_template({}), timeout, retry, local, role)
    return Begun(
        row["order"], frame.at(Place(*row["place"])), row["step_id"], undo, row.get("given"), row["resource"]
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None
