"""Types of outputs and scopes, with the words that messages use for them."""

from collections.abc import Mapping
from dataclasses import replace

from dsl import definition as written
from dsl.definition import Block
from dsl.literals import schema_of
from dsl.tree import MapNode, Node
from dsl.types import ANY, BOOL, Field, ObjectType, Type


def received(payload: Type, signal: Type) -> ObjectType:
    """The output of a `receive`."""
    return ObjectType({"signal": Field(signal), "payload": Field(payload), "timed_out": Field(BOOL)})


def titled(type: Type, title: str, noun: str, source: str) -> Type:
    """The type with words for messages."""
    if isinstance(type, ObjectType):
        return replace(type, title=title, noun=noun, source=source)
    return type


def schema_at(node: Node | None) -> Mapping[str, object] | None:
    """The schema that is written at a node; None when none is."""
    return schema_of(node) if isinstance(node, MapNode) else None


def not_yet(block: Block, reason: str) -> dict[str, Field]:
    """Every id of the file, as it is before its step was reached."""
    found: dict[str, Field] = {}
    for step in block.steps:
        if step.id is not None:
            found[step.id.text] = Field(ANY, later=True, reason=reason or _puts_nothing_out(step))
        inner = (
            "its step stands in a loop; outside of it, use `collect`"
            if isinstance(step, written.ForEach)
            else reason
        )
        for each in step.blocks:
            found.update(not_yet(each, inner))
    return found


def _puts_nothing_out(step: written.Step) -> str:
    match step:
        case written.ForEach(collect=None):
            return "a `for_each` puts out what it collects: add `collect`"
        case written.Wait() | written.Parallel() | written.Repeat() | written.Try():
            return f"a `{type(step).__name__.lower()}` puts nothing out: read another step or a name"
    return ""
