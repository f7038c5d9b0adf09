"""Problems of files as data, and how they are shown.

Problem          one diagnostic, with its place and what to do
Report           collects the problems of one file
render_text      a list of problems for people; render_json for programs, others in `dsl.problem_formats`
"""

import json
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, replace

from dsl.codes import CODES
from dsl.tree import ListNode, MapNode, Node, ScalarNode, Source, Tree

WIDTH = 80
_QUOTED = re.compile("`[^`]*`")
_GLUE = "\0"
"""Columns of a window, in which problems can be read without scrolling."""
LIMIT = 200
"""So many errors, and so many warnings, of one file are shown; a hostile file could have a million."""


class EnoughSaid(Exception):
    """The file has so many errors that it is not read any further."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at a place of a file; line and columns from 1, `end_column` behind the last one."""

    code: str
    severity: str  # error | warning
    message: str
    file: str
    line: int
    column: int
    end_column: int
    pointer: str = ""
    help: str = ""
    note: str = ""
    source_line: str = ""

    @property
    def is_error(self) -> bool:
        """Does it keep the definition from being published."""
        return self.severity == "error"


class Report:
    """The problems of one file, collected while it is read and checked."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._tree: Tree | None = None
        self.problems: list[Problem] = []
        self._warnings = 0
        self._seen: set[tuple[str, int, str]] = set()
        self._explained: list[tuple[int, int]] = []

    def attach(self, tree: Tree) -> None:
        """From now on problems have pointers into `tree`, and those that were found before get theirs."""
        self._tree = tree
        self.problems = [replace(each, pointer=tree.pointer(self._index(each))) for each in self.problems]

    def _index(self, problem: Problem) -> int:
        return self.source.line_start(problem.line) + problem.column - 1

    def explained(self, start: int, end: int) -> None:
        """What is wrong between `start` and `end` has been said: nothing else there is reported."""
        self._explained.append((start, end))

    def at(self, code: str, start: int, end: int, message: str, help: str = "", note: str = "") -> None:
        """Report `message` for the characters from `start` up to `end`, shown on the first line of them.

        Raises EnoughSaid when that was one error too many.
        """
        is_warning = CODES[code].severity == "warning"
        if (code, start, message) in self._seen or (is_warning and self._warnings >= LIMIT):
            return
        if any(first <= start < last for first, last in self._explained):
            return
        self._seen.add((code, start, message))
        self._warnings += is_warning
        line, column = self.source.place(start)
        last_line, last_column = self.source.place(end)
        text = self.source.line(line)
        end_column = last_column if last_line == line else len(text) + 1
        self.problems.append(
            Problem(
                code=code,
                severity=CODES[code].severity,
                message=message,
                file=self.source.file,
                line=line,
                column=column,
                end_column=max(end_column, column + 1),
                pointer=self._tree.pointer(start) if self._tree else "",
                help=help,
                note=note,
                source_line=text,
            )
        )
        if len(self.problems) - self._warnings >= LIMIT:
            raise EnoughSaid

    def node(self, code: str, node: Node, message: str, help: str = "", note: str = "") -> None:
        """Report `message` at a node: all of a scalar, the first key or item of a block."""
        start, end = heading(node)
        self.at(code, start, end, message, help, note)


def heading(node: Node) -> tuple[int, int]:
    """The part of a node that a caret line marks."""
    if isinstance(node, ScalarNode) or node.flow:
        return node.start, node.end
    if isinstance(node, MapNode) and node.entries:
        return node.entries[0].key.start, node.entries[0].key.end
    if isinstance(node, ListNode) and node.items:
        return heading(node.items[0])
    return node.start, node.end


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """By file, then by place."""
    return sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column, problem.code))


def render_text(problems: Iterable[Problem]) -> str:
    """The problems for people: source line, caret, suggestion; empty text for none."""
    return "\n\n".join(_as_text(problem) for problem in problems)


def render_json(problems: Iterable[Problem]) -> str:
    """`{"problems": [{code, severity, message, file, line, column, end_column, pointer, help, note}]}`."""
    return json.dumps(
        {"problems": [as_object(problem) for problem in problems]}, indent=2, ensure_ascii=False
    )


def as_object(problem: Problem) -> dict[str, object]:
    """One problem as `-o json` prints it."""
    return {
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "end_column": problem.end_column,
        "pointer": problem.pointer,
        "help": problem.help,
        "note": problem.note,
    }


def _as_text(problem: Problem) -> str:
    margin = " " * len(str(problem.line))
    source, caret = _window(problem, WIDTH - len(margin) - len(" | "))
    # A short help stands at the caret, a longer one (a corrected line, say) below.
    beside = f"{margin} | {caret} {problem.help}"
    fits = "\n" not in problem.help and len(problem.help) <= 60 and len(beside) <= WIDTH
    lines = [
        _wrapped(f"{problem.severity}[{problem.code}]: ", problem.message),
        f"{margin}--> {problem.file}:{problem.line}:{problem.column}",
        f"{margin} |",
        f"{problem.line} | {source}".rstrip(),
        beside.rstrip() if fits else f"{margin} | {caret}",
    ]
    if not fits:
        lines.append(_wrapped_help(f"{margin} = help: ", problem.help))
    if problem.note:
        lines.append(_wrapped(f"{margin} = note: ", problem.note))
    return "\n".join(lines)


def _wrapped_help(before: str, text: str) -> str:
    """As `_wrapped`, but what it says to write can be copied: lines and what is in backticks stay whole."""
    if "\n" in text:
        return before + text
    whole = _QUOTED.sub(lambda quoted: quoted[0].replace(" ", _GLUE), text)
    return _wrapped(before, whole).replace(_GLUE, " ")


def _wrapped(before: str, text: str) -> str:
    """Text in lines of a window, those after the first one indented; words stay whole."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=before,
        subsequent_indent=" " * len(before),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _window(problem: Problem, width: int) -> tuple[str, str]:
    """The part of the source line around the problem, and the caret line below it.

    Tabs become spaces and a long line is cut, so that the carets stand under what they mean.
    """
    text, end = problem.source_line, problem.end_column - 1
    start = 0
    if len(text) > width and end > width:
        start = max(0, min(problem.column - 1 - width // 4, len(text) - width))
    shown = "".join(char if char.isprintable() else " " for char in text[start : start + width])
    carets = min(end, start + width) - (problem.column - 1)
    return shown, " " * (problem.column - 1 - start) + "^" * max(carets, 1)
