"""What a definition may refer to beyond its own file: activities, other workflows, facts and events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from payloads.entry import Entry

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Interface:
    """What a `run` step sees of a workflow."""

    input: Schema


@dataclass(frozen=True, slots=True)
class World:
    """Everything a definition can name.

    `facts` and `events` are None where no `catalogue/events.yaml` is there to ask.
    """

    activities: Mapping[str, Entry]
    workflows: Mapping[str, Interface] = field(default_factory=dict)
    facts: frozenset[str] | None = None
    events: frozenset[str] | None = None

    def workflow_schema(self, name: str) -> Schema | None:
        """The schema of a workflow's input, None when there is no such workflow."""
        found = self.workflows.get(name)
        return found.input if found else None
