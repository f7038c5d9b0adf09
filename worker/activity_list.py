"""The catalogue of activities as `kronos activities list` and `show` print it."""

from typing import Any

from dsl.near import nearest
from payloads.facts import ActivityFacts, activity_facts
from worker.errors import UnknownId


def list_activities() -> list[dict[str, Any]]:
    """Name, effect class, role and summary of every activity that definitions can call."""
    return [
        {"name": facts.name, "effect": facts.effect, "role": facts.role, "summary": facts.summary}
        for facts in activity_facts().values()
        if not facts.internal
    ]


def show_activity(name: str) -> dict[str, Any]:
    """One activity: its schemas, reach, role, and the errors it can raise."""
    find(name)
    from payloads.catalogue import catalogue  # the models take long to build; a wrong name needs none

    entry = catalogue()[name]
    return {
        "name": entry.name,
        "summary": entry.summary,
        "effect": entry.effect.value,
        "role": entry.role.value,
        "no_undo": entry.no_undo,
        "errors": [
            {"name": error.name, "summary": error.summary, "retryable": error.retryable}
            for error in entry.errors
        ],
        "input": entry.input_schema,
        "output": entry.output_schema,
    }


def find(name: str) -> ActivityFacts:
    """What the catalogue says of an activity; UnknownId with near names."""
    facts = activity_facts().get(name)
    if facts is None or facts.internal:
        near = nearest(name, [row["name"] for row in list_activities()])
        hint = f"did you mean {near}?" if near else "`kronos activities list` names them all"
        raise UnknownId(f"there is no activity {name}; {hint}", name="UnknownActivity")
    return facts
