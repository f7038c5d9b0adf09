"""The prices that orders are held against: the closing prices of a stored snapshot, the newest by default.

ActivityError
└── NoSnapshot   nothing was stored yet
"""

from dataclasses import dataclass
from decimal import Decimal

from activities.context import Context
from activities.errors import ActivityError
from activities.snapshots import check_etfs, newest_stored
from adapters.market.snapshot import Snapshot


class NoSnapshot(ActivityError):
    """Nothing was stored yet."""


@dataclass(frozen=True, slots=True)
class ReferencePrices:
    """One AUD price an ETF, as of a session's close."""

    snapshot: Snapshot

    def of(self, etf: str, path: str) -> Decimal:
        """The price of `etf`; UnknownEtf says where it was asked for."""
        check_etfs([etf], self.snapshot.tickers, path)
        return self.snapshot.closing(etf)


def newest(context: Context) -> ReferencePrices:
    """The prices of the newest stored snapshot; a default that nobody stored is nothing to trade on."""
    snapshot = newest_stored(context)
    if snapshot is None:
        raise NoSnapshot("there is no market snapshot yet; market.latest_snapshot says how to take one")
    return ReferencePrices(snapshot)
