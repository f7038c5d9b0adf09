"""The parts of a plan document that start runs and wake them: `triggers` and `subscribe`."""

from collections.abc import Mapping
from typing import Any

from dsl import definition as written
from dsl.definition import Definition
from dsl.literals import value_of
from dsl.tree import Node

Document = dict[str, Any]


def trigger_documents(definition: Definition, input_schema: Mapping[str, Any]) -> Document:
    """`triggers` and `subscribe`, each only where the definition has some: other plans stay as they are."""
    triggers = [_trigger(trigger, input_schema) for trigger in definition.triggers]
    subscriptions = [_subscription(one) for one in definition.subscriptions]
    document: Document = {"triggers": triggers} if triggers else {}
    return {**document, "subscribe": subscriptions} if subscriptions else document


def _trigger(trigger: written.Trigger, input_schema: Mapping[str, Any]) -> Document:
    given = {} if trigger.input is None else value_of(trigger.input, input_schema)
    document = {**_own(trigger), "each": trigger.each, "where": _text(trigger.where), "input": given}
    return {key: value for key, value in document.items() if value is not None}


def _own(trigger: written.Trigger) -> Document:
    match trigger:
        case written.ScheduleTrigger():
            return {
                "kind": "schedule",
                "schedule": " ".join(trigger.schedule.text.split()),
                "timezone": trigger.timezone.text,
                "calendar": _text(trigger.calendar),
                "overlap": trigger.overlap.text if trigger.overlap else "skip",
            }
        case written.EventTrigger():
            return {"kind": "event", "event": trigger.event.text}
        case written.ThresholdTrigger():
            return {
                "kind": "threshold",
                "threshold": _text(trigger.threshold),
                "rearm": _text(trigger.rearm),
                "cooldown": _text(trigger.cooldown),
            }
    raise TypeError(f"a {type(trigger).__name__} is no kind of trigger")


def _subscription(one: written.Subscription) -> Document:
    match = {} if one.match is None else value_of(one.match)
    return {"event": one.event.text, "match": match, "signal": one.signal.text}


def _text(node: Node | None) -> str | None:
    text: str | None = getattr(node, "text", None)
    return text.strip() if text is not None else None
