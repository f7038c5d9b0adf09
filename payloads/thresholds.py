"""Thresholds over metrics of portfolios, judged in bulk by the monitoring sweeps."""

from typing import Annotated

from pydantic import Field

from payloads.base import Flag, Payload, Ratio, Whole
from payloads.bounds import ExactMoment
from payloads.entry import Effect, Entry
from payloads.storage import READ_ERRORS

Count = Annotated[Whole, Field(ge=0)]


class MeasuredPortfolio(Payload):
    """The metrics of one portfolio, by the names of the language."""

    portfolio_id: str
    metrics: dict[str, Flag | Ratio]


class EvaluateThresholds(Payload):
    """What was measured, and when; by default now."""

    rows: Annotated[list[MeasuredPortfolio], Field(max_length=5000)]
    at: ExactMoment | None = None


class FiredThreshold(Payload):
    """A threshold that was crossed, and the run that it starts."""

    workflow: str
    trigger: int
    portfolio_id: str
    workflow_id: str


class JudgedThresholds(Payload):
    """How many pairs of threshold and portfolio were judged or could not be, and which fired."""

    judged: Count
    failed: Count
    fired: list[FiredThreshold]


ENTRIES = (
    Entry(
        name="thresholds.evaluate",
        summary="Judge every threshold over a batch of measured portfolios, and start what fires",
        input=EvaluateThresholds,
        output=JudgedThresholds,
        effect=Effect.EFFECT,
        errors=READ_ERRORS,
        no_undo="what is started stands for itself",
        internal=True,
    ),
)
