"""Reads the triggers and subscriptions of a plan document, with their expressions compiled."""

from collections.abc import Mapping, Sequence
from typing import Any

from dsl import plan
from dsl.expressions import Expression, compile_expression, compile_template

Document = Mapping[str, Any]


def read_triggers(documents: Sequence[Document]) -> tuple[plan.Trigger, ...]:
    """The triggers in the order written; KeyError for a kind or key that is not there."""
    return tuple(_trigger(document, place) for place, document in enumerate(documents, start=1))


def read_subscriptions(documents: Sequence[Document]) -> tuple[plan.Subscription, ...]:
    """The subscriptions in the order written."""
    return tuple(
        plan.Subscription(one["event"], compile_template(one["match"]), one["signal"]) for one in documents
    )


def _trigger(document: Document, place: int) -> plan.Trigger:
    common: dict[str, Any] = {
        "place": place,
        "each": document["each"],
        "where": _expression(document, "where"),
        "input": compile_template(document["input"]),
    }
    match document["kind"]:
        case "schedule":
            return plan.ScheduleTrigger(
                **common,
                schedule=document["schedule"],
                timezone=document["timezone"],
                calendar=document.get("calendar"),
                overlap=document["overlap"],
            )
        case "event":
            return plan.EventTrigger(**common, event=document["event"])
        case "threshold":
            return plan.ThresholdTrigger(
                **common,
                threshold=compile_expression(document["threshold"]),
                rearm=_expression(document, "rearm"),
                cooldown=document.get("cooldown"),
            )
    raise KeyError(f"a kind of trigger called {document['kind']}")


def _expression(document: Document, key: str) -> Expression | None:
    return compile_expression(document[key]) if key in document else None
