"""Compiles macros and functions."""

from collections.abc import Mapping
from typing import Any

from dsl.expressions.compiled_paths import fallback, presence
from dsl.expressions.errors import ARGUMENTS, NULL, OPERANDS, ExpressionError, Fault
from dsl.expressions.frame import MISSING, TABLES, Frame, Maker, Run
from dsl.expressions.functions import FUNCTIONS, refuse_count
from dsl.expressions.macros import TURNS
from dsl.expressions.syntax import Call, Literal, Macro, walk
from dsl.expressions.unknown import unknown_function, unknown_table
from dsl.expressions.values import LISTS, kind

_NODES_A_STEP = 25
"""A macro whose body has more nodes than this counts each turn as several steps."""


def macro(maker: Maker, node: Macro) -> Run:
    """`items.filter(item, …)` and its like; the name of the element is bound while it turns."""
    elements, name = _elements(maker, node), node.variable.name
    condition = maker.condition(node.condition) if node.condition else None
    body = maker.compile(node.body) if node.kind == "map" else maker.condition(node.body)
    turn = TURNS[node.kind]

    def run(frame: Frame) -> Any:
        items = elements(frame)
        outer = frame.get(name, MISSING)
        try:
            return turn(frame, name, items, body, condition)
        finally:
            if outer is MISSING:
                frame.pop(name, None)
            else:
                frame[name] = outer

    return run


def _elements(maker: Maker, node: Macro) -> Run:
    base, site, kind_of_macro = maker.compile(node.base), maker.site(node.base), node.kind
    inside = [part for part in (node.condition, node.body) if part is not None]
    weight = 1 + sum(1 for part in inside for _ in walk(part)) // _NODES_A_STEP

    def elements(frame: Frame) -> Any:
        value = base(frame)
        if isinstance(value, Mapping):
            value = sorted(value)
        elif not isinstance(value, LISTS):
            code = NULL if value is None else OPERANDS
            message = f"`{kind_of_macro}` goes over a list or the keys of a map, not {kind(value)}"
            raise site.error(Fault(code, message))
        frame.charge_at(len(value) * weight, site)
        return value

    return elements


def call(maker: Maker, node: Call) -> Run:
    """`f(x, y)`; an unknown function or a wrong number of arguments is refused while compiling."""
    _refuse_call(maker, node)
    special = _SPECIAL.get(node.function)
    if special is not None:
        return special(maker, node)
    function = FUNCTIONS[node.function][0]
    arguments = [maker.compile(argument) for argument in node.arguments]
    site = maker.site(node)

    def run(frame: Frame) -> Any:
        try:
            return function(frame.charge, *[argument(frame) for argument in arguments])
        except Fault as fault:
            raise site.error(fault) from None

    return run


def _refuse_call(maker: Maker, node: Call) -> None:
    unknown = unknown_function(node.function)
    if unknown is not None:
        raise _refusal(maker, unknown, node.start, node.name_end)
    try:
        refuse_count(node.function, len(node.arguments))
    except Fault as fault:
        raise _refusal(maker, fault, node.start, node.end) from None


def _refusal(maker: Maker, fault: Fault, start: int, end: int) -> ExpressionError:
    return ExpressionError(fault.message, maker.source, start, end, fault.code, fault.help)


def _table(maker: Maker, node: Call) -> Run:
    """`table("name", row)`: what the decision table of that name gives for the row."""
    named, row = node.arguments
    if not isinstance(named, Literal) or not isinstance(named.value, str):
        fault = Fault(ARGUMENTS, "the name of a table is written out", 'write table("name", {column: value})')
        raise _refusal(maker, fault, named.start, named.end)
    name, columns, site = named.value, maker.compile(row), maker.site(node)

    def run(frame: Frame) -> Any:
        tables = frame.get(TABLES, {})
        if name not in tables:
            raise site.error(unknown_table(name, tables))
        try:
            return tables[name](columns(frame))
        except Fault as fault:
            raise site.error(fault) from None

    return run


_SPECIAL = {"has": presence, "default": fallback, "table": _table}
