"""An investment through the broker's sandbox: another process, a socket, faults, and a death in between.

Three records are compared: the plan that people approved, the store, and the broker's own database.
"""

import asyncio
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from adapters.openmarkets.faults import of_seed
from adapters.simulated_exchange import SimulatedExchange
from store import cash, event_proof
from store.tables import Fill, Order, Position
from tests.support.reviewers import approve_all
from tests.support.sandbox import Sandbox, sandbox
from tests.support.town import PATIENCE, Town, onboard, town
from worker import approving
from worker.client import retry, status
from worker.connection import connect
from worker.errors import WorkerError
from worker.services import opened

SEED = 41
RUN = "onboarding-C-1.invested"
CAPITAL = Decimal(100_000)
BROKERAGE = Decimal(10)
# While the fourth request for an order waits, some of the orders are at the broker and some are not.
MIDDLE = 3
PAUSE = {"call": "submit", "number": MIDDLE + 1, "does": "busy", "seconds": 2}


@dataclass(frozen=True)
class Record:
    """Units bought by ETF, and what was paid for them without brokerage."""

    units: dict[str, int]
    paid: Decimal


def test_plan_store_and_broker_agree_whatever_happens_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each order is filled once and cash is right to the cent, though the broker dies between orders."""
    print(f"seed={SEED}")
    script = of_seed(SEED).model_dump(mode="json")
    script["answers"] = [PAUSE, *script["answers"]]
    with sandbox(tmp_path / "broker", script) as broker:
        for name, value in broker.environment.items():
            monkeypatch.setenv(name, value)
        with town(tmp_path / "data", reviewed=False) as place:
            place.start_worker()
            onboard(place, "C-1")
            planned, ended = asyncio.run(until_ended(place, broker))
            assert ended["state"] == "completed", ended["error"]
            stored, at_broker = in_store(place), at(broker)
    assert planned == stored.units == at_broker.units
    assert stored.paid == at_broker.paid
    assert len(planned) > MIDDLE
    assert cash_of(place) == CAPITAL - stored.paid - BROKERAGE * len(planned)


async def until_ended(place: Town, broker: Sandbox) -> tuple[dict[str, int], dict[str, Any]]:
    """Approve what is asked, kill the broker in the middle, start it again, retry what is held for it.

    The plan that was approved, and the run's last status.
    """
    client = await connect(place.settings)
    plan: dict[str, int] = {}
    killed = False
    deadline = time.monotonic() + 2 * PATIENCE
    while time.monotonic() < deadline:
        await asyncio.sleep(0.02)
        if not killed and (killed := orders_at(broker) >= MIDDLE):
            broker.kill()
            assert MIDDLE <= orders_at(broker) < len(plan)
            broker.start()
        try:
            for asked in await approving.open_approvals(client):
                plan = {order["etf"]: order["units"] for order in asked["show"]["orders"]}
            await approve_all(client)
            found = await status(client, RUN)
        except WorkerError:
            continue  # it was not started yet
        if found["state"] == "held":
            assert found["error"]["type"] in ("BrokerUnavailable", "OutcomeUnknown", "AnswerUnreadable")
            await retry(client, RUN, None, "operator")
        elif found["state"] not in ("running", "waiting"):
            assert killed
            return plan, found
    raise AssertionError(f"never ended: {found}")


def orders_at(broker: Sandbox) -> int:
    """How many orders the broker has."""
    with closing(sqlite3.connect(broker.folder / "exchange.db")) as book:
        return int(book.execute("SELECT count(*) FROM orders").fetchone()[0])


def at(broker: Sandbox) -> Record:
    """What the broker's own database says, each execution counted once."""
    exchange, units, paid = SimulatedExchange(broker.folder), {}, Decimal(0)
    with closing(sqlite3.connect(broker.folder / "exchange.db")) as book:
        orders = book.execute("SELECT client_order_id, etf FROM orders").fetchall()
    for client_order_id, etf in orders:
        fills = {fill.execution_id: fill for fill in exchange.executions(client_order_id)}.values()
        assert etf not in units, f"{etf} was bought by two orders"
        units[etf] = sum(fill.units for fill in fills)
        paid += sum(fill.units * fill.price for fill in fills)
    return Record(units, paid)


def in_store(place: Town) -> Record:
    """What the store says: orders, fills and positions, which must be one; the event log verifies."""
    with opened(place.settings) as services, services.database.reading() as tx:
        orders = {order.client_order_id: order for order in tx.scalars(select(Order))}
        fills = list(tx.scalars(select(Fill)))
        held = {row.etf: row.units for row in tx.scalars(select(Position)) if row.units}
        assert event_proof.verify(tx, place.settings.tenant) == []
    units = {order.etf: order.cum_units for order in orders.values()}
    assert {order.broker for order in orders.values()} == {"openmarkets"}
    assert all(order.state == "filled" and order.broker_order_id for order in orders.values())
    assert held == units
    return Record(units, sum((fill.units * fill.price for fill in fills), Decimal(0)))


def cash_of(place: Town) -> Decimal:
    """What is left on the account."""
    with opened(place.settings) as services, services.database.reading() as tx:
        return Decimal(cash.balance(tx, place.settings.tenant, "A-C-1")) / 100
