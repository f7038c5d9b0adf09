"""What an investment returned, with money going in and out."""

from typing import Annotated

from pydantic import Field

from payloads.base import IsoDate, Payload, Price, Real
from payloads.entry import DeclaredError, Entry

ValueFromZero = Annotated[Price, Field(ge=0)]


class DatedValue(Payload):
    """What everything was worth on a day, after that day's flows."""

    date: IsoDate
    value: ValueFromZero


class DatedFlow(Payload):
    """Money paid in (positive) or taken out (negative)."""

    date: IsoDate
    amount: Price


class MeasurePerformance(Payload):
    """Values oldest first, and flows in any order.

    The first value opens and the last closes; neither is a flow. A value on the day of a flow is after
    it; a flow on the first day is part of the first value. A flow without a value on its day counts in the
    time-weighted return for the days that it was there (Modified Dietz).
    """

    values: list[DatedValue] = Field(min_length=2, max_length=100_000)
    flows: list[DatedFlow] = Field(default_factory=list, max_length=100_000)


class Performance(Payload):
    """Returns as fractions: 0.08 is eight percent."""

    time_weighted_return: Real = Field(description="over the whole time, whatever was paid in or out")
    money_weighted_return: Real = Field(description="a year's, on the money that was in (XIRR, 365 days)")
    annualised: Real = Field(description="the time-weighted return a year of 365 days")


ENTRIES = (
    Entry(
        "performance.measure",
        "Measure the time-weighted and the money-weighted return of an investment",
        MeasurePerformance,
        Performance,
        errors=(
            DeclaredError("InvalidValue", "values out of order, one missing or impossible; says which"),
            DeclaredError("NoSignChange", "money only went in, or only came out"),
        ),
    ),
)
