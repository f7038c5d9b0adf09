"""What a run has done so far, for `status` and the web UI's details."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from dsl import plan as p
from dsl.plan_walk import planned, walk_plan

KINDS: dict[type[p.Step], str] = {
    p.Call: "call",
    p.Set: "set",
    p.Choose: "choose",
    p.Parallel: "parallel",
    p.ForEach: "for_each",
    p.Try: "try",
    p.Wait: "wait",
    p.Receive: "receive",
    p.Emit: "emit",
    p.Run: "run",
    p.Repeat: "repeat",
    p.Approve: "approve",
    p.Fail: "fail",
    p.Finish: "finish",
}
TURN = re.compile(r"\b(repeat|for_each)\[\d+\]")
OVER = ("done", "skipped", "failed", "undone")
MARKS = {
    "pending": "☐",
    "running": "▶",
    "waiting": "⏳",
    "done": "☑",
    "skipped": "·",
    "failed": "✗",
    "undone": "↩",
}


@dataclass(slots=True)
class StepProgress:
    """One step of one run, as `status` shows it."""

    path: str
    id: str | None
    kind: str
    state: str = "pending"
    attempts: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    title: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "id": self.id,
            "kind": self.kind,
            "state": self.state,
            "attempts": self.attempts,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "title": self.title,
        }


@dataclass(slots=True)
class Progress:
    """Every step that started, in order, and what the run waits for."""

    steps: dict[str, StepProgress] = field(default_factory=dict)
    finished: list[str] = field(default_factory=list)
    """Ids of the steps that are done, in the order of their completion."""
    undone: list[str] = field(default_factory=list)
    """Ids of the steps that were undone, in that order."""
    waits: dict[str, str] = field(default_factory=dict)

    def start(self, path: str, step: p.Step, title: str | None, now: datetime) -> None:
        """The step begins its first or next attempt."""
        entry = self.steps.get(path)
        if entry is None:
            entry = self.steps[path] = StepProgress(path, step.id, KINDS[type(step)], title=title)
            entry.started_at = now
        entry.state = "running"
        entry.attempts += 1
        entry.ended_at = None

    def end(self, path: str, state: str, now: datetime) -> None:
        """The step is done or failed; one that was cancelled waits for nothing any more."""
        self.waits.pop(path, None)
        step = self.steps[path]
        step.state = state
        step.ended_at = now
        if state == "done" and step.id is not None:
            self.finished.append(step.id)

    def undo(self, path: str, id: str | None, now: datetime) -> None:
        """The step's effect was undone; a run that continued as new may not list the step itself."""
        if path in self.steps:
            self.steps[path].state = "undone"
            self.steps[path].ended_at = now
        if id is not None:
            self.undone.append(id)

    def skip(self, path: str, step: p.Step, now: datetime) -> None:
        """The step's `when` was not true. A title that reads what the step needs is left out."""
        constant = step.title is not None and step.title.constant
        title = str(step.title.render({})) if step.title is not None and constant else None
        self.steps[path] = StepProgress(path, step.id, KINDS[type(step)], "skipped", 0, now, now, title=title)

    def wait(self, path: str, reason: str) -> None:
        """The step waits for something outside: a signal, a timer, a lease, a person."""
        self.waits[path] = reason
        if path in self.steps:
            self.steps[path].state = "waiting"

    def resume(self, path: str) -> None:
        """What the step waited for has come."""
        self.waits.pop(path, None)
        if path in self.steps:
            self.steps[path].state = "running"

    @property
    def waits_for(self) -> str | None:
        """What the run waits for, in words; None while it works."""
        return ", ".join(dict.fromkeys(self.waits.values())) or None

    def current(self) -> list[StepProgress]:
        """The innermost steps at work or waiting."""
        active = [s for s in self.steps.values() if s.state in ("running", "waiting")]
        return [s for s in active if not any(o is not s and o.path.startswith(s.path + ".") for o in active)]

    def outside(self, turns: str) -> list[StepProgress]:
        """The steps whose paths do not begin with `turns`."""
        return [step for path, step in self.steps.items() if not path.startswith(turns)]

    def listing(self, steps: tuple[p.Step, ...]) -> list[dict[str, Any]]:
        """Every step of the plan in its order, loop turns as they happened.

        What has not begun is pending, or skipped if the block around it is over.
        """
        known = dict(self.steps)
        rows = []
        for path, step in planned(steps):
            begun = known.pop(path, None)
            rows.append((begun or self._unbegun(path, step)).as_json())
            turns = [found for found in known if found.startswith((f"{path}.for_each[", f"{path}.repeat["))]
            rows.extend(known.pop(found).as_json() for found in turns)
        rows.extend(left.as_json() for left in known.values())
        return rows

    def _unbegun(self, path: str, step: p.Step) -> StepProgress:
        around = path.rpartition(".")[0]
        while around and around not in self.steps:
            around = around.rpartition(".")[0]
        over = bool(around) and self.steps[around].state in OVER
        title = step.title.source if step.title is not None and step.title.constant else None
        return StepProgress(path, step.id, KINDS[type(step)], "skipped" if over else "pending", title=title)


def moved(steps: Iterable[StepProgress], plan: p.Plan) -> list[StepProgress]:
    """The steps as they stand in another plan, found by id; those that it has not are left out."""
    there = dict(walk_plan(plan))
    outside_loops = {step.id: path for path, step in planned(plan.steps) if step.id is not None}
    found = []
    for step in steps:
        same = there.get(TURN.sub(r"\1[]", step.path))
        if same is not None and (same.id, KINDS[type(same)]) == (step.id, step.kind):
            found.append(step)
        elif step.id in outside_loops:
            found.append(replace(step, path=outside_loops[step.id]))
    return found
