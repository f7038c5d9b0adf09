"""What a client was told of a portfolio's risk, so that it is told once."""

from typing import Annotated

from pydantic import Field

from payloads.base import Etf, Flag, Identifier, IsoDate, Payload
from payloads.entry import Effect, Entry
from payloads.risk_limits import LimitBreach
from payloads.storage import READ_ERRORS, UNKNOWN_PORTFOLIO


class Standing(Payload):
    """How a portfolio stands now: the limits that it breaks, and the positions that have lost too much."""

    portfolio_id: Identifier
    breaches: Annotated[list[LimitBreach], Field(max_length=1000)]
    stop_losses: Annotated[list[Etf], Field(max_length=1000)] = Field(default_factory=list)


class OpenAlert(Payload):
    """The alert since which the portfolio was never within its limits; none where it was.

    `repeats` where the alert named every breach and position of now, and the house does not tell of them
    again yet.
    """

    alerted_on: IsoDate | None = None
    repeats: Flag


ENTRIES = (
    Entry(
        "risk.open_alert",
        "Find the alert that a portfolio's breaches were told by, if they were",
        Standing,
        OpenAlert,
        Effect.READS,
        errors=(UNKNOWN_PORTFOLIO, *READ_ERRORS),
        files=("risk", "trading"),
    ),
)
