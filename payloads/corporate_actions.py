"""Corporate actions: what funds do to their units, booked holder by holder."""

from typing import Literal

from pydantic import Field, model_validator

from payloads.base import Amount, Etf, Flag, Identifier, IsoDate, Moment, Payload, Units
from payloads.bounds import AmountFromZero, PositivePrice, PositiveUnits
from payloads.distributions import Announcement
from payloads.entry import DeclaredError, Effect, Entry
from payloads.market import UNKNOWN_ETF
from payloads.storage import EFFECT_ERRORS, READ_ERRORS, UNKNOWN_PORTFOLIO

Kind = Literal["split", "code_change", "merger", "suspension", "delisting"]
"""A suspension moves nothing; those who hold the units are told alone."""


class Ratio(Payload):
    """So many new units for so many old ones: 2 for 1 is a split, 1 for 10 a consolidation."""

    new_units: PositiveUnits
    old_units: PositiveUnits


class Action(Payload):
    """What was announced: a split and a merger have a ratio, a code change and a merger a new ETF."""

    reference: Announcement
    action: Kind
    etf: Etf
    effective_date: IsoDate = Field(description="first day on which it holds")
    ratio: Ratio | None = Field(None, description="of a split or merger")
    new_etf: Etf | None = Field(None, description="of a code change or merger")
    price: PositivePrice | None = Field(
        None,
        description="dollars that a whole unit is paid at: for fractions, at delisting, without roll-over",
    )
    rollover: Flag = Field(default=True, description="in a merger, the new units keep cost base and date")

    @model_validator(mode="after")
    def _complete(self) -> "Action":
        if (self.ratio is not None) != (self.action in ("split", "merger")):
            raise ValueError("a split and a merger have a ratio, nothing else has")
        if (self.new_etf is not None) != (self.action in ("code_change", "merger")):
            raise ValueError("a code change and a merger have a new_etf, nothing else has")
        if self.new_etf == self.etf:
            raise ValueError("the new_etf has another code")
        if self.price is None and (self.action == "delisting" or not self.rollover):
            raise ValueError("at delisting, and without roll-over, units are paid at a price")
        return self


class ApplyAction(Action):
    """One holder's part in a corporate action; their parcels are looked up, never given."""

    portfolio_id: Identifier


class CheckedAction(Payload):
    """The ETF that holders have after it, and when it takes effect: midnight where the exchange is."""

    etf: str
    effective_at: Moment


class Applied(Payload):
    """What became of the holder's units; `gain` (negative: a loss) is of what was disposed of."""

    portfolio_id: str
    customer_id: str
    etf: str
    units_before: Units
    units_after: Units
    cash: AmountFromZero
    gain: Amount


class RestatePrices(Payload):
    """Which ETF was split how, and from which day."""

    etf: Etf
    effective_date: IsoDate
    ratio: Ratio


class Restated(Payload):
    """The snapshot to read from now on, null where none is stored, and whether it was made just now."""

    snapshot: str | None
    restated: Flag


ENTRIES = (
    Entry(
        "corporate_actions.check",
        "Check that a corporate action is whole, and of ETFs that are known",
        Action,
        CheckedAction,
        Effect.READS,
        errors=(UNKNOWN_ETF, *READ_ERRORS),
        files=("trading", "universe"),
    ),
    Entry(
        "corporate_actions.apply",
        "Book a corporate action for one holder",
        ApplyAction,
        Applied,
        Effect.EFFECT,
        errors=(
            DeclaredError("InvalidValue", "a fraction is left over and has no price"),
            DeclaredError("TradedSince", "units were traded on or after the effective date"),
            DeclaredError("ReferenceConflict", "the reference was booked with other figures"),
            UNKNOWN_PORTFOLIO,
            *EFFECT_ERRORS,
        ),
        no_undo="what the fund did to its units stays done",
    ),
    Entry(
        "corporate_actions.restate_prices",
        "State past prices of a split ETF in today's units, so that none reads as a crash",
        RestatePrices,
        Restated,
        Effect.EFFECT,
        errors=EFFECT_ERRORS,
        no_undo="the next snapshot takes its place",
    ),
)
