"""What a definition may refer to beyond its own file: activities, other workflows, facts and events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dsl.tables.facts import TableFacts
from dsl.types import ANY, Type
from payloads.facts import ActivityFacts

Schema = Mapping[str, Any]

ENGINE_ERRORS = frozenset(
    (
        "AlreadyRunning",
        "ExpressionFailed",
        "Failed",
        "IntentChanged",
        "InvalidInput",
        "NoRow",
        "SignalTimeout",
        "Timeout",
        "TooDeep",
        "UnknownDefinition",
    )
)
"""Errors that the interpreter raises itself, whatever the steps are."""


@dataclass(frozen=True, slots=True)
class Interface:
    """What a `run` step sees of a workflow.

    `errors` are the types it can fail with, None if unknown; `output` is the type of what it puts out.
    `trades_unasked`: it, or a workflow that it runs, can send orders before anybody has approved;
    `refusals` are the types that it fails with when somebody refuses, or nobody answers; `locks` the
    fields of its input by which it takes a lock.
    """

    input: Schema
    errors: frozenset[str] | None = None
    output: Type = ANY
    trades_unasked: bool = False
    refusals: frozenset[str] = frozenset()
    locks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class World:
    """Everything a definition can name.

    `files` are the catalogue files that are there, None when not all are known.
    `facts` and `events` are None where no `catalogue/events.yaml` is there to ask; `event_schemas` has
    the schema of what a business event carries, for those that state one.
    `tables` are the decision tables of the catalogue. `roles` has how many people hold each role of
    `catalogue/people.yaml`, `metrics` the types of those of `catalogue/metrics.yaml`; None where the file
    is not there.
    """

    activities: Mapping[str, ActivityFacts]
    workflows: Mapping[str, Interface] = field(default_factory=dict)
    facts: frozenset[str] | None = None
    events: frozenset[str] | None = None
    files: frozenset[str] | None = None
    event_schemas: Mapping[str, Schema] = field(default_factory=dict)
    tables: Mapping[str, TableFacts] = field(default_factory=dict)
    roles: Mapping[str, int] | None = None
    metrics: Mapping[str, Type] | None = None

    def workflow_schema(self, name: str) -> Schema | None:
        """The schema of a workflow's input, None when there is no such workflow."""
        found = self.workflows.get(name)
        return found.input if found else None

    def output_of(self, name: str) -> Type:
        """The type of what a run of a workflow puts out; any value when nothing is known of it."""
        found = self.workflows.get(name)
        return found.output if found else ANY
