"""From the syntax tree to nested Python functions: one call a node, nothing looked up twice.

Every function takes a `Frame`: a dict with the names of the scope and, while they turn, of the macros.
Values are only ever subscripted when they are maps and lists; nothing reaches into Python objects.
"""

from collections.abc import Callable, Mapping
from typing import Any

from dsl.expressions import numbers
from dsl.expressions.errors import (
    ARGUMENTS,
    NO_TABLE,
    NULL,
    OPERANDS,
    ExpressionError,
    Fault,
    Site,
)
from dsl.expressions.frame import MISSING, TABLES, Frame, Run
from dsl.expressions.functions import FUNCTIONS, refuse_count
from dsl.expressions.macros import TURNS
from dsl.expressions.numbers import EXACT_TYPES
from dsl.expressions.operators import OPERATORS, contains, negate
from dsl.expressions.reading import missing, read
from dsl.expressions.syntax import (
    Call,
    Chain,
    Compare,
    Index,
    ListOf,
    Literal,
    Logic,
    Macro,
    MapOf,
    Member,
    Name,
    Node,
    Ternary,
    Unary,
)
from dsl.expressions.unknown import unknown_function
from dsl.expressions.values import LISTS, equal, name_kind, ordered
from dsl.near import suggestion


class Compiler:
    """Compiles the nodes of one expression; `source` is its text, for the messages of faults."""

    def __init__(self, source: str) -> None:
        self.source = source

    def compile(self, node: Node) -> Run:
        """The function that gives the value of `node`."""
        match node:
            case Literal():
                value = node.value
                return lambda frame: value
            case Name() | Member() | Index():
                return self._path(node)
            case ListOf():
                return self._list(node)
            case MapOf():
                return self._map(node)
            case Unary():
                return self._unary(node)
            case Chain():
                return self._chain(node)
            case Compare():
                return self._compare(node)
            case Logic():
                return self._logic(node)
            case Ternary():
                return self._ternary(node)
            case Macro():
                return self._macro(node)
            case Call():
                return self._call(node)
        raise AssertionError(node)

    def _site(self, node: Node) -> Site:
        return Site(self.source, node.start, node.end)

    # Reading names, fields and elements.

    def _path(self, node: Node) -> Run:
        keys: list[str] = []
        base = node
        while isinstance(base, Member):
            keys.append(base.field)
            base = base.base
        careful = self._reader(node, must=True)
        return (
            _fields(base.name, tuple(reversed(keys)), careful) if keys and isinstance(base, Name) else careful
        )

    def _reader(self, node: Node, must: bool) -> Run:
        """The value of a path; without `must`, MISSING where a link is missing, or null before its end."""
        match node:
            case Name(name=name):
                return self._name(name, self._site(node), must)
            case Member(base=base, field=field):
                site = Site(self.source, node.field_start, node.field_start + len(field))
                return _subscript(self._reader(base, must), lambda frame: field, site, must)
            case Index(base=base, key=key):
                return _subscript(self._reader(base, must), self.compile(key), self._site(key), must)
        return self.compile(node)

    def _name(self, name: str, site: Site, must: bool) -> Run:
        def find(frame: Frame) -> Any:
            value = frame.get(name, MISSING)
            if value is MISSING and must:
                raise site.error(missing(f"there is no `{name}` here", name, frame))
            return value

        return find

    # Values made of values.

    def _list(self, node: ListOf) -> Run:
        items = [self.compile(item) for item in node.items]
        site = self._site(node)

        def build(frame: Frame) -> Any:
            frame.charge_at(len(items), site)
            return [item(frame) for item in items]

        return build

    def _map(self, node: MapOf) -> Run:
        entries = [(self.compile(key), self._site(key), self.compile(value)) for key, value in node.entries]
        whole = self._site(node)

        def build(frame: Frame) -> Any:
            frame.charge_at(len(entries), whole)
            made: dict[str, Any] = {}
            for key, site, value in entries:
                name = key(frame)
                if not isinstance(name, str):
                    raise site.error(Fault(OPERANDS, f"the key of a map is text, not {name_kind(name)}"))
                if name in made:
                    raise site.error(Fault(OPERANDS, "a key stands twice in the map"))
                made[name] = value(frame)
            return made

        return build

    # Operators.

    def _unary(self, node: Unary) -> Run:
        operand = self.compile(node.operand)
        if node.operator == "!":
            flag = self._flag(node.operand, operand)
            return lambda frame: not flag(frame)
        site = self._site(node)

        def minus(frame: Frame) -> Any:
            try:
                return negate(operand(frame))
            except Fault as fault:
                raise site.error(fault) from None

        return minus

    def _chain(self, node: Chain) -> Run:
        run = self.compile(node.first)
        if len(node.rest) == 1:
            sign, operand = node.rest[0]
            return self._operation(sign, run, self.compile(operand), Site(self.source, node.start, node.end))
        steps = [
            (OPERATORS[sign], self.compile(operand), Site(self.source, node.start, operand.end))
            for sign, operand in node.rest
        ]

        def fold(frame: Frame) -> Any:
            value = run(frame)
            for operator, operand, site in steps:
                try:
                    value = operator(value, operand(frame), frame.charge)
                except Fault as fault:
                    raise site.error(fault) from None
            return value

        return fold

    def _operation(self, sign: str, left: Run, right: Run, site: Site) -> Run:
        general, fast = OPERATORS[sign], _FAST[sign]

        def operate(frame: Frame) -> Any:
            a, b = left(frame), right(frame)
            try:
                if type(a) in EXACT_TYPES and type(b) in EXACT_TYPES:
                    return fast(a, b)
                return general(a, b, frame.charge)
            except Fault as fault:
                raise site.error(fault) from None

        return operate

    def _compare(self, node: Compare) -> Run:
        left, right = self.compile(node.left), self.compile(node.right)
        site = self._site(node)
        compare = _COMPARISONS[node.operator]

        def run(frame: Frame) -> Any:
            try:
                return compare(left(frame), right(frame), frame)
            except Fault as fault:
                raise site.error(fault) from None

        return run

    def _logic(self, node: Logic) -> Run:
        flags = [self._flag(operand, self.compile(operand)) for operand in node.operands]
        decisive = node.operator == "||"
        if len(flags) == 2:
            first, second = flags
            if decisive:
                return lambda frame: first(frame) or second(frame)
            return lambda frame: first(frame) and second(frame)

        def run(frame: Frame) -> bool:
            return any(flag(frame) for flag in flags) if decisive else all(flag(frame) for flag in flags)

        return run

    def _flag(self, node: Node, run: Run) -> Run:
        """`run`, whose value must be true or false."""
        if isinstance(node, Compare | Logic) or (isinstance(node, Unary) and node.operator == "!"):
            return run
        site = self._site(node)

        def flag(frame: Frame) -> bool:
            value = run(frame)
            if value is True or value is False:
                return value
            code = NULL if value is None else OPERANDS
            help = "compare it with something, as in `x > 0` or `x != null`"
            raise site.error(Fault(code, f"true or false is needed, not {name_kind(value)}", help))

        return flag

    def _ternary(self, node: Ternary) -> Run:
        test = self._flag(node.test, self.compile(node.test))
        yes, no = self.compile(node.yes), self.compile(node.no)
        return lambda frame: yes(frame) if test(frame) else no(frame)

    # Macros and functions.

    def _macro(self, node: Macro) -> Run:
        elements = self._elements(node)
        name, body = node.variable.name, self.compile(node.body)
        condition = self._flag(node.condition, self.compile(node.condition)) if node.condition else None
        if node.kind != "map":
            body = self._flag(node.body, body)
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

    def _elements(self, node: Macro) -> Run:
        base, site, macro = self.compile(node.base), self._site(node.base), node.kind

        def elements(frame: Frame) -> Any:
            value = base(frame)
            if isinstance(value, Mapping):
                value = sorted(value)
            elif not isinstance(value, LISTS):
                code = NULL if value is None else OPERANDS
                raise site.error(
                    Fault(code, f"`{macro}` goes over a list or the keys of a map, not {name_kind(value)}")
                )
            frame.charge_at(len(value), site)
            return value

        return elements

    def _call(self, node: Call) -> Run:
        name = node.function
        self._refuse_call(node)
        if name == "has":
            return self._has(node)
        if name == "default":
            return self._default(node)
        if name == "table":
            return self._table(node)
        function = FUNCTIONS[name][0]
        arguments = [self.compile(argument) for argument in node.arguments]
        site = self._site(node)

        def run(frame: Frame) -> Any:
            try:
                return function(frame.charge, *[argument(frame) for argument in arguments])
            except Fault as fault:
                raise site.error(fault) from None

        return run

    def _refuse_call(self, node: Call) -> None:
        unknown = unknown_function(node.function)
        if unknown is not None:
            raise self._error(unknown, node.start, node.name_end)
        try:
            refuse_count(node.function, len(node.arguments))
        except Fault as fault:
            raise self._error(fault, node.start, node.end) from None

    def _error(self, fault: Fault, start: int, end: int) -> ExpressionError:
        return ExpressionError(fault.message, self.source, start, end, fault.code, fault.help)

    def _has(self, node: Call) -> Run:
        read = self._reader(node.arguments[0], must=False)

        def run(frame: Frame) -> bool:
            value = read(frame)
            return value is not MISSING and value is not None

        return run

    def _default(self, node: Call) -> Run:
        read, otherwise = self._reader(node.arguments[0], must=False), self.compile(node.arguments[1])

        def run(frame: Frame) -> Any:
            value = read(frame)
            return otherwise(frame) if value is MISSING or value is None else value

        return run

    def _table(self, node: Call) -> Run:
        named, row = node.arguments
        if not isinstance(named, Literal) or not isinstance(named.value, str):
            fault = Fault(
                ARGUMENTS, "the name of a table is written out", 'write table("name", {column: value})'
            )
            raise self._error(fault, named.start, named.end)
        name, run_row, site = named.value, self.compile(row), self._site(node)

        def run(frame: Frame) -> Any:
            tables = frame.get(TABLES, {})
            if name not in tables:
                raise site.error(Fault(NO_TABLE, f"there is no table `{name}`", suggestion(name, tables)))
            return tables[name](run_row(frame))

        return run


def _subscript(base: Run, key: Run, site: Site, must: bool) -> Run:
    def element(frame: Frame) -> Any:
        value, subscript = base(frame), key(frame)
        try:
            return read(value, subscript, must)
        except Fault as fault:
            raise site.error(fault) from None

    return element


def _fields(root: str, keys: tuple[str, ...], careful: Run) -> Run:
    """`root.key.key`, the form that most expressions are made of, as one function and not one a link.

    Whatever does not go smoothly is left to `careful`, which finds the place and the words.
    """
    first, second = keys[0], keys[-1]

    def one(frame: Frame) -> Any:
        try:
            return frame[root][first]
        except (KeyError, TypeError):
            return careful(frame)

    def two(frame: Frame) -> Any:
        try:
            return frame[root][first][second]
        except (KeyError, TypeError):
            return careful(frame)

    def more(frame: Frame) -> Any:
        try:
            value = frame[root]
            for key in keys:
                value = value[key]
        except (KeyError, TypeError):
            return careful(frame)
        return value

    return one if len(keys) == 1 else two if len(keys) == 2 else more


def _equals(a: Any, b: Any, frame: Frame) -> bool:
    if type(a) in EXACT_TYPES and type(b) in EXACT_TYPES:
        return bool(a == b)
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

_FAST: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": numbers.add,
    "-": numbers.subtract,
    "*": numbers.multiply,
    "/": numbers.divide,
    "%": numbers.remainder,
}
