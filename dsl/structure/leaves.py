"""Steps without steps inside, and the small parts that all kinds share."""

import re
from typing import Any, TypeAlias

from dsl import definition as written
from dsl.problems import Report
from dsl.scalars import is_null
from dsl.structure.calls import read_call, read_undo
from dsl.structure.fields import LOWER_NAME, PASCAL_NAME, Fields, is_name, kind_of, matches
from dsl.tree import ListNode, MapNode, Node, ScalarNode

Common: TypeAlias = dict[str, Any]
"""What every kind of step has in common, as keywords of its class."""


def read_call_step(fields: Fields, common: Common) -> written.Step | None:
    call = read_call(fields)
    if call is None:
        return None
    undo, undo_none = read_undo(fields)
    return written.Call(**common, call=call, undo=undo, undo_none=undo_none, key=fields.text("key"))


def read_set(fields: Fields, common: Common) -> written.Step | None:
    values = fields.mapping("set")
    if values is None:
        return None
    if not values.entries:
        fields.report.node("K128", values, "`set` sets nothing", "write `set: {name: value}`")
    for entry in values:
        is_name(entry.key, "a name of `set`", fields.report)
    return written.Set(**common, set=values)


def read_wait(fields: Fields, common: Common) -> written.Step | None:
    node = fields.get("wait")
    if isinstance(node, MapNode):
        inner = Fields(node, "`wait`", fields.report)
        if node.entry("session"):
            inner.allow(("session", "at"), required=("session", "at"))
            session, at = inner.text("session"), inner.one_of("at", ("open", "close"))
            return written.Wait(**common, session=session, at=at)
        inner.allow(("until", "session", "at"), required=("until",))
        return written.Wait(**common, until=expression_under(inner, "until"))
    wait = span_or_template(fields, "wait")
    return written.Wait(**common, wait=wait) if wait else None


def read_emit(fields: Fields, common: Common) -> written.Step | None:
    event = fields.matching("emit", LOWER_NAME, "the name of a business event, in small letters")
    return written.Emit(**common, emit=event, data=fields.get("with")) if event else None


def read_run(fields: Fields, common: Common) -> written.Step | None:
    workflow = fields.matching("run", LOWER_NAME, "the name of a workflow, in small letters")
    detached = fields.flag("detached")
    if workflow is None:
        return None
    return written.Run(**common, run=workflow, input=fields.get("with"), detached=detached)


def read_fail(fields: Fields, common: Common) -> written.Step | None:
    mapping = fields.mapping("fail")
    if mapping is None:
        return None
    inner = Fields(mapping, "`fail`", fields.report)
    inner.allow(("error", "message"), required=("error", "message"))
    error = inner.matching("error", PASCAL_NAME, "the name of an error in PascalCase")
    message = inner.text("message")
    return written.Fail(**common, error=error, message=message) if error and message else None


def read_finish(fields: Fields, common: Common) -> written.Step | None:
    output = fields.get("finish")
    return written.Finish(**common, finish=output) if output is not None else None


def expression_under(fields: Fields, key: str) -> Node | None:
    """An expression, or a list or mapping of them; nothing written is reported."""
    node = fields.get(key)
    if node is not None and is_null(node):
        fields.report.node("K122", node, f"`{key}` must be an expression, not nothing")
        return None
    return node


def span_or_template(fields: Fields, key: str, *, some: bool = False) -> ScalarNode | None:
    """A span of time such as `30d` or `2bd`, or a `${ }`; with `some` longer than zero."""
    node = fields.get(key)
    if isinstance(node, ScalarNode) and "${" in node.text:
        return node
    return fields.duration(key, sessions=True, some=some)


def count_or_template(fields: Fields, key: str) -> ScalarNode | None:
    """A whole number from 1, or a `${ }`."""
    node = fields.get(key)
    if isinstance(node, ScalarNode) and "${" in node.text:
        return node
    return fields.whole_number(key)


def names_in(items: ListNode, pattern: re.Pattern[str], what: str, report: Report) -> list[ScalarNode]:
    names = []
    for item in items.items:
        if not isinstance(item, ScalarNode):
            report.node("K122", item, f"{what} must be text, not {kind_of(item)}")
        elif matches(item, pattern, "a name", what, report):
            names.append(item)
    return names
