"""Approvals that a run was given, and which of them still stand when it is about to trade.

Temporal can reset a run to any point behind an approval; the decision is history then, and a replay must
take it. It was made for a run that went another way since. So what trades asks such approvals once more.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from temporalio import workflow

from dsl import plan as p
from workflows.frame import Frame

if TYPE_CHECKING:
    from workflows.interpreter import Interpreter

TURN_OF_REPEAT = re.compile(r"\brepeat\[\d+\]")


def life() -> str:
    """Names the run from its start, or from its last reset, on: the same in every replay.

    The seed of a run's random numbers is made anew where the run was reset, and only there. The run's own
    id would not do: a replay goes through what was before the reset under the id that came after it.
    """
    return str(workflow.random_seed())


@dataclass(slots=True)
class Standing:
    """An approval that was given in `life`; `asking` while it is asked for once more."""

    step: p.Approve
    frame: Frame
    life: str
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


def keep(run: "Interpreter", step: p.Approve, frame: Frame, given_in: str) -> None:
    """The approval was given in that life; the next turn of a `repeat` takes its place."""
    run.standing[TURN_OF_REPEAT.sub("repeat[]", frame.place.runtime)] = Standing(step, frame, given_in)


async def renew(run: "Interpreter", frame: Frame) -> None:
    """Go on once every approval that bears on this step was given since the run was last reset."""
    from workflows.approvals import approve

    while (stale := next(_stale(run, frame), None)) is not None:
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


def _stale(run: "Interpreter", frame: Frame) -> Iterator[Standing]:
    path, now = frame.place.runtime, life()
    return (one for one in run.standing.values() if one.life != now and one.guards(path))


def _loop(part: str) -> str | None:
    """The loop whose turn this part of a path is."""
    name, _, turn = part.partition("[")
    return name if name in ("repeat", "for_each") and turn else None
