"""The syntax tree of an expression: frozen, every node with the place it was written at."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MOST_NESTING = 64
MOST_MACROS = 4
MOST_CHARACTERS = 65_536

MACROS = ("filter", "map", "exists", "all")


@dataclass(frozen=True, slots=True)
class Node:
    """Written at `source[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A value written out: null, a flag, number, text, date or duration."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name of the scope, or of a macro around it."""

    name: str


@dataclass(frozen=True, slots=True)
class Member(Node):
    """`base.field`; `field_start` is where the field's name begins."""

    base: Node
    field: str
    field_start: int


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`base[key]`."""

    base: Node
    key: Node


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    """`[a, b]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapOf(Node):
    """`{key: value}`; a bare name as key stands for itself, `(expression)` is evaluated."""

    entries: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`!x` or `-x`."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """`a + b - c` or `a * b / c`, from left to right: one node, so that long sums do not nest."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`left == right` and its like, and `in`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`a && b && c` or `a || b || c`."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Ternary(Node):
    """`test ? yes : no`."""

    test: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`function(arguments)`; the function's name ends at `name_end`."""

    function: str
    arguments: tuple[Node, ...]
    name_end: int


@dataclass(frozen=True, slots=True)
class Macro(Node):
    """`base.kind(variable, body)`; `condition` only in the three-part form of `map`."""

    kind: str
    base: Node
    variable: Name
    condition: Node | None
    body: Node


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly inside `node`, in the order they are written."""
    match node:
        case Member():
            return (node.base,)
        case Index():
            return (node.base, node.key)
        case ListOf():
            return node.items
        case MapOf():
            return tuple(part for entry in node.entries for part in entry)
        case Unary():
            return (node.operand,)
        case Chain():
            return (node.first, *(operand for _, operand in node.rest))
        case Compare():
            return (node.left, node.right)
        case Logic():
            return node.operands
        case Ternary():
            return (node.test, node.yes, node.no)
        case Call():
            return node.arguments
        case Macro():
            return tuple(part for part in (node.base, node.condition, node.body) if part is not None)
    return ()


def walk(root: Node) -> Iterator[tuple[Node, int]]:
    """Every node with its depth (the root's is 1), without recursion: a tree may be hostile."""
    waiting = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting.extend((child, depth + 1) for child in reversed(children(node)))


Path = tuple[str, ...]


def path_of(node: Node, places: bool = False) -> Path | None:
    """`("steps", "drift", "largest")` for `steps.drift.largest` or `steps["drift"].largest`, else None.

    With `places`, an element of a list is part of a path, too: `goals[0]` is `("goals", "0")`.
    """
    parts: list[str] = []
    while True:
        match node:
            case Member(base=base, field=field):
                parts.append(field)
            case Index(base=base, key=Literal(value=str(field))):
                parts.append(field)
            case Index(base=base, key=Literal(value=int(place))) if places and not isinstance(place, bool):
                parts.append(str(place))
            case Name(name=name):
                return (name, *reversed(parts))
            case _:
                return None
        node = base


def written(path: Path) -> str:
    """A path as it is written in an expression."""
    return path[0] + "".join(map(_link, path[1:]))


def _link(part: str) -> str:
    if part.isidentifier():
        return f".{part}"
    return f"[{part}]" if part.isdigit() else f'["{part}"]'
