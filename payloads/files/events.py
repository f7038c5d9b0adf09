"""catalogue/events.yaml: everything the event log can hold."""

from pydantic import ConfigDict, Field

from payloads.base import Payload


class _Written(Payload):
    model_config = ConfigDict(extra="forbid")


class Fact(_Written):
    """Something that happened; `personal` names the fields that are stored encrypted."""

    summary: str
    producers: list[str] = Field(min_length=1)
    personal: list[str] = Field(default_factory=list)


class BusinessEvent(_Written):
    """Something that definitions may start or go on from."""

    summary: str
    personal: list[str] = Field(default_factory=list)


class EventsFile(_Written):
    """Facts and business events by name."""

    facts: dict[str, Fact]
    business: dict[str, BusinessEvent]
