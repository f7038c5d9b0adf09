"""Approvals that a run was given, and which of them still stand when it is about to trade.

Temporal can reset a run to any point behind an approval; the decision is history then, and a replay must
take it. It was made for a run that went another way since. A run that continues as new takes along what it
was approved, but not the decision. So what trades asks such approvals once more.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from temporalio import workflow

from dsl import plan as p
from dsl.plan_walk import walk_plan
from dsl.upgrade import same_approval
from workflows.frame import Frame
from workflows.place import Place
from workflows.scope import Scope

if TYPE_CHECKING:
    from workflows.interpreter import Interpreter

NOWHERE = ""
TURN_OF_REPEAT = re.compile(r"\brepeat\[\d+\]")


@dataclass(slots=True)
class Standing:
    """An approval that was given in the run `given_in`; `asking` while it is asked for once more."""

    step: p.Approve
    frame: Frame
    given_in: str
    asking: bool = False

    @property
    def path(self) -> str:
        """Where it was given."""
        return self.frame.place.runtime

    def settled(self) -> bool:
        """Is nobody being asked once more at the moment."""
        return not self.asking

    def guards(self, path: str) -> bool:
        """Does it bear on the step at `path`, which is in no other turn of a loop and not inside of it."""
        if path.startswith(f"{self.path}."):
            return False
        for own, other in zip(self.path.split("."), path.split("."), strict=False):
            if own != other:
                return not (_loop(own) and _loop(own) == _loop(other))
        return True


async def keep(run: "Interpreter", step: p.Approve, frame: Frame, *, shown: bool) -> None:
    """The approval was given; the next turn of a `repeat` takes its place.

    `shown`: what was decided on is what this run shows. Else the run was reset since, and has to ask again.
    """
    given_in = await _recorded(run, frame, "/given", workflow.info().run_id if shown else NOWHERE)
    _stand(run, Standing(step, frame, given_in))


def _stand(run: "Interpreter", given: Standing) -> None:
    run.standing[TURN_OF_REPEAT.sub("repeat[]", given.path)] = given


async def _recorded(run: "Interpreter", frame: Frame, part: str, run_id: str) -> str:
    """The run's id as it was when this was asked first.

    A reset gives a run a new id, under which a replay goes through what was before. A local activity's
    answer lies in the history, so that the replay has the id of then.
    """
    identity = run.caller.identity(frame.place, part=part)
    marked = await run.caller.once("runs.mark", {"run": run_id}, identity, "Mark the approval")
    return str(marked["run"])


async def renew(run: "Interpreter", frame: Frame) -> None:
    """Go on once every approval that bears on this step was given in this run, since it was last reset."""
    from workflows.approvals import approve

    while guards := [one for one in run.standing.values() if one.guards(frame.place.runtime)]:
        now = await _recorded(run, frame, "/trades", workflow.info().run_id)
        stale = next((one for one in guards if one.given_in != now), None)
        if stale is None:
            return
        if stale.asking:  # by another branch
            await workflow.wait_condition(stale.settled)
            continue
        stale.asking = True
        run.lanes.open += 1  # to go on behind the approval would lose that it is this step that asks
        run.progress.start(stale.path, stale.step, run.title(stale.step, stale.frame), run.now())
        state = "failed"
        try:
            output = await approve(run, stale.step, stale.frame)
            state = "done"
        finally:
            stale.asking = False
            run.lanes.open -= 1
            run.progress.end(stale.path, state, run.now())
        if stale.step.id is not None:
            stale.frame.scope.steps[stale.step.id] = output
            frame.scope.steps[stale.step.id] = output  # a turn of a loop has a copy of its own


def rows(run: "Interpreter") -> list[dict[str, Any]]:
    """What was approved, for the run that this one continues as."""
    return [_row(run, given) for given in run.standing.values()]


def _row(run: "Interpreter", given: Standing) -> dict[str, Any]:
    place, scope = given.frame.place, given.frame.scope
    return {
        "place": [place.runtime, place.static, place.iteration],
        "step_id": given.step.id,
        "given_in": given.given_in,
        "calendar": given.frame.calendar,
        "names": {name: value for name, value in scope.roots.items() if name not in run.scope.roots},
        "steps": scope.beside(run.scope),
    }


def moved(rows: list[dict[str, Any]], plan: p.Plan) -> list[dict[str, Any]]:
    """The rows with the places that their approvals have in a newer plan, which has them all."""
    return [{**row, "place": _place_in(plan, row)} for row in rows]


def _place_in(plan: p.Plan, row: dict[str, Any]) -> list[str]:
    _, path, iteration = row["place"]
    found = str(same_approval(plan, path, row["step_id"]))
    first, *rest = found.split("[]")
    turns = zip(iteration.split("."), rest, strict=False)  # the iteration is empty outside of loops
    return [first + "".join(f"[{turn}]{part}" for turn, part in turns), found, iteration]


def take_up(run: "Interpreter", rows: Sequence[dict[str, Any]]) -> None:
    """What an earlier run was approved, from its `rows`."""
    steps = dict(walk_plan(run.plan))
    for row in rows:
        place = Place(*row["place"])
        step = steps[place.static]
        assert isinstance(step, p.Approve)
        frame = Frame(place, _scope(run, row), run.undo, calendar=row["calendar"])
        _stand(run, Standing(step, frame, row["given_in"]))


def _scope(run: "Interpreter", row: dict[str, Any]) -> Scope:
    """What the approval sees: the run's names as they are now, and those of the loops that it lay in."""
    if not row["names"] and not row["steps"]:
        return run.scope
    inner = run.scope.turn(row["steps"])
    return Scope({**inner.roots, **row["names"]})


def _loop(part: str) -> str | None:
    """The loop whose turn this part of a path is."""
    name, _, turn = part.partition("[")
    return name if name in ("repeat", "for_each") and turn else None
