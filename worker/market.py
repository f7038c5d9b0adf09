"""The simulated market of an installation: a fresh snapshot, and an exchange that trades at its prices."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date
from typing import Any

from activities.services import Services
from activities.snapshots import keep
from adapters.broker import SimulatedBroker
from adapters.market.snapshot import Snapshot
from engines.calendars import last_session
from payloads.files.market import MarketFile
from payloads.files.universe import UniverseFile
from store import snapshots
from store.database import Database
from worker.errors import Refused
from worker.folder_catalogue import FolderCatalogue
from worker.services import opened, utc_now
from worker.settings import Settings

LOG = logging.getLogger("kronos.market")
LOOKS_EVERY = 900.0  # seconds


def prepare_market(settings: Settings) -> dict[str, Any]:
    """Store a snapshot of the last close unless there is one; `{snapshot, source, as_of, simulated}`.

    Where the setting `market` is `imported` none is made up: the newest must be one that was imported. A
    simulated broker trades at its prices from then on.
    """
    with opened(settings) as services:
        catalogue = FolderCatalogue(settings.definitions / "catalogue")
        snapshot = _newest(services.database, settings)
        if settings.market == "imported":
            snapshot = _imported(snapshot)
        else:
            as_of = last_session(catalogue.read("market", MarketFile).calendar, utc_now().date())
            if snapshot is None or snapshot.as_of < as_of:
                snapshot = _take(services, catalogue, as_of)
        broker = services.broker
        # Whether it is simulated comes first: only then is it a broker that is told prices.
        if broker.simulated and isinstance(broker, SimulatedBroker):
            prices = {etf: snapshot.closing(etf) for etf in snapshot.tickers}
            broker.load_prices(prices, snapshot.as_of.isoformat())
    return {
        "snapshot": snapshot.digest,
        "source": snapshot.source,
        "as_of": snapshot.as_of,
        "simulated": snapshot.simulated,
    }


async def keep_fresh(settings: Settings) -> None:
    """Take a new snapshot soon after each session's close, for as long as this is not cancelled."""
    while True:
        await asyncio.sleep(LOOKS_EVERY)
        try:
            await asyncio.to_thread(prepare_market, settings)
        except Exception:
            # A full disk or a locked database passes; until then trading stops at StaleSnapshot.
            LOG.exception("the market snapshot could not be taken")


@asynccontextmanager
async def kept_fresh(settings: Settings) -> AsyncIterator[None]:
    """`keep_fresh` for the time of a block."""
    keeping = asyncio.create_task(keep_fresh(settings))
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


def _newest(database: Database, settings: Settings) -> Snapshot | None:
    with database.reading() as tx:
        newest = snapshots.newest(tx, settings.tenant)
        return None if newest is None else Snapshot.from_bytes(newest.content, newest.digest)


def _imported(newest: Snapshot | None) -> Snapshot:
    """The newest, which runs take; Refused when it is simulated, or there is none of the whole universe."""
    if newest is not None and not newest.simulated:
        return newest
    why = (
        "no snapshot of the whole universe is stored"
        if newest is None
        else f"the newest snapshot of the whole universe, of {newest.as_of}, is simulated"
    )
    raise Refused(
        f"the setting market is imported, and {why}; import one by `kronos data import`, "
        "or set market to simulated",
        "market",
        name="NoSnapshot",
    )


def _take(services: Services, catalogue: FolderCatalogue, as_of: date) -> Snapshot:
    universe = catalogue.read("universe", UniverseFile)
    snapshot = services.market.snapshot(universe, catalogue.read("market", MarketFile), as_of)
    with services.database.transaction() as tx:
        keep(tx, services.tenant, snapshot, utc_now())
    return snapshot
