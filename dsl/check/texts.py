"""Checks expressions where they stand in the file: their findings become problems at their tokens."""

import re
from collections.abc import Mapping
from typing import Any

from dsl.check.fits import Place, report_misfits, type_of
from dsl.expressions import Checked, TypeEnv, check, check_template
from dsl.expressions.syntax import MOST_CHARACTERS
from dsl.problems import Report
from dsl.scalars import resolve
from dsl.spots import span_in_source
from dsl.tree import ListNode, MapNode, Node, ScalarNode
from dsl.types import ANY, Type, mismatches

_PATH = r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)"
_LIKE_AN_EXPRESSION = re.compile(rf"{_PATH}|\{{\{{\s*{_PATH}\s*\}}\}}|\$\(?\s*{_PATH}\s*\)?", re.ASCII)
"""A path such as `input.amount`, alone or in the brackets that other languages have around it."""

ANYWHERE = Place(None, {})


class Texts:
    """Bare expressions and templates of one file, checked against the names of a place."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.read: set[str] = set()
        """The texts of all expressions, for asking what nothing reads."""

    def condition(self, node: Node, env: TypeEnv, wanted: Type) -> Checked:
        """A bare expression that must be of a type."""
        if not isinstance(node, ScalarNode):
            return Checked(self.bare(node, env, wanted))
        return self._report(node, check(node.text, env, wanted))

    def bare(self, node: Node, env: TypeEnv, wanted: Type | None = None) -> Type:
        """The type of an expression, or of a list or mapping of them."""
        if isinstance(node, ScalarNode):
            return self._report(node, check(node.text, env, wanted)).type

        def of_text(text: ScalarNode) -> Type | None:
            if not isinstance(resolve(text), str):
                return None  # a number or flag stands for itself
            return self._report(text, check(text.text, env)).type

        found = type_of(node, None, {}, of_text)
        for each in mismatches(found, wanted) if wanted is not None else []:
            self.report.node("K233", node, each.message, each.help)
        return found

    def template(
        self, node: Node | None, env: TypeEnv, place: Place = ANYWHERE, at: Node | None = None
    ) -> Type:
        """The type of JSON with `${ }`; what does not fit its place is reported, what is missing at `at`."""
        if node is None:
            return ANY
        self._refuse_keys(node)
        known: dict[int, Type | None] = {}

        def of_text(text: ScalarNode) -> Type | None:
            if id(text) not in known:
                known[id(text)] = self._text(text, env)
            return known[id(text)]

        found = type_of(node, place.schema, place.root, of_text)
        if place.schema is not None:
            report_misfits(node, place, self.report, of_text, at=at, found=found)
        return found

    def text(self, node: Node | None, env: TypeEnv, wanted: Type, what: str) -> None:
        """A template whose value must be of a type."""
        if not isinstance(node, ScalarNode) or "${" not in node.text:
            return
        found = self._text(node, env) or ANY
        for each in mismatches(found, wanted):
            self.report.node(each.code, node, f"{what}: {each.message}", each.help)

    def _text(self, node: ScalarNode, env: TypeEnv) -> Type | None:
        if "${" not in node.text:
            self._warn_of_plain(node, env)
            return None
        if len(node.text) > MOST_CHARACTERS:
            self.report.node(
                "K223", node, f"the text has {len(node.text)} characters, at most {MOST_CHARACTERS} are taken"
            )
            return ANY
        return self._report(node, check_template(node.text, env)).type

    def _warn_of_plain(self, node: ScalarNode, env: TypeEnv) -> None:
        """Point out text that reads like an expression, and will be sent as it is written."""
        found = _LIKE_AN_EXPRESSION.fullmatch(node.text.strip())
        name = found and (found[1] or found[2] or found[3])
        if name and name.split(".")[0] in env.names:
            message = f"this is the text `{node.text.strip()[:60]}`, and no expression"
            self.report.node("K911", node, message, f'write "${{ {name} }}" for its value')

    def _report(self, node: ScalarNode, checked: Checked) -> Checked:
        self.read.add(node.text)
        for finding in checked.findings:
            start, end = span_in_source(self.report.source, node, finding.start, finding.end)
            self.report.at(finding.code, start, end, finding.message, finding.help, finding.note)
        return checked

    def _refuse_keys(self, node: Node) -> None:
        if isinstance(node, ListNode):
            for item in node.items:
                self._refuse_keys(item)
        elif isinstance(node, MapNode):
            for entry in node:
                if "${" in entry.key.text:
                    help = "make the map with an expression, as in ${ {(name): value} }"
                    self.report.node("K224", entry.key, "a key is not interpolated", help)
                self._refuse_keys(entry.value)


def place_of(schema: Mapping[str, Any] | None, what: str, key: str = "") -> Place:
    """Where a value of this schema is wanted; anywhere when there is none."""
    return ANYWHERE if schema is None else Place(schema, schema, what, key=key)
