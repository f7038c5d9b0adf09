"""What is wrong with the order of things: dead steps, effects without undo, trades without a lock, races."""

from collections.abc import Iterator
from dataclasses import dataclass

from dsl import definition as written
from dsl.check.approvals import check_approvals, sends_orders
from dsl.check.beside import check_beside
from dsl.check.endings import always_ends
from dsl.check.exchanges import check_exchange
from dsl.check.locks import check_child, lock_text
from dsl.check.loops import check_recursion, check_repeat
from dsl.definition import Block, Definition, Step, walk
from dsl.durations import Sessions, parse_duration
from dsl.problems import Report
from dsl.scalars import resolve
from dsl.tree import Node, ScalarNode
from dsl.world import World


def check_flow(definition: Definition, world: World, report: Report) -> None:
    """Report every fault of flow."""
    _Flow(world, report).block(definition.body, _Around())
    check_approvals(definition.body, world, report)
    check_beside(definition.body, world, report)
    check_recursion(definition, report)
    trades = any(sends_orders(step, world) for step in definition.walk())
    if trades and definition.on_failure is None:
        report.node(
            "K905",
            definition.workflow,
            f"{definition.workflow.text} trades, and undoes at once when it fails",
            "add `on_failure: {hold: 1d, role: operations}`",
        )


@dataclass(frozen=True, slots=True)
class _Around:
    """What the blocks around a step give it."""

    locks: tuple[str, ...] = ()
    calendar: bool = False


class _Flow:
    def __init__(self, world: World, report: Report) -> None:
        self._world = world
        self._report = report

    def block(self, block: Block, around: _Around) -> None:
        ended: Step | None = None
        for step in block.steps:
            if ended is not None:
                line, _ = self._report.source.place(ended.node.start)
                self._report.node(
                    "K301",
                    step.node,
                    "this step is never reached",
                    f"the run never gets beyond the step on line {line}",
                )
                ended = None  # one report a block
                continue
            self._step(step, around)
            if always_ends(step) and step is not block.steps[-1]:
                ended = step

    def _step(self, step: Step, around: _Around) -> None:
        taken = lock_text(step.lock)
        around = _Around((*around.locks, taken) if taken else around.locks, step.calendar is not None)
        check_exchange(step.calendar, self._report)
        match step:
            case written.Call():
                self._call(step, around)
            case written.Parallel():
                self._parallel(step)
            case written.ForEach():
                self._for_each(step)
            case written.Try():
                self._catches(step)
            case written.Wait():
                self._span(step.wait, "wait", around)
                check_exchange(step.session, self._report)
            case written.Run():
                check_child(step, around.locks, self._world, self._report)
            case written.Approve():
                self._span(step.within, "within", around)
            case written.Repeat():
                check_repeat(step, self._report)
                self._span(step.every, "every", around)
            case written.Receive():
                self._span(step.within, "within", around)
        for block in step.blocks:
            self.block(block, _Around(around.locks))

    def _call(self, step: written.Call, around: _Around) -> None:
        entry = self._world.activities.get(step.call.activity.text)
        if entry is None:
            return
        if sends_orders(step, self._world) and not around.locks:
            self._report.node(
                "K303",
                step.call.activity,
                f"{entry.name} trades outside of a lock",
                'add `lock: "${ … }"` with the portfolio\'s id, here or on a block around it',
            )
        said = step.undo is not None or step.undo_none is not None or entry.no_undo is not None
        if entry.effect in ("effect", "trades") and not said:
            self._report.node(
                "K302",
                step.call.activity,
                f"{entry.name} has an effect, and nothing says how it is undone",
                'add `undo: {call: …}`, or `undo: {none: "why nothing needs undoing"}`',
            )

    def _parallel(self, step: written.Parallel) -> None:
        first: dict[str, str] = {}
        for branch, block in step.parallel.items():
            for name in _names_set(block):
                other = first.setdefault(name.text, branch)
                if other != branch:
                    self._report.node(
                        "K304",
                        name,
                        f"`{name.text}` is set in the branches `{other}` and `{branch}`, which run at once",
                        "set two names, and put them together afterwards",
                    )

    def _for_each(self, step: written.ForEach) -> None:
        if step.at_most is None or resolve(step.at_most) == 1:
            return
        for name in _names_set(step.body):
            self._report.node(
                "K305",
                name,
                f"`{name.text}` is set by turns that overlap (at_most: {step.at_most.text})",
                "use `collect`, or leave out `at_most`",
            )

    def _span(self, node: Node | None, key: str, around: _Around) -> None:
        if not isinstance(node, ScalarNode) or "${" in node.text:
            return
        if not isinstance(parse_duration(node.text.strip()), Sessions):
            return
        if not around.calendar:
            message, help = f"`{key}` counts sessions, of no exchange", "add `calendar: XASX`, say"
            self._report.node("K307", node, message, help)

    def _catches(self, step: written.Try) -> None:
        taken: dict[str, ScalarNode] = {}
        for error in (error for catch in step.catch for error in catch.errors or ()):
            first = taken.setdefault(error.text, error)
            if first is not error:
                line, _ = self._report.source.place(first.start)
                message = f"`{error.text}` never comes here: it is taken before"
                self._report.node("K301", error, message, f"the other place is on line {line}")
        for before, catch in zip(step.catch, step.catch[1:], strict=False):
            if before.errors is None:
                message = "this `catch` is never reached"
                self._report.node("K301", catch.node, message, "the one before it takes every error")
                return


def _names_set(block: Block) -> Iterator[ScalarNode]:
    for step in walk(block):
        if isinstance(step, written.Set):
            yield from (entry.key for entry in step.set)
