"""Where market data comes from: one protocol, a source each behind it.

    AdapterError
    ├── MarketDataMissing   the source has no data for that day or ETF
    └── SnapshotDamaged     stored bytes are not what their digest names (see snapshot.py)

Nothing heavy is imported here: whoever only names a source does not pay for numerics.
"""

from datetime import date
from typing import TYPE_CHECKING, Protocol

from adapters.errors import AdapterError

if TYPE_CHECKING:
    from adapters.market.snapshot import Snapshot
    from payloads.files.market import MarketFile
    from payloads.files.universe import UniverseFile


class MarketDataMissing(AdapterError):
    """The source has no data for that day or ETF."""


class MarketSource(Protocol):
    """A source of closing prices. `simulated` prices may trade only on a simulated broker."""

    @property
    def name(self) -> str:
        """What the source is called in snapshots and reports."""

    @property
    def simulated(self) -> bool:
        """Whether the prices are made up."""

    def snapshot(self, universe: "UniverseFile", market: "MarketFile", as_of: date) -> "Snapshot":
        """Closing prices of every ETF of the universe up to the session `as_of`.

        The same question has the same answer, byte for byte. MarketDataMissing when `as_of` is no
        session, or an ETF has no price on it.
        """
