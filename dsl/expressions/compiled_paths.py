"""Compiles names, fields and elements, and `has` and `default`, which read them without insisting."""

from typing import Any

from dsl.expressions.errors import Fault, Site
from dsl.expressions.frame import MISSING, Frame, Maker, Run
from dsl.expressions.reading import missing, read
from dsl.expressions.syntax import Call, Index, Member, Name, Node


def path(maker: Maker, node: Node) -> Run:
    """Reads a name, field or element; one that is not there is a fault."""
    careful = _reader(maker, node, must=True)
    keys: list[str] = []
    while isinstance(node, Member):
        keys.append(node.field)
        node = node.base
    return _fields(node.name, tuple(reversed(keys)), careful) if keys and isinstance(node, Name) else careful


def presence(maker: Maker, node: Call) -> Run:
    """`has(a.b)`: is there a value, and not null."""
    find = _reader(maker, node.arguments[0], must=False)

    def run(frame: Frame) -> bool:
        value = find(frame)
        return value is not MISSING and value is not None

    return run


def fallback(maker: Maker, node: Call) -> Run:
    """`default(a.b, x)`: the value, or `x` where there is none or it is null."""
    find, otherwise = _reader(maker, node.arguments[0], must=False), maker.compile(node.arguments[1])

    def run(frame: Frame) -> Any:
        value = find(frame)
        return otherwise(frame) if value is MISSING or value is None else value

    return run


def _reader(maker: Maker, node: Node, must: bool) -> Run:
    """The value of a path; without `must`, MISSING where a link is missing, or null before its end."""
    match node:
        case Name(name=name):
            return _name(name, maker.site(node), must)
        case Member(base=base, field=field):
            site = Site(maker.source, node.field_start, node.end)
            return _subscript(_reader(maker, base, must), lambda frame: field, site, must)
        case Index(base=base, key=key):
            return _subscript(_reader(maker, base, must), maker.compile(key), maker.site(key), must)
    return maker.compile(node)


def _name(name: str, site: Site, must: bool) -> Run:
    def find(frame: Frame) -> Any:
        value = frame.get(name, MISSING)
        if value is MISSING and must:
            raise site.error(missing(f"there is no `{name}` here", name, frame))
        return value

    return find


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
        holder = frame.get(root)
        return holder[first] if type(holder) is dict and first in holder else careful(frame)

    def two(frame: Frame) -> Any:
        holder = frame.get(root)
        if type(holder) is dict:
            inner = holder.get(first)
            if type(inner) is dict and second in inner:
                return inner[second]
        return careful(frame)

    def more(frame: Frame) -> Any:
        value = frame.get(root)
        for key in keys:
            if type(value) is not dict or key not in value:
                return careful(frame)
            value = value[key]
        return value

    return one if len(keys) == 1 else two if len(keys) == 2 else more
