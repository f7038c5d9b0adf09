"""The services of a process: what activities reach beyond their input."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from activities.releases import Releases
from adapters.broker import Broker
from adapters.identity import IdentityProvider
from adapters.market import MarketSource
from adapters.notifications import NotificationProvider
from adapters.payments import PaymentProvider
from store.database import Database


@dataclass(frozen=True, slots=True)
class Services:
    """Everything outside that a worker, or a command, was started with.

    `now` answers an aware UTC moment; `is_run_closed(workflow_id)` says whether Temporal has
    no open run of that id; `close` gives every connection back.
    """

    tenant: str
    database: Database
    releases: Releases
    broker: Broker
    identity: IdentityProvider
    payments: PaymentProvider
    notifications: NotificationProvider
    market: MarketSource
    now: Callable[[], datetime]
    is_run_closed: Callable[[str], bool]
    close: Callable[[], None]
