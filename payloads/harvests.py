"""Losses worth realising."""

from typing import Annotated, Literal

from pydantic import Field

from payloads.base import Amount, Etf, Fraction, Identifier, IsoDate, Payload, Price, Whole
from payloads.bounds import AmountFromZero, ExactUnits, PositivePrice, Share
from payloads.entry import DeclaredError, Entry
from payloads.rebalancing import TradingCosts
from payloads.tax import UNKNOWN_TAX_YEAR, Jurisdiction, Taxpayer, UnitTrade

BlockedBy = Literal["wash_sale", "part_iva", "minimum_holding"]


class HarvestParcel(Payload):
    """Units bought together."""

    id: Identifier
    etf: Etf
    units: ExactUnits
    acquired: IsoDate
    cost_base: AmountFromZero = Field(description="of the whole parcel")


class Deferral(Payload):
    """How long the tax that a loss saves stays saved, and what that is worth."""

    years: Annotated[Whole, Field(ge=0, le=100)] = Field(description="until the replacement is sold")
    rate: Share = Field(description="return a year on the tax that is paid later")


class FindHarvests(Payload):
    """What is held at what prices, and what selling costs."""

    jurisdiction: Jurisdiction
    parcels: list[HarvestParcel]
    prices: dict[Etf, PositivePrice]
    as_of: IsoDate
    marginal_rate: Fraction
    taxpayer: Taxpayer = "individual"
    costs: TradingCosts = Field(default_factory=TradingCosts)
    threshold: AmountFromZero = Field(
        default=0, validate_default=True, description="only net benefits above it count"
    )
    replacements: dict[Etf, Etf | list[Etf]] = Field(
        default_factory=dict,
        description="what may replace an ETF, the best first; others of its class by the catalogue if absent",
    )
    recent_trades: list[UnitTrade] = Field(default_factory=list)
    deferral: Deferral | None = Field(None, description="by the catalogue if absent")


class Harvest(Payload):
    """A parcel below its cost base."""

    etf: Etf
    parcel: Identifier
    units: Price
    loss: Amount
    tax_benefit: Amount = Field(description="marginal rate · loss")
    tax_later: Amount = Field(description="today's value of the tax on the replacement's lower cost base")
    cost: Amount = Field(description="of selling, and of buying the replacement if there is one")
    net_benefit: Amount = Field(description="tax benefit - tax later - cost")
    replacement: Etf | None
    blocked_by: BlockedBy | None
    free_on: IsoDate | None = Field(None, description="first day on which nothing blocks it by waiting alone")


class Harvests(Payload):
    """Candidates, the largest net benefit first."""

    candidates: list[Harvest]
    total_net_benefit: Amount = Field(description="of the candidates that nothing blocks")


ENTRIES = (
    Entry(
        name="tax.find_harvests",
        summary="Find parcels whose loss is worth realising, their replacements, and what blocks them",
        input=FindHarvests,
        output=Harvests,
        errors=(
            UNKNOWN_TAX_YEAR,
            DeclaredError("NotCovered", "the rules hold no answer for this kind of taxpayer"),
            DeclaredError("MissingPrice", "an ETF that is held has no price"),
            DeclaredError("NothingHeld", "a parcel was not held yet on that day"),
        ),
        files=("harvesting", "tax_au", "tax_us", "universe"),
    ),
)
