"""Who held an ETF at the end of a day."""

from pydantic import Field

from payloads.base import Etf, Identifier, IsoDate, Payload, Units
from payloads.entry import Effect, Entry
from payloads.market import UNKNOWN_ETF
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


class EtfAsked(Payload):
    """An ETF that something was announced of."""

    etf: Etf


class EtfFound(Payload):
    """The ETF, and its name in the universe; null where it has left that, and was held before."""

    etf: str
    name: str | None


ENTRIES = (
    Entry(
        "holdings.find_etf",
        "Find an ETF in the universe, or among what was ever held",
        EtfAsked,
        EtfFound,
        Effect.READS,
        errors=(UNKNOWN_ETF, *READ_ERRORS),
        files=("universe",),
    ),
    Entry(
        "holdings.holders",
        "List who held an ETF at the end of a day, a page at a time",
        HoldersAsked,
        Holders,
        Effect.READS,
        errors=READ_ERRORS,
    ),
)
