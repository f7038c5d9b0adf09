"""`activities` of a test: what stands in for each, held against its output schema and its errors."""

from dsl.literals import value_of
from dsl.near import listed, suggestion
from dsl.scenarios.model import Answer, Failure, StandIn
from dsl.scenarios.subject import Subject, check_value, partial
from dsl.structure.fields import Fields, kind_of
from dsl.tree import ListNode, MapEntry, MapNode, Node
from dsl.world import ENGINE_ERRORS, World
from payloads.facts import ActivityFacts

_KEYS = ("returns", "fails", "by_step")
_FAILURE_KEYS = ("error", "times", "message")


def read_stand_ins(test: Fields, subject: Subject, world: World) -> dict[str, StandIn]:
    """The stand-ins by activity."""
    mapping = test.mapping("activities")
    found: dict[str, StandIn] = {}
    for entry in mapping or ():
        facts = _known(entry, world, test)
        stand_in = _Reader(test, subject, facts).stand_in(entry)
        if stand_in is not None:
            found[entry.key.text] = stand_in
    return found


def _known(entry: MapEntry, world: World, test: Fields) -> ActivityFacts | None:
    facts = world.activities.get(entry.key.text)
    if facts is not None and not facts.internal:
        return facts
    names = [name for name, known in world.activities.items() if not known.internal]
    help = suggestion(entry.key.text, names) or "`kronos activities list` shows them all"
    test.report.node("K502", entry.key, f"there is no activity `{entry.key.text[:60]}`", help)
    return None


class _Reader:
    """Reads the stand-in of one activity; `facts` are None for one that is unknown."""

    def __init__(self, test: Fields, subject: Subject, facts: ActivityFacts | None) -> None:
        self._report = test.report
        self._subject = subject
        self._facts = facts

    def stand_in(self, entry: MapEntry) -> StandIn | None:
        """What is written for an activity; None when it has no shape."""
        by_step: dict[str, tuple[Answer, ...]] = {}
        node = entry.value
        if isinstance(node, MapNode) and (steps := node.get("by_step")) is not None:
            by_step = self._by_step(steps, node)
        answers = self._answers(node, alone=not by_step)
        return StandIn(entry.key.text, entry.key, answers, by_step) if answers or by_step else None

    def _by_step(self, steps: Node, around: MapNode) -> dict[str, tuple[Answer, ...]]:
        if not isinstance(steps, MapNode):
            self._report.node("K122", steps, f"`by_step` must be a mapping, not {kind_of(steps)}")
            return {}
        for entry in steps:
            if entry.key.text not in self._subject.around:
                help = suggestion(entry.key.text, self._subject.around)
                self._report.node("K507", entry.key, f"there is no step `{entry.key.text[:60]}`", help)
        return {entry.key.text: self._answers(entry.value, alone=True) for entry in steps}

    def _answers(self, node: Node, *, alone: bool) -> tuple[Answer, ...]:
        """One answer, or a list of successive ones."""
        if isinstance(node, ListNode):
            if not node.items:
                self._report.node("K128", node, "a stand-in is an empty list", "add an answer: {returns: …}")
            return tuple(answer for item in node.items for answer in self._answers(item, alone=True))
        if not isinstance(node, MapNode):
            message = f"a stand-in must be a mapping or a list of them, not {kind_of(node)}"
            self._report.node("K122", node, message, "write {returns: …} or {fails: {error: …}}")
            return ()
        fields = Fields(node, "a stand-in", self._report)
        fields.allow(_KEYS)
        returns, fails = fields.get("returns"), fields.mapping("fails")
        if returns is None and fails is None:
            if alone and not node.entries:
                self._report.node("K121", node, "a stand-in needs `returns` or `fails`", "add `returns: …`")
            return ()
        if returns is not None:
            self._check(returns)
        return (
            Answer(
                node=node,
                fails=self._failure(fails) if fails is not None else None,
                returns=self._value(returns),
                has_return=returns is not None,
            ),
        )

    def _value(self, node: Node | None) -> object:
        if node is None:
            return None
        return value_of(node, self._facts.output_schema if self._facts else None)

    def _check(self, returns: Node) -> None:
        if self._facts is not None:
            schema = partial(self._facts.output_schema)
            check_value(returns, schema, "K503", f"what {self._facts.name} returns", self._report)

    def _failure(self, mapping: MapNode) -> Failure | None:
        fields = Fields(mapping, "`fails`", self._report)
        fields.allow(_FAILURE_KEYS, required=("error",))
        error, times, message = fields.text("error"), fields.whole_number("times"), fields.text("message")
        if error is None:
            return None
        if self._facts is not None and error.text not in {*self._facts.errors, *ENGINE_ERRORS}:
            declared = sorted(self._facts.errors)
            self._report.node(
                "K504",
                error,
                f"{self._facts.name} does not raise `{error.text[:60]}`",
                suggestion(error.text, declared),
                note=f"it raises {listed(declared)}" if declared else "it declares no errors",
            )
        return Failure(
            error=error.text,
            times=int(times.text) if times is not None else None,
            message=message.text if message is not None else "by the test",
        )
