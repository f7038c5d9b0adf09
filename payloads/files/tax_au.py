"""The file tax_au.yaml: Australian tax rules, each a list of values by start date."""

from datetime import date
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from payloads.base import IsoDate, Price
from payloads.files.written import Dated, History, Rate, Records, Words, Written
from payloads.tax import Taxpayer

FromZero = Annotated[Price, Field(ge=0)]
YearName = Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]


class Parameter(Written):
    """What every rule says of itself.

    `set_yearly` marks figures that the law sets anew each year: where a year has none of its own
    yet the latest known is taken, and the assessment says so.
    """

    description: Words
    unit: Words
    set_yearly: bool = False


class DatedNumber(Dated):
    """A number from a date on."""

    value: FromZero


class Number(Parameter):
    """A rule that is one number."""

    values: History[DatedNumber]


class Bracket(Written):
    """The rate on income above `above`, up to the next bracket."""

    above: FromZero
    rate: Rate


class DatedScale(Dated):
    """Brackets from a date on, lowest first."""

    brackets: Annotated[list[Bracket], Field(min_length=1)]

    @model_validator(mode="after")
    def _rises_from_zero(self) -> Self:
        floors = [bracket.above for bracket in self.brackets]
        if floors != sorted(set(floors)) or floors[0] != 0:
            raise ValueError("brackets rise from 0")
        return self


class Scale(Parameter):
    """A rule that is a scale of rates."""

    values: History[DatedScale]


class DatedOffset(Dated):
    """An offset from a date on: the whole of it, less a rate on income in each reduction's slice."""

    whole: FromZero
    reductions: Annotated[list[Bracket], Field(min_length=1)]


class Offset(Parameter):
    """A rule that is an offset which shrinks with income."""

    values: History[DatedOffset]


def _exact(value: object) -> Fraction:
    return Fraction(str(value))


Ratio = Annotated[Fraction, BeforeValidator(_exact)]


class DatedDiscount(Dated):
    """The share of a gain that is not taxed, by taxpayer.

    `indexed` taxpayers have it on gains up to the date only; later ones are indexed by consumer prices.
    A taxpayer without a share is not covered.
    """

    shares: Annotated[dict[Taxpayer, Ratio], Field(min_length=1)]
    indexed: list[Taxpayer] = Field(default_factory=list)

    @model_validator(mode="after")
    def _indexed_have_shares(self) -> Self:
        if unknown := [kind for kind in self.indexed if kind not in self.shares]:
            raise ValueError(f"{unknown[0]} is indexed but has no share")
        return self


def _begins_a_quarter(day: date) -> date:
    if day.day != 1 or day.month % 3 != 1:
        raise ValueError(f"{day} does not begin a quarter; give its first day")
    return day


class QuarterIndex(Dated):
    """The index of one quarter, as published; `since` is the quarter's first day."""

    since: Annotated[IsoDate, AfterValidator(_begins_a_quarter)]
    value: Annotated[Price, Field(gt=0)]


class PriceIndex(Parameter):
    """The consumer price index of the quarters that are published, all of one reference period."""

    values: Records[QuarterIndex]


class Discount(Parameter):
    """The discount on capital gains."""

    months_held: Annotated[int, Field(gt=0)]
    values: History[DatedDiscount]


class Gap(Written):
    """Something the law has and these rules do not, from a day to a day."""

    text: Words
    taxpayer: Literal["individual", "company", "super"] | None = None
    since: IsoDate
    until: IsoDate | None = None

    def holds(self, day: date) -> bool:
        """Whether it is a gap on that day."""
        return self.since <= day and (self.until is None or day <= self.until)


class TaxAuFile(Written):
    """Everything Kronos knows of Australian income tax."""

    years: Annotated[list[YearName], Field(min_length=1)]
    resident_scale: Scale
    non_resident_scale: Scale
    medicare_levy_rate: Number
    medicare_levy_threshold: Number
    medicare_levy_shade_in: Number
    low_income_offset: Offset
    company_rate: Number
    base_rate_entity_rate: Number
    super_rate: Number
    unfranked_withholding: Number
    franking_days_at_risk: Number
    small_holder_credits: Number
    capital_gains_discount: Discount
    consumer_price_index: PriceIndex
    not_covered: list[Gap]
