"""Where YAML reads an expression before we do: each trap has its own code, and help with quotes.

Some make a syntax error of YAML (`report_syntax_error`), some a tag (`report_tag`), and some parse
to something else without a word (`find_silent`).
"""

import re
from collections.abc import Iterator

import yaml

from dsl.problems import Report
from dsl.tree import ListNode, MapEntry, MapNode, Node, ScalarNode, Tree

BARE_KEYS = ("when", "until", "for_each", "collect", "where", "threshold", "rearm", "four_eyes")
"""Keys whose value is an expression without `${ }`."""

_LONGEST_SHOWN = 200

_QUOTED = r"""(?:"[^"]*"|'[^']*')"""
_CONDITIONAL = re.compile(r"\s\?\s.*:(\s|$)")
_STARTS_QUOTED = re.compile(rf"^{_QUOTED}\s*\S")
_COLON_IN_QUOTES = re.compile(r"""("[^"]*:\s[^"]*"|'[^']*:\s[^']*')""")
_KEY = re.compile(r"""^(\s*(?:-\s+)*)([A-Za-z_][\w.-]*)(:\s+)(.*)$""")
_IN_FLOW = re.compile(r"""[{,]\s*([A-Za-z_][\w.-]*)(:\s+)""")
_BARE_TAG = re.compile(rf"(?:^|[\s{{,\-])(?:{'|'.join(BARE_KEYS)}):\s+$")


_MENDED_BY_QUOTES = {
    "mapping values are not allowed in this context": "YAML takes this `:` for the end of a key",
    "found character that cannot start any token": "no value can begin with `{}`",
}
"""What libyaml says of a value that text in quotes may hold, and what that means."""


def _what_is_wrong(error: yaml.MarkedYAMLError, char: str) -> str:
    meaning = _MENDED_BY_QUOTES.get(error.problem or "")
    if meaning and char.strip():
        return meaning.format(char)
    context = f" {error.context}" if error.context else ""
    return f"this is not YAML: {error.problem}{context}"


def report_syntax_error(error: yaml.MarkedYAMLError, report: Report) -> tuple[int, int] | None:
    """Report what libyaml could not read, as the trap that it is or else as bad YAML.

    The characters that should have been in quotes, for reading on as if they were; None where quotes do not
    mend it.
    """
    mark = error.problem_mark or error.context_mark
    index = min(mark.index if mark else 0, max(len(report.source.text) - 1, 0))
    line_number, column = report.source.place(index)
    line = report.source.line(line_number)
    code = _trap_of(line, column - 1, error.problem or "")
    span = _value_span(line, column - 1, report.source.line_start(line_number))
    if code:
        report.at(code, *span, _EXPLAINED[code], _advice(line, column - 1))
        return span
    quotes_mend_it = error.problem in _MENDED_BY_QUOTES and span[0] <= index < span[1]
    help = _advice(line, column - 1) if quotes_mend_it else _hint(line, error)
    report.at("K105", index, index + 1, _what_is_wrong(error, report.source.text[index : index + 1]), help)
    return span if quotes_mend_it else None


_EXPLAINED = {
    "K140": "YAML takes the `:` of `? :` for the end of a key",
    "K141": "YAML takes `!` at the beginning of a value for a tag",
    "K142": "YAML takes the first text in quotes for the whole value",
    "K143": "YAML takes the `: ` inside the text for the end of a key",
    "K144": "YAML takes the `{` of `${` for a mapping inside `{ }`",
    "K145": "YAML takes the `: ` inside `${ }` for the end of a key",
    "K146": "YAML takes `[` for a list inside `{ }`",
    "K147": "YAML takes the `,` inside `( )` for the end of the value",
    "K148": "YAML takes ` #` for a comment: the expression ends before it",
    "K149": "YAML takes the `:` of `? :` for the end of a key: this is a mapping",
    "K150": "YAML takes the `[` or `-` at the beginning for a list",
}


def _trap_of(line: str, column: int, problem: str) -> str | None:
    """Which trap made libyaml stop at `column` (from 0) of a line; None for bad YAML of another kind."""
    flow_key = _flow_key_before(line, column)
    if flow_key is None:
        value = _block_value(line)
        if value is not None and value.startswith("- ") and _has_bare_key(line):
            return "K150"
        return None if value is None else _trap_in(value.lstrip(), problem)
    value, at = line[flow_key:], column - flow_key
    if "${" in value[: at + 1] and not value.startswith(("'", '"')):
        return "K144"
    return "K146" if value[at : at + 1] == "[" else _trap_in(value, problem)


def _trap_in(value: str, problem: str) -> str | None:
    if value.startswith("!"):
        return "K141"
    if _STARTS_QUOTED.match(value) and "mapping values" not in problem:
        return "K142"
    if "${" in value and ": " in value:
        return "K145"
    if _COLON_IN_QUOTES.search(value):
        return "K143"
    if _CONDITIONAL.search(value):
        return "K140"
    return "K150" if _goes_on_behind_bracket(value) else None


def _has_bare_key(line: str) -> bool:
    found = _KEY.match(line)
    return found is not None and found[2] in BARE_KEYS


def _goes_on_behind_bracket(value: str) -> bool:
    """Does more of an expression follow the bracket that closes the one at the beginning."""
    if not value.startswith("["):
        return False
    closing = next((place for place in range(1, len(value)) if not is_cut(value[: place + 1])), len(value))
    rest = value[closing + 1 :].lstrip()
    return bool(rest) and rest[0] not in ",]}#:"


def _block_value(line: str) -> str | None:
    """What stands behind `key: ` on a line in block style, or behind the dash of a list item."""
    found = _KEY.match(line)
    if found:
        return found[4]
    item = re.match(r"^\s*(?:-\s+)+(.*)$", line)
    return item[1] if item else None


def _flow_key_before(line: str, column: int) -> int | None:
    """Where the value begins whose key stands in `{ }` before `column`; None outside of braces."""
    found = [match for match in _IN_FLOW.finditer(line) if match.end() <= column + 1]
    return found[-1].end() if found else None


def _value_span(line: str, column: int, line_start: int) -> tuple[int, int]:
    """The characters of the value that holds `column`, as indices of the source."""
    start, end = _value_bounds(line, column)
    return line_start + start, line_start + max(end, start + 1)


def _value_bounds(line: str, column: int) -> tuple[int, int]:
    flow = _flow_key_before(line, column)
    if flow is not None:
        return flow, _end_in_flow(line, flow)
    found = _KEY.match(line)
    start = found.start(4) if found else len(line) - len(line.lstrip(" -"))
    return start, len(line.rstrip())


def _end_in_flow(line: str, start: int) -> int:
    """Where a value in `{ }` ends as its author meant it: at a `,` or bracket that is not its own."""
    depth, quote = 0, ""
    for place in range(start, len(line)):
        char = line[place]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "([{":
            depth += 1
        elif depth and char in ")]}":
            depth -= 1
        elif not depth and char in ",}]":
            return place
    return len(line.rstrip())


def _advice(line: str, column: int) -> str:
    if len(line) > _LONGEST_SHOWN:
        return "put the whole expression in quotes"
    return f"write `{quoted(line, column).strip()}`"


def quoted(line: str, column: int) -> str:
    """The line with quotes around the value that holds `column` (from 0)."""
    start, end = _value_bounds(line, column)
    value = line[start:end].rstrip()
    return line[:start] + in_quotes(value) + line[start + len(value) :]


def in_quotes(text: str) -> str:
    """The text as a YAML scalar in quotes: single ones when it holds double ones."""
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"


def _hint(line: str, error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or ""
    if "tab" in problem or "\t" in line[: len(line) - len(line.lstrip())]:
        return "indent with spaces, not with tabs"
    if "mapping values" in problem:
        return "check the indentation, or write the text in quotes"
    if "expected ',' or" in problem:
        return "a bracket is not closed, or a text needs quotes"
    return ""


def report_tag(tag: str, start: int, report: Report) -> tuple[int, int] | None:
    """A tag is refused; behind the key of an expression it is a `!` that YAML took.

    The characters of such an expression, for reading them as if they were in quotes; None for another tag.
    """
    line_number, column = report.source.place(start)
    line = report.source.line(line_number)
    if _BARE_TAG.search(line[: column - 1]):
        return _told("K141", start, report)
    written = re.match(r"![^\s,\[\]{}]*", line[column - 1 :])
    end = start + (len(written[0]) if written else 1)
    report.at(
        "K109", start, end, f"`{written[0] if written else tag}` is a tag; tags are refused", "delete it"
    )
    return None


def find_silent(tree: Tree, report: Report) -> None:
    """Report expressions that YAML read as something else without a word."""
    for node in _collections(tree.root):
        if isinstance(node, MapNode):
            for before, entry in zip((None, *node.entries), node.entries, strict=False):
                _find_in_entry(before, entry, node, report)


def _collections(root: Node) -> Iterator[MapNode | ListNode]:
    waiting: list[Node] = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ScalarNode):
            continue
        yield node
        waiting += node.items if isinstance(node, ListNode) else [entry.value for entry in node.entries]


def _find_in_entry(before: MapEntry | None, entry: MapEntry, node: MapNode, report: Report) -> None:
    key, value = entry.key, entry.value
    if " ? " in key.text and key.plain and re.search(r"\S \? \S", key.text):
        _silent("K149", key.start, report)
    elif node.flow and before and _cut_in_call(before.value) and _is_nothing(value):
        _silent("K147", before.value.start, report)
    elif key.text in BARE_KEYS and isinstance(value, ScalarNode) and value.plain:
        _find_comment(value, report)


def _cut_in_call(value: Node) -> bool:
    return isinstance(value, ScalarNode) and value.plain and value.text.count("(") > value.text.count(")")


def _is_nothing(value: Node) -> bool:
    return isinstance(value, ScalarNode) and value.start == value.end


def _find_comment(value: ScalarNode, report: Report) -> None:
    line_number, _ = report.source.place(value.end)
    rest = report.source.line(line_number)[report.source.place(value.end)[1] - 1 :]
    if not re.match(r"\s+#", rest):
        return
    if is_cut(value.text):
        _silent("K148", value.start, report)
    else:
        start = value.end + rest.index("#")
        report.at(
            "K903",
            start,
            start + len(rest.strip()),
            "this is a comment and no part of the expression",
            "write the comment on a line of its own, or the whole expression in quotes",
        )


def is_cut(expression: str) -> bool:
    """Does it end inside a text or a bracket."""
    without = re.sub(_QUOTED, "", expression)
    opened = sum(without.count(char) for char in "([{") > sum(without.count(char) for char in ")]}")
    return opened or '"' in without or "'" in without


def _silent(code: str, start: int, report: Report) -> None:
    report.explained(*_told(code, start, report))


def _told(code: str, start: int, report: Report) -> tuple[int, int]:
    """Report a trap at the value that holds `start`; the characters of the value."""
    line_number, column = report.source.place(start)
    line = report.source.line(line_number)
    span = _value_span(line, column - 1, report.source.line_start(line_number))
    report.at(code, *span, _EXPLAINED[code], _advice(line, column - 1))
    return span
