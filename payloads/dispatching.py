"""Routing business events to the runs that they are for: called by the house, never by a definition."""

from typing import Annotated

from pydantic import Field

from payloads.base import Payload, Real, Whole
from payloads.entry import Effect, Entry
from payloads.storage import READ_ERRORS

Count = Annotated[Whole, Field(ge=0)]


class DispatchEvents(Payload):
    """For how many seconds to look for events."""

    seconds: Annotated[Real, Field(ge=0, le=3600)] = 60.0


class Dispatched(Payload):
    """How many events were routed, and how many starts and signals were done."""

    events: Count
    done: Count


ENTRIES = (
    Entry(
        name="events.dispatch",
        summary="Start and signal the runs that business events are for",
        input=DispatchEvents,
        output=Dispatched,
        effect=Effect.EFFECT,
        errors=READ_ERRORS,
        no_undo="what is started stands for itself",
        internal=True,
    ),
)
