"""A YAML document as a tree whose every node knows its place in the text.

Nodes keep raw text: what a plain scalar means (number, text, ...) is decided by `dsl.scalars`,
guided by the schema of the place it stands in.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

# What YAML 1.2 and editors take as the end of a line; U+0085, U+2028 and U+2029 are none.
_LINE_BREAK = re.compile("\r\n|[\r\n]")


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A leaf: its text as YAML decodes it, and the span it fills in the source, quotes included."""

    text: str
    style: str  # "" for plain, else ' " | or >
    start: int
    end: int

    @property
    def plain(self) -> bool:
        """Was it written without quotes and not as a block."""
        return self.style == ""


@dataclass(frozen=True, slots=True)
class ListNode:
    """A sequence."""

    items: "tuple[Node, ...]"
    start: int
    end: int
    flow: bool = False


@dataclass(frozen=True, slots=True)
class MapEntry:
    """A key and its value."""

    key: ScalarNode
    value: "Node"


@dataclass(frozen=True, slots=True)
class MapNode:
    """A mapping; keys are unique, in the order written."""

    entries: tuple[MapEntry, ...]
    start: int
    end: int
    flow: bool = False

    def get(self, key: str) -> "Node | None":
        """The value under `key`, None when it is not there."""
        entry = self.entry(key)
        return entry.value if entry else None

    def entry(self, key: str) -> MapEntry | None:
        """The entry under `key`, None when it is not there."""
        for entry in self.entries:
            if entry.key.text == key:
                return entry
        return None

    def __iter__(self) -> Iterator[MapEntry]:
        return iter(self.entries)


Node: TypeAlias = ScalarNode | ListNode | MapNode


@dataclass(frozen=True)
class Source:
    """The text of one file, with its name as the user gave it."""

    file: str
    text: str

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_BREAK.finditer(self.text))]

    def place(self, index: int) -> tuple[int, int]:
        """Line and column of a character, both from 1."""
        line = bisect_right(self._starts, index)
        return line, index - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of line `number` (from 1) without its line break; empty beyond the end."""
        if not 1 <= number <= len(self._starts):
            return ""
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[self._starts[number - 1] : end].rstrip("\r\n")

    def line_start(self, number: int) -> int:
        """Index of the first character of line `number`."""
        return self._starts[number - 1]


@dataclass(frozen=True, slots=True)
class Tree:
    """One file, read."""

    source: Source
    root: Node

    def pointer(self, index: int) -> str:
        """JSON pointer of the innermost value or key that covers the character at `index`."""
        parts: list[str] = []
        node: Node | None = self.root
        while node is not None:
            step = _child_at(node, index)
            if step is None:
                break
            part, node = step
            parts.append(part.replace("~", "~0").replace("/", "~1"))
        return "".join(f"/{part}" for part in parts)


def _child_at(node: Node, index: int) -> "tuple[str, Node | None] | None":
    """The child whose key or value covers `index`: its name, and the node to look into (None at a key)."""
    if isinstance(node, ListNode):
        for place, item in enumerate(node.items):
            if item.start <= index < max(item.end, item.start + 1):
                return str(place), item
    if isinstance(node, MapNode):
        for entry in node.entries:
            if entry.key.start <= index < entry.key.end:
                return entry.key.text, None
            if entry.value.start <= index < max(entry.value.end, entry.value.start + 1):
                return entry.key.text, entry.value
    return None
