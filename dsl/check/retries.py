"""Pauses between attempts: the first one is no longer than the longest, defaults counted in."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from dsl import definition as written
from dsl.compile import DEFAULT_RETRY
from dsl.definition import Definition
from dsl.durations import parse_duration
from dsl.problems import Report
from dsl.tree import ScalarNode

Retry = Mapping[str, ScalarNode]


def check_retries(definition: Definition, report: Report) -> None:
    """Report every `retry` whose first pause is longer than the longest: Temporal takes none such."""
    for retry in _written(definition):
        given = {**definition.retry, **retry}
        first, longest = given.get("first"), given.get("longest")
        if _span(first, "first") > _span(longest, "longest"):
            node = retry.get("first") or retry["longest"]
            message = f"the first pause, {_text(first, 'first')}, is longer than the longest, "
            help = "raise `longest`, or lower `first`"
            report.node("K136", node, f"{message}{_text(longest, 'longest')}", help)


def _written(definition: Definition) -> Iterator[Retry]:
    """Each `retry` of the file that says something of pauses."""
    calls = [step for step in definition.walk() if isinstance(step, written.Call)]
    every = [definition.retry]
    for step in calls:
        every += [step.call.retry, *([step.undo.retry] if step.undo is not None else [])]
    return (retry for retry in every if "first" in retry or "longest" in retry)


def _text(node: ScalarNode | None, key: str) -> str:
    return str(DEFAULT_RETRY[key]) if node is None else node.text.strip()


def _span(node: ScalarNode | None, key: str) -> timedelta:
    span = parse_duration(_text(node, key))
    assert isinstance(span, timedelta)  # sessions were refused
    return span
