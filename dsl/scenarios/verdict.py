"""Holds what came of a run against what its test expects."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from dsl.problems import EnoughSaid, Problem, Report, in_order
from dsl.scenarios.model import Expectation, Scenario, ScenarioFile
from dsl.tree import Node
from payloads import plain_json

OTHERWISE = "K521"
NO_STAND_IN = "K522"
LEFT_OUT = "K523"
NOT_DELIVERED = "K524"
NO_END = "K525"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that went wrong while a test ran, with its place; None for the test as a whole."""

    code: str
    node: Node | None
    message: str
    help: str = ""


@dataclass(slots=True)
class Seen:
    """What came of the run of a test, and of the runs that it started."""

    outcome: str = "running"
    error: str | None = None
    message: str | None = None
    waits_for: str | None = None
    output: Any = None
    path: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    """Ids of the steps that began, in any of the runs."""
    emitted: list[str] = field(default_factory=list)
    recorded: list[str] = field(default_factory=list)
    took: timedelta = timedelta(0)
    """Virtual time."""
    notes: list[Note] = field(default_factory=list)


def verdict(file: ScenarioFile, scenario: Scenario, seen: Seen) -> list[Problem]:
    """Why the test failed, each reason at its line; empty when it passed."""
    report = Report(file.tree.source)
    report.attach(file.tree)
    with suppress(EnoughSaid):
        for note in seen.notes:
            node = note.node if note.node is not None else scenario.node
            report.node(note.code, node, note.message, note.help)
        # What follows from a missing stand-in says nothing more.
        if not any(note.code in (NO_STAND_IN, LEFT_OUT, NO_END) for note in seen.notes):
            _compare(scenario, seen, report)
    return in_order(report.problems)


def _compare(scenario: Scenario, seen: Seen, report: Report) -> None:
    expect = scenario.expect
    outcome = expect.get("outcome")
    if seen.outcome != scenario.outcome:
        where = outcome.node if outcome is not None else scenario.node
        message = f"expected the run to be {scenario.outcome}; it is {seen.outcome}"
        report.node(OTHERWISE, where, message, _why(seen))
    for key, came in (("error", seen.error), ("message", seen.message)):
        if key in expect and expect[key].value != came:
            _say(report, expect[key], f"{key} {shown(expect[key].value)}", shown(came))
    for key, names in _lists(seen).items():
        if key in expect and expect[key].value != names:
            _say(report, expect[key], f"{key} {shown(expect[key].value)}", shown(names))
    _not_called(expect, seen, report)
    _calls(expect, seen, report)
    if "output" in expect and seen.outcome == "completed":
        found = difference(expect["output"].value, seen.output, "output")
        if found is not None:
            _say(report, expect["output"], *found)


def _lists(seen: Seen) -> Mapping[str, Sequence[str]]:
    return {"path": seen.path, "undone": seen.undone, "emitted": seen.emitted, "recorded": seen.recorded}


def _why(seen: Seen) -> str:
    if seen.error is not None:
        return f"{seen.error}: {seen.message}"
    return f"it waits for {seen.waits_for}" if seen.waits_for else ""


def _say(report: Report, expectation: Expectation, expected: str, came: str) -> None:
    report.node(OTHERWISE, expectation.node, f"expected {expected}; came {came}")


def _not_called(expect: Mapping[str, Expectation], seen: Seen, report: Report) -> None:
    if "not_called" not in expect:
        return
    for name in expect["not_called"].value:
        if seen.calls.get(name) or name in seen.begun:
            times = seen.calls.get(name)
            came = f"{times} call{'s' if times != 1 else ''}" if times else "that it began"
            _say(report, expect["not_called"], f"no call of {name}", came)


def _calls(expect: Mapping[str, Expectation], seen: Seen, report: Report) -> None:
    if "calls" not in expect:
        return
    for name, number in expect["calls"].value.items():
        came = seen.calls.get(name, 0)
        if came != number:
            _say(report, expect["calls"], f"{number} calls of {name}", str(came))


def difference(expected: Any, came: Any, path: str) -> tuple[str, str] | None:
    """The first place where two JSON values differ, as `path value` expected and value that came."""
    if isinstance(expected, Mapping) and isinstance(came, Mapping):
        for key in [*expected, *(key for key in came if key not in expected)]:
            if key not in came:
                return f"{path}.{key} {shown(expected[key])}", "nothing"
            if key not in expected:
                return f"no {path}.{key}", shown(came[key])
            found = difference(expected[key], came[key], f"{path}.{key}")
            if found is not None:
                return found
        return None
    if isinstance(expected, list) and isinstance(came, list) and len(expected) == len(came):
        pairs = enumerate(zip(expected, came, strict=True))
        return next((found for i, (a, b) in pairs if (found := difference(a, b, f"{path}[{i}]"))), None)
    # True equals 1 in Python, in JSON it does not.
    same = expected == came and isinstance(expected, bool) == isinstance(came, bool)
    return None if same else (f"{path} {shown(expected)}", shown(came))


def shown(value: Any) -> str:
    """A value as its JSON, cut when it is long."""
    text = "nothing" if value is None else value if isinstance(value, str) else plain_json.dumps(value)
    return text if len(text) <= 300 else f"{text[:300]}…"
