"""Approvals that a run was given, and which of them still stand when it is about to trade.

Temporal can reset a run to any point behind an approval; the decision is history then, and a replay must
take it. It was made for a run that went another way since. So what trades asks such approvals once more.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from temporalio import workflow

from dsl import plan as p
from workflows.frame import Frame

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
    run.standing[TURN_OF_REPEAT.sub("repeat[]", frame.place.runtime)] = Standing(step, frame, given_in)


async def _recorded(run: "Interpreter", frame: Frame, part: str, run_id: str) -> str:
    """The run's id as it was when this was asked first.

    A reset gives a run a new id, under which a replay goes through what was before. A local activity's
    answer lies in the history, so that the replay has the id of then.
    """
    identity = run.caller.identity(frame.place, part=part)
    marked = await run.caller.once("runs.mark", {"run": run_id}, identity, "Mark the approval")
    return str(marked["run"])


async def renew(run: "Interpreter", frame: Frame) -> None:
    """Go on once every approval that bears on this step was given since the run was last reset."""
    from workflows.approvals import approve

    while guards := [one for one in run.standing.values() if one.guards(frame.place.runtime)]:
        now = await _recorded(run, frame, "/trades", workflow.info().run_id)
        stale = next((one for one in guards if one.given_in != now), None)
        if stale is None:
            return
        if stale.asking:  # by another branch
            await workflow.wait_condition(lambda stale=stale: not stale.asking)  # type: ignore[misc]
            continue
        stale.asking = True
        run.progress.start(stale.path, stale.step, run.title(stale.step, stale.frame), run.now())
        state = "failed"
        try:
            output = await approve(run, stale.step, stale.frame)
            state = "done"
        finally:
            stale.asking = False
            run.progress.end(stale.path, state, run.now())
        if stale.step.id is not None:
            stale.frame.scope.steps[stale.step.id] = output


def _loop(part: str) -> str | None:
    """The loop whose turn this part of a path is."""
    name, _, turn = part.partition("[")
    return name if name in ("repeat", "for_each") and turn else None
