"""Locks and child runs: a lock does not reach into a child; one that takes the same lock waits for ever."""

import re

from dsl import definition as written
from dsl.check.approvals import is_detached
from dsl.definition import Definition
from dsl.problems import Report
from dsl.tree import MapNode, Node, ScalarNode
from dsl.world import World

_OF_INPUT = re.compile(r"\$\{\s*input\.([A-Za-z_]\w*)\s*\}")
_EDGES = re.compile(r"(?<=\$\{)\s+|\s+(?=\})")


def lock_text(node: Node | None) -> str | None:
    """What a `lock` says, written in one way; None without one."""
    return _EDGES.sub("", node.text.strip()) if isinstance(node, ScalarNode) else None


def locks_of_input(definition: Definition, world: World) -> frozenset[str]:
    """The fields of its input by which a run takes a lock, itself or in a child that it waits for."""
    found: set[str] = set()
    for step in definition.walk():
        found |= _input_names(step.lock)
        for inner in _locked_by_child(step, world):
            found |= _input_names(inner)
    return frozenset(found)


def check_child(step: written.Run, locks: tuple[str, ...], world: World, report: Report) -> None:
    """Report a child run that takes a lock which its parent holds while it waits for the child."""
    for node in _locked_by_child(step, world):
        if lock_text(node) in locks:
            message = f"{step.run.text} takes the lock that this run holds, and waits for it without end"
            help = "take the `run` out of the block with the `lock`: the child locks for itself"
            report.node("K309", step.run, message, help)
            return


def _input_names(node: Node | None) -> frozenset[str]:
    found = _OF_INPUT.fullmatch(node.text.strip()) if isinstance(node, ScalarNode) else None
    return frozenset(found.groups()) if found else frozenset()


def _locked_by_child(step: written.Step, world: World) -> list[Node]:
    """What a child run is given of that by which it locks."""
    if not isinstance(step, written.Run) or is_detached(step) or not isinstance(step.input, MapNode):
        return []
    child = world.workflows.get(step.run.text)
    locks = child.locks if child is not None else ()
    return [entry.value for entry in step.input if entry.key.text in locks]
