"""The catalogue of activities as `kronos activities list` and `show` print it."""

from typing import Any

from dsl.near import nearest
from payloads.facts import ActivityFacts, activity_facts, entry
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
    found = entry(name)
    return {
        "name": found.name,
        "summary": found.summary,
        "effect": found.effect.value,
        "role": found.role.value,
        "no_undo": found.no_undo,
        "errors": [
            {"name": error.name, "summary": error.summary, "retryable": error.retryable}
            for error in found.errors
        ],
        "input": found.input_schema,
        "output": found.output_schema,
    }


def find(name: str) -> ActivityFacts:
    """What the catalogue says of an activity; UnknownId with near names."""
    facts = activity_facts().get(name)
    if facts is None or facts.internal:
        near = nearest(name, [row["name"] for row in list_activities()])
        hint = f"did you mean {near}?" if near else "`kronos activities list` names them all"
        raise UnknownId(f"there is no activity {name}; {hint}", name="UnknownActivity")
    return facts
