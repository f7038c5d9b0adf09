"""Sweeping portfolios at the time of a schedule: called by the house, never by a definition."""

from typing import Annotated

from pydantic import Field

from payloads.base import Payload, Whole
from payloads.entry import DeclaredError, Effect, Entry
from payloads.storage import READ_ERRORS

Count = Annotated[Whole, Field(ge=0)]


class SweepPage(Payload):
    """A page of portfolios that a schedule trigger looks at.

    The trigger is the one at `trigger` (from 1) of `workflow` in the release that the schedule was made
    from; `time` is the scheduled time as it stands in the ids of runs.
    """

    release: str
    workflow: str
    trigger: Annotated[Whole, Field(ge=1)]
    time: str
    after: str = ""


class SweptPage(Payload):
    """What became of the page; `last` is the portfolio to go on after, null at the end."""

    last: str | None
    looked_at: Count
    started: Count
    failed: Count


ENTRIES = (
    Entry(
        name="sweeps.page",
        summary="Start a run for each portfolio of a page that a schedule is for",
        input=SweepPage,
        output=SweptPage,
        effect=Effect.EFFECT,
        errors=(
            DeclaredError("UnknownRelease", "there is no such release"),
            DeclaredError("UnknownTrigger", "the release has no trigger at that place"),
            *READ_ERRORS,
        ),
        no_undo="what is started stands for itself",
        internal=True,
    ),
)
