"""The services of this process, built from its settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from activities.releases import Releases
from activities.services import Services
from adapters.market.simulated import SimulatedMarket
from adapters.simulated_providers import (
    ProviderRecords,
    SimulatedIdentity,
    SimulatedNotifications,
    SimulatedPayments,
)
from store.database import Database
from store.keyring import read_keyring
from worker.brokers import build_broker
from worker.settings import Settings


def utc_now() -> datetime:
    """The clock of this process."""
    return datetime.now(UTC)


def build_services(settings: Settings) -> Services:
    """Database, broker, providers and market source; nothing is reached before it is used."""
    settings.data.mkdir(parents=True, exist_ok=True)
    records = ProviderRecords(settings.data)
    broker = build_broker(settings)
    database = Database(settings.database_url, master_key=read_keyring(settings.keys_file).vault)

    def close() -> None:
        database.close()
        records.close()
        broker.close()

    return Services(
        tenant=settings.tenant,
        database=database,
        releases=Releases(database),
        broker=broker,
        identity=SimulatedIdentity(records),
        payments=SimulatedPayments(records),
        notifications=SimulatedNotifications(records),
        market=SimulatedMarket(),
        partitions=settings.partitions,
        now=utc_now,
        is_run_closed=_unknown_runs_are_open,
        close=close,
    )


@contextmanager
def opened(settings: Settings) -> Iterator[Services]:
    """The services for the time of a command, their connections given back at the end."""
    services = build_services(settings)
    try:
        yield services
    finally:
        services.close()


def _unknown_runs_are_open(workflow_id: str) -> bool:
    """Without a connection to Temporal no lease is ever taken over."""
    return False
