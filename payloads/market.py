"""Market data by reference: which snapshot is current, and what it says of some ETFs."""

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from payloads.base import Etf, Fraction, Identifier, IsoDate, Payload, Price, Real
from payloads.entry import DeclaredError, Effect, Entry

SnapshotDigest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""The digest of an immutable cut of market data: what it is called everywhere."""

YearlyReturn = Annotated[Real, Field(gt=-1, lt=10)]
"""A return a year, distributions included: 0.08 is eight percent."""


class LatestSnapshot(Payload):
    """Nothing to say: the newest snapshot of the tenant is meant."""


class SnapshotReference(Payload):
    """A stored snapshot. `as_of` is the last session whose closing prices it holds."""

    snapshot: SnapshotDigest
    source: str
    as_of: date
    simulated: bool


class AskQuote(Payload):
    """ETFs whose prices and figures are wanted, as one snapshot has them."""

    snapshot: SnapshotDigest
    etfs: list[Etf] = Field(min_length=1, max_length=500)


class AssetFigures(Payload):
    """What an optimiser needs to know of one ETF; figures are indicative and of a year."""

    expected_return: YearlyReturn
    yield_: Fraction = Field(alias="yield", description="distributions over price")
    franking: Fraction = Field(description="share of the distributions that is franked")
    liquidity: Fraction = Field(description="1 is cash at once, 0 cannot be sold")
    exposure: Identifier | None = Field(
        None, description="ETFs of one exposure group hold the same thing; none: a group of its own"
    )


class Quote(Payload):
    """Closing prices in AUD at the snapshot's `as_of`, and the figures of each ETF."""

    prices: dict[Etf, Price]
    assets: dict[Etf, AssetFigures]


class QuotedMarket(Quote):
    """A quote and the snapshot it was taken from."""

    snapshot: SnapshotDigest
    as_of: IsoDate
    simulated: bool


UNKNOWN_SNAPSHOT = DeclaredError("UnknownSnapshot", "no stored snapshot has that digest")
UNKNOWN_ETF = DeclaredError("UnknownEtf", "the universe, or the snapshot, has no such ETF")
DAMAGED_SNAPSHOT = DeclaredError("SnapshotDamaged", "the stored bytes are not those of the digest")

ENTRIES = (
    Entry(
        "market.latest_snapshot",
        "Find the newest snapshot of market data, and refuse it when it is stale",
        LatestSnapshot,
        SnapshotReference,
        Effect.READS,
        errors=(
            DeclaredError("NoSnapshot", "no snapshot has been stored yet"),
            DeclaredError("StaleSnapshot", "the newest snapshot is more exchange sessions old than allowed"),
            DAMAGED_SNAPSHOT,
        ),
        files=("market",),
    ),
    Entry(
        "market.quote",
        "Read prices and figures of some ETFs from a snapshot",
        AskQuote,
        QuotedMarket,
        Effect.READS,
        errors=(UNKNOWN_ETF, UNKNOWN_SNAPSHOT, DAMAGED_SNAPSHOT),
        files=("market", "universe"),
    ),
)
