"""Approvals beside the trades that they should guard: branches of a `parallel` do not wait for each other."""

from dsl import definition as written
from dsl.check.approvals import before_asking, has_asked, trading
from dsl.definition import Block, Step, walk
from dsl.problems import Report
from dsl.world import World


def check_beside(block: Block, world: World, report: Report, *, asked: bool = False) -> None:
    """Report trades that run at once with an approval; `asked`: somebody has approved before the block."""
    for step in block.steps:
        if isinstance(step, written.Parallel) and not asked:
            _check_parallel(step, world, report)
        for inner in step.blocks:
            check_beside(inner, world, report, asked=asked)
        asked = asked or has_asked(step)


def _check_parallel(step: written.Parallel, world: World, report: Report) -> None:
    for branch, block in step.parallel.items():
        approval = _guards_others(block, world)
        if approval is None:
            continue
        line, _ = report.source.place(approval.node.start)
        for other in (inner for name, inner in step.parallel.items() if name != branch):
            for trade in before_asking(other):
                if trading(trade, world):
                    message = (
                        f"this trades at once with the approval on line {line}, and does not wait for it"
                    )
                    report.node("K310", trade.node, message, "ask before the `parallel`, or in this branch")


def _guards_others(block: Block, world: World) -> Step | None:
    """The approval in a branch that itself trades nothing, so that it can only be meant for other steps."""
    if any(trading(step, world) for step in walk(block)):
        return None
    return next((step for step in walk(block) if isinstance(step, written.Approve)), None)
