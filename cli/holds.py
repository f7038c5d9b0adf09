"""What a person who follows a run is told beside its steps: that it is held, and that it goes on alone."""

import shlex
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cli.output import folded, say

STUCK = ("held", "undo_stuck")


class Holds:
    """Says on stderr, once for each hold, that a run waits for a person and what that person can do."""

    def __init__(self) -> None:
        self._said: set[tuple[object, ...]] = set()

    def tell(self, run: Mapping[str, Any]) -> None:
        """Say what is new in this status, and in those of the runs that it started."""
        if run["state"] in STUCK and run["live"] and run["error"]:
            step = _failed(run)
            hold = (run["workflow_id"], run["state"], run["error"]["step"], step.get("attempts"))
            if hold not in self._said:
                self._said.add(hold)
                say(_words(run, _name(run, step)))
        for step in run["steps"]:
            if step.get("child"):
                self.tell(step["child"])


async def telling_holds(statuses: AsyncIterator[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    """The same statuses; each hold in them is said on the way."""
    holds = Holds()
    async for run in statuses:
        holds.tell(run)
        yield run


@contextmanager
def goes_on_alone(workflow_id: str) -> Iterator[None]:
    """Say at an interrupt that it ends this command only, and which run it was."""
    from asyncio import CancelledError

    try:
        yield
    except CancelledError:
        say(
            f"Interrupted. The run {workflow_id} goes on without this command; "
            f"follow it with: kronos watch {shlex.quote(workflow_id)}"
        )
        raise


def _words(run: Mapping[str, Any], step: str) -> str:
    error, run_id = run["error"], shlex.quote(run["workflow_id"])
    why = f"{error['type']}: {error['message']}"
    failed = "undoing" if run["state"] == "undo_stuck" else "step"
    what = f"{run['state']}: {run['workflow_id']} failed at {failed} {step}: {why}"
    lines = [
        folded(what, 2, sys.stderr),
        folded(f"  It waits for {run['waits_for']}.", 2, sys.stderr),
        # Commands are to be copied: they are never folded.
        f"  To try again:  kronos retry {run_id} --step {shlex.quote(step)}",
    ]
    if run["state"] == "held":
        lines.append(f"  To undo what it did and end it:  kronos cancel {run_id}")
    return "\n".join(lines)


def _failed(run: Mapping[str, Any]) -> Mapping[str, Any]:
    """The step that the run is held at; empty when the status does not list it."""
    return next((step for step in run["steps"] if step["path"] == run["error"]["step"]), {})


def _name(run: Mapping[str, Any], step: Mapping[str, Any]) -> str:
    """The step's id; its path when it has none, or when turns of a loop share the id."""
    same = [other for other in run["steps"] if step.get("id") and other["id"] == step["id"]]
    return str(step["id"]) if len(same) == 1 else str(run["error"]["step"])
