"""Orders a minute through the broker's sandbox: intent stored, sent over a socket, acknowledgement stored.

The sandbox is a process of its own, as a broker is; both processes share the machine's cores. Each
portfolio sends its orders one after the other, as a run does; several portfolios send at once.
Beside it, what the simulated broker takes in this process: the store's share.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlmodel import func, select

from activities.context import Context
from activities.runner import run
from activities.services import Services
from payloads import plain_json
from payloads.call import Call
from store import cash, customers
from store.tables import Order
from worker.folder_catalogue import FolderCatalogue
from worker.market import prepare_market
from worker.services import opened
from worker.settings import Settings, load_settings
from worker.storage import open_database

PORTFOLIOS = 40
ORDERS = 12
"""Of a portfolio."""
SENDERS = (1, 4)
"""Portfolios that send at once."""
ETFS = ("VAS", "VGS", "VAF", "VGB", "VAP", "IVV", "NDQ", "VTS", "VEU", "VGE", "STW", "IOZ")
PERSON = {"name": "Sarah Johnson", "date_of_birth": "1990-03-04", "email": "sarah@example.org"}


def measure() -> None:
    """Print orders a minute for each number of senders, at the sandbox and at the simulated broker."""
    size = f"{PORTFOLIOS * ORDERS} orders, {os.cpu_count()} cores"
    print(f"\nOrders a minute, every acknowledgement stored ({size})")
    print(f"{'senders':<10}{'sandbox':>10}{'simulated':>12}")
    with tempfile.TemporaryDirectory(prefix="kronos-bench-", ignore_cleanup_errors=True) as name:
        simulated = load_settings({"data": Path(name) / "house", "broker": "simulated"}, {})
        with _sandbox(Path(name) / "broker") as told:
            elsewhere = replace(
                simulated,
                broker="openmarkets",
                broker_url=told["KRONOS_BROKER_URL"],
                broker_token_file=Path(told["KRONOS_BROKER_TOKEN_FILE"]),
            )
            open_database(simulated).close()
            for settings in (simulated, elsewhere):
                prepare_market(settings)
            for senders in SENDERS:
                rates = [_rate(settings, senders) for settings in (elsewhere, simulated)]
                print(f"{senders:<10}{rates[0]:>10,.0f}{rates[1]:>12,.0f}")


@contextmanager
def _sandbox(data: Path) -> Iterator[dict[str, str]]:
    """A sandbox for the time of a block, and the variables that lead to it."""
    kronos = Path(sys.executable).with_name("kronos")
    command = [kronos, "broker", "sandbox", "--port", "0", "--data", data, "-o", "json"]
    # Its own token, whatever this process was given.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("KRONOS_BROKER")}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables)
    assert process.stdout is not None
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line == "}\n":
                break
        yield plain_json.loads("".join(lines))["environment"]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stdout.close()


def _rate(settings: Settings, senders: int) -> float:
    """Orders a minute; every one of them must stand in the store under the broker's id."""
    batch = f"{settings.broker}-{senders}"
    with opened(settings) as services:
        names = [f"{batch}-{number}" for number in range(PORTFOLIOS)]
        for name in names:
            _take_on(services, name)
        _send(services, settings, names[0])  # imports and connections
        began = time.perf_counter()
        with ThreadPoolExecutor(senders) as pool:
            list(pool.map(lambda name: _send(services, settings, name), names[1:]))
        took = time.perf_counter() - began
        with services.database.reading() as tx:
            kept = select(func.count()).where(Order.portfolio_id.startswith(f"P-{batch}-"))
            acknowledged = tx.scalar(kept.where(Order.broker_order_id.is_not(None)))
    assert acknowledged == PORTFOLIOS * ORDERS, acknowledged
    return (PORTFOLIOS - 1) * ORDERS / took * 60


def _take_on(services: Services, name: str) -> None:
    now = datetime.now(UTC)
    with services.database.transaction() as tx:
        customers.register(
            tx, services.tenant, name, PERSON, tax_residency="AU", adviser_id=None, at=now, actor="bench"
        )
        cash.book(
            tx,
            services.tenant,
            f"A-{name}",
            reference="deposit",
            kind="deposit",
            amount_cents=1_000_000_00,
            currency="AUD",
            at=now,
        )


def _send(services: Services, settings: Settings, name: str) -> dict[str, Any]:
    """Submit one portfolio's orders, as a run's step does."""
    call = Call(tenant=services.tenant, effect_root=name, step="orders", workflow_id=name)
    catalogue = FolderCatalogue(settings.definitions / "catalogue")
    trades = [{"etf": etf, "side": "buy", "units": 10} for etf in ETFS[:ORDERS]]
    context = Context(call, catalogue, services, lambda: datetime.now(UTC))
    return run("orders.submit", {"portfolio_id": f"P-{name}", "trades": trades}, context)
