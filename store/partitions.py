"""Portfolios in columns, kept in files beside the store: one file a partition, and one for what was swept.

StoreError
├── NoPartition        the partition was never written
└── PartitionDamaged   a file is not what was written

A file is replaced whole: who reads it sees the old one or the new one. Its digest lies in it.
"""

import hashlib
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from engines.watching import Kept, Measured, Portfolios
from store.errors import StoreError

Arrays = Mapping[str, NDArray[Any]]

_DIGEST = "digest"
_METRIC = "metric."
_REGIME_BEFORE = "regime_before"


class NoPartition(StoreError):
    """The partition was never written."""


class PartitionDamaged(StoreError):
    """A file is not what was written."""


@dataclass(frozen=True, slots=True)
class Partition:
    """Portfolios by ascending id (UTF-8), the ETFs and pods that they count, and when they were read."""

    ids: NDArray[np.bytes_]
    tickers: tuple[str, ...]
    portfolios: Portfolios
    refreshed_at: datetime
    pods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Swept:
    """What was measured of a partition at a moment, and the regimes of the sweep before that."""

    ids: NDArray[np.bytes_]
    at: datetime
    measured: Measured
    regime_before: NDArray[np.float64]

    def place(self, portfolio_id: str) -> int | None:
        """Where the portfolio stands; None when it was not there."""
        place = int(self.places([portfolio_id])[0])
        return None if place < 0 else place

    def places(self, portfolio_ids: Sequence[str]) -> NDArray[np.int64]:
        """Where these portfolios stand, -1 for those that were not there."""
        return places_of(self.ids, _texts(portfolio_ids))


@dataclass(frozen=True, slots=True)
class Partitions:
    """The files of one tenant, which is divided into `of` partitions."""

    root: Path
    tenant: str
    of: int

    def save(self, number: int, partition: Partition) -> str:
        """Replace a partition; answers its digest."""
        columns = {each.name: getattr(partition.portfolios, each.name) for each in fields(Portfolios)}
        about = {"ids": partition.ids, "tickers": _texts(partition.tickers), "pods": _texts(partition.pods)}
        return _write(self._file(number), {**columns, **about, "at": _moment(partition.refreshed_at)})

    def load(self, number: int) -> Partition:
        """A partition; NoPartition before the first refresh."""
        path = self._file(number)
        if not path.exists():
            raise NoPartition(
                f"partition {number} of {self.of} was never written; monitoring.refresh writes all of them",
                "partition",
            )
        found = _read(path)
        portfolios = Portfolios(**{each.name: found[each.name] for each in fields(Portfolios)})
        tickers, pods = (tuple(one.decode() for one in found[name]) for name in ("tickers", "pods"))
        return Partition(found["ids"], tickers, portfolios, _at(found), pods)

    def save_swept(self, number: int, swept: Swept) -> None:
        """Replace what was measured of a partition."""
        kept = {each.name: getattr(swept.measured.kept, each.name) for each in fields(Kept)}
        metrics = {f"{_METRIC}{name}": numbers for name, numbers in swept.measured.metrics.items()}
        about = {"ids": swept.ids, "at": _moment(swept.at), "faults": swept.measured.faults}
        before = {_REGIME_BEFORE: swept.regime_before}
        _write(self._swept(number), {**kept, **metrics, **about, **before})

    def load_swept(self, number: int) -> Swept | None:
        """What was measured of a partition last; None before that."""
        path = self._swept(number)
        if not path.exists():
            return None
        found = _read(path)
        metrics = {name.removeprefix(_METRIC): found[name] for name in found if name.startswith(_METRIC)}
        kept = Kept(**{each.name: found[each.name] for each in fields(Kept)})
        return Swept(
            found["ids"], _at(found), Measured(metrics, found["faults"], kept), found[_REGIME_BEFORE]
        )

    def kept(self, number: int, ids: NDArray[np.bytes_], at: datetime) -> Kept:
        """What was kept of these portfolios before `at`, whoever came and went since; NaN for the new ones.

        A sweep that is begun again after it was written finds the regimes that it found the first time.
        """
        before = self.load_swept(number)
        if before is None or not len(before.ids):
            return Kept.nothing(len(ids))
        places = places_of(before.ids, ids)
        kept = before.measured.kept
        regime = before.regime_before if before.at == at else kept.regime
        columns = (kept.value, kept.peak, kept.capital, regime)
        return Kept(*(np.where(places >= 0, numbers[places], np.nan) for numbers in columns))

    def _file(self, number: int) -> Path:
        return _folder(self.root, self.tenant) / str(self.of) / f"{number}.npz"

    def _swept(self, number: int) -> Path:
        return _folder(self.root, self.tenant) / str(self.of) / f"{number}.swept.npz"


def partition_of(portfolio_id: str, of: int) -> int:
    """Which of `of` partitions a portfolio is in: the same on every machine and for ever."""
    return int.from_bytes(hashlib.blake2b(portfolio_id.encode(), digest_size=8).digest()) % of


def places_of(ids: NDArray[np.bytes_], wanted: NDArray[np.bytes_]) -> NDArray[np.int64]:
    """Where each of the wanted stands in ascending ids; -1 for those that do not."""
    if not len(ids):
        return np.full(len(wanted), -1, dtype=np.int64)
    places = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[places] == wanted, places, -1)


def last_swept(root: Path, tenant: str, portfolio_id: str) -> Swept | None:
    """The newest sweep that has the portfolio, into however many partitions it was divided; None for none."""
    folder = _folder(root, tenant)
    divided = [int(each.name) for each in folder.iterdir() if each.name.isdigit()] if folder.is_dir() else []
    found = [
        Partitions(root, tenant, of).load_swept(partition_of(portfolio_id, of)) for of in sorted(divided)
    ]
    there = [swept for swept in found if swept is not None and swept.place(portfolio_id) is not None]
    return max(there, key=lambda swept: swept.at, default=None)


def _folder(root: Path, tenant: str) -> Path:
    return root / quote(tenant, safe="")


def _write(path: Path, arrays: Arrays) -> str:
    """Write beside, make sure that it is on the disk, then take the old one's place."""
    digest = _digest(arrays)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("wb") as file:
        np.savez(file, **arrays, **{_DIGEST: np.array(digest.encode())})  # type: ignore[arg-type]
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    return digest


def _read(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise PartitionDamaged(f"{path} cannot be read ({error}); refresh it", "partition") from error
    digest = found.pop(_DIGEST, None)
    if digest is None or bytes(digest) != _digest(found).encode():
        raise PartitionDamaged(f"{path} is not what was written; refresh it", "partition")
    return found


def _digest(arrays: Arrays) -> str:
    content = hashlib.blake2b(digest_size=32)
    for name, array in sorted(arrays.items()):
        content.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        content.update(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
    return content.hexdigest()


def _texts(texts: Sequence[str]) -> NDArray[np.bytes_]:
    return np.array([text.encode() for text in texts], dtype=np.bytes_)


def _moment(at: datetime) -> NDArray[np.float64]:
    return np.array(at.timestamp())


def _at(found: Arrays) -> datetime:
    return datetime.fromtimestamp(float(found["at"]), UTC)
