"""The catalogue of activities without its models: what checks and lists need to know, quickly."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from payloads.remembered import remembered

if TYPE_CHECKING:
    from payloads.entry import Entry


@dataclass(frozen=True, slots=True)
class ActivityFacts:
    """What `payloads.entry.Entry` says of one activity; `errors` says of each whether it is retryable."""

    name: str
    summary: str
    effect: str
    role: str
    errors: Mapping[str, bool]
    no_undo: str | None
    internal: bool
    input_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any]
    domain: str
    files: tuple[str, ...] = ()

    @property
    def local(self) -> bool:
        """Does it run inside the workflow task: is it quick, and without any reach."""
        return self.effect == "pure" and self.role == "light"


@cache
def activity_facts() -> Mapping[str, ActivityFacts]:
    """The facts of every activity by name."""
    found = remembered("activities", _all)
    return MappingProxyType({name: ActivityFacts(**facts) for name, facts in found.items()})


def entry(name: str) -> "Entry":
    """The whole entry of one activity, with its models, importing its domain alone."""
    entries: tuple[Entry, ...] = import_module(f"payloads.{activity_facts()[name].domain}").ENTRIES
    return next(found for found in entries if found.name == name)


def _all() -> dict[str, Any]:
    from payloads.catalogue import catalogue, domains

    places = domains()
    return {name: facts_of(entry, places[name]) for name, entry in catalogue().items()}


def facts_of(entry: "Entry", domain: str) -> dict[str, Any]:
    """The facts of one entry, which stands in the module `domain`, as JSON."""
    return {
        "name": entry.name,
        "summary": entry.summary,
        "effect": entry.effect.value,
        "role": entry.role.value,
        "errors": {error.name: error.retryable for error in entry.errors},
        "no_undo": entry.no_undo,
        "internal": entry.internal,
        "input_schema": entry.input_schema,
        "output_schema": entry.output_schema,
        "files": list(entry.files),
        "domain": domain,
    }
