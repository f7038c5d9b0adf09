"""Portfolios at the newest prices: what they are worth, and how far they are from their target."""

from typing import Annotated

from pydantic import Field

from payloads.base import Amount, Etf, Flag, Identifier, IsoDate, Payload, Real
from payloads.bounds import Weight
from payloads.entry import DeclaredError, Effect, Entry
from payloads.orders import Trade
from payloads.portfolios import PortfolioId
from payloads.rebalancing import MISSING_PARCELS, Mode, TradeDecision, TradePlan, TradeWay
from payloads.storage import READ_ERRORS, UNKNOWN_PORTFOLIO


class TowardsTarget(TradeWay):
    """Which portfolio, and what it should hold."""

    portfolio_id: Identifier
    target: Annotated[dict[Etf, Weight], Field(min_length=1)] | None = Field(
        None, description="weights of the whole, at most 1 together; those on record if absent"
    )


class MeasureDrift(TowardsTarget):
    """Which portfolio, and how the trades against its drift are planned."""

    tax_aware: Flag = Field(
        False, description="only trades that are worth their cost and the tax on what they sell"
    )


class ProposeTrades(TowardsTarget):
    """Which portfolio, and how its trades are planned."""

    tax_aware: Flag = Field(
        True, description="only trades that are worth their cost and the tax on what they sell"
    )


class ProposedTrades(TradePlan):
    """The trades, and why each is made or not; `tax` is null where nothing was weighed."""

    mode: Mode
    decisions: list[TradeDecision]
    tax: Amount | None
    assumptions: list[str]


class Drift(Payload):
    """How far a portfolio is from its target. `by_etf` is current less target weight.

    `largest` is the largest of them without sign, `total_drift` half their sum without signs,
    `trades` what would bring the portfolio back.
    """

    largest: Real
    total_drift: Real
    by_etf: dict[Etf, Real]
    trades: list[Trade]


class PortfolioValue(Payload):
    """What a portfolio is worth at the closing prices of a snapshot, cash included."""

    portfolio_id: str
    value: Amount
    cash: Amount
    holdings: dict[Etf, Amount] = Field(description="value by ETF; rounded one by one")
    valued_on: IsoDate = Field(description="the day where the exchange is")
    snapshot: str
    as_of: IsoDate = Field(description="the session whose closing prices the snapshot holds")
    simulated: bool


PRICE_ERRORS = (
    DeclaredError("NoSnapshot", "there is no snapshot to take prices from"),
    DeclaredError("StaleSnapshot", "the newest snapshot is too old"),
    DeclaredError("UnknownEtf", "the snapshot has no price for an ETF"),
    UNKNOWN_PORTFOLIO,
    *READ_ERRORS,
)

_PLAN_ERRORS = (
    DeclaredError("NoTarget", "the portfolio has no target yet"),
    DeclaredError("NothingHeld", "the portfolio holds neither units nor cash"),
    DeclaredError("TargetAboveOne", "the target weights given add up to more than 1"),
    DeclaredError("BufferTooLarge", "the cash buffer is more than the whole portfolio"),
    MISSING_PARCELS,
    *PRICE_ERRORS,
)
_PLAN_FILES = ("fees", "limits", "market", "rebalancing", "tax_au", "trading", "universe")

ENTRIES = (
    Entry(
        "portfolio.measure_drift",
        "Measure how far a portfolio is from its target, at the newest prices",
        MeasureDrift,
        Drift,
        Effect.READS,
        errors=_PLAN_ERRORS,
        files=_PLAN_FILES,
    ),
    Entry(
        "rebalancing.propose",
        "Plan the trades that bring a portfolio back, with the reason for each and for each not made",
        ProposeTrades,
        ProposedTrades,
        Effect.READS,
        errors=_PLAN_ERRORS,
        files=_PLAN_FILES,
    ),
    Entry(
        "portfolio.value",
        "Value a portfolio at the newest prices",
        PortfolioId,
        PortfolioValue,
        Effect.READS,
        errors=PRICE_ERRORS,
        files=("market", "trading", "universe"),
    ),
)
