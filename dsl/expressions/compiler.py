"""From the syntax tree to nested Python functions: one call a node, nothing looked up twice.

Every function takes a `Frame`: a dict with the names of the scope and, while they turn, of the macros.

    compiler.py             literals, lists, maps, conditions
    compiled_paths.py       names, fields, elements; `has` and `default`
    compiled_operators.py   arithmetic and comparisons
    compiled_calls.py       macros and functions
"""

from datetime import date
from typing import Any

from dsl.expressions import syntax
from dsl.expressions.compiled_calls import call, macro
from dsl.expressions.compiled_operators import chain, comparison, minus
from dsl.expressions.compiled_paths import path
from dsl.expressions.errors import NULL, OPERANDS, Fault, Site
from dsl.expressions.frame import Frame, Run
from dsl.expressions.syntax import Node
from dsl.expressions.values import kind, text


class Compiler:
    """Compiles the nodes of one expression; `source` is its text, for the places of faults."""

    def __init__(self, source: str) -> None:
        self.source = source

    def compile(self, node: Node) -> Run:
        """The function that gives the value of `node`."""
        match node:
            case syntax.Literal():
                value = node.value
                return lambda frame: value
            case syntax.Name() | syntax.Member() | syntax.Index():
                return path(self, node)
            case syntax.ListOf():
                return self._list(node)
            case syntax.MapOf():
                return self._map(node)
            case syntax.Unary():
                return self._not(node) if node.operator == "!" else minus(self, node)
            case syntax.Chain():
                return chain(self, node)
            case syntax.Compare():
                return comparison(self, node)
            case syntax.Logic():
                return self._logic(node)
            case syntax.Ternary():
                return self._ternary(node)
            case syntax.Macro():
                return macro(self, node)
            case syntax.Call():
                return call(self, node)
        raise AssertionError(node)

    def condition(self, node: Node) -> Run:
        """As `compile`; a value that is neither true nor false is a fault."""
        run = self.compile(node)
        if isinstance(node, syntax.Compare | syntax.Logic) or (
            isinstance(node, syntax.Unary) and node.operator == "!"
        ):
            return run
        site = self.site(node)

        def flag(frame: Frame) -> bool:
            value = run(frame)
            if value is True or value is False:
                return bool(value)
            code = NULL if value is None else OPERANDS
            help = "compare it with something, as in `x > 0` or `x != null`"
            raise site.error(Fault(code, f"true or false is needed, not {kind(value)}", help))

        return flag

    def site(self, node: Node) -> Site:
        """Where `node` is written."""
        return Site(self.source, node.start, node.end)

    def _list(self, node: syntax.ListOf) -> Run:
        items = [self.compile(item) for item in node.items]
        site = self.site(node)

        def build(frame: Frame) -> Any:
            frame.charge_at(len(items), site)
            return [item(frame) for item in items]

        return build

    def _map(self, node: syntax.MapOf) -> Run:
        entries = [(self.compile(key), self.site(key), self.compile(value)) for key, value in node.entries]
        whole = self.site(node)

        def build(frame: Frame) -> Any:
            frame.charge_at(len(entries), whole)
            made: dict[str, Any] = {}
            for key, site, value in entries:
                name = _key(key(frame), site)
                if name in made:
                    raise site.error(Fault(OPERANDS, "a key stands twice in the map"))
                made[name] = value(frame)
            return made

        return build

    def _not(self, node: syntax.Unary) -> Run:
        flag = self.condition(node.operand)
        return lambda frame: not flag(frame)

    def _logic(self, node: syntax.Logic) -> Run:
        flags = [self.condition(operand) for operand in node.operands]
        either = node.operator == "||"
        if len(flags) == 2:
            first, second = flags
            if either:
                return lambda frame: first(frame) or second(frame)
            return lambda frame: first(frame) and second(frame)

        def run(frame: Frame) -> bool:
            return any(flag(frame) for flag in flags) if either else all(flag(frame) for flag in flags)

        return run

    def _ternary(self, node: syntax.Ternary) -> Run:
        test, yes, no = self.condition(node.test), self.compile(node.yes), self.compile(node.no)
        return lambda frame: yes(frame) if test(frame) else no(frame)


def _key(value: Any, site: Site) -> str:
    """The key of a map: text, or a date as text."""
    if isinstance(value, str | date):
        return text(value)
    raise site.error(Fault(OPERANDS, f"the key of a map is text, not {kind(value)}"))
