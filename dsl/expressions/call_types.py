"""The types of macros and function calls."""

from dsl.expressions import errors
from dsl.expressions.environment import TypeEnv
from dsl.expressions.errors import Fault
from dsl.expressions.functions import refuse_count
from dsl.expressions.guards import known_by
from dsl.expressions.operations import kind
from dsl.expressions.reading_types import Reader, element_of
from dsl.expressions.signatures import Misfit, result_of
from dsl.expressions.syntax import Call, Literal, Macro, MapOf, Name, Node
from dsl.expressions.unknown import unknown_function, unknown_table
from dsl.types import ANY, BOOL, NULL, TEXT, ListType, Type, members, mismatches, union, without_null


class Caller(Reader):
    """The part of the checker that looks at macros and functions."""

    def macro(self, node: Macro, env: TypeEnv) -> Type:
        """The type of a macro, whose body sees the name of the element."""
        element = self._turning(node, env)
        name = node.variable
        if name.name in env.names:
            message = f"`{name.name}` is the name of something else here"
            self.add(errors.LOOP_NAME, message, name.start, name.end, "choose another name for the element")
        inner = env.with_name(name.name, element)
        if node.condition is not None:
            self.flag(node.condition, inner)
            inner = inner.with_present(known_by(node.condition).when_true)
        if node.kind == "map":
            return ListType(self.infer(node.body, inner))
        self.flag(node.body, inner)
        return ListType(element) if node.kind == "filter" else BOOL

    def _turning(self, node: Macro, env: TypeEnv) -> Type:
        base = self.value(node.base, env)
        found: list[Type] = []
        for one in members(base):
            if kind(one) not in ("list", "map", "any"):
                message = f"`{node.kind}` goes over a list or the keys of a map, this is {base}"
                self.add(errors.OPERANDS, message, node.base.start, node.base.end)
                return ANY
            found.append(TEXT if kind(one) == "map" else element_of(one))
        return union(*found)

    def call(self, node: Call, env: TypeEnv) -> Type:
        """The type of what a function gives."""
        if node.function in ("has", "default"):
            return self._guard(node, env)
        arguments = [self.value(argument, env) for argument in node.arguments]
        try:
            self._refuse_call(node)
            if node.function == "table":
                return self._table(node, arguments[1], env)
            return result_of(node.function, arguments)
        except Misfit as misfit:
            place = node.arguments[misfit.place]
            self.fault(misfit, place.start, place.end)
        except Fault as fault:
            end = node.name_end if fault.code == errors.UNKNOWN_FUNCTION else node.end
            self.fault(fault, node.start, end)
        return ANY

    def _refuse_call(self, node: Call) -> None:
        fault = unknown_function(node.function)
        if fault is not None:
            raise fault
        refuse_count(node.function, len(node.arguments))

    def _table(self, node: Call, row: Type, env: TypeEnv) -> Type:
        """The outputs of a decision table, for a row that has all of its columns."""
        named, written = node.arguments
        if not isinstance(named, Literal) or not isinstance(named.value, str):
            raise Misfit(0, "the name of a table is written out", 'write table("name", {column: value})')
        table = env.tables.get(named.value)
        if table is None:
            self.fault(unknown_table(named.value, env.tables), named.start, named.end)
            return ANY
        for each in mismatches(row, table.columns):
            place = _at(written, each.path)
            self.add(each.code, f"the table `{named.value}`: {each.message}", *place, each.help)
        return table.outputs

    def _guard(self, node: Call, env: TypeEnv) -> Type:
        found = [
            self.infer(argument, env, guarded=place == 0) for place, argument in enumerate(node.arguments)
        ]
        try:
            refuse_count(node.function, len(node.arguments))
        except Fault as fault:
            self.fault(fault, node.start, node.end)
            return ANY
        if node.function == "has":
            return BOOL
        value = without_null(found[0])
        return union(value, found[1]) if value != NULL else found[1]


def _at(node: Node, path: tuple[str | int, ...]) -> tuple[int, int]:
    """Where the value at a path is written, as far as it is."""
    if path and isinstance(node, MapOf):
        for key, value in node.entries:
            name = key.name if isinstance(key, Name) else key.value if isinstance(key, Literal) else None
            if name == path[0]:
                return _at(value, path[1:])
    return node.start, node.end
