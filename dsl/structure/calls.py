"""Calls of activities: `with`, `timeout`, `retry` and `undo`."""

from collections.abc import Mapping
from decimal import Decimal

from dsl.definition import ActivityCall
from dsl.scalars import resolve
from dsl.structure.fields import Fields, kind_of
from dsl.tree import ScalarNode

CALL_KEYS = ("call", "with", "timeout", "retry", "undo", "key")
RETRY_KEYS = ("attempts", "first", "factor", "longest")
_UNDO_KEYS = ("call", "with", "timeout", "retry")


def read_call(fields: Fields) -> ActivityCall | None:
    """The call that the keys beside `call` describe; None when `call` is no text."""
    activity = fields.text("call")
    timeout, retry = fields.duration("timeout", some=True), read_retry(fields)
    return ActivityCall(activity, fields.get("with"), timeout, retry) if activity else None


def read_undo(fields: Fields) -> tuple[ActivityCall | None, ScalarNode | None]:
    """`undo`: a call, or the stated reason why nothing needs undoing."""
    mapping = fields.mapping("undo")
    if mapping is None:
        return None, None
    undo = Fields(mapping, "`undo`", fields.report)
    if mapping.entry("none"):
        undo.what = "`undo: {none: …}`"
        undo.allow(("none",))
        return None, undo.text("none")
    undo.allow(_UNDO_KEYS, required=("call",))
    return read_call(undo), None


def read_retry(fields: Fields) -> Mapping[str, ScalarNode]:
    """The keys of `retry` that are written and good."""
    mapping = fields.mapping("retry")
    if mapping is None:
        return {}
    retry = Fields(mapping, "`retry`", fields.report)
    retry.allow(RETRY_KEYS)
    read = {
        "attempts": retry.whole_number("attempts"),
        "first": retry.duration("first", some=True),
        "factor": _factor(retry),
        "longest": retry.duration("longest", some=True),
    }
    return {key: node for key, node in read.items() if node is not None}


def _factor(retry: Fields) -> ScalarNode | None:
    node = retry.get("factor")
    if node is None:
        return None
    value = resolve(node) if isinstance(node, ScalarNode) else None
    if isinstance(node, ScalarNode) and isinstance(value, int | Decimal) and value >= 1 and value is not True:
        return node
    number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    retry.report.node(
        "K122", node, f"`factor` must be a number from 1, not {value if number else kind_of(node)}"
    )
    return None
