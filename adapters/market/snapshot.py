"""A snapshot: an immutable cut of market data under the digest of its content."""

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from adapters.errors import AdapterError

FORMAT = "kronos-snapshot-1"
FORMAT_WITH_MORE = "kronos-snapshot-2"
"""Of snapshots with distributions or notes; those without keep the digests that they always had."""
PLACES = 8
"""Prices are decimals of up to eight places, kept as whole numbers of that unit."""


class SnapshotDamaged(AdapterError):
    """The stored bytes are not the snapshot that their digest names."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Closing prices of some ETFs over some sessions, the last of which is `as_of`.

    `units` holds prices in units of 1e-8 AUD, sessions by tickers. Prices are as traded but for splits:
    all are a unit of the last day's. `distributed` holds what a unit paid, on the day it went ex, None
    when that is not known. `notes` say what was repaired. `digest` names all of it.
    """

    source: str
    simulated: bool
    sessions: tuple[date, ...]
    tickers: tuple[str, ...]
    units: NDArray[np.int64]
    distributed: NDArray[np.int64] | None = None
    notes: tuple[str, ...] = ()
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        if self.units.shape != (len(self.sessions), len(self.tickers)) or not self.units.size:
            raise ValueError("prices must have a row for each session and a column for each ticker")
        if self.units.min() <= 0:
            raise ValueError("a price is zero or negative")
        if self.distributed is not None:
            if self.distributed.shape != self.units.shape or self.distributed.min() < 0:
                raise ValueError("distributions must stand beside the prices, none of them negative")
            self.distributed.setflags(write=False)
        self.units.setflags(write=False)
        object.__setattr__(self, "digest", hashlib.sha256(self._header() + self._content()).hexdigest())

    @property
    def as_of(self) -> date:
        """The last session."""
        return self.sessions[-1]

    def prices(self, tickers: Sequence[str]) -> NDArray[np.float64]:
        """Prices of these tickers, sessions by tickers; KeyError names the first one not in it."""
        return self.units[:, self._columns(tickers)] / 10.0**PLACES

    def distributions(self, tickers: Sequence[str]) -> NDArray[np.float64] | None:
        """AUD a unit that went ex, sessions by tickers; None when the source does not say."""
        if self.distributed is None:
            return None
        return self.distributed[:, self._columns(tickers)] / 10.0**PLACES

    def closing(self, ticker: str, session: date | None = None) -> Decimal:
        """The exact price of a ticker, of the last session unless told; KeyError when it is not there."""
        (column,) = self._columns([ticker])
        row = -1 if session is None else self.sessions.index(session)
        return (Decimal(int(self.units[row, column])).scaleb(-PLACES)).normalize() + Decimal("0.00")

    def to_bytes(self) -> bytes:
        """The whole snapshot, compressed: a header line, then prices as little-endian integers."""
        # From one day to the next prices differ little: differences compress far better.
        steps = np.diff(self.units, axis=0, prepend=np.zeros_like(self.units[:1]))
        return self._header() + zlib.compress(steps.astype("<i8").tobytes() + self._paid(), 1)

    @classmethod
    def from_bytes(cls, content: bytes, digest: str) -> "Snapshot":
        """The snapshot that `to_bytes` wrote; SnapshotDamaged unless it is the one of `digest`."""
        try:
            snapshot = cls._decode(content)
        except (ValueError, KeyError, TypeError, zlib.error) as error:
            raise SnapshotDamaged(
                f"snapshot {digest} cannot be read ({error}); restore it", "snapshot"
            ) from error
        if snapshot.digest != digest:
            raise SnapshotDamaged(
                f"what is stored as snapshot {digest} is {snapshot.digest}; restore it", "snapshot"
            )
        return snapshot

    @classmethod
    def _decode(cls, content: bytes) -> "Snapshot":
        header, _, compressed = content.partition(b"\n")
        about = json.loads(header)
        if about["format"] not in (FORMAT, FORMAT_WITH_MORE):
            raise ValueError(f"the format is {about['format']}, not {FORMAT} or {FORMAT_WITH_MORE}")
        sessions = tuple(date.fromisoformat(day) for day in about["sessions"])
        tickers = tuple(about["tickers"])
        tables = np.frombuffer(zlib.decompress(compressed), dtype="<i8")
        tables = tables.reshape(1 + about.get("distributions", False), len(sessions), len(tickers))
        return cls(
            about["source"],
            about["simulated"],
            sessions,
            tickers,
            units=np.cumsum(tables[0], axis=0, dtype=np.int64),
            distributed=tables[1].astype(np.int64) if len(tables) > 1 else None,
            notes=tuple(about.get("notes", ())),
        )

    def _header(self) -> bytes:
        more: dict[str, object] = {}
        if self.distributed is not None:
            more["distributions"] = True
        if self.notes:
            more["notes"] = list(self.notes)
        about = {
            "format": FORMAT_WITH_MORE if more else FORMAT,
            "source": self.source,
            "simulated": self.simulated,
            "sessions": [day.isoformat() for day in self.sessions],
            "tickers": list(self.tickers),
            **more,
        }
        return json.dumps(about, separators=(",", ":")).encode() + b"\n"

    def _content(self) -> bytes:
        return self.units.astype("<i8").tobytes() + self._paid()

    def _paid(self) -> bytes:
        return b"" if self.distributed is None else self.distributed.astype("<i8").tobytes()

    def _columns(self, tickers: Sequence[str]) -> list[int]:
        place = {ticker: column for column, ticker in enumerate(self.tickers)}
        return [place[ticker] for ticker in tickers]
