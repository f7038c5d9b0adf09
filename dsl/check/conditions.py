"""Conditions that come out the same in every run: steps and branches that are never reached, or always."""

from collections.abc import Sequence

from dsl import definition as written
from dsl.definition import Branch
from dsl.expressions import Checked, truth_of
from dsl.problems import Report
from dsl.tree import Node, ScalarNode

_TAKE_AWAY = "take it away, or test what the run knows"


def always(node: Node | None) -> bool | None:
    """How a condition comes out whatever it reads; none at all is true, None when it depends on the run."""
    if node is None:
        return True
    return truth_of(node.text) if isinstance(node, ScalarNode) else None


def refuse_never(node: Node, tested: Checked, message: str, report: Report) -> None:
    """Report a condition that is never true, with what that means."""
    if tested.always is False:
        report.node("K301", node, f"{message}: the condition is always false", _TAKE_AWAY)


def check_when(node: Node, tested: Checked, report: Report) -> None:
    """Report a `when` that skips its step in every run, or in none."""
    refuse_never(node, tested, "this step is never reached", report)
    if tested.always is True:
        report.node("K909", node, "this condition is always true", "take the `when` away")


def check_until(node: Node, tested: Checked, report: Report) -> None:
    """Report an `until` that ends its loop after the first turn."""
    if tested.always is True:
        message = "this condition is always true: the loop ends after its first turn"
        report.node("K909", node, message, "test what a turn changes")


def check_branches(step: written.Choose, tested: Sequence[Checked], report: Report) -> None:
    """Report every branch of a `choose` that is never taken, and a last one that is always."""
    first: dict[str, Branch] = {}
    for place, (branch, checked) in enumerate(zip(step.choose, tested, strict=True)):
        if branch.when is None:
            return
        refuse_never(branch.when, checked, "this branch is never taken", report)
        if isinstance(branch.when, ScalarNode) and not checked.findings:
            _refuse_again(branch.when, first.setdefault(branch.when.text.strip(), branch), branch, report)
        if checked.always is True:
            _beyond(step.choose[place + 1 :], branch.when, report)
            return


def _refuse_again(node: Node, first: Branch, branch: Branch, report: Report) -> None:
    if first is not branch and first.when is not None:
        line, _ = report.source.place(first.when.start)
        message = "this branch is never taken: one before it has the same condition"
        report.node("K301", node, message, f"the other one is on line {line}")


def _beyond(later: Sequence[Branch], node: Node, report: Report) -> None:
    """What a branch that is always taken says of those behind it; of itself when it is the last one."""
    if not later:
        report.node("K909", node, "this condition is always true", "write `otherwise`")
        return
    line, _ = report.source.place(node.start)
    message = f"this branch is never taken: the condition on line {line} is always true"
    report.node("K301", later[0].node, message, "take it away, or put it before that one")
