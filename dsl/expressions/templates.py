"""Templates: JSON with `${ … }` in its strings, and JSON whose strings are expressions.

    compile_template({"id": "${ input.id }"}).render({"input": {"id": "P-1"}})     → {"id": "P-1"}
    compile_bare({"etf": "pod.etf"}).evaluate({"pod": {"etf": "VAS"}})             → {"etf": "VAS"}

`$${` stands for the characters `${`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

from dsl.expressions.errors import (
    TEMPLATE,
    TOO_LARGE,
    EvaluationError,
    ExpressionError,
    Fault,
    Site,
)
from dsl.expressions.expression import Expression, compile_expression, from_tree
from dsl.expressions.operators import MOST_TEXT
from dsl.expressions.parser import parse_at
from dsl.expressions.syntax import MOST_NESTING, Node, Path
from dsl.expressions.values import LISTS, text

Place = tuple[str | int, ...]
Render = Callable[[Mapping[str, Any]], Any]
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Template:
    """JSON with `${ … }` in its strings; `expressions` in the order written, none when it is constant."""

    source: Any
    expressions: tuple[Expression, ...] = field(compare=False)
    _render: Render = field(compare=False, repr=False)

    @property
    def constant(self) -> bool:
        """Is it the same for every scope."""
        return not self.expressions

    @property
    def reads(self) -> frozenset[Path]:
        """The paths of the scope that its expressions may read."""
        return frozenset[Path]().union(*(expression.reads for expression in self.expressions))

    def render(self, scope: Mapping[str, Any]) -> Any:
        """The JSON for these names; EvaluationError, with the path to its string, when there is none.

        Dates and durations come as text, numbers as int or Decimal.
        """
        return self._render(scope)


@dataclass(frozen=True, slots=True)
class Slot:
    """`${ … }` at `[start:end]` of a string, and the tree inside."""

    start: int
    end: int
    tree: Node


def compile_template(value: Any) -> Template:
    """The template that `value` is; ExpressionError, with the path to its string, when one is malformed."""
    found: list[Expression] = []
    render = _compiled(value, (), found)
    return Template(value, tuple(found), render)


@lru_cache(maxsize=1024)
def slots(source: str) -> tuple[str | Slot, ...]:
    """The plain parts of a string and its `${ … }`, in order; a malformed one is an ExpressionError."""
    return tuple(_slots(source))


def _slots(source: str) -> Iterator[str | Slot]:
    plain, at = "", 0
    while (start := source.find("${", at)) >= 0:
        if source[start - 1 : start] == "$" and start > at:
            plain += source[at : start - 1] + "${"
            at = start + 2
            continue
        plain += source[at:start]
        tree, closing = parse_at(source, start + 2)
        if plain:
            yield plain
        yield Slot(start, closing + 1, tree)
        plain, at = "", closing + 1
    if plain or at < len(source):
        yield plain + source[at:]


def compile_bare(value: Any) -> Expression:
    """The expression that `value` is: text is one, a list or map is made of them, the rest is itself.

    ExpressionError, with the path to its string, when one is malformed.
    """
    if isinstance(value, str):
        return compile_expression(value)
    reads: set[Path] = set()
    run = _bare(value, (), reads)
    return Expression(_written(value), frozenset(reads), run, Site("", 0, 0), True)


def _bare(value: Any, path: Place, reads: set[Path]) -> Render:
    _refuse_depth(path)
    if isinstance(value, str):
        expression = _placed(path, lambda: compile_expression(value))
        reads.update(expression.reads)
        return lambda scope: _placed(path, lambda: expression.evaluate(scope))
    if isinstance(value, Mapping):
        parts = {key: _bare(item, (*path, key), reads) for key, item in value.items()}
        return lambda scope: {key: part(scope) for key, part in parts.items()}
    if isinstance(value, LISTS):
        items = [_bare(item, (*path, number), reads) for number, item in enumerate(value)]
        return lambda scope: [item(scope) for item in items]
    return lambda scope: value


def _written(value: Any) -> str:
    """A bare value in the form of one expression."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "{" + ", ".join(f'"{key}": {_written(item)}' for key, item in value.items()) + "}"
    if isinstance(value, LISTS):
        return "[" + ", ".join(_written(item) for item in value) + "]"
    return "null" if value is None else text(value)


def _compiled(value: Any, path: Place, found: list[Expression]) -> Render:
    _refuse_depth(path)
    if isinstance(value, str):
        return _placed(path, lambda: _string(value, path, found))
    if isinstance(value, Mapping):
        for key in value:
            _refuse_key(key, path)
        parts = {key: _compiled(item, (*path, key), found) for key, item in value.items()}
        return lambda scope: {key: part(scope) for key, part in parts.items()}
    if isinstance(value, LISTS):
        items = [_compiled(item, (*path, number), found) for number, item in enumerate(value)]
        return lambda scope: [item(scope) for item in items]
    return lambda scope: value


def _refuse_key(key: object, path: Place) -> None:
    if isinstance(key, str) and "${" in key:
        help = "make the map with an expression, as in ${ {(name): value} }"
        start = key.index("${")
        raise ExpressionError("a key is not interpolated", key, start, len(key), TEMPLATE, help, (*path, key))


def _refuse_depth(path: Place) -> None:
    if len(path) > MOST_NESTING:
        raise ExpressionError(f"JSON nests {MOST_NESTING} deep at most", "", 0, 0, TOO_LARGE, "", path)


def _string(source: str, path: Place, found: list[Expression]) -> Render:
    parts = [_part(source, part, found) for part in slots(source)]
    if not parts:
        return lambda scope: ""
    if len(parts) == 1:
        only = parts[0]
        if isinstance(only, str):
            return lambda scope: only
        return lambda scope: _placed(path, lambda: only.render(scope))
    return lambda scope: _placed(path, lambda: _text_of(parts, source, scope))


def _part(source: str, part: str | Slot, found: list[Expression]) -> str | Expression:
    if isinstance(part, str):
        return part
    expression = from_tree(source, part.tree, source[part.start + 2 : part.end - 1].strip())
    found.append(expression)
    return expression


def _text_of(parts: list[str | Expression], source: str, scope: Mapping[str, Any]) -> str:
    made = "".join(part if isinstance(part, str) else _shown(part, scope) for part in parts)
    if len(made) > MOST_TEXT:
        message = f"the text has {len(made)} characters, at most {MOST_TEXT} are made"
        raise EvaluationError(message, source, 0, len(source), TOO_LARGE)
    return made


def _shown(expression: Expression, scope: Mapping[str, Any]) -> str:
    value = expression.evaluate(scope)
    try:
        return text(value)
    except Fault as fault:
        raise expression.blame(fault) from None


def _placed(path: Place, act: Callable[[], Made]) -> Made:
    """What `act` gives; the errors that it raises say at which path of the JSON."""
    try:
        return act()
    except (ExpressionError, EvaluationError) as error:
        error.path = (*path, *error.path) if error.path[: len(path)] != path else error.path
        raise
