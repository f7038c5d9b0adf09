"""Who held an ETF at the end of a day."""

from pydantic import Field

from payloads.base import Etf, Identifier, IsoDate, Payload, Units
from payloads.entry import Effect, Entry
from payloads.storage import READ_ERRORS


class HoldersAsked(Payload):
    """Which ETF, at the end of which day, and after which portfolio the page begins."""

    etf: Etf
    on: IsoDate = Field(description="units count that were held at the end of this day")
    after: Identifier | None = Field(None, description="the last portfolio of the page before")


class Holder(Payload):
    """A portfolio with units then."""

    portfolio_id: str
    customer_id: str
    units: Units


class Holders(Payload):
    """One page of holders, by portfolio; `after` asks for the next one, and is null on the last."""

    holders: list[Holder]
    after: str | None


ENTRIES = (
    Entry(
        "holdings.holders",
        "List who held an ETF at the end of a day, a page at a time",
        HoldersAsked,
        Holders,
        Effect.READS,
        errors=READ_ERRORS,
    ),
)
