"""Reads a YAML file into a tree with positions, and refuses what a definition must not contain.

The events of libyaml are turned into the tree directly, one by one with a stack of our own, so that
nothing hostile reaches a recursive composer. Every refusal is a problem with a place.
"""

import errno
import os
import re
import stat
import string
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from dsl import traps
from dsl.problems import EnoughSaid, Report
from dsl.scalars import refusal
from dsl.tree import ListNode, MapEntry, MapNode, Node, ScalarNode, Source, Tree

MOST_BYTES = 1_000_000
MOST_READ = 8 * MOST_BYTES
"""A file of more is not even read; one of more than MOST_BYTES is, and is a problem with a place."""
DEEPEST = 64
MOST_NODES = 40_000
"""Values in one file: the largest honest catalogue has a few thousand."""

_OLD_BREAKS = "\x85\u2028\u2029"
"""YAML 1.1, and so libyaml, ends lines at these; YAML 1.2 and editors do not."""

_SIGNS = frozenset(string.punctuation)
_MOST_AGAIN = 20
_MOST_READ_AGAIN = 500_000
"""A file is read again for so many values without quotes, up to so many characters in all."""

Span: TypeAlias = tuple[int, int]

_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def read_file(path: Path) -> bytes:
    """The bytes of a file; OSError for one that is no file of text: endless, a pipe, or far too large."""
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        content = file.read(MOST_READ + 1)
    if len(content) > MOST_READ:
        raise OSError(errno.EFBIG, f"it has more than {MOST_READ:,} bytes", str(path))
    return content


def _without_waiting(path: str, flags: int) -> int:
    # A pipe would not be opened before somebody writes into it.
    return os.open(path, flags | os.O_NONBLOCK)


def load(content: bytes, file: str) -> tuple[Tree | None, Report]:
    """The tree of a file's bytes, and what is wrong with it; no tree when it cannot be read as YAML."""
    text = _decoded(content)
    report = Report(Source(file, text if text is not None else ""))
    if text is None:
        place, shown = _undecodable(content)
        report = Report(Source(file, shown))
        report.at("K102", place, place + 1, "the file is not UTF-8", "save it as UTF-8")
        return None, report
    if len(content) > MOST_BYTES:
        report.at("K104", 0, 1, f"the file has {len(content):,} bytes; at most {MOST_BYTES:,} are read")
        return None, report
    control = _CONTROL.search(text)
    if control:
        name = "a NUL byte" if control[0] == "\0" else f"the character U+{ord(control[0]):04X}"
        report.at("K103", control.start(), control.end(), f"{name} has no place in a text file", "delete it")
        return None, report
    root = _Builder(report).build(text)
    if root is None:
        return None, report
    tree = Tree(report.source, root)
    report.attach(tree)
    with suppress(EnoughSaid):
        traps.find_silent(tree, report)
    return tree, report


def _decoded(content: bytes) -> str | None:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _undecodable(content: bytes) -> tuple[int, str]:
    """Where the first bad byte is, and the text up to the end of its line with the bad bytes marked."""
    text = content[:MOST_BYTES].decode("utf-8-sig", errors="replace")
    return max(text.find("\ufffd"), 0), text


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet."""

    start: int
    flow: bool
    is_map: bool
    items: list[Node] = field(default_factory=list)
    entries: list[MapEntry] = field(default_factory=list)
    keys: dict[str, ScalarNode] = field(default_factory=dict)
    key: ScalarNode | None = None
    key_is_due: bool = True


class _Refused(Exception):
    """The file is given up; the problem is reported."""


class _Builder:
    """Turns the events of one file into its tree."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._stack: list[_Open] = []
        self._root: Node | None = None
        self._nodes = 0
        self._documents = 0
        self._written: dict[int, str] = {}
        """What each character that stands in for another was in the file."""
        self._tagged: list[Span] = []
        """Expressions whose `!` libyaml took for a tag."""

    def build(self, text: str, quoted: Sequence[Span] = ()) -> Node | None:
        """The root, or None when the file was given up or is empty.

        `quoted` are values without the quotes that they need, which is reported; they are read as written.
        """
        try:
            for event in yaml.parse(self._without_breaks(text, quoted), Loader=yaml.CBaseLoader):
                self._take(event)
        except (_Refused, EnoughSaid):
            return None
        except yaml.MarkedYAMLError as error:
            return self._build_again(text, quoted, error)
        if self._root is None or (isinstance(self._root, ScalarNode) and not self._root.text.strip()):
            self._report.at("K101", 0, 1, "the file is empty")
            return None
        return self._without_tags(text, quoted) if self._tagged else self._root

    def _without_tags(self, text: str, quoted: Sequence[Span]) -> Node | None:
        """The root when expressions that begin with `!` are taken as text, for what else is wrong in them."""
        room = max(_most_quoted(text) - len(quoted), 0)
        for span in self._tagged[room:]:
            self._report.explained(*span)
        if not room:
            return self._root
        return _Builder(self._report).build(text, (*quoted, *self._tagged[:room]))

    def _build_again(self, text: str, quoted: Sequence[Span], error: yaml.MarkedYAMLError) -> Node | None:
        """The root when a value that libyaml stumbles over is taken as text, for what is wrong behind it."""
        with suppress(EnoughSaid):
            span = traps.report_syntax_error(error, self._report)
            enough = len(quoted) >= _most_quoted(text)
            if span is not None and span not in quoted and not enough:
                return _Builder(self._report).build(text, (*quoted, span))
        return None

    def _without_breaks(self, text: str, quoted: Sequence[Span]) -> str:
        """The text, as long, in which others stand in for characters that libyaml misunderstands.

        Line breaks of YAML 1.1 everywhere, and all signs in the spans `quoted`.
        """
        signs = {char for start, end in quoted for char in text[start:end]} & _SIGNS
        replaced = [char for char in _OLD_BREAKS if char in text] + sorted(signs)
        if not replaced:
            return text
        used = set(text)  # a file is too small to use up the planes beyond the first
        free = (point for point in range(0x10000, 0x110000) if chr(point) not in used)
        self._written = dict(zip(free, replaced, strict=False))
        instead = {ord(char): point for point, char in self._written.items()}
        for start, end in quoted:
            text = text[:start] + text[start:end].translate(instead) + text[end:]
        return text.translate({ord(char): instead[ord(char)] for char in _OLD_BREAKS if char in replaced})

    def _take(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        match event:
            case yaml.ScalarEvent():
                self._check_properties(event)
                self._add(self._scalar(event))
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._check_properties(event)
                self._open(start, bool(event.flow_style), isinstance(event, yaml.MappingStartEvent))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._close(end)
            case yaml.AliasEvent():
                message = f"`*{event.anchor}` is an alias; aliases are refused"
                self._report.at("K108", start, end, message, "write the value out")
                self._report.explained(start, end)
                self._add(ScalarNode("", "", start, end))
            case yaml.DocumentStartEvent():
                self._begin_document(event)

    def _begin_document(self, event: Any) -> None:
        start = event.start_mark.index
        self._documents += 1
        if event.version or event.tags:
            self._report.at("K112", start, start + 1, "a `%` directive is refused", "delete the line")
        if self._documents == 2:
            self._report.at(
                "K110", start, start + 3, "a second document starts here; a file holds one", "split the file"
            )
            raise _Refused

    def _scalar(self, event: Any) -> ScalarNode:
        start, end = event.start_mark.index, event.end_mark.index
        style = event.style if event.style in ("'", '"', "|", ">") else ""
        node = ScalarNode(event.value.translate(self._written), style, start, end)
        why = refusal(node)
        if why:
            self._report.node("K114", node, why, "write text in quotes")
            self._report.explained(start, end)
        return node

    def _check_properties(self, event: Any) -> None:
        """An anchor or a tag is reported; the value behind it is read on."""
        start = event.start_mark.index
        if event.anchor is not None:
            end = start + 1 + len(event.anchor)
            self._report.at(
                "K107", start, end, f"`&{event.anchor}` is an anchor; anchors are refused", "delete it"
            )
        if event.tag is not None:
            expression = traps.report_tag(event.tag, start, self._report)
            self._tagged += [expression] if expression is not None else []

    def _open(self, start: int, flow: bool, is_map: bool) -> None:
        if len(self._stack) >= DEEPEST:
            self._report.at("K106", start, start + 1, f"more than {DEEPEST} values are nested here")
            raise _Refused
        self._stack.append(_Open(start, flow, is_map))

    def _close(self, end: int) -> None:
        done = self._stack.pop()
        # The end mark of a block collection is where the next token begins: lines below it.
        last = end if done.flow else _end_of_last(done)
        node: Node
        if done.is_map:
            node = MapNode(tuple(done.entries), done.start, last, done.flow)
        else:
            node = ListNode(tuple(done.items), done.start, last, done.flow)
        self._add(node)

    def _add(self, node: Node) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self._report.at(
                "K115",
                node.start,
                node.start + 1,
                f"the file has more than {MOST_NODES:,} values",
                "split it",
            )
            raise _Refused
        if not self._stack:
            self._root = node
            return
        parent = self._stack[-1]
        if not parent.is_map:
            parent.items.append(node)
        elif parent.key_is_due:
            parent.key = self._key(node)
            parent.key_is_due = False
        else:
            self._add_entry(parent, node)
            parent.key_is_due = True

    def _key(self, node: Node) -> ScalarNode | None:
        if isinstance(node, ScalarNode):
            return node
        self._report.node("K113", node, "a key must be text", "write the key in quotes")
        return None

    def _add_entry(self, parent: _Open, value: Node) -> None:
        key = parent.key
        if key is None:
            return
        first = parent.keys.setdefault(key.text, key)
        if first is key:
            parent.entries.append(MapEntry(key, value))
            return
        line, _ = self._report.source.place(first.start)
        self._report.node(
            "K111", key, f"the key `{shortened(key.text)}` stands here twice", f"the first is on line {line}"
        )


def _most_quoted(text: str) -> int:
    """How many values of a file are read again as if they were in quotes."""
    return min(_MOST_AGAIN, _MOST_READ_AGAIN // len(text))


def _end_of_last(done: _Open) -> int:
    if done.is_map:
        return done.entries[-1].value.end if done.entries else done.start
    return done.items[-1].end if done.items else done.start


def shortened(text: str, width: int = 60) -> str:
    """The text on one line, cut when it is long."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
