"""Reading names, fields and elements by their types: what exists, and what may be missing."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from dsl.expressions import errors
from dsl.expressions.environment import Finding, TypeEnv
from dsl.expressions.errors import Fault
from dsl.expressions.operations import kind
from dsl.expressions.syntax import Index, Literal, Member, Name, Node, Path, path_of, written
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


class Reader(ABC):
    """The part of the checker that reads; it also collects the findings."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.blamed: set[Path] = set()

    @abstractmethod
    def infer(self, node: Node, env: TypeEnv, guarded: bool = False) -> Type:
        """The type of any node."""

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
        path = path_of(node, places=True)
        return f"`{written(path)}`" if path else "this value"

    def flag(self, node: Node, env: TypeEnv) -> None:
        """A finding when a part of a condition is not true or false."""
        found = self.value(node, env)
        if not all(kind(one) in ("bool", "any") for one in members(found)):
            help = "compare it with something, as in `x > 0`"
            if isinstance(node, Name | Member):
                help += "; `not` binds tighter than a comparison: write not (a == b)"
            self.add(errors.OPERANDS, f"true or false is needed, this is {found}", node.start, node.end, help)

    def value(self, node: Node, env: TypeEnv) -> Type:
        """The type of an operand; that it may be null is a finding, and taken out of the type."""
        found = self.infer(node, env)
        if NULL not in members(found):
            return found
        path = path_of(node, places=True)
        if found == NULL:
            self.add(errors.NULL, "null is no value to compute with", node.start, node.end)
            return ANY
        if path not in self.blamed:
            help = "give a value for it with default(…, …)"
            if path is not None:
                help = f"test `{written(path)} != null` before, or write default({written(path)}, …)"
            self.add(errors.NULL, f"{self.shown(node)} may be null", node.start, node.end, help)
        return without_null(found)

    def read(self, node: Node, env: TypeEnv, guarded: bool) -> Type:
        """The type of a path."""
        match node:
            case Name():
                return self._name(node, env)
            case Member(base=base, field=field, field_start=start):
                return self._field(_Link(node, base, field, start, start + len(field)), env, guarded)
            case Index(base=base, key=Literal(value=str(field)) as key):
                return self._field(_Link(node, base, field, key.start, key.end), env, guarded)
            case Index():
                found = self._element(node, env, guarded)
                return without_null(found) if path_of(node, places=True) in env.present else found
        raise AssertionError(node)

    def _name(self, node: Name, env: TypeEnv) -> Type:
        if node.name in env.names:
            found = env.names[node.name]
            return without_null(found) if (node.name,) in env.present else found
        fault = unknown_name(node.name, env.names, env.hints, _roots_with(node.name, env))
        self.fault(fault, node.start, node.end)
        return ANY

    def _holder(self, base: Node, env: TypeEnv, guarded: bool) -> Type:
        """The type of what holds a field or element; that it may be null is a finding."""
        found = self.infer(base, env, guarded)
        if NULL not in members(found):
            return found
        path = path_of(base, places=True)
        if not guarded and path not in self.blamed:
            guard = f"guard it with has({written(path)})" if path and len(path) > 1 else ""
            help = guard or "test it with `!= null`"
            self.add(errors.NULL, f"{self.shown(base)} may be null", base.start, base.end, help)
        return without_null(found) if found != NULL else ANY

    def _field(self, link: "_Link", env: TypeEnv, guarded: bool) -> Type:
        holder = self._holder(link.base, env, guarded)
        forms = members(holder)
        found = [inner for one in forms if (inner := _field_of(one, link.field)) is not None]
        if not found:
            self._unknown_field(holder, link)
            return ANY
        type = union(*(inner.type for inner in found))
        if link.path in env.present:
            type = without_null(type)
            found = [inner for inner in found if inner.later]
        elif len(found) < len(forms) or _said_by_some(forms, link.field):
            reason = f"not every form of {self.shown(link.base)} has it"
            found.append(Field(ANY, required=False, reason=reason))
        self._refuse_uncertain([inner for inner in found if not inner.certain], link, guarded)
        return type

    def _unknown_field(self, holder: Type, link: "_Link") -> None:
        objects = [one for one in members(holder) if isinstance(one, ObjectType)]
        if not objects:
            message, help = f"{holder} has no field `{link.field}`", _no_field(holder, link.field)
            self.add(errors.OPERANDS, message, link.start, link.end, help)
            return
        first, names = objects[0], [name for one in objects for name in one.fields]
        message = f"{first.title or self.shown(link.base)} has no {first.noun} `{link.field}`"
        if first.noun != "field" and not first.title:
            message = f"there is no {first.noun} `{link.field}`"
        note = f"{first.source or 'it has'} {listed(names)}" if names else ""
        self.add(errors.UNKNOWN_FIELD, message, link.start, link.end, suggestion(link.field, names), note)

    def _refuse_uncertain(self, doubtful: list[Field], link: "_Link", guarded: bool) -> None:
        """A finding for a field that may be missing, or is not there yet: once for each path."""
        later = bool(doubtful) and all(inner.later for inner in doubtful)
        if not doubtful or (guarded and not later) or link.path in self.blamed:
            return
        whole = written(link.path) if link.path else link.field
        note = next((inner.reason for inner in doubtful if inner.reason), "")
        code, message, help = errors.MISSING, f"`{whole}` may be missing", "guard it with has(…)"
        if later:
            code, message = errors.LATER, f"`{whole}` has no value here yet"
            help = "" if note else "read it in a later step"
        elif link.path:
            help = f"guard it with has({whole}), or write default({whole}, …)"
        self.add(code, message, link.start, link.end, help, note)
        if link.path is not None:
            self.blamed.add(link.path)

    def _element(self, node: Index, env: TypeEnv, guarded: bool) -> Type:
        holder, key = self._holder(node.base, env, guarded), self.value(node.key, env)
        found: list[Type] = []
        for one in members(holder):
            if kind(one) not in _KEYS:
                self.add(errors.OPERANDS, f"{holder} has no elements", node.base.start, node.base.end)
                return ANY
            wanted, words = _KEYS[kind(one)]
            if not all(kind(each) in (wanted, "any") for each in members(key)) and wanted != "any":
                message = f"{one} is read by {words}, this is {key}"
                self.add(errors.OPERANDS, message, node.key.start, node.key.end)
                return ANY
            found.append(element_of(one))
        return union(*found)


_KEYS = {"list": ("number", "a whole number"), "map": ("text", "text"), "any": ("any", "any value")}
"""What an element of each kind is read by."""


@dataclass(frozen=True, slots=True)
class _Link:
    """A field read from `base`; its name stands at `[start:end]`."""

    node: Node
    base: Node
    field: str
    start: int
    end: int

    @property
    def path(self) -> Path | None:
        return path_of(self.node, places=True)


def _field_of(one: Type, field: str) -> Field | None:
    if isinstance(one, ObjectType):
        return one.fields.get(field) or (Field(one.extra) if one.extra is not None else None)
    if isinstance(one, MapType):
        return Field(one.value)
    return Field(ANY) if one == ANY else None


def _said_by_some(forms: Sequence[Type], field: str) -> bool:
    """Do some of the forms name the field, and others only not forbid it."""
    said = [isinstance(one, ObjectType) and field in one.fields for one in forms if one != ANY]
    return any(said) and not all(said)


def _roots_with(field: str, env: TypeEnv) -> list[str]:
    """The names that have a field of this name."""
    return [
        root for root, found in env.names.items() if isinstance(found, ObjectType) and field in found.fields
    ]


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
