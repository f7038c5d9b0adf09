"""The catalogue file trading.yaml: what holds for every order, whatever a definition says."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Generic, TypeVar

from pydantic import ConfigDict, Field, model_validator

from payloads.base import Fraction, IsoDate, Payload, Price, Ratio
from payloads.base import Money as MoneyAmount
from payloads.bounds import Weight
from payloads.parcel_methods import ParcelMethod

Value = TypeVar("Value")
Money = Annotated[MoneyAmount, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0, le=3600)]


class Since(Payload, Generic[Value]):
    """A value and the day from which it holds."""

    model_config = ConfigDict(extra="forbid")

    since: IsoDate
    value: Value


class Rule(Payload, Generic[Value]):
    """A dated rule: what it says, its unit, where it comes from, and its values, oldest first."""

    model_config = ConfigDict(extra="forbid")

    description: str = Field(min_length=1)
    unit: str = Field(min_length=1)
    source: str = Field(min_length=1)
    values: list[Since[Value]] = Field(min_length=1)

    @model_validator(mode="after")
    def _oldest_first(self) -> "Rule[Value]":
        days = [entry.since for entry in self.values]
        if days != sorted(set(days)):
            raise ValueError("values must be in the order of their `since`, each day once")
        return self

    def on(self, day: date) -> Value:
        """The value that holds on `day`; LookupError names the first day there is one for."""
        held = [entry.value for entry in self.values if entry.since <= day]
        if not held:
            raise LookupError(f"no value on {day}; the first holds from {self.values[0].since}")
        return held[-1]


class TickBand(Payload):
    """The price step below a price; the last band has no upper end."""

    model_config = ConfigDict(extra="forbid")

    below: Annotated[Price, Field(gt=0)] | None = None
    step: Annotated[Price, Field(gt=0)]


class VolumeBand(Payload):
    """Up to a share of the session's time, the share of its volume that is traded."""

    model_config = ConfigDict(extra="forbid")

    until: Annotated[Ratio, Field(gt=0, le=1)]
    share: Weight


class Exchange(Payload):
    """Where orders go: whose sessions count, and in which time zone a fill gets its date."""

    model_config = ConfigDict(extra="forbid")

    calendar: str
    timezone: str


class Polling(Payload):
    """How often the broker is asked: first soon, then ever less often, in seconds."""

    model_config = ConfigDict(extra="forbid")

    first_seconds: Seconds
    factor: Annotated[float, Field(ge=1, le=10)]
    longest_seconds: Seconds
    proceeds_seconds: Seconds = Field(
        description="how long buys wait for the proceeds of sells in one attempt"
    )
    late_fill_days: Annotated[int, Field(ge=1, le=60)] = Field(
        default=5, description="how long after its end an order is looked at for a late fill"
    )


class TradingFile(Payload):
    """trading.yaml as a whole."""

    model_config = ConfigDict(extra="forbid")

    exchange: Exchange
    price_collar: Rule[Fraction]
    largest_order_value: Rule[Money]
    ticks: Rule[list[TickBand]]
    parcel_method: Rule[ParcelMethod] | None = None
    volume_curve: Rule[list[VolumeBand]]
    polling: Polling

    @model_validator(mode="after")
    def _curves_are_whole(self) -> "TradingFile":
        for entry in self.volume_curve.values:
            ends = [band.until for band in entry.value]
            if ends != sorted(set(ends)) or ends[-1:] != [Decimal(1)]:
                raise ValueError(
                    "volume_curve: each band's `until` is later than the one before, the last is 1"
                )
            if sum(band.share for band in entry.value) != 1:
                raise ValueError("volume_curve: the shares of a curve add up to 1")
        return self

    @model_validator(mode="after")
    def _last_band_is_open(self) -> "TradingFile":
        for entry in self.ticks.values:
            ends = [band.below for band in entry.value]
            if not ends or ends[-1] is not None or any(end is None for end in ends[:-1]):
                raise ValueError("ticks: every band but the last needs `below`, the last has none")
        return self

    def tick(self, price: Decimal, day: date) -> Decimal:
        """The smallest step of a limit at that price."""
        bands = self.ticks.on(day)
        return next(band.step for band in bands if band.below is None or price < band.below)

    def parcels_by(self, day: date) -> ParcelMethod:
        """How the house's sales choose parcels; releases from before there was a choice take the oldest."""
        return "fifo" if self.parcel_method is None else self.parcel_method.on(day)
