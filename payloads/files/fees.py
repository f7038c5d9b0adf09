"""The file fees.yaml: what the house and its brokers charge."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from payloads.base import Price
from payloads.bounds import PositivePrice
from payloads.files.written import Dated, Figure, History, Rate, Words, Written, Wrong, refuse

Mandate = Literal["advised", "discretionary"]
FromZero = Annotated[Price, Field(ge=0)]
# With balances in cents, a year's fee then has no more than eight decimals, which is what is kept of it.
FourPlaces = Annotated[Rate, Field(decimal_places=4)]
TwoPlaces = Annotated[Rate, Field(decimal_places=2)]


class FeeTierWritten(Written):
    """A yearly rate on the slice of the balance from the tier before to `up_to`; the last has no end."""

    up_to: PositivePrice | None = None
    rate: FourPlaces


class ScheduleTerms(Dated):
    """What is charged from a day on: tiers, the least fee of a year, and a share off the fee."""

    tiers: Annotated[list[FeeTierWritten], Field(min_length=1)]
    minimum: FromZero
    discount: TwoPlaces

    @model_validator(mode="after")
    def _tiers_rise(self) -> Self:
        refuse(self._contradictions())
        return self

    def _contradictions(self) -> list[Wrong]:
        ends = [tier.up_to for tier in self.tiers]
        found, above = [], Price(0)
        for place, end in enumerate(ends[:-1]):
            if end is None:
                found.append(Wrong(("tiers", place, "up_to"), "only the last tier is without an end"))
            elif end <= above:
                found.append(Wrong(("tiers", place, "up_to"), f"tiers rise: {end} is not above {above}"))
            above = end or above
        if ends[-1] is not None:
            found.append(Wrong(("tiers", len(ends) - 1, "up_to"), "the last tier is without an end"))
        return found


class Schedule(Written):
    """A schedule of fees on a portfolio's balance, AUD a year, without GST."""

    summary: Words
    versions: History[ScheduleTerms]


class DatedRate(Dated):
    """A rate from a day on."""

    value: Rate


class DatedPrice(Dated):
    """A price from a day on."""

    value: PositivePrice


class HourlyRate(Written):
    """What an hour of somebody's work costs, without GST."""

    unit: Words
    values: History[DatedPrice]


class Gst(Written):
    """The tax on top of every fee."""

    unit: Words
    values: History[DatedRate]


class FeesFile(Written):
    """Charges in force."""

    brokerage: Figure
    gst: Gst
    schedules: dict[str, Schedule]
    schedule_of: dict[Mandate, str] = Field(description="which schedule a portfolio of that mandate is on")
    hourly: dict[str, HourlyRate]

    @model_validator(mode="after")
    def _every_mandate_has_a_schedule(self) -> Self:
        unknown = [name for name in self.schedule_of.values() if name not in self.schedules]
        missing = [name for name in ("advised", "discretionary") if name not in self.schedule_of]
        refuse(
            [Wrong(("schedule_of",), f"no schedule is called {name}") for name in unknown]
            + [Wrong(("schedule_of",), f"the mandate {name} has no schedule") for name in missing]
        )
        return self
