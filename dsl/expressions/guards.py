"""What a condition tells about which values are there, once it has come out true or false."""

from dataclasses import dataclass

from dsl.expressions.syntax import Call, Compare, Literal, Logic, Member, Node, Path, Unary, path_of

_NOTHING: frozenset[Path] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """The paths that have a value, not null, when the condition is true, and when it is false."""

    when_true: frozenset[Path] = _NOTHING
    when_false: frozenset[Path] = _NOTHING


def known_by(node: Node) -> Known:
    """What the condition tells; nothing for what is no guard.

    `has(a.b)` and `a.b != null` guard, through `!`, `&&` and `||`, and so does the `timed_out` of a step that
    received something.
    """
    match node:
        case Member(field="timed_out"):
            return Known(_NOTHING, _received(path_of(node)))
        case Call(function="has", arguments=(argument,)):
            return Known(_links(argument), _NOTHING)
        case Compare(operator="!=" | "==") as comparison:
            return _null_test(comparison)
        case Unary(operator="!"):
            inner = known_by(node.operand)
            return Known(inner.when_false, inner.when_true)
        case Logic():
            return _joined(node)
    return Known()


def _joined(node: Logic) -> Known:
    """All operands of a true `&&` are true, of a false one at least one is false; `||` is its mirror."""
    parts = [known_by(operand) for operand in node.operands]
    if node.operator == "&&":
        return Known(
            _NOTHING.union(*(part.when_true for part in parts)),
            frozenset.intersection(*(part.when_false for part in parts)),
        )
    return Known(
        frozenset.intersection(*(part.when_true for part in parts)),
        _NOTHING.union(*(part.when_false for part in parts)),
    )


def _null_test(node: Compare) -> Known:
    sides = (node.left, node.right)
    if not any(isinstance(side, Literal) and side.value is None for side in sides):
        return Known()
    found = _NOTHING.union(*(_links(side) for side in sides))
    return Known(found, _NOTHING) if node.operator == "!=" else Known(_NOTHING, found)


def _received(path: Path | None) -> frozenset[Path]:
    """What a `receive` puts out when its time was not over."""
    if path is None or len(path) != 3 or path[0] != "steps":
        return _NOTHING
    return frozenset({(*path[:2], "payload"), (*path[:2], "signal")})


def _links(node: Node) -> frozenset[Path]:
    """The path and every path on the way to it: a field that is there has all that hold it."""
    path = path_of(node, places=True) or ()
    return frozenset(path[:length] for length in range(1, len(path) + 1))
