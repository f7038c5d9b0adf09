"""The prices that orders are held against: the closing prices of the newest snapshot.

ActivityError
├── NoSnapshot   nothing was stored yet
└── UnknownEtf   the snapshot has no price for an ETF
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from activities.errors import ActivityError
from adapters.market.snapshot import Snapshot
from store import snapshots
from store.database import Database


class NoSnapshot(ActivityError):
    """Nothing was stored yet."""


class UnknownEtf(ActivityError):
    """The snapshot has no price for an ETF."""


@dataclass(frozen=True, slots=True)
class ReferencePrices:
    """One AUD price an ETF, as of a session's close, and whether they are made up."""

    snapshot: str
    as_of: date
    simulated: bool
    closing: Mapping[str, Decimal]

    def of(self, etf: str, path: str) -> Decimal:
        """The price of `etf`; UnknownEtf says where it was asked for."""
        if etf not in self.closing:
            raise UnknownEtf(
                f"{etf} has no price in the snapshot of {self.as_of}; is the ticker right?", path
            )
        return self.closing[etf]


def newest(database: Database, tenant: str) -> ReferencePrices:
    """The prices of the newest snapshot."""
    with database.reading() as tx:
        row = snapshots.newest(tx, tenant)
        if row is None:
            raise NoSnapshot("there is no market snapshot yet; `kronos data pull` takes one")
        digest = row.digest
    return read(database, tenant, digest)


@lru_cache(maxsize=8)
def read(database: Database, tenant: str, digest: str) -> ReferencePrices:
    """The prices of a stored snapshot; LookupError if there is none of that digest.

    Remembered, because a snapshot never changes and reading one takes longer than sending an order.
    """
    with database.reading() as tx:
        row = snapshots.load(tx, tenant, digest)
        if row is None:
            raise LookupError(digest)
        snapshot = Snapshot.from_bytes(row.content, digest)
    closing = {etf: snapshot.closing(etf) for etf in snapshot.tickers}
    return ReferencePrices(digest, snapshot.as_of, snapshot.simulated, closing)
