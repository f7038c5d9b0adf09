"""How much the market moves, beside what is usual."""

from payloads.base import IsoDate, Payload, Real
from payloads.entry import DeclaredError, Effect, Entry
from payloads.market import DAMAGED_SNAPSHOT, SnapshotDigest


class AskVolatility(Payload):
    """Nothing to say: the market portfolio of the catalogue at the newest snapshot is meant."""


class MarketVolatility(Payload):
    """Volatilities of a year, of the last sessions and of the longer past; a spike is a sharp rise."""

    volatility: Real
    usual: Real
    spike: bool
    snapshot: SnapshotDigest
    as_of: IsoDate
    simulated: bool


ENTRIES = (
    Entry(
        "market.volatility",
        "Measure how much the market moves, and whether that rose sharply today",
        AskVolatility,
        MarketVolatility,
        Effect.READS,
        errors=(
            DeclaredError("NoSnapshot", "no snapshot has been stored yet"),
            DeclaredError("TooFewSessions", "the snapshot has too few sessions to tell what is usual"),
            DeclaredError("NotWatched", "the catalogue has no market portfolio, or not when it is shaken"),
            DAMAGED_SNAPSHOT,
        ),
        files=("market", "universe"),
    ),
)
