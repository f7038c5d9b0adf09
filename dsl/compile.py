"""From a checked definition to its plan document: plain JSON, everything said that the run needs.

Defaults are merged into each call, where and how an activity runs is taken from the catalogue, and
scalars are resolved by the schema of their place. `dsl.plan_reader` reads the document back.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from dsl import definition as written
from dsl.definition import ActivityCall, Block, Definition
from dsl.literals import schema_of, value_of
from dsl.scalars import resolve
from dsl.schemas import object_schema
from dsl.tables.facts import tables_in
from dsl.tree import MapNode, Node, ScalarNode
from dsl.trigger_documents import trigger_documents
from dsl.world import World
from payloads import plain_json

FORMAT = 1
"""Of the plan document; the same as `dsl.plan.FORMAT`, which costs more to import."""

DEFAULT_TIMEOUT = "30s"
DEFAULT_RETRY: Mapping[str, Any] = {"attempts": 5, "first": "1s", "factor": 2, "longest": "1m"}

Document: TypeAlias = dict[str, Any]


def compile_definition(definition: Definition, world: World) -> Document:
    """The plan document; the definition has been checked, and no error was found."""
    return _Compiler(definition, world).document()


def digest_of(document: Document) -> str:
    """What pins a run to this plan."""
    return plain_json.digest(document)


def input_schema(node: Node | None) -> Document:
    """The schema of the start input, or of a signal: an object, closed; with no fields when none is given."""
    return object_schema(schema_of(node) if isinstance(node, MapNode) else None)


class _Compiler:
    """Writes the document of one definition."""

    def __init__(self, definition: Definition, world: World) -> None:
        self._definition = definition
        self._world = world

    def document(self) -> Document:
        definition = self._definition
        document: Document = {
            "format": FORMAT,
            "workflow": definition.workflow.text,
            "version": resolve(definition.version),
            "summary": definition.summary.text,
            "input": input_schema(definition.input),
            "signals": {entry.key.text: input_schema(entry.value) for entry in definition.signals},
            "search": {entry.key.text: _text(entry.value) for entry in definition.search or ()},
            "on_failure": None,
            "steps": self._steps(definition.body),
        }
        if definition.on_failure:
            hold = definition.on_failure
            document["on_failure"] = {"duration": hold.duration.text, "role": hold.role.text}
        if definition.output is not None:
            document["output"] = value_of(definition.output)
        document.update(trigger_documents(definition, document["input"]))
        tables = tables_in(document, self._world.tables)
        return {**document, "tables": tables} if tables else document

    def _steps(self, block: Block) -> list[Document]:
        return [self._step(step) for step in block.steps]

    def _step(self, step: written.Step) -> Document:
        document = {**_common(step), **self._own(step)}
        return {key: value for key, value in document.items() if value is not _ABSENT}

    def _own(self, step: written.Step) -> Document:
        match step:
            case written.Call():
                return self._call(step)
            case written.Set():
                return {"kind": "set", "set": value_of(step.set)}
            case written.Choose():
                return {"kind": "choose", "choose": [self._branch(branch) for branch in step.choose]}
            case written.Parallel():
                branches = {name: self._steps(block) for name, block in step.parallel.items()}
                return {"kind": "parallel", "parallel": branches}
            case written.ForEach():
                return self._for_each(step)
            case written.Try():
                return self._try(step)
            case written.Repeat():
                return self._repeat(step)
            case written.Wait():
                return _wait(step)
            case written.Approve():
                return self._approve(step)
            case written.Receive():
                return self._receive(step)
            case written.Emit():
                return {"kind": "emit", "emit": step.emit.text, "data": _input(step.data, None)}
            case written.Run():
                return self._run(step)
            case written.Fail():
                return {"kind": "fail", "error": step.error.text, "message": step.message.text}
            case written.Finish():
                return {"kind": "finish", "finish": value_of(step.finish)}
        raise TypeError(f"a {type(step).__name__} was not refused by the checker")

    def _call(self, step: written.Call) -> Document:
        return {
            "kind": "call",
            "call": self._activity(step.call),
            "undo": self._activity(step.undo) if step.undo else _ABSENT,
            "key": _optional_text(step.key),
        }

    def _activity(self, call: ActivityCall) -> Document:
        entry = self._world.activities[call.activity.text]
        default = self._definition
        retry = {**default.retry, **call.retry}
        timeout = call.timeout or default.timeout
        return {
            "activity": entry.name,
            "input": _input(call.input, entry.input_schema),
            "timeout": timeout.text.strip() if timeout else DEFAULT_TIMEOUT,
            "retry": {**DEFAULT_RETRY, **{key: _setting(key, node) for key, node in retry.items()}},
            "local": entry.local,
            "role": entry.role,
        }

    def _branch(self, branch: written.Branch) -> Document:
        steps = self._steps(branch.block)
        return {"steps": steps} if branch.when is None else {"when": _text(branch.when), "steps": steps}

    def _for_each(self, step: written.ForEach) -> Document:
        return {
            "kind": "for_each",
            "for_each": _bare(step.for_each),
            "as": step.as_.text,
            "at_most": value_of(step.at_most) if step.at_most else 1,
            "steps": self._steps(step.body),
            "collect": _bare(step.collect) if step.collect is not None else _ABSENT,
        }

    def _try(self, step: written.Try) -> Document:
        return {
            "kind": "try",
            "try": self._steps(step.body),
            "catch": [self._catch(catch) for catch in step.catch],
            "finally": self._steps(step.finally_) if step.finally_ else [],
        }

    def _catch(self, catch: written.Catch) -> Document:
        document: Document = {"steps": self._steps(catch.block)}
        if catch.errors is not None:
            document["errors"] = [error.text for error in catch.errors]
        if catch.as_ is not None:
            document["as"] = catch.as_.text
        return document

    def _receive(self, step: written.Receive) -> Document:
        return {
            "kind": "receive",
            "receive": [name.text for name in step.receive],
            "where": _optional_text(step.where),
            "within": _optional_text(step.within),
            "on_timeout": self._steps(step.on_timeout) if step.on_timeout else _ABSENT,
        }

    def _repeat(self, step: written.Repeat) -> Document:
        return {
            "kind": "repeat",
            "until": _optional_text(step.until),
            "at_most": value_of(step.at_most) if step.at_most else _ABSENT,
            "every": _optional_text(step.every),
            "steps": self._steps(step.body),
            "on_exhausted": self._steps(step.on_exhausted) if step.on_exhausted else _ABSENT,
            "upgrade": step.upgrade,
        }

    def _approve(self, step: written.Approve) -> Document:
        asked = step.approve
        quorum, four_eyes = asked.get("quorum"), asked.get("four_eyes")
        return {
            "kind": "approve",
            "role": _text(asked["role"]),
            "show": value_of(asked["show"]) if "show" in asked else {},
            "quorum": resolve(quorum) if isinstance(quorum, ScalarNode) else 1,
            "four_eyes": _bare(four_eyes) if four_eyes is not None else _ABSENT,
            "within": _text(step.within),
            "on_reject": self._steps(step.on_reject) if step.on_reject else [],
            "on_timeout": self._steps(step.on_timeout) if step.on_timeout else [],
        }

    def _run(self, step: written.Run) -> Document:
        schema = self._world.workflow_schema(step.run.text)
        detached = step.detached is not None and resolve(step.detached) is True
        return {
            "kind": "run",
            "run": step.run.text,
            "input": _input(step.input, schema),
            "detached": detached,
        }


class _Absent:
    """A key that the document does not have; null would be a value."""


_ABSENT = _Absent()


def _wait(step: written.Wait) -> Document:
    forms = {"wait": step.wait, "until": step.until, "session": step.session, "at": step.at}
    return {"kind": "wait", **{key: _optional_text(node) for key, node in forms.items()}}


def _common(step: written.Step) -> Document:
    return {
        "id": _optional_text(step.id),
        "title": _optional_text(step.title),
        "when": _optional_text(step.when),
        "lock": _optional_text(step.lock),
        "calendar": _optional_text(step.calendar),
        "record": _record(step.record) if step.record else _ABSENT,
    }


def _record(record: written.Record) -> Document:
    if record.data is None:
        return {"fact": record.fact.text}
    return {"fact": record.fact.text, "data": value_of(record.data)}


def _input(node: Node | None, schema: Mapping[str, Any] | None) -> Any:
    return {} if node is None else value_of(node, schema)


def _setting(key: str, node: ScalarNode) -> Any:
    return resolve(node) if key in ("attempts", "factor") else node.text.strip()


def _text(node: Node | None) -> str:
    """An expression or a text that the structure check has made sure of."""
    assert isinstance(node, ScalarNode)
    return node.text.strip()


def _optional_text(node: Node | None) -> Any:
    return _ABSENT if node is None else _text(node)


def _bare(node: Node) -> Any:
    """An expression, or a list or mapping of them as YAML writes it; numbers stay as written."""
    if isinstance(node, ScalarNode):
        return node.text.strip()
    return value_of(node)
