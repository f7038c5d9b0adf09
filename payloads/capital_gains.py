"""Capital gains of a year, parcel by parcel."""

from typing import Annotated, Literal

from pydantic import Field

from payloads.base import Amount, Etf, Flag, Identifier, IsoDate, Payload, Price
from payloads.bounds import AmountFromZero, ExactUnits, PositivePrice
from payloads.entry import DeclaredError, Entry
from payloads.tax import UNKNOWN_TAX_YEAR, Jurisdiction, Taxpayer, TaxYear

Method = Literal["fifo", "lifo", "highest_cost", "lowest_tax", "specific"]


class Parcel(Payload):
    """Units bought together."""

    id: Identifier
    etf: Etf
    units: ExactUnits
    acquired: IsoDate
    cost_base: AmountFromZero = Field(description="of the whole parcel, with the costs of buying")
    market_value: AmountFromZero | None = Field(
        None,
        description="of the whole parcel on 30 June 2027 (AU), where it was bought before and sold after",
    )


class Disposal(Payload):
    """Units sold together."""

    etf: Etf
    units: ExactUnits
    date: IsoDate
    proceeds: AmountFromZero = Field(description="of all units, after the costs of selling")
    parcel_ids: Annotated[list[Identifier], Field(min_length=1)] | None = Field(
        None, description="which parcels were sold, in the order to be taken; for the method specific"
    )


class QuarterIndex(Payload):
    """The consumer price index of one quarter."""

    quarter: IsoDate = Field(description="the first day of the quarter")
    value: PositivePrice


class FindCapitalGains(Payload):
    """What was bought, what was sold in the year, and how parcels are chosen."""

    jurisdiction: Jurisdiction
    year: TaxYear
    method: Method
    parcels: list[Parcel]
    disposals: list[Disposal]
    losses_brought_forward: AmountFromZero = Field(default=0, validate_default=True)
    taxpayer: Taxpayer = "individual"
    resident: Flag = Field(True, description="a non-resident has no discount")
    price_index: list[QuarterIndex] = Field(
        default_factory=list, description="for years in which the cost base is indexed (AU: from July 2027)"
    )


class GainLine(Payload):
    """Units of one parcel that one disposal took."""

    parcel: Identifier
    disposal: int = Field(description="the disposal's place in the input, from 0")
    etf: Etf
    units: Price
    proceeds: Amount
    cost_base: Amount
    gain: Amount = Field(description="negative for a loss; before indexation and discount")
    days_held: int = Field(description="from the day of acquisition to that of disposal")
    discountable: bool = Field(description="a gain that a discount comes off")
    term: Literal["short", "long"] | None = Field(description="US only")


class CapitalGains(Payload):
    """The lines in the order of the disposals, and the year's figures, positive, in cents."""

    lines: list[GainLine]
    gross_gains: Amount
    capital_losses: Amount = Field(description="of the year")
    losses_applied: Amount = Field(description="losses of the year and brought forward, set against gains")
    discount: Amount
    net_capital_gain: Amount
    losses_carried_forward: Amount
    deducted_from_income: Amount = Field(description="US only: of the net loss, off other income")
    short_term_gain: Amount | None = Field(description="US only: net of losses, negative for a loss")
    long_term_gain: Amount | None = Field(description="US only: net of losses, negative for a loss")
    assumptions: list[str]


ENTRIES = (
    Entry(
        name="tax.capital_gains",
        summary="Work out a year's capital gains: parcels sold, losses, discount, what is carried on",
        input=FindCapitalGains,
        output=CapitalGains,
        errors=(
            UNKNOWN_TAX_YEAR,
            DeclaredError("NotCovered", "the rules hold no answer for this kind of taxpayer"),
            DeclaredError("OutsideYear", "a disposal is not of the year"),
            DeclaredError("OversoldUnits", "more units are sold than were bought by then"),
            DeclaredError("UnknownParcel", "a disposal names a parcel that it cannot have sold"),
            DeclaredError("InvalidValue", "parcels are named without the method specific, or not with it"),
            DeclaredError("MissingMarketValue", "units bought before the rules changed lack their value"),
            DeclaredError("MissingPriceIndex", "a quarter's price index is needed and not given"),
        ),
        files=("tax_au", "tax_us"),
    ),
)
