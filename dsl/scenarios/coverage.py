"""What of a definition its tests reached: steps, branches, catches, timeouts, and steps that were skipped."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dsl import definition as written
from dsl.definition import Block, Definition
from dsl.tree import Node, Source

KINDS = ("steps", "branches", "catches", "timeouts", "skips")
_TURN = re.compile(r"\b(for_each|repeat)\[\d+\]")


@dataclass(frozen=True, slots=True)
class Goal:
    """Something that a test can reach; `block` is empty for the step itself."""

    kind: str
    path: str
    block: str
    id: str | None
    line: int
    what: str

    @property
    def key(self) -> tuple[str, str]:
        """What tells this goal from others of its workflow."""
        return self.path, self.block

    def as_json(self) -> dict[str, Any]:
        """A goal that was missed, as `kronos definitions test` prints it."""
        return {"kind": self.kind, "path": self.path, "id": self.id, "line": self.line, "what": self.what}


@dataclass(slots=True)
class Coverage:
    """What was reached of one workflow."""

    goals: tuple[Goal, ...]
    reached: set[tuple[str, str]] = field(default_factory=set)

    def add(self, steps: Iterable[Mapping[str, Any]]) -> None:
        """Count what a run did, given its `steps` as `status` lists them."""
        self.reached |= reached_by(steps)

    @property
    def missing(self) -> list[Goal]:
        """What no test reached, in the order written."""
        return [goal for goal in self.goals if goal.key not in self.reached]

    def as_json(self) -> dict[str, Any]:
        """Counts by kind, and what is missing."""
        missing = self.missing
        counts = {}
        for kind in KINDS:
            total = sum(goal.kind == kind for goal in self.goals)
            counts[kind] = {"covered": total - sum(goal.kind == kind for goal in missing), "total": total}
        return {**counts, "missing": [goal.as_json() for goal in missing]}


def coverage_of(definition: Definition, source: Source) -> Coverage:
    """Nothing reached yet of a definition that was read from `source`."""
    return Coverage(tuple(_Goals(source).of_block(definition.body, "steps")))


class _Goals:
    def __init__(self, source: Source) -> None:
        self._source = source

    def of_block(self, block: Block, prefix: str) -> Iterator[Goal]:
        for index, step in enumerate(block.steps):
            yield from self._of_step(step, f"{prefix}[{index}]")

    def _of_step(self, step: written.Step, path: str) -> Iterator[Goal]:
        id = step.id.text if step.id is not None else None
        yield Goal("steps", path, "", id, self._line(step.node), "the step")
        if step.when is not None:
            yield Goal("skips", path, "skipped", id, self._line(step.when), "the step left out by `when`")
        for kind, name, block, what in _blocks(step):
            if kind is not None and block is not None:
                yield Goal(kind, path, name, id, self._line(block.node), what)
            if block is not None:
                yield from self.of_block(block, f"{path}.{name}")
        if isinstance(step, written.Choose) and all(branch.when is not None for branch in step.choose):
            yield Goal("branches", path, "none", id, self._line(step.node), "no branch taken")

    def _line(self, node: Node) -> int:
        return self._source.place(node.start)[0]


def _blocks(step: written.Step) -> Iterator[tuple[str | None, str, Block | None, str]]:
    """The lists of steps inside a step: the kind of goal each is, its name in paths, and what it is."""
    match step:
        case written.Choose():
            for index, branch in enumerate(step.choose):
                what = "otherwise" if branch.when is None else f"branch {index}"
                yield "branches", f"choose[{index}].steps", branch.block, what
        case written.Parallel():
            for name, block in step.parallel.items():
                yield None, f"parallel.{name}", block, ""
        case written.ForEach():
            yield None, "for_each[].steps", step.body, ""
        case written.Repeat():
            yield None, "repeat[].steps", step.body, ""
            yield "timeouts", "on_exhausted", step.on_exhausted, "on_exhausted"
        case written.Try():
            yield None, "try", step.body, ""
            for index, catch in enumerate(step.catch):
                errors = ", ".join(error.text for error in catch.errors or ()) or "every error"
                yield "catches", f"catch[{index}].steps", catch.block, f"catch of {errors}"
            yield None, "finally", step.finally_, ""
        case written.Receive():
            yield "timeouts", "on_timeout", step.on_timeout, "on_timeout"
        case written.Approve():
            yield "branches", "on_reject", step.on_reject, "on_reject"
            yield "timeouts", "on_timeout", step.on_timeout, "on_timeout"


def reached_by(steps: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """What a run reached, by path without turns and name of the block."""
    begun = [step for step in steps if step["started_at"] is not None]
    found: set[tuple[str, str]] = set()
    entered: set[str] = set()
    for step in begun:
        path = _static(step["path"])
        found.add((path, "" if step["attempts"] else "skipped"))
        around, _, inner = _split(step["path"])
        if around:
            found.add((_static(around), inner))
            entered.add(around)
    for step in begun:
        if step["kind"] == "choose" and step["state"] in ("done", "undone") and step["path"] not in entered:
            found.add((_static(step["path"]), "none"))
    return found


def _static(path: str) -> str:
    return _TURN.sub(r"\1[]", path)


def _split(path: str) -> tuple[str, str, str]:
    """The step around a step's path, and the block of it that the step stands in."""
    around, dot, last = path.rpartition(".")
    block = last.rpartition("[")[0]
    if block == "steps" and around:
        around, dot, owner = around.rpartition(".")
        return around, dot, f"{_static(owner)}.steps"
    if around.rpartition(".")[2] == "parallel":
        return around.rpartition(".")[0], dot, f"parallel.{block}"
    return around, dot, block
