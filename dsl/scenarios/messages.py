"""What reaches a run in a test: signals, events, approvals, retries and a cancellation, in order of time."""

from collections.abc import Callable, Iterable
from datetime import timedelta

from dsl.definition import Approve
from dsl.literals import value_of
from dsl.near import listed, suggestion
from dsl.scalars import resolve
from dsl.scenarios.model import Approval, Cancel, Event, Message, Retry, Signal
from dsl.scenarios.subject import Subject, check_value
from dsl.structure.fields import Fields, kind_of
from dsl.tree import MapNode, Node, ScalarNode
from dsl.world import World


def read_messages(test: Fields, subject: Subject, world: World) -> tuple[Message, ...]:
    """Everything that is sent, by its moment; what comes at one moment stays in the order written."""
    reader = _Reader(subject, world)
    found: list[Message] = []
    readers: tuple[tuple[str, Callable[[Fields], Message | None]], ...] = (
        ("signals", reader.signal),
        ("events", reader.event),
        ("approvals", reader.approval),
        ("retries", reader.retry),
    )
    for key, read in readers:
        items = test.sequence(key, filled=False)
        for item in items.items if items is not None else ():
            if not isinstance(item, MapNode):
                test.report.node("K122", item, f"an item of `{key}` must be a mapping, not {kind_of(item)}")
                continue
            message = read(Fields(item, f"an item of `{key}`", test.report))
            found += [message] if message is not None else []
    cancel = test.mapping("cancel")
    if cancel is not None:
        fields = Fields(cancel, "`cancel`", test.report)
        fields.allow(("after",))
        found.append(Cancel(node=cancel, after=_after(fields)))
    return tuple(sorted(found, key=lambda message: message.after or timedelta(0)))


def _after(fields: Fields) -> timedelta | None:
    return Subject.span(fields.duration("after"))


def _text(node: ScalarNode | None) -> str | None:
    return node.text if node is not None else None


class _Reader:
    """Reads the messages to runs of one workflow."""

    def __init__(self, subject: Subject, world: World) -> None:
        self._subject = subject
        self._world = world

    def signal(self, fields: Fields) -> Message | None:
        fields.allow(("after", "send", "with", "refused"), required=("send",))
        name, payload, after = fields.text("send"), fields.get("with"), _after(fields)
        if name is None:
            return None
        known = self._subject.signals
        if name.text not in known:
            self._unknown(name, known, "signal", fields)
        elif not _refused(fields):
            node = payload if payload is not None else fields.node
            check_value(
                node, known[name.text], "K505", "the signal", fields.report, written=payload is not None
            )
        return Signal(
            node=fields.node,
            after=after,
            refused=_refused(fields),
            name=name.text,
            payload=_value(payload, known.get(name.text)),
        )

    def event(self, fields: Fields) -> Message | None:
        fields.allow(("after", "emit", "with"), required=("emit",))
        name, data, after = fields.text("emit"), fields.get("with"), _after(fields)
        if name is None:
            return None
        if self._world.events is not None and name.text not in self._world.events:
            self._unknown(name, self._world.events, "business event", fields)
        elif name.text not in self._subject.subscribed:
            note = f"it takes {listed(sorted(self._subject.subscribed)) or 'none'}"
            self._report_message(name, f"the workflow does not subscribe to `{name.text}`", "", note, fields)
        elif name.text in self._world.event_schemas:
            schema, node = self._world.event_schemas[name.text], data if data is not None else fields.node
            check_value(node, schema, "K505", "the event", fields.report, written=data is not None)
        return Event(node=fields.node, after=after, name=name.text, data=_value(data, None))

    def approval(self, fields: Fields) -> Message | None:
        fields.allow(
            ("after", "step", "decision", "by", "role", "comment", "refused"),
            required=("step", "decision", "by"),
        )
        step, by = fields.text("step"), fields.text("by")
        decision, after = fields.one_of("decision", ("approve", "reject")), _after(fields)
        role, comment = fields.text("role"), fields.text("comment")
        if step is None or by is None or decision is None:
            return None
        approvals = [id for id, found in self._subject.around.items() if isinstance(found, Approve)]
        if step.text not in approvals:
            self._unknown(step, approvals, "approval", fields)
        return Approval(
            node=fields.node,
            after=after,
            refused=_refused(fields),
            step=step.text,
            decision=decision.text,
            by=by.text,
            role=_text(role),
            comment=_text(comment),
        )

    def retry(self, fields: Fields) -> Message | None:
        fields.allow(("after", "step", "by", "refused"))
        step, by, after = fields.text("step"), fields.text("by"), _after(fields)
        if step is not None and step.text not in self._subject.around:
            self._unknown(step, self._subject.around, "step", fields)
        return Retry(
            node=fields.node,
            after=after,
            refused=_refused(fields),
            step=_text(step),
            by=_text(by),
        )

    def _unknown(self, node: ScalarNode, known: Iterable[str], what: str, fields: Fields) -> None:
        names = sorted(known)
        note = f"there is {listed(names)}" if names else f"the workflow has no {what}"
        help = suggestion(node.text, names)
        self._report_message(node, f"there is no {what} `{node.text[:60]}`", help, note, fields)

    def _report_message(self, node: Node, message: str, help: str, note: str, fields: Fields) -> None:
        fields.report.node("K505", node, message, help, note)


def _refused(fields: Fields) -> bool:
    node = fields.flag("refused") if fields.get("refused") is not None else None
    return node is not None and resolve(node) is True


def _value(node: Node | None, schema: object) -> object:
    return value_of(node, schema) if node is not None else {}
