"""Where the characters of a scalar's text stand in the source: behind quotes, escapes, folds and indents."""

from collections.abc import Iterator
from itertools import islice

from dsl.tree import ScalarNode, Source

_BLANK = frozenset(" \t\n\r")
_BLANK_ESCAPES = frozenset("ntr \t\r\n")
_HEX_DIGITS = {"x": 2, "u": 4, "U": 8}


def span_in_source(source: Source, node: ScalarNode, start: int, end: int) -> tuple[int, int]:
    """The characters of the source that `node.text[start:end]` was read from.

    An empty part, such as the end of the text, is the character behind what stands before it.
    """
    if start >= end or not node.text[start:end].strip():
        before = len(node.text[:start].rstrip())
        first = index_in_source(source, node, before - 1) + 1 if before else _inside(node)
        return first, first + 1
    first = index_in_source(source, node, start)
    last = index_in_source(source, node, len(node.text[:end].rstrip()) - 1)
    return first, max(last, first) + 1


def index_in_source(source: Source, node: ScalarNode, offset: int) -> int:
    """Index of the character that `node.text[offset]` was read from; a blank is behind what precedes it."""
    inside = _inside(node)
    if source.text.startswith(node.text[: offset + 1], inside) and node.style not in ("|", ">"):
        return inside + offset
    # Folding and indenting only change blanks, so the characters that are none stand in the same order.
    count = sum(1 for char in node.text[: offset + 1] if char not in _BLANK)
    if count == 0:
        return inside
    found = next(islice(_written(source.text, node), count - 1, None), node.start)
    return found if node.text[offset] not in _BLANK else found + 1


def _inside(node: ScalarNode) -> int:
    return node.start + (0 if node.plain else 1)


def _written(text: str, node: ScalarNode) -> Iterator[int]:
    """The index of each character that is no blank, as the scalar was written."""
    match node.style:
        case '"':
            return _double_quoted(text, node.start + 1, node.end - 1)
        case "'":
            return _single_quoted(text, node.start + 1, node.end - 1)
        case "|" | ">":
            header = text.find("\n", node.start, node.end)
            return _unquoted(text, header + 1 if header >= 0 else node.start, node.end)
    return _unquoted(text, node.start, node.end)


def _unquoted(text: str, at: int, end: int) -> Iterator[int]:
    return (index for index in range(at, end) if text[index] not in _BLANK)


def _single_quoted(text: str, at: int, end: int) -> Iterator[int]:
    while at < end:
        if text[at] not in _BLANK:
            yield at
        at += 2 if text[at] == "'" else 1


def _double_quoted(text: str, at: int, end: int) -> Iterator[int]:
    while at < end:
        if text[at] != "\\":
            if text[at] not in _BLANK:
                yield at
            at += 1
            continue
        letter = text[at + 1]
        digits = _HEX_DIGITS.get(letter, 0)
        blank = chr(int(text[at + 2 : at + 2 + digits], 16)) in _BLANK if digits else letter in _BLANK_ESCAPES
        if not blank:
            yield at
        at += 2 + digits
