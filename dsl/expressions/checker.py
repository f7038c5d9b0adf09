"""The type of an expression, and everything that is wrong with it before it ever runs.

What is wrong once is reported once: its type is then any value, so that nothing else is blamed for it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from dsl.durations import Months, Sessions
from dsl.expressions import errors, syntax
from dsl.expressions.call_types import Caller
from dsl.expressions.constants import faults, truth
from dsl.expressions.environment import Checked, Finding, TypeEnv
from dsl.expressions.errors import ExpressionError, Fault
from dsl.expressions.guards import known_by
from dsl.expressions.operations import arithmetic, kind, refuse_unequal, refuse_unordered
from dsl.expressions.parser import parse
from dsl.expressions.syntax import Node
from dsl.types import (
    ANY,
    BOOL,
    DATE,
    DURATION,
    INTEGER,
    MONTHS,
    NOTHING,
    NULL,
    NUMBER,
    SESSIONS,
    TEXT,
    Field,
    ListType,
    MapType,
    ObjectType,
    TextType,
    Type,
    members,
    mismatches,
    union,
    without_null,
)

_DAY = timedelta(days=1)


def check(source: str, env: TypeEnv, expect: Type | None = None) -> Checked:
    """The type of the expression for names of these types, and its findings; never raises.

    With `expect`, a value of another type is a finding, too.
    """
    try:
        tree = parse(source)
    except ExpressionError as error:
        return Checked(ANY, (as_finding(error),))
    return check_tree(tree, env, expect)


def check_tree(tree: Node, env: TypeEnv, expect: Type | None = None) -> Checked:
    """As `check`, for an expression that is parsed already."""
    checker = _Checker()
    found = checker.infer(tree, env)
    if expect is not None and not checker.findings:
        checker.expect(tree, found, expect)
    known = known_by(tree)
    # What has the wrong type fails, too, and is not to be said twice.
    findings = tuple(checker.findings) or faults(tree)
    always = truth(tree) if expect == BOOL and not findings else None
    return Checked(found, findings, known.when_true, known.when_false, always)


def as_finding(error: ExpressionError) -> Finding:
    """A syntax error among the other findings."""
    return Finding(error.code, error.message, error.start, error.end, error.help, path=error.path)


def literal_type(value: Any) -> Type:
    """The type of a value that is written out."""
    match value:
        case None:
            return NULL
        case bool():
            return BOOL
        case int():
            return INTEGER
        case str():
            return TextType((value,), written=True)
        case timedelta():
            return DURATION
        case Sessions():
            return SESSIONS
        case Months():
            return MONTHS
    return NUMBER if not hasattr(value, "year") else DATE


class _Checker(Caller):
    """Walks the tree once; `infer` of every node gives its type and adds findings on the way."""

    def infer(self, node: Node, env: TypeEnv, guarded: bool = False) -> Type:
        """The type of `node`; `guarded` inside `has` and `default`, where a value may be missing."""
        match node:
            case syntax.Literal():
                return literal_type(node.value)
            case syntax.Name() | syntax.Member() | syntax.Index():
                return self.read(node, env, guarded)
            case syntax.ListOf():
                items = [self.infer(item, env) for item in node.items]
                return ListType(union(*items) if items else NOTHING)
            case syntax.MapOf():
                return self._map(node, env)
            case syntax.Unary():
                return self._unary(node, env)
            case syntax.Chain():
                return self._chain(node, env)
            case syntax.Compare():
                return self._compare(node, env)
            case syntax.Logic():
                return self._logic(node, env)
            case syntax.Ternary():
                return self._ternary(node, env)
            case syntax.Macro():
                return self.macro(node, env)
            case syntax.Call():
                return self.call(node, env)
        raise AssertionError(node)

    def expect(self, node: Node, found: Type, wanted: Type) -> None:
        """A finding when the value is not of the type that its place needs."""
        wrong = mismatches(found, wanted)
        if wrong:
            help = wrong[0].help
            if wanted == BOOL:
                help = "compare it with something, as in `x > 0` or `has(x.y)`"
            self.add(
                errors.WRONG_RESULT, f"{wanted} is needed here, this is {found}", node.start, node.end, help
            )

    def _map(self, node: syntax.MapOf, env: TypeEnv) -> Type:
        values = [self.infer(value, env) for _, value in node.entries]
        names = [key.value if isinstance(key, syntax.Literal) else None for key, _ in node.entries]
        for key, _ in node.entries:
            found = self.value(key, env)
            if not all(kind(one) in ("text", "date", "any") for one in members(found)):
                self.add(errors.OPERANDS, f"the key of a map is text, this is {found}", key.start, key.end)
        if None in names:
            return MapType(union(*values))
        return ObjectType(
            {str(name): Field(value) for name, value in zip(names, values, strict=True)}, written=True
        )

    def _unary(self, node: syntax.Unary, env: TypeEnv) -> Type:
        if node.operator == "!":
            self.flag(node.operand, env)
            return BOOL
        found = self.value(node.operand, env)
        if all(kind(one) in ("number", "duration", "months", "any") for one in members(found)):
            return found
        self.add(errors.OPERANDS, f"{found} has no negative", node.start, node.end)
        return ANY

    def _chain(self, node: syntax.Chain, env: TypeEnv) -> Type:
        left, before = self.value(node.first, env), node.first
        for operator, operand in node.rest:
            right = self.value(operand, env)
            left = self._operation(operator, left, right, before, operand, node.start)
            before = operand
        return left

    def _operation(
        self, operator: str, left: Type, right: Type, first: Node, second: Node, start: int
    ) -> Type:
        try:
            found = arithmetic(operator, left, right)
        except Fault as fault:
            self.fault(fault, start, second.end)
            return ANY
        if DATE in members(left):
            self._refuse_hours(second)
        self._refuse_text_sum(operator, left, right, first, second)
        return found

    def _refuse_hours(self, span: Node) -> None:
        if isinstance(span, syntax.Literal) and isinstance(span.value, timedelta) and span.value % _DAY:
            help = "write whole days, or add it to a moment"
            self.add(errors.OPERANDS, "a date moves by whole days", span.start, span.end, help)

    def _refuse_text_sum(self, operator: str, left: Type, right: Type, first: Node, second: Node) -> None:
        """In JSON dates and durations are text: two that both come from there would be joined, not added."""
        stored = (syntax.Name, syntax.Member, syntax.Index)
        if operator == "+" and isinstance(first, stored) and isinstance(second, stored):
            kinds = {kind(left), kind(right)}
            if kinds in ({"date", "duration"}, {"moment", "duration"}, {"duration"}):
                self.add(
                    errors.OPERANDS,
                    f"{left} and {right} that both come from JSON cannot be added as they are",
                    first.start,
                    second.end,
                    "make a date of the first with date(…), or keep the number of days and write days(…)",
                )

    def _compare(self, node: syntax.Compare, env: TypeEnv) -> Type:
        if node.operator == "in":
            return self._contained(node, env)
        equality = node.operator in ("==", "!=")
        read = self.infer if equality else self.value
        before = len(self.findings)
        left, right = read(node.left, env), read(node.right, env)
        if NULL in (left, right) and len(self.findings) > before:
            return BOOL  # that it may be missing says more than that it is never null
        try:
            if equality:
                refuse_unequal(left, right)
            else:
                refuse_unordered(left, right)
        except Fault as fault:
            self.fault(fault, node.start, node.end)
        return BOOL

    def _contained(self, node: syntax.Compare, env: TypeEnv) -> Type:
        part, whole = self.infer(node.left, env), self.value(node.right, env)
        if not all(kind(one) in ("list", "map", "any") for one in members(whole)):
            message = f"`in` looks into a list or a map, not into {whole}"
            self.add(errors.OPERANDS, message, node.right.start, node.right.end)
            return BOOL
        for one in members(whole):
            items = [(node.right, one.item)] if isinstance(one, ListType) else []
            if isinstance(one, MapType | ObjectType):
                items = [(node.right, TEXT)]
            if isinstance(node.right, syntax.ListOf):
                items = [(item, self.quietly(item, env)) for item in node.right.items]
            self._refuse_strangers(part, items, node)
        return BOOL

    def _refuse_strangers(self, part: Type, items: Sequence[tuple[Node, Type]], node: syntax.Compare) -> None:
        for place, item in items:
            try:
                refuse_unequal(without_null(part), item)
            except Fault as fault:
                self.fault(fault, place.start, place.end)

    def _logic(self, node: syntax.Logic, env: TypeEnv) -> Type:
        for operand in node.operands:
            self.flag(operand, env)
            known = known_by(operand)
            env = env.with_present(known.when_true if node.operator == "&&" else known.when_false)
        return BOOL

    def _ternary(self, node: syntax.Ternary, env: TypeEnv) -> Type:
        self.flag(node.test, env)
        known = known_by(node.test)
        yes = self.infer(node.yes, env.with_present(known.when_true))
        return union(yes, self.infer(node.no, env.with_present(known.when_false)))
