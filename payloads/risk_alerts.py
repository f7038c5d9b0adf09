"""Alerts of a portfolio's risk, one an episode: from the first until the portfolio is within its limits."""

from typing import Annotated

from pydantic import Field

from payloads.base import Flag, Identifier, IsoDate, Payload
from payloads.entry import Effect, Entry
from payloads.portfolios import PortfolioId
from payloads.risk_limits import LimitBreach, ScenarioName
from payloads.risk_report import LosingPosition
from payloads.storage import EFFECT_ERRORS, UNKNOWN_PORTFOLIO


class RaiseAlert(Payload):
    """The limits that a portfolio breaks, the positions that have lost too much, and what could cost most."""

    portfolio_id: Identifier
    breaches: Annotated[list[LimitBreach], Field(max_length=1000)]
    stop_losses: Annotated[list[LosingPosition], Field(max_length=1000)] = Field(default_factory=list)
    worst_scenario: ScenarioName
    again: Flag = Field(False, description="also where an alert is open that named all of it")


class RaisedAlert(Payload):
    """Whether the alert is new; else the open one, of `alerted_on`, named every breach and position of now.

    What stays broken for as long as risk.yaml says is new again.
    """

    raised: Flag
    alerted_on: IsoDate = Field(description="on the exchange's calendar")


class EndedAlert(Payload):
    """Whether an alert was open until now."""

    ended: Flag


ENTRIES = (
    Entry(
        "risk.raise_alert",
        "Record what a portfolio breaks, unless an open alert has named it",
        RaiseAlert,
        RaisedAlert,
        Effect.EFFECT,
        errors=(UNKNOWN_PORTFOLIO, *EFFECT_ERRORS),
        files=("risk", "trading"),
        no_undo="what was broken was broken",
    ),
    Entry(
        "risk.end_alert",
        "Record that a portfolio is within its limits again, if an alert is open",
        PortfolioId,
        EndedAlert,
        Effect.EFFECT,
        errors=(UNKNOWN_PORTFOLIO, *EFFECT_ERRORS),
        files=("trading",),
        no_undo="it was within its limits",
    ),
)
