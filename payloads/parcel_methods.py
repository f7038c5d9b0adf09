"""How a portfolio's sales choose their parcels."""

from typing import Literal

from pydantic import Field

from payloads.base import Identifier, Payload
from payloads.entry import Effect, Entry
from payloads.storage import EFFECT_ERRORS, UNKNOWN_PORTFOLIO

ParcelMethod = Literal["fifo", "lifo", "highest_cost", "lowest_tax"]


class SetParcelMethod(Payload):
    """The method of a portfolio's sales from now on."""

    portfolio_id: Identifier
    method: ParcelMethod | None = Field(description="null: the house's, by trading.yaml")


ENTRIES = (
    Entry(
        "portfolio.set_parcel_method",
        "Say which parcels a portfolio's sales take from now on",
        SetParcelMethod,
        SetParcelMethod,
        Effect.EFFECT,
        errors=(UNKNOWN_PORTFOLIO, *EFFECT_ERRORS),
        no_undo="it is set anew; what was sold stays sold as it was",
    ),
)
