"""Conditions over metrics, of many portfolios at once: where they may hold, and where they may not.

A coarse answer errs on one side only: what it leaves out cannot be. Comparisons of numbers made from
metrics are told apart up to a hair; whatever else a condition has may be anything, and is left to be
evaluated portfolio by portfolio.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from dsl.expressions import Expression
from dsl.expressions.parser import parse
from dsl.expressions.syntax import Call, Chain, Compare, Literal, Logic, Name, Node, Unary

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

HAIR = 1e-9
"""Numbers that differ by less, of 1 and of the larger, may be the same: those of an expression are exact."""
LARGEST = 1e6
"""Arithmetic with larger numbers may be off by more than a hair: it is left to the expression itself."""


@dataclass(frozen=True, slots=True)
class Coarse:
    """Where a condition may be true, may be false, and where a metric is missing that it needs."""

    true: Flags
    false: Flags
    fault: Flags

    def negated(self) -> "Coarse":
        """The same of its opposite."""
        return Coarse(self.false, self.true, self.fault)


def look(condition: Expression, metrics: Mapping[str, Floats], count: int) -> Coarse:
    """The condition over `count` portfolios; a metric of NaN was not measured there."""
    return _Look(metrics, count).condition(parse(condition.source))


@dataclass(frozen=True, slots=True)
class _Look:
    metrics: Mapping[str, Floats]
    count: int

    def condition(self, node: Node) -> Coarse:
        match node:
            case Literal(value=bool(flag)):
                return self._all(flag, not flag)
            case Name(name=name) if name in self.metrics:
                return _flag(self.metrics[name])
            case Unary(operator="!", operand=operand):
                return self.condition(operand).negated()
            case Logic(operator="&&", operands=operands):
                return reduce(_both, map(self.condition, operands))
            case Logic(operands=operands):
                return reduce(_both, (self.condition(each).negated() for each in operands)).negated()
            case Compare(operator=operator) if operator in _COMPARISONS:
                left, right = self.number(node.left), self.number(node.right)
                if left is not None and right is not None:
                    return _COMPARISONS[operator](left, right)
        return self._all(True, True)

    def number(self, node: Node) -> Floats | None:
        """The numbers of a sum, product or metric; NaN where there is none, None for anything else."""
        match node:
            case Literal(value=int() | Decimal()) if not isinstance(node.value, bool):
                return np.full(self.count, float(node.value))
            case Name(name=name) if name in self.metrics:
                return self.metrics[name]
            case Call(function="default", arguments=[Name(name=name), other]) if name in self.metrics:
                fallback = self.number(other)
                metric = self.metrics[name]
                return None if fallback is None else np.where(np.isnan(metric), fallback, metric)
            case Unary(operator="-", operand=operand):
                inner = self.number(operand)
                return None if inner is None else -inner
            case Chain(first=first, rest=rest):
                return self._chain(first, rest)
        return None

    def _chain(self, first: Node, rest: tuple[tuple[str, Node], ...]) -> Floats | None:
        whole = self.number(first)
        for operator, node in rest:
            part = self.number(node)
            if whole is None or part is None or operator not in _ARITHMETIC:
                return None
            if (np.abs(whole) > LARGEST).any() or (np.abs(part) > LARGEST).any():
                return None
            with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
                whole = _ARITHMETIC[operator](whole, part)
            whole = np.where(np.isfinite(whole), whole, np.nan)
        return whole

    def _all(self, true: bool, false: bool) -> Coarse:
        return Coarse(*(np.full(self.count, flag) for flag in (true, false, False)))


def _flag(metric: Floats) -> Coarse:
    """A metric that is true or false: 1 or 0."""
    return Coarse(metric == 1, metric == 0, np.isnan(metric))


def _both(one: Coarse, other: Coarse) -> Coarse:
    """`and`: where one side is false for certain, the other has no say."""
    no = _surely_false(one) | _surely_false(other)
    return Coarse(one.true & other.true, one.false | other.false, (one.fault | other.fault) & ~no)


def _surely_false(one: Coarse) -> Flags:
    return one.false & ~one.true & ~one.fault


def _larger(left: Floats, right: Floats) -> Coarse:
    close, fault = _close(left, right), np.isnan(left) | np.isnan(right)
    return Coarse((left > right) | close, (left < right) | close, fault)


def _equal(left: Floats, right: Floats) -> Coarse:
    close, fault = _close(left, right), np.isnan(left) | np.isnan(right)
    return Coarse(close, ~fault, fault)


def _close(left: Floats, right: Floats) -> Flags:
    near: Flags = np.abs(left - right) <= HAIR * np.maximum(1.0, np.maximum(np.abs(left), np.abs(right)))
    return near


_ARITHMETIC: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
}
_COMPARISONS: Mapping[str, Callable[[Floats, Floats], Coarse]] = {
    ">": _larger,
    ">=": _larger,
    "<": lambda left, right: _larger(right, left),
    "<=": lambda left, right: _larger(right, left),
    "==": _equal,
    "!=": lambda left, right: _equal(left, right).negated(),
}
