"""Snapshots of market data as activities reach them: stored, cached in the process, or the default."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from activities.context import Catalogue, Context
from activities.errors import ActivityError
from adapters.market.simulated import SimulatedMarket
from adapters.market.snapshot import Snapshot
from engines.estimates import Estimates, Floats, estimate, total_returns
from payloads.files.market import MarketFile
from payloads.files.universe import UniverseFile
from payloads.market import AssetFigures

if TYPE_CHECKING:
    from sqlmodel import Session

KEPT_IN_MEMORY = 8


class UnknownSnapshot(ActivityError):
    """No snapshot has that digest."""


class UnknownEtf(ActivityError):
    """The universe, or the snapshot, has no such ETF."""


def chosen_snapshot(context: Context, digest: str | None) -> Snapshot:
    """The snapshot of that digest; without one the newest stored, and where none is, the default.

    The default is simulated from the catalogue alone, as of a day that the catalogue fixes.
    UnknownSnapshot when a digest is given that is neither stored nor the default's.
    """
    if digest is None:
        return newest_stored(context) or default_snapshot(context.catalogue)
    found = _stored(context, digest)
    if found is None and (default := default_snapshot(context.catalogue)).digest == digest:
        return default
    if found is None:
        raise UnknownSnapshot(
            f"no snapshot {digest} is stored; leave it out to take the newest, "
            "or ask market.latest_snapshot for one",
            "snapshot",
        )
    return found


def keep(tx: "Session", tenant: str, snapshot: Snapshot, at: datetime, *, partial: bool = False) -> bool:
    """Store a snapshot; False when it is there already. `partial`: it lacks ETFs of the universe."""
    from store import snapshots as stored  # without a database nothing of it is imported

    return stored.save(
        tx,
        tenant,
        snapshot.digest,
        source=snapshot.source,
        as_of=snapshot.as_of,
        simulated=snapshot.simulated,
        partial=partial,
        content=snapshot.to_bytes(),
        created_at=at,
    )


def newest_stored(context: Context) -> Snapshot | None:
    """The tenant's stored snapshot of the latest day; None when there is no database, or none in it."""
    if context.services is None:
        return None
    from store import snapshots as stored  # without a database nothing of it is imported

    tenant = context.call.tenant
    with context.services.database.reading() as tx:
        row = stored.newest(tx, tenant)
        if row is None:
            return None
        return _CACHE.get(tenant, row.digest) or _CACHE.keep(tenant, row.content, row.digest)


def default_snapshot(catalogue: Catalogue) -> Snapshot:
    """The simulated snapshot of the catalogue's fixed day: always the same for the same catalogue."""
    market = catalogue.read("market", MarketFile)
    return SimulatedMarket().snapshot(catalogue.read("universe", UniverseFile), market, market.default_as_of)


def estimates_for(
    snapshot: Snapshot, catalogue: Catalogue, etfs: list[str], path: str, *, sessions: int | None = None
) -> Estimates:
    """Expected returns and covariance of these ETFs; UnknownEtf at `path` when one is not known.

    With `sessions` only the snapshot's first so many are looked at.
    """
    universe = catalogue.read("universe", UniverseFile).by_etf()
    market = catalogue.read("market", MarketFile)
    check_etfs(etfs, universe, path)
    check_etfs(etfs, snapshot.tickers, path)
    funds = [universe[etf] for etf in etfs]
    prior = [market.classes[fund.asset_class].expected_return - fund.fee for fund in funds]
    paid = snapshot.distributions(etfs)
    return estimate(
        snapshot.prices(etfs)[:sessions],
        np.array([fund.yield_ for fund in funds]),
        np.array(prior),
        prior_years=market.estimates.prior_years,
        sessions_per_year=market.estimates.sessions_per_year,
        distributions=None if paid is None else paid[:sessions],
    )


def daily_returns(snapshot: Snapshot, catalogue: Catalogue, etfs: list[str], path: str) -> Floats:
    """Simple daily returns of these ETFs, distributions included; UnknownEtf at `path`."""
    universe = catalogue.read("universe", UniverseFile).by_etf()
    check_etfs(etfs, universe, path)
    check_etfs(etfs, snapshot.tickers, path)
    year = catalogue.read("market", MarketFile).estimates.sessions_per_year
    return total_returns(
        snapshot.prices(etfs),
        distributions=snapshot.distributions(etfs),
        daily_yields=np.array([universe[etf].yield_ for etf in etfs]) / year,
    )


def figures_for(estimates: Estimates, catalogue: Catalogue, etfs: list[str]) -> dict[str, AssetFigures]:
    """What the universe and the estimates (columns in the order of `etfs`) say of each ETF."""
    universe = catalogue.read("universe", UniverseFile).by_etf()
    return {
        etf: AssetFigures(
            expected_return=float(expected),
            yield_=universe[etf].yield_,
            franking=universe[etf].franking,
            liquidity=universe[etf].liquidity,
            exposure=universe[etf].exposure,
        )
        for etf, expected in zip(etfs, estimates.expected_return, strict=True)
    }


def check_etfs(etfs: Iterable[str], known: Iterable[str], path: str) -> None:
    """UnknownEtf names the first ETF that is not known, and near names."""
    names = list(known)
    for etf in etfs:
        if etf not in names:
            near = get_close_matches(etf, names, n=3, cutoff=0.5)
            hint = f"did you mean {', '.join(near)}?" if near else "the ETFs are in catalogue/universe.yaml"
            raise UnknownEtf(f"{etf} is not an ETF that is known here; {hint}", path)


class _Cache:
    """Decoded snapshots, the least used forgotten first. Content never changes under its digest."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], Snapshot] = OrderedDict()
        self._lock = Lock()

    def get(self, tenant: str, digest: str) -> Snapshot | None:
        with self._lock:
            found = self._kept.get((tenant, digest))
            if found is not None:
                self._kept.move_to_end((tenant, digest))
            return found

    def keep(self, tenant: str, content: bytes, digest: str) -> Snapshot:
        snapshot = Snapshot.from_bytes(content, digest)
        with self._lock:
            self._kept[tenant, digest] = snapshot
            while len(self._kept) > KEPT_IN_MEMORY:
                self._kept.popitem(last=False)
        return snapshot


_CACHE = _Cache()


def _stored(context: Context, digest: str) -> Snapshot | None:
    if context.services is None:
        return None
    tenant = context.call.tenant
    if (found := _CACHE.get(tenant, digest)) is not None:
        return found
    from store import snapshots as stored

    with context.services.database.reading() as tx:
        row: Any = stored.load(tx, tenant, digest)
        return None if row is None else _CACHE.keep(tenant, row.content, digest)
