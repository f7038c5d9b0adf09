"""Tax: a year's income assessed, and what a portfolio leaves after tax."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from payloads.base import Amount, Etf, Flag, Fraction, Identifier, IsoDate, Payload, Real, Units
from payloads.bounds import (
    AmountFromZero,
    ExactUnits,
    PositivePrice,
    PositiveUnits,
    RateBelowOne,
    Share,
    Weight,
)
from payloads.entry import DeclaredError, Entry

Jurisdiction = Literal["AU", "US"]
TaxYear = Annotated[
    str,
    StringConstraints(min_length=1, max_length=10),
    Field(description='"2025-26" for Australia (from July), "2025" for the United States'),
]
Taxpayer = Literal["individual", "company", "super"]


class Distribution(Payload):
    """One distribution paid in the year."""

    etf: Etf
    cash: AmountFromZero
    franking: Weight = Field(default=0, validate_default=True, description="franked share of the cash")
    credit: AmountFromZero | None = Field(
        None, description="franking credit by the fund's statement; wins over `franking`"
    )
    days_held: Units | None = Field(
        None, description="days at risk, without the days of acquisition and of disposal"
    )
    ex_date: IsoDate | None = Field(None, description="first day on which the units trade without it")


class UnitTrade(Payload):
    """One purchase or sale of units."""

    id: Identifier | None = None
    date: IsoDate
    etf: Etf
    side: Literal["buy", "sell"]
    units: ExactUnits
    price: PositivePrice | None = None
    fees: AmountFromZero | None = None


class AssessIncome(Payload):
    """A taxpayer's income of one year."""

    jurisdiction: Jurisdiction
    year: TaxYear
    resident: Flag = True
    taxpayer: Taxpayer = "individual"
    other_income: AmountFromZero = Field(
        default=0,
        validate_default=True,
        description="all assessable income that is not listed, after deductions",
    )
    distributions: list[Distribution] = Field(default_factory=list)
    trades: list[UnitTrade] | None = Field(
        None, description="every purchase and sale of the ETFs they name, for the 45-day rule"
    )
    net_capital_gain: AmountFromZero = Field(
        default=0, validate_default=True, description="after losses and discount"
    )
    company_rate: RateBelowOne | None = Field(
        None, description="tax rate of the companies that franked; the general rate if absent"
    )
    base_rate_entity: Flag = Field(
        False, description="whether a taxpayer that is a company pays the lower company rate"
    )


class Offsets(Payload):
    """Offsets as far as they were used."""

    low_income: Amount
    franking: Amount


class IncomeAssessment(Payload):
    """The assessment of one year, every step of it, in cents."""

    gross_income: Amount = Field(description="other income + cash + net capital gain")
    franking_credits: Amount = Field(description="those allowed")
    denied_franking: Amount = Field(description="credits lost by the 45-day rule")
    taxable_income: Amount = Field(description="gross income + credits allowed")
    tax_before_offsets: Amount = Field(description="without the levy")
    medicare_levy: Amount
    offsets: Offsets
    income_tax: Amount = Field(description="after offsets, with the levy, never below zero")
    refund: Amount = Field(description="what the franking offset leaves, where it is paid out")
    after_tax_income: Amount = Field(description="gross income - income tax + refund")
    assumptions: list[str]


class AssetTaxFacts(Payload):
    """What an ETF is expected to earn and pay in a year; liquidity and exposure play no part here."""

    expected_return: Real
    yield_: Share = Field(alias="yield", description="cash paid a year, share of value")
    franking: Weight = Field(description="franked share of the cash")
    liquidity: Fraction | None = None
    exposure: str | None = None


class HeldParcel(Payload):
    """Units bought together."""

    id: Identifier
    etf: Etf
    units: PositiveUnits
    acquired: IsoDate
    cost_base: AmountFromZero = Field(description="of the whole parcel, not a unit")


class AnalyzePortfolio(Payload):
    """A portfolio, what its ETFs are expected to pay, and the holder's tax rate."""

    holdings: dict[Etf, AmountFromZero] = Field(description="value by ETF")
    assets: dict[Etf, AssetTaxFacts]
    parcels: list[HeldParcel] = Field(
        default_factory=list, description="how the holdings were bought; none: no unrealised gains"
    )
    marginal_rate: Fraction
    as_of: IsoDate


class Recommendation(Payload):
    """One thing to do, and the money it is about (positive)."""

    code: Literal["hold_for_discount", "harvest_loss", "prefer_franked", "confirm_gain"]
    etf: Etf
    text: str
    amount: Amount


class PortfolioTax(Payload):
    """A year's expected income after tax, the tax on gains not yet realised, and what to do."""

    gross_income: Amount
    franking_credits: Amount
    income_tax: Amount = Field(description="negative where credits exceed the tax")
    after_tax_income: Amount
    cgt_liability: Amount
    net_after_tax_return: Real
    tax_efficiency_score: Fraction
    recommendations: list[Recommendation]


UNKNOWN_TAX_YEAR = DeclaredError("UnknownTaxYear", "the catalogue has no tax rules of that year")

ENTRIES = (
    Entry(
        name="tax.assess_income",
        summary="Assess a year's income: tax, levy, offsets, franking credits and refund",
        input=AssessIncome,
        output=IncomeAssessment,
        errors=(
            UNKNOWN_TAX_YEAR,
            DeclaredError("JurisdictionNotCovered", "income of that jurisdiction is not assessed"),
            DeclaredError("NotCovered", "the rules hold no answer for this kind of taxpayer or income"),
            DeclaredError(
                "MissingExDate", "trades decide the 45-day rule, but a distribution has no ex_date"
            ),
            DeclaredError("NothingHeld", "by the trades no unit was held when a distribution fell due"),
            DeclaredError("OversoldUnits", "the trades sell more units than they bought"),
        ),
        files=("tax_au",),
    ),
    Entry(
        name="tax.analyze_portfolio",
        summary="Estimate a portfolio's yearly income, tax, unrealised gains tax and return after tax",
        input=AnalyzePortfolio,
        output=PortfolioTax,
        errors=(
            UNKNOWN_TAX_YEAR,
            DeclaredError("MissingAsset", "a holding has no entry in assets"),
            DeclaredError("NothingHeld", "the holdings are worth nothing, or a parcel belongs to none"),
        ),
        files=("tax_au",),
    ),
)
