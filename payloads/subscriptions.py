"""What a run says of the business events that it takes as signals.

These activities are called by the interpreter, never by a definition.
"""

from typing import Any

from payloads.base import Moment, Payload
from payloads.entry import Effect, Entry
from payloads.storage import READ_ERRORS


class WantedEvent(Payload):
    """One entry of `subscribe`, with the values that the event's fields must have.

    `takes` names the fields that the signal declares; without it the signal takes them all.
    """

    event: str
    match: dict[str, Any]
    signal: str
    takes: list[str] | None = None


class Subscribe(Payload):
    """All that a run takes from now on, and since when it runs.

    `first_run_id` tells the run from another one under the same workflow id.
    """

    wanted: list[WantedEvent]
    first_run_id: str
    begun: Moment


class TakenEvent(Payload):
    """An event as the run is given it."""

    signal: str
    event_id: str
    payload: dict[str, Any]


class Subscribed(Payload):
    """Events that came since the run began and before it subscribed, in order."""

    missed: list[TakenEvent]


class Unsubscribe(Payload):
    """The run that calls has ended; one that failed may be reset, and then takes its events again."""

    failed: bool = False


class Unsubscribed(Payload):
    """Nothing more comes to it."""


ENTRIES = (
    Entry(
        name="subscriptions.open",
        summary="Take business events as signals from now on",
        input=Subscribe,
        output=Subscribed,
        effect=Effect.EFFECT,
        errors=READ_ERRORS,
        no_undo="the interpreter ends it itself",
        internal=True,
    ),
    Entry(
        name="subscriptions.close",
        summary="Take no more business events",
        input=Unsubscribe,
        output=Unsubscribed,
        effect=Effect.EFFECT,
        errors=READ_ERRORS,
        no_undo="ending needs no undoing",
        internal=True,
    ),
)
