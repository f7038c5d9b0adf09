"""A small brokerage to test on: a store, a simulated exchange, a client with cash, prices."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from sqlmodel import Session, select

from activities.context import CatalogueFiles, Context
from activities.releases import Releases
from activities.services import Services
from adapters.broker import Broker
from adapters.market.simulated import SimulatedMarket
from adapters.market.snapshot import Snapshot
from adapters.simulated_exchange import SimulatedExchange
from adapters.simulated_providers import (
    ProviderRecords,
    SimulatedIdentity,
    SimulatedNotifications,
    SimulatedPayments,
)
from payloads.call import Call
from store import cash, fills, portfolios, snapshots
from store.database import Database
from store.tables import Order, Parcel
from tests.support.contexts import catalogue_files
from tests.support.people import take_on

NOW = datetime(2026, 2, 2, 1, 0, tzinfo=UTC)  # a Monday, 12:00 in Sydney
PRICES = {"VAS": Decimal("90.00"), "VGS": Decimal("120.00"), "VAF": Decimal("46.40"), "BILL": Decimal("5.00")}
PORTFOLIO = "P-C-1"
ACCOUNT = "A-C-1"


class Clock:
    """A clock that moves a little with every look, so that deadlines pass without waiting."""

    def __init__(self, now: datetime = NOW, step: timedelta = timedelta(milliseconds=1)) -> None:
        self.now, self.step = now, step

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now


@dataclass
class Brokerage:
    """Everything the trading activities reach, and what tests ask of it afterwards."""

    database: Database
    tenant: str
    exchange: SimulatedExchange
    clock: Clock
    files: Mapping[str, Any]
    broker: Broker | None = None

    def context(self, step: str = "orders", run: str = "run-1", **call: Any) -> Context:
        """A call of `step` in `run`."""
        records = ProviderRecords()
        services = Services(
            tenant=self.tenant,
            database=self.database,
            releases=Releases(self.database),
            broker=self.broker or self.exchange,
            identity=SimulatedIdentity(records),
            payments=SimulatedPayments(records),
            notifications=SimulatedNotifications(records),
            market=SimulatedMarket(),
            partitions=Path("partitions-that-nobody-sweeps"),
            now=self.clock,
            is_run_closed=lambda workflow_id: False,
            close=lambda: None,
        )
        made = Call(tenant=self.tenant, effect_root=run, step=step, workflow_id=f"investment-{run}", **call)
        return Context(made, CatalogueFiles(self.files), services, self.clock)

    def with_broker(self, broker: Broker) -> "Brokerage":
        """The same brokerage, trading through `broker`."""
        return replace(self, broker=broker)

    def read(self, ask: Callable[[Session], Any]) -> Any:
        """What `ask` answers in a reading transaction."""
        with self.database.reading() as tx:
            return ask(tx)

    def balance(self) -> int:
        """Cents on the account."""
        return int(self.read(lambda tx: cash.balance(tx, self.tenant, ACCOUNT)))

    def available(self) -> int:
        """Cents that can be spent."""
        return int(self.read(lambda tx: cash.available(tx, self.tenant, ACCOUNT)))

    def positions(self) -> dict[str, int]:
        """Units held by ETF."""
        held: dict[str, int] = self.read(lambda tx: portfolios.positions(tx, self.tenant, PORTFOLIO))
        return held

    def parcels(self) -> list[tuple[str, int, int]]:
        """(ETF, units left, cost base left in cents), oldest first."""
        rows: list[Parcel] = self.read(lambda tx: portfolios.parcels(tx, self.tenant, PORTFOLIO))
        return [(row.etf, row.units, row.cost_base_cents) for row in rows]

    def orders(self) -> dict[str, Order]:
        """Every order by its id."""
        query = select(Order).where(Order.tenant == self.tenant)
        return {order.client_order_id: order for order in self.read(lambda tx: list(tx.exec(query)))}

    def units_at_exchange(self) -> dict[str, int]:
        """Units executed at the exchange for the store's orders, by ETF; sold ones negative."""
        total: dict[str, int] = {}
        for order in self.orders().values():
            executions = {each.execution_id: each for each in self.exchange.executions(order.client_order_id)}
            units = sum(each.units for each in executions.values())
            total[order.etf] = total.get(order.etf, 0) + (units if order.side == "buy" else -units)
        return {etf: units for etf, units in sorted(total.items()) if units}

    def hold_balanced(self, paid_in: int) -> None:
        """Fail unless cash is `paid_in` cents less what the fills cost, to the cent, and nothing is reserved."""
        spent = 0
        for order in self.orders().values():
            booked = self.read(lambda tx, order=order: fills.booked(tx, self.tenant, order))
            value = sum(each.value_cents for each in booked)
            spent += (value if order.side == "buy" else -value) + sum(each.fill.fees_cents for each in booked)
        assert self.balance() == paid_in - spent
        assert self.available() == self.balance()
        assert self.balance() >= 0


def snapshot_of(prices: Mapping[str, Decimal], *, simulated: bool = True) -> Snapshot:
    """A snapshot of one session with these prices."""
    units = np.array([[int(price * 10**8) for price in prices.values()]], dtype=np.int64)
    return Snapshot("test", simulated, (date(2026, 1, 30),), tuple(prices), units)


def open_brokerage(
    database: Database,
    tenant: str,
    folder: Path,
    *,
    behaviour: Mapping[str, Any] | None = None,
    paid_in: Decimal = Decimal(100_000),
    prices: Mapping[str, Decimal] = PRICES,
    simulated: bool = True,
) -> Brokerage:
    """A client with `paid_in` on the account, prices in store and at the exchange."""
    snapshot = snapshot_of(prices, simulated=simulated)
    with database.transaction() as tx:
        take_on(tx, tenant)
        cents = int(paid_in * 100)
        cash.book(
            tx,
            tenant,
            ACCOUNT,
            reference="deposit",
            kind="deposit",
            amount_cents=cents,
            currency="AUD",
            at=NOW,
        )
        snapshots.save(
            tx, tenant, snapshot.digest, source="test", as_of=snapshot.as_of, simulated=simulated,
            content=snapshot.to_bytes(), created_at=NOW,
        )  # fmt: skip
    made = reopen_brokerage(database, tenant, folder, behaviour=behaviour)
    made.exchange.load_prices(prices, "2026-01-30")
    return made


def reopen_brokerage(
    database: Database, tenant: str, folder: Path, *, behaviour: Mapping[str, Any] | None = None
) -> Brokerage:
    """The brokerage that was opened there before, as another process finds it."""
    clock = Clock()
    exchange = SimulatedExchange(folder, behaviour=behaviour or {}, now=clock)
    files = dict(catalogue_files())
    quick = {"first_seconds": 0.001, "factor": 1.5, "longest_seconds": 0.01, "proceeds_seconds": 0.05}
    files["trading"] = {**files["trading"], "polling": quick}
    return Brokerage(database, tenant, exchange, clock, files)
