"""The simulated market of an installation: a fresh snapshot, and an exchange that trades at its prices."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date
from typing import Any

from activities.services import Services
from adapters.broker import SimulatedBroker
from adapters.market.snapshot import Snapshot
from engines.calendars import last_session
from payloads.files.market import MarketFile
from payloads.files.universe import UniverseFile
from store import snapshots
from store.database import Database
from worker.folder_catalogue import FolderCatalogue
from worker.services import opened, utc_now
from worker.settings import Settings

LOG = logging.getLogger("kronos.market")
LOOKS_EVERY = 900.0  # seconds


def prepare_market(settings: Settings) -> dict[str, Any]:
    """Store a snapshot of the last close unless there is one; `{snapshot, source, as_of, simulated}`.

    A simulated broker trades at its prices from then on.
    """
    with opened(settings) as services:
        catalogue = FolderCatalogue(settings.definitions / "catalogue")
        as_of = last_session(catalogue.read("market", MarketFile).calendar, utc_now().date())
        snapshot = _stored(services.database, settings, as_of) or _take(services, catalogue, as_of)
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


def _stored(database: Database, settings: Settings, as_of: date) -> Snapshot | None:
    with database.reading() as tx:
        newest = snapshots.newest(tx, settings.tenant)
        if newest is None or newest.as_of < as_of:
            return None
        return Snapshot.from_bytes(newest.content, newest.digest)


def _take(services: Services, catalogue: FolderCatalogue, as_of: date) -> Snapshot:
    universe = catalogue.read("universe", UniverseFile)
    snapshot = services.market.snapshot(universe, catalogue.read("market", MarketFile), as_of)
    with services.database.transaction() as tx:
        snapshots.save(
            tx,
            services.tenant,
            snapshot.digest,
            source=snapshot.source,
            as_of=snapshot.as_of,
            simulated=snapshot.simulated,
            content=snapshot.to_bytes(),
            created_at=utc_now(),
        )
    return snapshot
