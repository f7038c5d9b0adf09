"""What a file of tests is about: a workflow, with its steps and those of the workflows that it runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dsl import definition as written
from dsl.check.fits import Place, report_misfits
from dsl.compile import input_schema
from dsl.definition import Definition
from dsl.durations import parse_duration
from dsl.problems import Report
from dsl.tree import MapNode, Node, ScalarNode

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """A workflow under test: its own steps by id, and those of the runs that it starts."""

    workflow: str
    input: Schema
    signals: Mapping[str, Schema]
    subscribed: frozenset[str]
    steps: Mapping[str, written.Step]
    around: Mapping[str, written.Step]
    """Steps by id, the workflow's own and those of the workflows that it runs, at any depth."""
    errors: frozenset[str]
    """Errors that `fail` steps raise, of it and of what it runs."""

    @staticmethod
    def span(node: ScalarNode | None) -> timedelta | None:
        """The span of time that a checked duration writes."""
        if node is None:
            return None
        found = parse_duration(node.text.strip())
        return found if isinstance(found, timedelta) else None


def subjects_of(definitions: Mapping[str, Definition]) -> dict[str, Subject]:
    """Every workflow by name, as tests see it."""
    return {name: _subject(name, definitions) for name in definitions}


def _subject(name: str, definitions: Mapping[str, Definition]) -> Subject:
    own = definitions[name]
    family = [definitions[each] for each in _family(name, definitions)]
    steps = [step for definition in family for step in definition.walk()]
    signals = {
        entry.key.text: input_schema(entry.value)
        for definition in reversed(family)
        for entry in definition.signals
    }
    return Subject(
        workflow=name,
        input=input_schema(own.input),
        signals=signals,
        subscribed=frozenset(_subscribed(own)),
        steps=_by_id(own.walk()),
        around=_by_id(steps),
        errors=frozenset(step.error.text for step in steps if isinstance(step, written.Fail)),
    )


def _family(name: str, definitions: Mapping[str, Definition]) -> list[str]:
    """The workflow and all that it runs, itself first."""
    found, waiting = [], [name]
    while waiting:
        each = waiting.pop(0)
        if each in found or each not in definitions:
            continue
        found.append(each)
        waiting += [step.run.text for step in definitions[each].walk() if isinstance(step, written.Run)]
    return found


def _by_id(steps: "Iterator[written.Step] | list[written.Step]") -> dict[str, written.Step]:
    found: dict[str, written.Step] = {}
    for step in steps:
        if step.id is not None:
            found.setdefault(step.id.text, step)
    return found


def _subscribed(definition: Definition) -> Iterator[str]:
    items = definition.node.get("subscribe")
    for item in getattr(items, "items", ()):
        event = item.get("event") if isinstance(item, MapNode) else None
        if isinstance(event, ScalarNode):
            yield event.text


def check_value(
    node: Node, schema: Schema, code: str, what: str, report: Report, *, written: bool = True
) -> None:
    """Report why what a test writes does not fit its schema; `node` marks the place of what is not there."""
    given = node if written else MapNode((), node.start, node.start)
    report_misfits(given, Place(schema, schema, what), report, code=code, at=node)


def partial(schema: Any) -> Any:
    """The schema without what it requires: a stand-in may leave fields out."""
    if isinstance(schema, list):
        return [partial(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: partial(value)
        for key, value in schema.items()
        if not (key == "required" and isinstance(value, list))
    }
