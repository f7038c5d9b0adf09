"""Approvals that let a run go on: what trades, in a run or in one that it starts, though nobody approved.

A child run is looked into through its `Interface`: a workflow that asks somebody before it trades
may be run after a refusal, one that trades unasked may not.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from dsl import definition as written
from dsl.check.endings import always_ends, ends
from dsl.definition import Block, Step, walk
from dsl.problems import Report
from dsl.scalars import resolve
from dsl.tree import Node
from dsl.world import World

NOBODY = "NobodyCanApprove"
"""How every approval fails when fewer people than its quorum are left to ask."""

Refusals: TypeAlias = Mapping[str, Node]
"""The types of errors with which refusals end, each with the place that one comes from."""

_END = "end it with `finish`, `fail` or another `approve`"


def check_approvals(body: Block, world: World, report: Report) -> None:
    """Report every refusal, deadline, `catch` and `finally` after which a run goes on, or trades."""
    trades = [step for step in walk(body) if trading(step, world)]
    for step in walk(body):
        if isinstance(step, written.Approve):
            _check_approval(step, world, report)
    _check_tries(body, False, trades, world, report)


def trading(step: Step, world: World) -> bool:
    """Does the step send orders, itself or by a child run that asks nobody before."""
    if isinstance(step, written.Run):
        child = world.workflows.get(step.run.text)
        return child is not None and child.trades_unasked
    return sends_orders(step, world)


def sends_orders(step: Step, world: World) -> bool:
    """Does the step itself send orders."""
    if not isinstance(step, written.Call):
        return False
    entry = world.activities.get(step.call.activity.text)
    return entry is not None and entry.effect == "trades"


def before_asking(block: Block) -> Iterator[Step]:
    """The steps that are reached before somebody was asked, and approved."""
    for step in block.steps:
        if isinstance(step, written.Approve) and step.when is None:
            return
        yield step
        for inner in step.blocks:
            yield from before_asking(inner)
        if has_asked(step):
            return


def refusals(block: Block, world: World, *, refused: bool = False) -> Iterator[tuple[str, Node]]:
    """Errors that leave the block when somebody refuses, or nobody answers, in it or in its child runs.

    `refused`: the block itself is what is done after a refusal, so that every error of it counts.
    """
    for step in block.steps:
        match step:
            case written.Approve():
                yield NOBODY, step.node
                for inner in step.blocks:
                    yield from refusals(inner, world, refused=True)
            case written.Try():
                yield from _leaving(step, world, refused=refused)
            case _:
                yield from ((error, step.node) for error in _own_errors(step, world, refused=refused))
                for inner in step.blocks:
                    yield from refusals(inner, world, refused=refused)


def is_detached(step: written.Run) -> bool:
    """Does the run go on without waiting for this child."""
    return step.detached is not None and resolve(step.detached) is True


def _leaving(step: written.Try, world: World, *, refused: bool) -> Iterator[tuple[str, Node]]:
    for error, place in refusals(step.body, world, refused=refused):
        if not any(_takes(catch, error) for catch in step.catch):
            yield error, place
    for block in (*(catch.block for catch in step.catch), *_final(step)):
        yield from refusals(block, world, refused=refused)


def _own_errors(step: Step, world: World, *, refused: bool) -> frozenset[str]:
    match step:
        case written.Fail() if refused:
            return frozenset((step.error.text,))
        case written.Call() if refused:
            entry = world.activities.get(step.call.activity.text)
            return frozenset(("Timeout", *(entry.errors if entry else ())))
        case written.Run() if not is_detached(step):
            child = world.workflows.get(step.run.text)
            if child is None:
                return frozenset()
            return child.refusals | (child.errors or frozenset()) if refused else child.refusals
    return frozenset()


def has_asked(step: Step) -> bool:
    """Has somebody approved wherever the run goes on behind the step."""
    if step.when is not None:
        return False
    match step:
        case written.Approve():
            return True
        case written.Choose():
            otherwise = any(branch.when is None for branch in step.choose)
            return otherwise and all(_asks_or_ends(branch.block) for branch in step.choose)
        case written.Parallel():
            return any(_asks_or_ends(block) for block in step.blocks)
        case written.Repeat():
            return _asks_or_ends(step.body)
        case written.Try():
            return _asks_or_ends(step.body) and all(_asks_or_ends(catch.block) for catch in step.catch)
    return False


def _asks_or_ends(block: Block) -> bool:
    return any(has_asked(step) or always_ends(step) for step in block.steps)


def _check_approval(step: written.Approve, world: World, report: Report) -> None:
    for name, block in (("on_reject", step.on_reject), ("on_timeout", step.on_timeout)):
        if block is None:
            continue
        if not ends(block) and not _asks(block):
            message = f"after `{name}` the run goes on as if it were approved"
            report.node("K306", block.node, message, _END)
        _check_block(block, name, world, report)


def _check_block(block: Block, name: str, world: World, report: Report) -> None:
    """Report what trades in a block that is reached after a refusal."""
    for step in before_asking(block):
        if trading(step, world):
            by = f"runs `{step.run.text}`, which trades," if isinstance(step, written.Run) else "trades"
            message = f"`{name}` {by} although nobody approved"
            report.node("K306", step.node, message, "ask again before it, or take it away")


def _check_tries(block: Block, again: bool, trades: list[Step], world: World, report: Report) -> None:
    """Look at every `try`; `again`: a loop around it trades in its next turn before it asks."""
    for step in block.steps:
        if isinstance(step, written.Try):
            later = again or any(trade.node.start > step.node.end for trade in trades)
            _check_try(step, later, world, report)
        turns = isinstance(step, written.Repeat) and any(
            trading(inner, world) for inner in before_asking(step.body)
        )
        for inner in step.blocks:
            _check_tries(inner, again or turns, trades, world, report)


def _check_try(step: written.Try, later: bool, world: World, report: Report) -> None:
    ending: Refusals = dict(refusals(step.body, world))
    if not ending and not any(isinstance(inner, written.Approve) for inner in walk(step.body)):
        return
    for catch in step.catch:
        error = next((error for error in ending if _takes(catch, error)), None)
        if error is None:
            continue
        _check_block(catch.block, "catch", world, report)
        if later and not ends(catch.block) and not _asks(catch.block):
            line, _ = report.source.place(ending[error].start)
            message = f"this `catch` takes `{error}`, and the run goes on as if it were approved"
            note = f"a refusal ends with that error on line {line}"
            report.node("K306", catch.node, message, _END, note)
    for block in _final(step):  # done after a refusal that ends by `finish`, too
        _check_block(block, "finally", world, report)


def _final(step: written.Try) -> tuple[Block, ...]:
    return () if step.finally_ is None else (step.finally_,)


def _takes(catch: written.Catch, error: str) -> bool:
    return catch.errors is None or error in [known.text for known in catch.errors]


def _asks(block: Block) -> bool:
    """Is the last step another approval, on every way to it."""
    last = block.steps[-1] if block.steps else None
    if last is None or last.when is not None:
        return False
    if isinstance(last, written.Choose) and any(branch.when is None for branch in last.choose):
        return all(ends(branch.block) or _asks(branch.block) for branch in last.choose)
    return isinstance(last, written.Approve)
