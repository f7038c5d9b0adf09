"""`expect` of a test: what is to come of the run, every name in it held against the definition."""

from collections.abc import Iterable
from typing import Any

from dsl.literals import value_of
from dsl.near import listed, suggestion
from dsl.scalars import resolve
from dsl.scenarios.model import OUTCOMES, Expectation
from dsl.scenarios.subject import Subject
from dsl.structure.fields import Fields, kind_of
from dsl.tree import MapNode, ScalarNode
from dsl.world import World

KEYS = (
    "outcome",
    "error",
    "message",
    "path",
    "not_called",
    "calls",
    "output",
    "undone",
    "emitted",
    "recorded",
)


def read_expectations(test: Fields, subject: Subject, world: World) -> dict[str, Expectation]:
    """What a test expects, by key; what cannot be read is reported and left out."""
    mapping = test.mapping("expect")
    if mapping is None:
        return {}
    fields = Fields(mapping, "`expect`", test.report)
    fields.allow(KEYS)
    reader = _Reader(fields, subject, world)
    found = {key: value for key in KEYS if (value := reader.read(key)) is not None}
    _agree(found, fields)
    return found


def _agree(found: dict[str, Expectation], fields: Fields) -> None:
    """An error is of a run that fails, an output of one that completes."""
    outcome = found["outcome"].value if "outcome" in found else "completed"
    for key, wanted in (("error", ("failed", "held", "undo_stuck")), ("message", ("failed", "held"))):
        if key in found and outcome not in wanted:
            help = "add `outcome: failed`" if "outcome" not in found else ""
            fields.report.node("K508", found[key].node, f"a run that is {outcome} has no {key}", help)
    if "output" in found and outcome != "completed":
        fields.report.node("K508", found["output"].node, f"a run that is {outcome} has no output")


class _Reader:
    """Reads the entries of one `expect`."""

    def __init__(self, fields: Fields, subject: Subject, world: World) -> None:
        self._fields = fields
        self._subject = subject
        self._world = world

    def read(self, key: str) -> Expectation | None:
        """The entry under `key`; None when it is missing or misshapen."""
        node = self._fields.get(key)
        if node is None:
            return None
        value: Any
        match key:
            case "output":
                return Expectation(node, value_of(node))
            case "outcome":
                found = self._fields.one_of(key, OUTCOMES)
                value = found.text if found is not None else None
            case "error":
                value = self._error()
            case "message":
                text = self._fields.text(key)
                value = text.text if text is not None else None
            case "calls":
                value = self._calls()
            case "path" | "undone":
                value = self._names(key, self._subject.steps, "K507", "step")
            case "not_called":
                value = self._names(
                    key, [*self._activities(), *self._subject.around], "K502", "activity or step"
                )
            case "emitted":
                value = self._names(key, self._world.events, "K507", "business event")
            case _:
                value = self._names(key, self._world.facts, "K507", "fact")
        return Expectation(node, value) if value is not None else None

    def _activities(self) -> list[str]:
        return [name for name, facts in self._world.activities.items() if not facts.internal]

    def _error(self) -> str | None:
        node = self._fields.text("error")
        return node.text if node is not None else None

    def _names(self, key: str, known: Iterable[str] | None, code: str, what: str) -> list[str] | None:
        items = self._fields.sequence(key, filled=False)
        if items is None:
            return None
        names = list(known) if known is not None else None
        found = []
        for item in items.items:
            if not isinstance(item, ScalarNode):
                self._fields.report.node("K122", item, f"`{key}` lists names, not {kind_of(item)}")
                continue
            if names is not None and item.text not in names:
                self._unknown(item, names, code, what)
            found.append(item.text)
        return found

    def _calls(self) -> dict[str, int] | None:
        mapping = self._fields.mapping("calls")
        if not isinstance(mapping, MapNode):
            return None
        counts = Fields(mapping, "`calls`", self._fields.report)
        found = {}
        for entry in mapping:
            if entry.key.text not in self._activities():
                self._unknown(entry.key, self._activities(), "K502", "activity")
            number = counts.whole_number(entry.key.text, least=0)
            if number is not None:
                found[entry.key.text] = int(str(resolve(number)))
        return found

    def _unknown(self, node: ScalarNode, known: list[str], code: str, what: str) -> None:
        note = "" if len(known) > 24 else f"there is {listed(known, 24)}" if known else f"there is no {what}"
        self._fields.report.node(
            code, node, f"there is no {what} `{node.text[:60]}`", suggestion(node.text, known), note
        )
