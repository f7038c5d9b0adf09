"""Losses of a portfolio realised by swaps: what is worth it, the orders, and when to look again."""

from typing import Annotated, Literal

from pydantic import Field

from payloads.base import Amount, Etf, Fraction, Identifier, IsoDate, Payload, Units
from payloads.entry import DeclaredError, Effect, Entry
from payloads.harvests import BlockedBy
from payloads.orders import Trade
from payloads.tax import UNKNOWN_TAX_YEAR
from payloads.valuation import PRICE_ERRORS

Reason = BlockedBy | Literal["no_replacement", "ex_date", "too_small"]


class Swap(Payload):
    """Units of one ETF sold at a loss, and units of another bought in their place."""

    sold: Etf
    units_sold: Annotated[Units, Field(gt=0)]
    bought: Etf
    units_bought: Annotated[Units, Field(gt=0)]
    loss: Amount
    net_benefit: Amount


class PlanHarvest(Payload):
    """Whose losses to look for, or which swaps to take back."""

    portfolio_id: Identifier
    take_back: list[Swap] = Field(
        default_factory=list, description="swaps made before; with any, only they are looked at"
    )


class LookedAt(Payload):
    """A parcel below its cost base whose loss is worth realising, and what stands against it now."""

    etf: Etf
    parcel: Identifier
    units: Units
    loss: Amount
    net_benefit: Amount
    replacement: Etf | None
    blocked_by: Reason | None
    free_on: IsoDate | None = Field(description="first day on which nothing blocks it by waiting alone")


class Timing(Payload):
    """When to sell or buy around a distribution; the amount is the credit or the income that it is about."""

    code: Literal["keep_for_franking", "buy_after_ex_date"]
    etf: Etf
    until: IsoDate
    text: str
    amount: Amount


class Kept(Payload):
    """A swap that is not taken back, and why."""

    sold: Etf
    bought: Etf
    text: str


class HarvestPlan(Payload):
    """The orders of today, what they make of the target, and the days to look again on."""

    portfolio_id: str
    as_of: IsoDate
    snapshot: str
    candidates: list[LookedAt]
    trades: list[Trade]
    swaps: list[Swap]
    kept: list[Kept]
    total_net_benefit: Amount = Field(description="of the swaps")
    target: dict[Etf, Fraction] = Field(description="weights to hold after the trades; empty without swaps")
    look_again_on: IsoDate | None = Field(
        description="first day on which something blocked is free; null: there is nothing to wait for"
    )
    take_back_on: IsoDate | None = Field(description="day on which the house switches back; null: never")
    advice: list[Timing]


ENTRIES = (
    Entry(
        "tax.plan_harvest",
        "Plan the swaps that realise a portfolio's losses, or that take such swaps back",
        PlanHarvest,
        HarvestPlan,
        Effect.READS,
        errors=(
            DeclaredError("NoTaxRate", "the portfolio has no marginal rate yet"),
            UNKNOWN_TAX_YEAR,
            DeclaredError("NotCovered", "the rules hold no answer for this kind of taxpayer"),
            *PRICE_ERRORS,
        ),
        files=("fees", "harvesting", "limits", "market", "tax_au", "tax_us", "trading", "universe"),
    ),
)
