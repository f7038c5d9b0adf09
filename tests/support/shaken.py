"""The simulated market with a crash in it, and with what funds do to their units."""

from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from adapters.market.simulated import SimulatedMarket
from adapters.market.snapshot import Snapshot
from payloads.files.market import MarketFile
from payloads.files.universe import UniverseFile

SHELTERED = ("cash", "australian_bonds", "global_bonds")
FALL = 0.4  # of the logarithm: a third
DAYS = 14
CENT = 10**6  # units of a price in a cent


@dataclass(frozen=True)
class ShakenMarket:
    """All but bonds and cash fall by a third from the day of the crash on, and swing for some days.

    A split makes old prices comparable from its day on, as vendors do.
    """

    crash: date
    swings: int = 90
    splits: dict[str, tuple[date, int]] = field(default_factory=dict)
    calm: SimulatedMarket = field(default_factory=SimulatedMarket)
    name: str = "simulated"
    simulated: bool = True

    def snapshot(self, universe: UniverseFile, market: MarketFile, as_of: date) -> Snapshot:
        """The calm market's last sessions up to `as_of`, shaken."""
        calm = self.calm.snapshot(universe, market, as_of)
        moved = self._moved(calm.sessions)[:, None] ** [
            fund.asset_class not in SHELTERED for fund in universe.etfs
        ]
        divided = np.array([self._parts(fund.etf, as_of) for fund in universe.etfs])
        cents = np.maximum(np.rint(calm.units * moved / divided / CENT), 1)
        paid = None if calm.distributed is None else np.rint(calm.distributed / divided).astype(np.int64)
        return replace(calm, units=cents.astype(np.int64) * CENT, distributed=paid)

    def _moved(self, sessions: tuple[date, ...]) -> "np.ndarray":
        since = np.array([(day - self.crash).days for day in sessions])
        swings = np.where((since >= 0) & (since < self.swings), 0.03 * (-1.0) ** since, 0.0)
        return np.exp(swings - FALL * np.clip(since, 0, DAYS) / DAYS)

    def _parts(self, etf: str, as_of: date) -> int:
        day, parts = self.splits.get(etf, (date.max, 1))
        return parts if as_of >= day else 1
