"""Loops without a bound: a `repeat` that never rests, a workflow that always runs itself."""

from datetime import timedelta

from dsl import definition as written
from dsl.check.endings import always_ends
from dsl.definition import Block, Definition, Step, walk
from dsl.durations import Sessions, parse_duration
from dsl.problems import Report
from dsl.tree import Node, ScalarNode


def check_repeat(step: written.Repeat, report: Report) -> None:
    """Report a `repeat` with neither a number of turns nor anything that takes time in a turn."""
    if step.at_most is not None or step.every is not None:
        return
    if any(_rests(inner) for inner in walk(step.body)):
        return
    message = "this `repeat` never rests: it has no `at_most`, no `every`, and nothing in it waits"
    report.node("K308", step.node, message, "add `at_most: 10` or `every: 1d`, say")


def _rests(step: Step) -> bool:
    match step:
        case written.Wait():
            return not _no_time(step.wait)
        case written.Receive():
            return not _no_time(step.within)
    return isinstance(step, written.Approve)


def _no_time(node: Node | None) -> bool:
    """Does it say zero; a `${ }` may."""
    if not isinstance(node, ScalarNode) or "${" in node.text:
        return False
    return parse_duration(node.text.strip()) in (timedelta(0), Sessions(0))


def check_recursion(definition: Definition, report: Report) -> None:
    """Report a `run` of the workflow itself that is reached in every run."""
    _look_into(definition.body, definition.workflow.text, report)


def _look_into(block: Block, name: str, report: Report) -> bool:
    """Look at the steps that every run reaches; False once one of them may end the run before others."""
    for step in block.steps:
        if isinstance(step, written.Run) and step.run.text == name and step.when is None:
            message = f"every run of {name} runs {name} again, until it fails with `TooDeep`"
            report.node("K908", step.run, message, "put a `when` on it")
            return False
        if step.when is None and not _inside(step, name, report):
            return False
        if always_ends(step) or any(isinstance(inner, written.Finish | written.Fail) for inner in _all(step)):
            return False
    return True


def _inside(step: Step, name: str, report: Report) -> bool:
    match step:
        case written.Try():
            return _look_into(step.body, name, report)
        case written.Repeat():
            return _look_into(step.body, name, report)
        case written.Parallel():
            return all(_look_into(inner, name, report) for inner in step.blocks)
    return True


def _all(step: Step) -> list[Step]:
    return [step, *(inner for block in step.blocks for inner in walk(block))]
