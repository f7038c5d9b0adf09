"""Names that lead out of a definition, or through it: activities, errors, signals, workflows, facts, ids."""

from collections.abc import Iterable
from dataclasses import dataclass

from dsl import definition as written
from dsl.check.approvals import NOBODY
from dsl.check.behind import activities_behind
from dsl.definition import Block, Definition, walk
from dsl.near import listed, suggestion
from dsl.problems import Report
from dsl.scalars import resolve
from dsl.tree import ScalarNode
from dsl.world import ENGINE_ERRORS, World
from payloads.facts import ActivityFacts


def check_names(definition: Definition, world: World, report: Report) -> None:
    """Report every name that stands for nothing, and every one that stands for two things."""
    names = _Names(definition, world, report)
    names.ids()
    names.loops(definition.body, {})
    for step in definition.walk():
        names.step(step)
    if definition.on_failure is not None:
        names.role(definition.on_failure.role)
    names.unused_signals()


@dataclass(frozen=True, slots=True)
class _Names:
    definition: Definition
    world: World
    report: Report

    def ids(self) -> None:
        first: dict[str, ScalarNode] = {}
        for step in self.definition.walk():
            if step.id is None:
                continue
            other = first.setdefault(step.id.text, step.id)
            if other is not step.id:
                line, _ = self.report.source.place(other.start)
                message = f"the id `{step.id.text}` is used twice"
                self.report.node("K211", step.id, message, f"the first is on line {line}")

    def loops(self, block: Block, around: dict[str, ScalarNode]) -> None:
        """Names of loops and caught errors must not hide those around them."""
        for step in block.steps:
            for name, inner in _named_blocks(step):
                if name is not None and name.text in around:
                    line, _ = self.report.source.place(around[name.text].start)
                    message = f"`{name.text}` hides the name given on line {line}"
                    self.report.node("K213", name, message, "choose another name")
                self.loops(inner, {**around, name.text: name} if name is not None else around)

    def step(self, step: written.Step) -> None:
        if step.record is not None:
            self._fact(step.record.fact)
        for activity, node in activities_behind(step):
            self._files(activity, self.world.activities[activity], node)
        match step:
            case written.Call():
                self._activity(step.call.activity)
                if step.undo is not None:
                    self._activity(step.undo.activity)
            case written.Try():
                self._errors(step)
            case written.Receive():
                for name in step.receive:
                    self._signal(name)
            case written.Approve():
                self._approvers(step)
            case written.Emit():
                self._known(step.emit, self.world.events, "K208", "business event")
            case written.Run():
                self._known(step.run, self.world.workflows, "K210", "workflow")

    def unused_signals(self) -> None:
        received = {name.text for step in self.definition.walk() for name in getattr(step, "receive", ())}
        for entry in self.definition.signals:
            if entry.key.text not in received:
                message = f"nothing receives the signal `{entry.key.text}`"
                self.report.node("K902", entry.key, message, "receive it, or take it away")

    def role(self, node: ScalarNode) -> None:
        """Report a role that nobody can hold."""
        self._known(node, self.world.roles, "K216", "role")

    def _approvers(self, step: written.Approve) -> None:
        role, quorum = step.approve.get("role"), step.approve.get("quorum")
        if not isinstance(role, ScalarNode):
            return
        self.role(role)
        people = (self.world.roles or {}).get(role.text)
        wanted = resolve(quorum) if isinstance(quorum, ScalarNode) else 1
        if people is not None and isinstance(wanted, int) and wanted > people:
            message = f"{wanted} people must approve, and the role `{role.text}` has {people}"
            self.report.node("K217", quorum or role, message, "lower `quorum`, or name more people")

    def _activity(self, node: ScalarNode) -> None:
        entry = self.world.activities.get(node.text)
        if entry is not None and entry.internal:
            self.report.node(
                "K214", node, f"{node.text} is called by the engine itself, never by a definition"
            )
        if entry is None:
            callable_names = [name for name, found in self.world.activities.items() if not found.internal]
            help = suggestion(node.text, callable_names) or "`kronos activities list` shows them all"
            self.report.node("K201", node, f"there is no activity `{node.text[:60]}`", help)
            return
        self._files(node.text, entry, node)

    def _files(self, activity: str, entry: ActivityFacts, node: ScalarNode) -> None:
        for name in entry.files:
            if self.world.files is not None and name not in self.world.files:
                message = f"{activity} needs catalogue/{name}.yaml, which is not there"
                self.report.node("K215", node, message, f"add catalogue/{name}.yaml")

    def _fact(self, node: ScalarNode) -> None:
        self._known(node, self.world.facts, "K209", "fact")

    def _signal(self, node: ScalarNode) -> None:
        self._known(node, [entry.key.text for entry in self.definition.signals], "K212", "signal")

    def _known(self, node: ScalarNode, known: Iterable[str] | None, code: str, what: str) -> None:
        if known is None or node.text in known:
            return
        names = sorted(known)
        note = (
            f"there {'is' if len(names) == 1 else 'are'} {listed(names)}"
            if names
            else f"there is no {what} at all"
        )
        self.report.node(
            code, node, f"there is no {what} `{node.text[:60]}`", suggestion(node.text, names), note
        )

    def _errors(self, step: written.Try) -> None:
        raised = errors_of(step.body, self.world)
        if raised is None:
            return
        for catch in step.catch:
            for error in catch.errors or ():
                if error.text not in raised:
                    own = sorted(raised - ENGINE_ERRORS)
                    note = f"the steps raise {listed(own)}" if own else "the steps declare no errors"
                    self.report.node(
                        "K207",
                        error,
                        f"nothing in this `try` raises `{error.text}`",
                        suggestion(error.text, raised),
                        note,
                    )


def _named_blocks(step: written.Step) -> list[tuple[ScalarNode | None, Block]]:
    match step:
        case written.ForEach():
            return [(step.as_, step.body)]
        case written.Try():
            named = {id(catch.block): catch.as_ for catch in step.catch}
            return [(named.get(id(block)), block) for block in step.blocks]
    return [(None, block) for block in step.blocks]


def errors_of(block: Block, world: World) -> frozenset[str] | None:
    """The types of errors that can leave the steps of a block; None when a part of it is unknown."""
    found: set[str] = set(ENGINE_ERRORS)
    for step in walk(block):
        raised = _errors_of_step(step, world)
        if raised is None:
            return None
        found |= raised
    return frozenset(found)


def _errors_of_step(step: written.Step, world: World) -> set[str] | None:
    found = {error for name, _ in activities_behind(step) for error in world.activities[name].errors}
    match step:
        case written.Call():
            entry = world.activities.get(step.call.activity.text)
            return None if entry is None else found | set(entry.errors)
        case written.Fail():
            return found | {step.error.text}
        case written.Run():
            child = world.workflows.get(step.run.text)
            return None if child is None or child.errors is None else found | {"Cancelled", *child.errors}
        case written.Approve():
            return found | {NOBODY}
        case written.Repeat():
            return found | {"RepeatExhausted", "StateTooLarge"}
        case written.Broken():
            return None
    return found
