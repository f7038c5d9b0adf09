"""An expression, ready to be evaluated any number of times.

compile_expression("steps.drift.largest > 5%").evaluate({"steps": {"drift": {"largest": 0.07}}})  → True
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from dsl.expressions.compiler import Compiler
from dsl.expressions.errors import ARITHMETIC, TOO_LARGE, TOO_MUCH_WORK, EvaluationError, Fault, Site
from dsl.expressions.frame import MOST_STEPS, Frame, Run
from dsl.expressions.parser import parse
from dsl.expressions.syntax import Macro, Node, Path, children, path_of
from dsl.expressions.values import LISTS, as_json

MOST_VALUES = 100_000

_TOO_DEEP = Fault(TOO_LARGE, "a value is nested too deeply")


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression as written, and how it is evaluated; equal when written the same.

    `reads` has the paths of the scope that it may read, each as far as it is written out.
    """

    source: str
    reads: frozenset[Path] = field(compare=False)
    _run: Run = field(compare=False, repr=False)
    _whole: Site = field(compare=False, repr=False)
    _builds: bool = field(compare=False, repr=False)

    def render(self, scope: Mapping[str, Any]) -> Any:
        """As `evaluate`, as plain JSON: computed dates, moments and durations become text."""
        value = self.evaluate(scope)
        try:
            return as_json(value)
        except Fault as fault:
            raise self.blame(fault) from None
        except RecursionError:
            raise self.blame(_TOO_DEEP) from None

    def blame(self, fault: Fault) -> EvaluationError:
        """`fault` with the whole expression as its place."""
        return self._whole.error(fault)

    def evaluate(self, scope: Mapping[str, Any], most_steps: int = MOST_STEPS) -> Any:
        """The value for these names; EvaluationError when there is none, or it takes too many element steps.

        Dates, moments and durations that were computed come as Python's own, those that come from JSON
        stay text.
        """
        frame = Frame(scope)
        frame.left = most_steps
        try:
            value = self._run(frame)
            if self._builds and type(value) in (list, dict):
                refuse_bloated(value)
            return value
        except Fault as fault:
            raise self.blame(fault) from None
        except ArithmeticError:
            raise self.blame(Fault(ARITHMETIC, "a number is out of range")) from None
        except RecursionError:
            raise self.blame(_TOO_DEEP) from None


@lru_cache(maxsize=1024)
def compile_expression(source: str) -> Expression:
    """The expression that is all of `source`; ExpressionError when it is none."""
    return from_tree(source, parse(source), source)


def from_tree(source: str, tree: Node, written: str) -> Expression:
    """The expression that `tree` is, `written` somewhere in `source`."""
    site = Site(source, tree.start, tree.end)
    return Expression(written, reads_of(tree), Compiler(source).compile(tree), site, path_of(tree) is None)


def reads_of(tree: Node, bound: frozenset[str] = frozenset()) -> frozenset[Path]:
    """The longest paths of the scope that a tree reads; names that macros bind are not of the scope."""
    path = path_of(tree)
    if path is not None:
        return frozenset() if path[0] in bound else frozenset([path])
    if isinstance(tree, Macro):
        inner = bound | {tree.variable.name}
        parts = [reads_of(part, inner) for part in (tree.condition, tree.body) if part is not None]
        return reads_of(tree.base, bound).union(*parts)
    return frozenset().union(*(reads_of(child, bound) for child in children(tree)))


def refuse_bloated(value: Any) -> None:
    """A fault when a value is larger than any step needs: lists of shared lists grow without costing work."""
    left = MOST_VALUES
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            waiting.extend(item.values())
            left -= len(item)
        elif isinstance(item, LISTS):
            waiting.extend(item)
            left -= len(item)
        if left < 0:
            raise Fault(TOO_MUCH_WORK, f"the value holds more than {MOST_VALUES} values")
