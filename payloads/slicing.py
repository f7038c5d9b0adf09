"""Slicing: an order in parts over the hours in which the market is open."""

from typing import Annotated, Literal

from pydantic import Field

from payloads.base import Moment, Payload, Units
from payloads.bounds import ExactMoment, PositiveUnits
from payloads.calendars import CALENDAR_ERRORS, Exchange
from payloads.entry import DeclaredError, Entry

Strategy = Literal["at_once", "twap", "vwap"]


class SliceOrder(Payload):
    """How many units to send from when until when, and how.

    `at_once` sends all of it as soon as the market is open, `twap` the same in the same time, `vwap` as
    the catalogue's volume curve says that the market trades.
    """

    units: Annotated[PositiveUnits, Field(le=10**12)]
    strategy: Strategy = "twap"
    start: ExactMoment
    until: ExactMoment | None = Field(
        None, description="by default the close of the session that is open at `start`, or opens next"
    )
    slices: Annotated[Units, Field(ge=1, le=500)] = Field(6, description="at most so many parts")
    minimum_units: PositiveUnits = Field(1, description="fewer parts rather than a smaller one")
    exchange: Exchange | None = Field(None, description="the catalogue's if absent")


class PlannedSlice(Payload):
    """Units to be sent at a moment; `until` is when the next slice is due, or the end."""

    number: Units
    at: Moment
    until: Moment
    units: Units


class SlicePlan(Payload):
    """The slices in order of time, their units adding up to the order; times by the exchange's clocks."""

    slices: list[PlannedSlice]
    begins_at: Moment
    ends_at: Moment


ENTRIES = (
    Entry(
        "orders.slice",
        "Plan an order in slices (TWAP, VWAP) inside the exchange's sessions",
        SliceOrder,
        SlicePlan,
        errors=(
            *CALENDAR_ERRORS,
            DeclaredError("NoOffset", "a moment does not say its offset from UTC"),
            DeclaredError("NoTradingTime", "the exchange is not open between the two moments"),
        ),
        files=("trading",),
    ),
)
