"""One mapping of a definition, read key by key: what is unknown, missing or misshapen is reported."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from dsl.durations import DurationError, Sessions, parse_duration
from dsl.near import listed, nearest, suggestion
from dsl.problems import Report
from dsl.scalars import is_null, resolve
from dsl.tree import ListNode, MapNode, Node, ScalarNode

_WHOLE = re.compile(r"[1-9][0-9]*", re.ASCII)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")
LOWER_NAME = re.compile(r"[a-z][a-z0-9_]{0,79}")
PASCAL_NAME = re.compile(r"[A-Z][A-Za-z0-9]{0,79}")
KEYWORDS = frozenset(("true", "false", "null", "and", "or", "not", "in"))
"""Words that an expression never takes for a name."""
ROOTS = frozenset(("input", "steps", "vars", "event", "signal", "portfolio", "run"))
"""Names that stand for something in every expression; a loop of that name would hide it."""


_ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "workflow": ("name", "id"),
    "when": ("if", "condition", "only_if"),
    "otherwise": ("else", "default"),
    "steps": ("then", "do", "body", "tasks"),
    "with": ("input", "inputs", "args", "arguments", "params", "parameters"),
    "title": ("name", "description", "label"),
    "summary": ("description", "title", "name"),
    "schedule": ("cron", "every"),
    "timezone": ("tz", "zone"),
    "errors": ("error", "types", "exceptions"),
    "catch": ("except", "on_error", "rescue"),
    "within": ("timeout", "deadline"),
    "retry": ("retries",),
    "choose": ("if", "switch", "case"),
    "repeat": ("loop", "while"),
    "for_each": ("for", "foreach", "each"),
    "wait": ("sleep", "delay", "pause"),
    "call": ("activity", "task", "uses"),
    "set": ("let", "assign", "vars"),
    "run": ("workflow", "child"),
    "finish": ("return", "end", "stop", "output"),
    "fail": ("raise", "throw", "error"),
    "emit": ("event", "publish"),
    "receive": ("signal", "listen", "on"),
    "approve": ("approval", "review"),
}
"""Words that other languages use, by the key that means the same here."""

_HOW: Mapping[str, str] = {
    "summary": "say in one sentence what it does",
    "version": "write `version: 1`, and raise it with every published change",
    "choose": "begin each branch with `- when: …`, the last one with `- otherwise: …`",
    "parallel": "write `parallel: {name: [steps], other: [steps]}`",
    "repeat": "write `repeat: {at_most: 3}` or `repeat: {until: …, every: 1d}`",
    "set": "write `set: {name: value}`",
    "fail": "write `fail: {error: Name, message: text}`",
    "approve": "write `approve: {role: …, show: {…}}`",
    "catch": "begin each with `- `, as in `- {errors: [Timeout], steps: […]}`",
    "retry": "write `retry: {attempts: 3}`",
    "on_failure": "write `on_failure: {hold: 1d, role: operations}`",
    "triggers": "begin each with `- `, as in `- event: drift_exceeded`",
}
"""How keys are written whose shape people get wrong."""


def meant(word: str, known: Iterable[str]) -> str | None:
    """The known key that a word stands for: one like it, or the one that means the same; None for neither."""
    keys = list(dict.fromkeys(known))
    same = next((key for key in keys if word.lower() in _ELSEWHERE.get(key, ())), None)
    return same or nearest(word, keys)


def kind_of(node: Node) -> str:
    """What was written, for a sentence: a mapping, a list, nothing, a number, true or false, text."""
    match node:
        case MapNode():
            return "a mapping"
        case ListNode():
            return "a list"
        case ScalarNode():
            value = resolve(node)
            if value is None:
                return "nothing"
            if isinstance(value, bool):
                return "true or false"
            return "a number" if isinstance(value, int | Decimal) else "text"


class Fields:
    """The keys of one mapping; `what` names it in messages (`a step`, `on_failure`)."""

    def __init__(self, node: MapNode, what: str, report: Report) -> None:
        self.node = node
        self.what = what
        self.report = report

    def allow(self, known: Sequence[str], required: Sequence[str] = ()) -> None:
        """Report every key that is not `known` and every `required` one that is missing."""
        missing = [key for key in required if self.node.entry(key) is None]
        for entry in self.node:
            if entry.key.text in known:
                continue
            near = meant(entry.key.text, known)
            if near in missing:
                missing.remove(near)
            self.report.node(
                "K120",
                entry.key,
                f"{self.what} has no key `{entry.key.text[:60]}`",
                f"did you mean `{near}`?" if near else "",
                note=f"the keys are {listed(dict.fromkeys(known), 24)}",
            )
        for key in missing:
            self.report.node("K121", self.node, f"{self.what} needs the key `{key}`", f"add `{key}: …`")

    def get(self, key: str) -> Node | None:
        """What stands under `key`; None when the key is missing, a null node when nothing is written."""
        return self.node.get(key)

    def mapping(self, key: str) -> MapNode | None:
        """A mapping; another shape is reported and None."""
        node = self.get(key)
        if node is None or isinstance(node, MapNode):
            return node
        self._wrong(key, node, "a mapping")
        return None

    def sequence(self, key: str, *, filled: bool = True) -> ListNode | None:
        """A list, with at least one item when `filled`; another shape is reported and None."""
        node = self.get(key)
        if node is None:
            return None
        if not isinstance(node, ListNode):
            self._wrong(key, node, "a list")
            return None
        if filled and not node.items:
            self.report.node("K128", node, f"`{key}` is an empty list", "add an item, or take the key away")
        return node

    def text(self, key: str) -> ScalarNode | None:
        """A text; numbers and flags count as the text that was written. Nothing is reported."""
        node = self.get(key)
        if node is None:
            return None
        if not isinstance(node, ScalarNode) or is_null(node):
            self._wrong(key, node, "text")
            return None
        if not node.text.strip():
            self.report.node(
                "K122", node, f"`{key}` is an empty text", _HOW.get(key, "write some, or delete it")
            )
            return None
        return node

    def matching(self, key: str, pattern: re.Pattern[str], expected: str) -> ScalarNode | None:
        """A text of a form; one of another form is reported and None."""
        node = self.text(key)
        return (
            node if node is not None and matches(node, pattern, expected, f"`{key}`", self.report) else None
        )

    def one_of(self, key: str, values: Iterable[str]) -> ScalarNode | None:
        """One of a closed set of words."""
        node = self.text(key)
        known = list(values)
        if node is not None and node.text not in known:
            help = suggestion(node.text, known) or f"write one of {listed(known)}"
            self.report.node("K125", node, f"`{key}` cannot be `{node.text[:60]}`", help)
            return None
        return node

    def flag(self, key: str) -> ScalarNode | None:
        """A plain `true` or `false`."""
        node = self.get(key)
        if isinstance(node, ScalarNode) and isinstance(resolve(node), bool):
            return node
        if node is not None:
            self._wrong(key, node, "true or false")
        return None

    def whole_number(self, key: str, least: int = 1) -> ScalarNode | None:
        """A whole number of at least `least`."""
        node = self.get(key)
        if isinstance(node, ScalarNode):
            value = resolve(node)
            if isinstance(value, int) and not isinstance(value, bool) and value >= least:
                return node
        if isinstance(node, ScalarNode) and node.style in ("'", '"') and _WHOLE.fullmatch(node.text):
            message = f"`{key}` must be a whole number from {least}, and the quotes make text of it"
            self.report.node("K122", node, message, f"write `{key}: {node.text[:40]}`")
        elif isinstance(node, ScalarNode) and not is_null(node):
            message = f"`{key}` must be a whole number from {least}, not `{node.text[:40]}`"
            self.report.node("K122", node, message, _HOW.get(key, ""))
        elif node is not None:
            self._wrong(key, node, f"a whole number from {least}")
        return None

    def duration(self, key: str, *, sessions: bool = False, some: bool = False) -> ScalarNode | None:
        """A constant span of time, such as `30s` or `2d`; `5bd` only where sessions are known.

        With `some` it is longer than zero.
        """
        node = self.text(key)
        if node is None:
            return None
        try:
            span = parse_duration(node.text.strip())
        except DurationError as error:
            message, _, help = str(error).partition("; ")
            self.report.node("K129", node, message, help)
            return None
        if isinstance(span, Sessions) and not sessions:
            self.report.node(
                "K129", node, f"`{key}` cannot be counted in sessions (bd)", "use s, m, h, d or w"
            )
            return None
        if some and span in (timedelta(0), Sessions(0)):
            self.report.node("K134", node, f"`{key}` of {node.text.strip()} leaves no time", "write 30s, say")
            return None
        return node

    def _wrong(self, key: str, node: Node, expected: str) -> None:
        help = _HOW.get(key, "begin each item with `- `" if expected == "a list" else "")
        self.report.node("K122", node, f"`{key}` must be {expected}, not {kind_of(node)}", help)


def matches(node: ScalarNode, pattern: re.Pattern[str], expected: str, what: str, report: Report) -> bool:
    """Has the text the form; if not, that is reported."""
    if pattern.fullmatch(node.text):
        return True
    report.node("K126", node, f"{what} cannot be `{node.text[:60]}`", f"expected {expected}")
    return False


def is_name(node: ScalarNode, what: str, report: Report, *, of_loop: bool = False) -> bool:
    """Can expressions use the text as a name; if not, that is reported."""
    if node.text in KEYWORDS or (of_loop and node.text in ROOTS):
        report.node(
            "K126", node, f"{what} cannot be `{node.text}`", "expressions use this word; choose another"
        )
        return False
    return matches(node, NAME, "letters, digits and _, not beginning with a digit", what, report)
