"""catalogue/events.yaml: everything the event log can hold."""

from typing import Any

from pydantic import ConfigDict, Field

from payloads.base import Payload


class _Written(Payload):
    model_config = ConfigDict(extra="forbid")


class Fact(_Written):
    """Something that happened; `personal` names the fields that are stored encrypted."""

    summary: str
    producers: list[str] = Field(min_length=1)
    personal: list[str] = Field(default_factory=list)


class Derived(_Written):
    """Another business event that one leads to, where the bare expression `where` is true of it.

    `with_` is a template over `event`; without it the other event carries the same data.
    """

    event: str
    where: str | None = None
    with_: dict[str, Any] | None = Field(None, alias="with")


class BusinessEvent(_Written):
    """Something that definitions may start or go on from; `schema` is the JSON Schema of its data.

    `producers` are definitions and activities, and `people`; `consumers` the definitions that take it.
    """

    summary: str
    producers: list[str] = Field(default_factory=list)
    consumers: list[str] = Field(default_factory=list)
    schema_: dict[str, Any] | None = Field(None, alias="schema")
    derives: list[Derived] = Field(default_factory=list)
    personal: list[str] = Field(default_factory=list)


class EventsFile(_Written):
    """Facts and business events by name."""

    facts: dict[str, Fact]
    business: dict[str, BusinessEvent]
