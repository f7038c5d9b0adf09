"""The services of a process: what activities reach beyond their input."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from activities.releases import Releases
from adapters.broker import Broker
from adapters.identity import IdentityProvider
from adapters.market import MarketSource
from adapters.notifications import NotificationProvider
from adapters.payments import PaymentProvider
from store.database import Database


class Delivery(StrEnum):
    """What became of a signal: `later` when the run could not answer now."""

    TAKEN = "taken"
    GONE = "gone"
    REFUSED = "refused"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a signal, and why."""

    delivery: Delivery
    reason: str = ""


class Runs(Protocol):
    """Temporal, as activities that start and signal runs see it."""

    def start(self, workflow: str, given: Any, workflow_id: str, summary: str) -> bool:
        """Start a run; False when there was one of that id, open or closed."""

    def signal(
        self, workflow_id: str, first_run_id: str, name: str, payload: Any, message_id: str
    ) -> Delivered:
        """Hand a signal to a run, which counts it once by its id."""


class NoRuns:
    """Stands where there is no connection to Temporal."""

    def start(self, workflow: str, given: Any, workflow_id: str, summary: str) -> bool:
        raise RuntimeError("only a worker starts runs")

    def signal(
        self, workflow_id: str, first_run_id: str, name: str, payload: Any, message_id: str
    ) -> Delivered:
        raise RuntimeError("only a worker signals runs")


NO_RUNS = NoRuns()


@dataclass(frozen=True, slots=True)
class Services:
    """Everything outside that a worker, or a command, was started with.

    `now` answers an aware UTC moment; `is_run_closed(workflow_id)` says whether Temporal has
    no open run of that id; `partitions` is the folder of the columns that are swept; `close` gives every
    connection back; `runs` starts and signals runs.
    """

    tenant: str
    database: Database
    releases: Releases
    broker: Broker
    identity: IdentityProvider
    payments: PaymentProvider
    notifications: NotificationProvider
    market: MarketSource
    partitions: Path
    now: Callable[[], datetime]
    is_run_closed: Callable[[str], bool]
    close: Callable[[], None]
    runs: Runs = NO_RUNS
