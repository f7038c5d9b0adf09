"""Settlement: trades become cash on the day that the exchange has them change hands."""

from pydantic import Field

from payloads.base import Amount, IsoDate, Payload, Whole
from payloads.entry import DeclaredError, Effect, Entry
from payloads.storage import READ_ERRORS


class SettleTrades(Payload):
    """The day up to which trades are settled; by default today at the exchange."""

    as_of: IsoDate | None = None


class SettledTrades(Payload):
    """What this run has settled; `amount` is what came in, less what was paid."""

    as_of: IsoDate
    accounts: Whole = Field(ge=0)
    trades: Whole = Field(ge=0)
    amount: Amount


ENTRIES = (
    Entry(
        "cash.settle",
        "Turn trades into cash on every account whose settlement day has come",
        SettleTrades,
        SettledTrades,
        Effect.EFFECT,
        errors=(DeclaredError("FutureDate", "the day is still to come"), *READ_ERRORS),
        no_undo="what has settled at the exchange stays settled",
        files=("trading",),
    ),
)
