"""Portfolios: what they hold, what they aim at, how far they have drifted."""

from typing import Annotated, Literal

from pydantic import Field

from payloads.base import Amount, Etf, Fraction, Identifier, IsoDate, Payload, Real, Units, Whole
from payloads.bounds import AmountFromZero
from payloads.entry import DeclaredError, Effect, Entry
from payloads.goals import PodId
from payloads.storage import EFFECT_ERRORS, READ_ERRORS, UNKNOWN_PORTFOLIO

RiskScore = Annotated[Whole, Field(ge=0, le=100)]
State = Literal["opened", "invested", "managed", "closing", "closed", "house"]
Mandate = Literal["advised", "discretionary"]
"""Whether the client decides on each proposal, or has left that to the firm."""


class PortfolioId(Payload):
    """Which portfolio."""

    portfolio_id: Identifier


class ParcelHeld(Payload):
    """Units bought together and still held; `cost_base` is of all of them, brokerage included."""

    id: str
    etf: Etf
    units: Units
    acquired: IsoDate
    cost_base: Amount


class PortfolioRead(Payload):
    """A portfolio as it stands. `available_cash` is what open buy orders have not reserved."""

    portfolio_id: str
    customer_id: str
    account_id: str
    state: State
    mandate: Mandate
    risk_score: int | None
    marginal_rate: Fraction | None
    cash: Amount
    available_cash: Amount
    positions: dict[Etf, Units]
    target: dict[Etf, Real]
    pods: dict[str, Real]
    parcels: list[ParcelHeld]


class SaveAllocation(Payload):
    """What the questionnaire and the pods came to."""

    portfolio_id: Identifier
    risk_score: RiskScore
    risk_category: Identifier
    marginal_rate: Fraction
    pods: dict[PodId, Fraction]


class SetTarget(Payload):
    """The weights to hold from now on, and the market snapshot that they were found on."""

    portfolio_id: Identifier
    weights: dict[Etf, Fraction] = Field(min_length=1)
    snapshot: Identifier
    by_pod: dict[PodId, dict[Etf, AmountFromZero]] | None = Field(
        None, description="which pod asked for how much of each ETF; without it what is known stays"
    )


class CreatedPortfolio(Payload):
    """The portfolio after its first trades."""

    portfolio_id: str
    positions: dict[Etf, Units]
    cash: Amount


class Monitored(Payload):
    """The portfolio is watched from now on."""

    portfolio_id: str
    state: State


_OF_WEIGHTS = (
    DeclaredError("WeightsNotWhole", "the weights do not add up to 1"),
    UNKNOWN_PORTFOLIO,
    *EFFECT_ERRORS,
)
_STAYS = "the next run sets it anew; nothing was traded"

ENTRIES = (
    Entry(
        "portfolio.read",
        "Read a portfolio: cash, positions, parcels, target",
        PortfolioId,
        PortfolioRead,
        Effect.READS,
        errors=(UNKNOWN_PORTFOLIO, *READ_ERRORS),
    ),
    Entry(
        "portfolio.save_allocation",
        "Record a portfolio's risk score and pod weights",
        SaveAllocation,
        PortfolioId,
        Effect.EFFECT,
        errors=_OF_WEIGHTS,
        no_undo=_STAYS,
    ),
    Entry(
        "portfolio.set_target",
        "Record the weights that a portfolio should hold",
        SetTarget,
        PortfolioId,
        Effect.EFFECT,
        errors=_OF_WEIGHTS,
        no_undo=_STAYS,
    ),
    Entry(
        "portfolio.create",
        "Record that a portfolio holds its first positions",
        PortfolioId,
        CreatedPortfolio,
        Effect.EFFECT,
        errors=(
            DeclaredError("NothingHeld", "no order of the portfolio has filled"),
            UNKNOWN_PORTFOLIO,
            *EFFECT_ERRORS,
        ),
        no_undo="positions that were bought stay bought",
    ),
    Entry(
        "monitoring.start",
        "Have a portfolio watched from now on",
        PortfolioId,
        Monitored,
        Effect.EFFECT,
        errors=(
            DeclaredError("NotInvested", "the portfolio has not been created yet"),
            UNKNOWN_PORTFOLIO,
            *EFFECT_ERRORS,
        ),
        no_undo="watching changes nothing by itself",
    ),
)
