"""What an expression says before it ever runs: parts that read nothing are computed when they are checked.

faults      parts that can have no value: `date("2026-02-30")`, `min([])`, `x / (1 - 1)`
truth       how a condition comes out whatever its names are: `1 > 2`, `false && input.a`
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from dsl.expressions import errors, syntax
from dsl.expressions.environment import Finding
from dsl.expressions.errors import EvaluationError, ExpressionError
from dsl.expressions.expression import from_tree
from dsl.expressions.numbers import is_number
from dsl.expressions.parser import parse
from dsl.expressions.syntax import Node, children

_MOST_STEPS = 100
"""Element steps of one part; what does more is left to the run, so that a hostile file stays cheap."""

_UNKNOWN = object()
_NONE: frozenset[str] = frozenset()


def faults(tree: Node) -> tuple[Finding, ...]:
    """Why parts of an expression whose types fit can have no value; what a guard covers is left out."""
    failing: list[Finding] = []
    if not _look_into(tree, failing):
        failing += _failing(tree)
    return tuple(failing)


def truth(tree: Node) -> bool | None:
    """How a condition always comes out; None when that depends on what it reads."""
    match tree:
        case syntax.Literal():
            return tree.value if isinstance(tree.value, bool) else None
        case syntax.Unary(operator="!"):
            found = truth(tree.operand)
            return None if found is None else not found
        case syntax.Logic():
            parts = [truth(operand) for operand in tree.operands]
            decides = tree.operator == "||"
            if decides in parts:
                return decides
            return None if None in parts else not decides
    value = None if _look_into(tree, []) else _value(tree)
    return value if isinstance(value, bool) else None


@lru_cache(maxsize=1024)
def truth_of(source: str) -> bool | None:
    """How the condition that is all of `source` always comes out; None also when it is none."""
    try:
        return truth(parse(source))
    except ExpressionError:
        return None


def _look_into(node: Node, failing: list[Finding]) -> frozenset[str]:
    """The names that the node reads; where there are some, those parts that read none are computed."""
    while isinstance(node, syntax.Member):
        node = node.base
    if isinstance(node, syntax.Name):
        return frozenset((node.name,))
    if isinstance(node, syntax.Literal):
        return _NONE
    inner = children(node)
    reads = [_look_into(child, failing) for child in inner]
    found = _NONE.union(*reads)
    if isinstance(node, syntax.Macro):
        found = reads[0] | (found - {node.variable.name})
    elif isinstance(node, syntax.Call) and node.function == "table":
        found |= {"table"}
    if found:
        guarded = isinstance(node, syntax.Call) and node.function in ("has", "default")
        for child, names in list(zip(inner, reads, strict=True))[guarded:]:
            failing += () if names or isinstance(child, syntax.Literal) else _failing(child)
        if isinstance(node, syntax.Chain):
            failing += _zeros(node, reads[1:])
        elif isinstance(node, syntax.Call) and node.function == "round":
            failing += _places(node, reads[1:])
    return found


def _zeros(node: syntax.Chain, reads: list[frozenset[str]]) -> Iterator[Finding]:
    for (operator, operand), names in zip(node.rest, reads, strict=True):
        if operator in "/%" and not names:
            value = _value(operand)
            if is_number(value) and value == 0:
                yield Finding(errors.ARITHMETIC, "division by zero", operand.start, operand.end)


def _places(node: syntax.Call, reads: list[frozenset[str]]) -> Iterator[Finding]:
    """Why no number has so many decimals, whatever is rounded."""
    for places, names in zip(node.arguments[1:], reads, strict=True):
        if not names and is_number(_value(places)):
            start, end = places.start, places.end
            nothing = syntax.Literal(start, start, 0)
            yield from _failing(replace(node, start=start, end=end, arguments=(nothing, places)))


def _failing(node: Node) -> Iterator[Finding]:
    try:
        _evaluated(node)
    except EvaluationError as error:
        if error.code != errors.TOO_MUCH_WORK:
            yield Finding(error.code, error.message, error.start, error.end, error.help)


def _value(node: Node) -> Any:
    try:
        return _evaluated(node)
    except EvaluationError:
        return _UNKNOWN


def _evaluated(node: Node) -> Any:
    return from_tree("", node, "").evaluate({}, _MOST_STEPS)
