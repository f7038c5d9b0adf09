"""The file tax_us.yaml: United States rules on gains and wash sales."""

from typing import Annotated

from pydantic import Field

from payloads.files.tax_au import FromZero, Gap, Number, Parameter
from payloads.files.written import Dated, History, Written
from payloads.tax import Taxpayer

CalendarYear = Annotated[str, Field(pattern=r"^\d{4}$")]


class DatedByTaxpayer(Dated):
    """A number for each taxpayer from a date on; a taxpayer without one is not covered."""

    amounts: Annotated[dict[Taxpayer, FromZero], Field(min_length=1)]


class ByTaxpayer(Parameter):
    """A rule that is one number a taxpayer."""

    values: History[DatedByTaxpayer]


class TaxUsFile(Written):
    """Everything Kronos knows of United States tax on gains."""

    years: Annotated[list[CalendarYear], Field(min_length=1)]
    long_term_months: Number
    loss_deduction: ByTaxpayer
    short_term_rate: ByTaxpayer
    long_term_rate: ByTaxpayer
    wash_sale_days: Number
    not_covered: list[Gap]
