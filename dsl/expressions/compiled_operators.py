"""Compiles arithmetic and comparisons: exact numbers and short texts at once, the rest with care."""

from collections.abc import Callable, Mapping
from typing import Any

from dsl.expressions import numbers
from dsl.expressions.errors import Fault, Site
from dsl.expressions.frame import Frame, Maker, Run
from dsl.expressions.numbers import EXACT_TYPES
from dsl.expressions.operators import OPERATORS, contains, negate
from dsl.expressions.syntax import Chain, Compare, Unary
from dsl.expressions.values import equal, ordered

_SHORT = 1000
"""Texts up to this length are compared without being counted as work."""


def minus(maker: Maker, node: Unary) -> Run:
    """`-x`."""
    operand, site = maker.compile(node.operand), maker.site(node)

    def run(frame: Frame) -> Any:
        try:
            return negate(operand(frame))
        except Fault as fault:
            raise site.error(fault) from None

    return run


def chain(maker: Maker, node: Chain) -> Run:
    """`a + b - c`, from left to right."""
    first = maker.compile(node.first)
    steps = [
        (sign, maker.compile(operand), Site(maker.source, node.start, operand.end))
        for sign, operand in node.rest
    ]
    if len(steps) == 1:
        sign, operand, site = steps[0]
        return _operation(sign, first, operand, site)

    def fold(frame: Frame) -> Any:
        value = first(frame)
        for sign, operand, site in steps:
            try:
                value = OPERATORS[sign](value, operand(frame), frame.charge)
            except Fault as fault:
                raise site.error(fault) from None
        return value

    return fold


def _operation(sign: str, left: Run, right: Run, site: Site) -> Run:
    general, quick = OPERATORS[sign], _QUICK[sign]

    def operate(frame: Frame) -> Any:
        a, b = left(frame), right(frame)
        try:
            if type(a) in EXACT_TYPES and type(b) in EXACT_TYPES:
                return quick(a, b)
            return general(a, b, frame.charge)
        except Fault as fault:
            raise site.error(fault) from None

    return operate


def comparison(maker: Maker, node: Compare) -> Run:
    """`a == b` and its like, and `in`."""
    left, right, site = maker.compile(node.left), maker.compile(node.right), maker.site(node)
    compare = _COMPARISONS[node.operator]

    def run(frame: Frame) -> Any:
        try:
            return compare(left(frame), right(frame), frame)
        except Fault as fault:
            raise site.error(fault) from None

    return run


def _equals(a: Any, b: Any, frame: Frame) -> bool:
    kind, other = type(a), type(b)
    if kind in EXACT_TYPES and other in EXACT_TYPES:
        return bool(a == b)
    if kind is str and other is str and len(a) < _SHORT and a[10:11] != "T":
        return bool(a == b)  # a moment has a T there, and may be written in two ways
    return equal(a, b, frame.charge)


def _less(a: Any, b: Any, frame: Frame) -> bool:
    if type(a) in EXACT_TYPES and type(b) in EXACT_TYPES:
        return bool(a < b)
    a, b = ordered(a, b, frame.charge)
    return bool(a < b)


def _at_most(a: Any, b: Any, frame: Frame) -> bool:
    if type(a) in EXACT_TYPES and type(b) in EXACT_TYPES:
        return bool(a <= b)
    a, b = ordered(a, b, frame.charge)
    return bool(a <= b)


_COMPARISONS: Mapping[str, Callable[[Any, Any, Frame], bool]] = {
    "==": _equals,
    "!=": lambda a, b, frame: not _equals(a, b, frame),
    "<": _less,
    "<=": _at_most,
    ">": lambda a, b, frame: _less(b, a, frame),
    ">=": lambda a, b, frame: _at_most(b, a, frame),
    "in": lambda a, b, frame: contains(b, a, frame.charge),
}

_QUICK: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": numbers.add,
    "-": numbers.subtract,
    "*": numbers.multiply,
    "/": numbers.divide,
    "%": numbers.remainder,
}
