"""Where a run ends: which steps nothing comes after, and what happens behind an approval that is refused."""

from collections.abc import Iterator

from dsl import definition as written
from dsl.definition import Block, Step, walk
from dsl.problems import Report
from dsl.world import World


def trading(step: Step, world: World) -> bool:
    """Does the step send orders."""
    if not isinstance(step, written.Call):
        return False
    entry = world.activities.get(step.call.activity.text)
    return entry is not None and entry.effect == "trades"


def ends(block: Block) -> bool:
    """Does the block always end the run, or leave by an error: is nothing behind it reached."""
    return any(always_ends(step) for step in block.steps)


def always_ends(step: Step) -> bool:
    """Is nothing behind the step ever reached."""
    if step.when is not None:
        return False
    match step:
        case written.Finish() | written.Fail():
            return True
        case written.Choose():
            otherwise = any(branch.when is None for branch in step.choose)
            return otherwise and all(ends(branch.block) for branch in step.choose)
        case written.Parallel():
            return any(ends(block) for block in step.blocks)
        case written.Repeat():
            return ends(step.body)
        case written.Try():
            final = step.finally_ is not None and ends(step.finally_)
            return final or (ends(step.body) and all(ends(catch.block) for catch in step.catch))
    return False


def check_approval(step: written.Approve, world: World, report: Report) -> None:
    """Report a refusal or a deadline after which the run goes on, or trades, as if it were approved."""
    for name, block in (("on_reject", step.on_reject), ("on_timeout", step.on_timeout)):
        if block is None:
            continue
        if not ends(block) and not _asks(block):
            message = f"after `{name}` the run goes on as if it were approved"
            report.node("K306", block.node, message, "end it with `finish`, `fail` or another `approve`")
        for trade in _before_asking(block):
            if trading(trade, world):
                message = f"`{name}` trades although nobody approved"
                report.node("K306", trade.node, message, "ask again before it, or take it away")


def check_catches(block: Block, world: World, report: Report) -> None:
    """Report every `catch` that takes the error of a refusal, where a trade comes after it."""
    trades = [step.node.start for step in walk(block) if trading(step, world)]
    for step in walk(block):
        if isinstance(step, written.Try) and any(start > step.node.end for start in trades):
            _check_try(step, report)


def _check_try(step: written.Try, report: Report) -> None:
    for catch in step.catch:
        refusal = next((fail for fail in _refusals(step.body) if _takes(catch, fail)), None)
        if refusal is not None and not ends(catch.block) and not _asks(catch.block):
            line, _ = report.source.place(refusal.node.start)
            message = f"this `catch` takes `{refusal.error.text}`, and the run goes on as if it were approved"
            help = "end it with `finish`, `fail` or another `approve`"
            report.node("K306", catch.node, message, help, f"a refusal ends with that error on line {line}")


def _takes(catch: written.Catch, fail: written.Fail) -> bool:
    return catch.errors is None or fail.error.text in [error.text for error in catch.errors]


def _refusals(block: Block) -> Iterator[written.Fail]:
    """The errors with which the approvals inside of a block end when they are refused or too late."""
    for step in walk(block):
        if isinstance(step, written.Approve):
            for inner in (inner for branch in step.blocks for inner in walk(branch)):
                if isinstance(inner, written.Fail):
                    yield inner


def _asks(block: Block) -> bool:
    """Is the last step another approval, on every way to it."""
    last = block.steps[-1] if block.steps else None
    if last is None or last.when is not None:
        return False
    if isinstance(last, written.Choose) and any(branch.when is None for branch in last.choose):
        return all(ends(branch.block) or _asks(branch.block) for branch in last.choose)
    return isinstance(last, written.Approve)


def _before_asking(block: Block) -> Iterator[Step]:
    """The steps of a refusal, up to where somebody is asked again."""
    for step in block.steps:
        if isinstance(step, written.Approve) and step.when is None:
            return
        yield step
        for inner in step.blocks:
            yield from _before_asking(inner)
