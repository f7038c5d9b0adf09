"""The types of templates."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from dsl.expressions import errors
from dsl.expressions.checker import as_finding, check_tree, literal_type
from dsl.expressions.environment import Checked, Finding, Place, TypeEnv
from dsl.expressions.errors import ExpressionError
from dsl.expressions.operations import kind
from dsl.expressions.templates import Slot, slots
from dsl.expressions.values import LISTS
from dsl.types import (
    ANY,
    NOTHING,
    NULL,
    TEXT,
    Field,
    ListType,
    ObjectType,
    TextType,
    members,
    union,
)

CheckText = Callable[[str], Checked]


def check_template(value: Any, env: TypeEnv) -> Checked:
    """The type of a template for names of these types, and its findings, each with the path to its string."""
    return _walked(value, (), lambda text: _check_string(text, env))


def _walked(value: Any, path: Place, check_text: CheckText) -> Checked:
    if isinstance(value, str):
        checked = check_text(value)
        if not checked.findings:
            return checked
        return replace(checked, findings=tuple(replace(each, path=path) for each in checked.findings))
    if isinstance(value, Mapping):
        parts = {key: _walked(item, (*path, key), check_text) for key, item in value.items()}
        fields = {key: Field(part.type) for key, part in parts.items()}
        return Checked(ObjectType(fields, written=True), _all_findings(parts.values()))
    if isinstance(value, LISTS):
        items = [_walked(item, (*path, place), check_text) for place, item in enumerate(value)]
        return Checked(
            ListType(union(*(item.type for item in items)) if items else NOTHING), _all_findings(items)
        )
    return Checked(literal_type(value))


def _all_findings(parts: Any) -> tuple[Finding, ...]:
    return tuple(finding for part in parts for finding in part.findings)


def _check_string(source: str, env: TypeEnv) -> Checked:
    try:
        parts = slots(source)
    except ExpressionError as error:
        return Checked(ANY, (as_finding(error),))
    if not any(isinstance(part, Slot) for part in parts):
        return Checked(TextType(("".join(map(str, parts)),), written=True))
    if len(parts) == 1 and isinstance(parts[0], Slot):
        return check_tree(parts[0].tree, env)
    findings = [finding for part in parts if isinstance(part, Slot) for finding in _check_shown(part, env)]
    return Checked(TEXT, tuple(findings))


def _check_shown(slot: Slot, env: TypeEnv) -> tuple[Finding, ...]:
    """The findings of an expression inside text, where only single values can stand."""
    checked = check_tree(slot.tree, env)
    start, end = slot.tree.start, slot.tree.end
    if checked.findings:
        return checked.findings
    if NULL in members(checked.type):
        help = "give a value for it with default(…, …)"
        return (Finding(errors.NULL, "a value that may be null cannot stand in text", start, end, help),)
    strange = [one for one in members(checked.type) if kind(one) in ("list", "map", "months")]
    if strange:
        help = "pick a field of it, or use join(…, …)"
        return (Finding(errors.OPERANDS, f"{strange[0]} cannot stand in text", start, end, help),)
    return ()
