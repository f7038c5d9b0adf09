"""Reading names, fields and elements by their types: what exists, and what may be missing."""

from dsl.expressions import errors
from dsl.expressions.environment import Finding, TypeEnv
from dsl.expressions.errors import Fault
from dsl.expressions.operations import kind
from dsl.expressions.syntax import Index, Literal, Member, Name, Node, Path, Unary, path_of
from dsl.expressions.unknown import unknown_name
from dsl.near import listed, suggestion
from dsl.types import (
    ANY,
    NOTHING,
    NULL,
    Field,
    ListType,
    MapType,
    ObjectType,
    Type,
    members,
    union,
    without_null,
)


class Reader:
    """The part of the checker that reads; it also collects the findings."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.blamed: set[Path] = set()

    def infer(self, node: Node, env: TypeEnv, guarded: bool = False) -> Type:
        """The type of any node."""
        raise NotImplementedError

    def add(self, code: str, message: str, start: int, end: int, help: str = "", note: str = "") -> None:
        """One more finding."""
        finding = Finding(code, message, start, end, help, note)
        if finding not in self.findings:
            self.findings.append(finding)

    def fault(self, fault: Fault, start: int, end: int) -> None:
        """One more finding, of a fault at this place."""
        self.add(fault.code, fault.message, start, end, fault.help)

    def quietly(self, node: Node, env: TypeEnv) -> Type:
        """The type of a node that was looked at already: its findings are known."""
        kept = list(self.findings)
        found = self.infer(node, env)
        self.findings = kept
        return found

    def shown(self, node: Node) -> str:
        """A node as a message names it."""
        path = path_of(node)
        return f"`{'.'.join(path)}`" if path else "this value"

    def flag(self, node: Node, env: TypeEnv) -> None:
        """A finding when a part of a condition is not true or false."""
        found = self.value(node, env)
        if not all(kind(one) in ("bool", "any") for one in members(found)):
            help = "compare it with something, as in `x > 0`"
            if isinstance(node, Unary | Name | Member):
                help += "; `not` binds tighter than a comparison: write not (a == b)"
            self.add(errors.OPERANDS, f"true or false is needed, this is {found}", node.start, node.end, help)

    def value(self, node: Node, env: TypeEnv) -> Type:
        """The type of an operand: a value that may be null is a finding."""
        found = self.infer(node, env)
        if NULL in members(found) and path_of(node) not in self.blamed:
            shown = "`null`" if found == NULL else self.shown(node)
            message = f"{shown} is no value to compute with" if found == NULL else f"{shown} may be null"
            path = path_of(node)
            help = "test it with `!= null`, or give a value for it with default(…, …)"
            if path is not None:
                help = f"test `{'.'.join(path)} != null` before, or write default({'.'.join(path)}, …)"
            self.add(errors.NULL, message, node.start, node.end, help)
            return without_null(found) if found != NULL else ANY
        return without_null(found) if found != NULL else ANY

    def read(self, node: Node, env: TypeEnv, guarded: bool) -> Type:
        """The type of a path."""
        match node:
            case Name():
                return self._name(node, env)
            case Member(base=base, field=field, field_start=start):
                return self._field(node, base, field, start, start + len(field), env, guarded)
            case Index(base=base, key=Literal(value=str(field)) as key):
                return self._field(node, base, field, key.start, key.end, env, guarded)
            case Index():
                return self._element(node, env, guarded)
        raise AssertionError(node)

    def _name(self, node: Name, env: TypeEnv) -> Type:
        if node.name in env.names:
            found = env.names[node.name]
            return without_null(found) if (node.name,) in env.present else found
        self.fault(unknown_name(node.name, env.names, env.hints), node.start, node.end)
        return ANY

    def _base(self, base: Node, env: TypeEnv, guarded: bool) -> Type:
        """The type of what holds a field; that it may be null is a finding."""
        found = self.infer(base, env, guarded)
        if NULL not in members(found):
            return found
        if not guarded:
            path = path_of(base)
            help = (
                f"guard it with has({'.'.join(path)})" if path and len(path) > 1 else "test it with `!= null`"
            )
            self.add(errors.NULL, f"{self.shown(base)} may be null", base.start, base.end, help)
        return without_null(found) if found != NULL else ANY

    def _field(
        self, node: Node, base: Node, field: str, start: int, end: int, env: TypeEnv, guarded: bool
    ) -> Type:
        holder = self._base(base, env, guarded)
        found: list[Field] = []
        for one in members(holder):
            inner = _field_of(one, field)
            if inner is not None:
                found.append(inner)
        if not found:
            self._unknown_field(holder, base, field, start, end)
            return ANY
        type = union(*(inner.type for inner in found))
        path = path_of(node)
        if path is not None and path in env.present:
            type = without_null(type)
            found = [inner for inner in found if inner.later]
        elif len(found) < len(members(holder)):
            found.append(Field(ANY, required=False, reason=f"only one form of {self.shown(base)} has it"))
        self._refuse_uncertain(found, holder, path, field, start, end, guarded)
        return type

    def _unknown_field(self, holder: Type, base: Node, field: str, start: int, end: int) -> None:
        objects = [one for one in members(holder) if isinstance(one, ObjectType)]
        if not objects:
            self.add(
                errors.OPERANDS, f"{holder} has no field `{field}`", start, end, _no_field(holder, field)
            )
            return
        first = objects[0]
        names = [name for one in objects for name in one.fields]
        message = f"{first.title or self.shown(base)} has no {first.noun} `{field}`"
        if first.noun != "field" and not first.title:
            message = f"there is no {first.noun} `{field}`"
        note = f"{first.source or 'it has'} {listed(names)}" if names else ""
        self.add(errors.UNKNOWN_FIELD, message, start, end, suggestion(field, names), note)

    def _refuse_uncertain(
        self,
        found: list[Field],
        holder: Type,
        path: Path | None,
        field: str,
        start: int,
        end: int,
        guarded: bool,
    ) -> None:
        doubtful = [inner for inner in found if not inner.certain]
        if not doubtful or (path is not None and path in self.blamed):
            return
        later = all(inner.later for inner in doubtful)
        if guarded and not later:
            return
        if path is not None:
            self.blamed.add(path)
        whole = ".".join(path) if path else field
        note = next((inner.reason for inner in doubtful if inner.reason), "")
        if later:
            self.add(
                errors.LATER, f"`{whole}` has no value here yet", start, end, "read it in a later step", note
            )
            return
        help = f"guard it with has({whole}), or write default({whole}, …)" if path else "guard it with has(…)"
        self.add(errors.MISSING, f"`{whole}` may be missing", start, end, help, note)

    def _element(self, node: Index, env: TypeEnv, guarded: bool) -> Type:
        holder, key = self._base(node.base, env, guarded), self.infer(node.key, env)
        found: list[Type] = []
        for one in members(holder):
            wanted = {"list": ("number", "a whole number"), "map": ("text", "text")}.get(kind(one))
            if kind(one) != "any" and wanted is None:
                message = f"{holder} has no elements"
                self.add(errors.OPERANDS, message, node.base.start, node.base.end)
                return ANY
            if wanted and not all(kind(each) in (wanted[0], "any") for each in members(key)):
                message = f"{one} is read by {wanted[1]}, this is {key}"
                self.add(errors.OPERANDS, message, node.key.start, node.key.end)
                return ANY
            found.append(element_of(one))
        return union(*found)


def _field_of(one: Type, field: str) -> Field | None:
    if isinstance(one, ObjectType):
        return one.fields.get(field) or (Field(one.extra) if one.extra is not None else None)
    if isinstance(one, MapType):
        return Field(one.value)
    return Field(ANY) if one == ANY else None


def element_of(one: Type) -> Type:
    """The type of what stands in a list or map, whichever place is looked at; any value when not known."""
    if isinstance(one, ListType):
        return one.item if one.item != NOTHING else ANY
    if isinstance(one, MapType):
        return one.value
    if isinstance(one, ObjectType):
        inner = [field.type for field in one.fields.values()]
        return union(*inner, *([one.extra] if one.extra is not None else []))
    return ANY


def _no_field(holder: Type, field: str) -> str:
    if isinstance(holder, ListType):
        return f"pick an element with [0], or the field of each with .map(item, item.{field})"
    return ""
