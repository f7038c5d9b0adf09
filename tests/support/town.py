"""The whole installation as an operator has it: a server, a worker in its own process, the command line."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlmodel import select

from payloads import plain_json
from store import cash, event_proof
from store.order_terms import BUY
from store.tables import Fill, Order, Position
from tests.support.asking import PATIENCE, Json, until_status
from tests.support.reviewers import reviewers
from worker.dev_server import DevServer, start_dev_server
from worker.library import publish
from worker.market import prepare_market
from worker.ports import free_ports
from worker.services import opened
from worker.settings import Settings, load_settings

KRONOS = Path(sys.executable).with_name("kronos")
PROJECT = Path(__file__).resolve().parents[2]
# A dead worker's workflow task is given to another one after five seconds, not after ten; a living one has
# to be done with its task by then, also on a machine that does much else.
QUICK = {"history__defaultWorkflowTaskTimeout": '"5s"'}


@dataclass
class Town:
    """One installation; `worker` is the process that works at the moment."""

    settings: Settings
    server: DevServer
    server_options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    worker: "subprocess.Popen[bytes] | None" = None

    def start_worker(self, failpoints: str = "") -> None:
        """A worker for every role in a process group of its own, which may kill itself at a failpoint."""
        environment = self._environment() | {"KRONOS_TEST": "1", "KRONOS_FAILPOINTS": failpoints}
        with (self.settings.data / "worker.log").open("ab") as log:
            self.worker = subprocess.Popen(
                [KRONOS, "worker", "--address", self.server.address],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def worker_killed(self, within: float = PATIENCE) -> bool:
        """Wait until the worker has died at its failpoint; whether it was killed."""
        assert self.worker is not None
        try:
            return self.worker.wait(within) == -signal.SIGKILL
        except subprocess.TimeoutExpired:
            return False

    @property
    def has_worker(self) -> bool:
        """Whether a worker is alive."""
        return self.worker is not None and self.worker.poll() is None

    def relieve_worker(self) -> None:
        """Tell the worker to stop and wait until it has handed back what it was at."""
        assert self.worker is not None
        self.worker.terminate()
        self.worker.wait(PATIENCE)

    def stop_worker(self) -> None:
        """Kill the worker's whole group, as a machine that loses power would."""
        if self.worker is not None and self.has_worker:
            os.killpg(self.worker.pid, signal.SIGKILL)
            self.worker.wait()

    def restart_server(self) -> None:
        """Kill the Temporal server and start it again on what it had stored."""
        port = self.server.port
        self.server.kill()
        self.server = start_dev_server(
            database=self.settings.temporal_database,
            log=self.settings.temporal_log,
            port=port,
            extra=self.server_options,
        )

    def kronos(self, *arguments: str, given: str = "") -> "subprocess.CompletedProcess[str]":
        """One command, as typed."""
        return subprocess.run(
            [KRONOS, *arguments],
            env=self._environment(),
            input=given,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def answer(self, *arguments: str, given: Any = None) -> Any:
        """The JSON that a command prints; the command must succeed."""
        done = self.kronos(*arguments, "-o", "json", given="" if given is None else plain_json.dumps(given))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def status(self, run: str) -> Json:
        """The status of a run that is there."""
        return self.until(run, lambda found: True)

    def until(self, run: str, reached: Callable[[Json], bool]) -> Json:
        """The run's status once it is there and `reached` is true of it."""
        return until_status(self.settings, run, reached)

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "KRONOS_DATA": str(self.settings.data),
            "KRONOS_ADDRESS": self.server.address,
            "KRONOS_DEFINITIONS": str(self.settings.definitions),
            **self.environment,
        }


@contextmanager
def town(
    data: Path,
    definitions: Path = PROJECT / "definitions",
    *,
    reviewed: bool = True,
    **server_settings: str,
) -> Iterator[Town]:
    """An installation without a worker yet: server, published definitions, a market to trade in.

    Whatever a run asks people, they approve, unless nobody is to have `reviewed` it;
    `limit__historySize__error='"9"'` sets `limit.historySize.error` of the server.
    """
    settings = load_settings({"data": data, "definitions": definitions})
    data.mkdir(parents=True, exist_ok=True)
    publish(settings, development=True)
    prepare_market(settings)
    given = [f"{name.replace('__', '.')}={value}" for name, value in {**QUICK, **server_settings}.items()]
    extra = tuple(word for one in given for word in ("--dynamic-config-value", one))
    [port] = free_ports(1)
    server = start_dev_server(
        database=settings.temporal_database, log=settings.temporal_log, port=port, extra=extra
    )
    place = Town(replace(settings, address=server.address), server, extra)
    try:
        with reviewers(place.settings) if reviewed else nullcontext():
            yield place
    finally:
        place.stop_worker()
        place.server.stop()


def application(customer_id: str, **changes: Any) -> dict[str, Any]:
    """The example's client under another id."""
    given = plain_json.loads((PROJECT / "examples/onboarding.json").read_text())
    given["customer"]["customer_id"] = customer_id
    return given | changes


def onboard(place: Town, customer_id: str, **changes: Any) -> str:
    """Start onboarding, sign and pay; the run goes on by itself from there."""
    given = application(customer_id, **changes)
    run = f"onboarding-{customer_id}"
    place.answer("start", "onboarding", "--input", "-", "--id", run, given=given)
    signed = {"signed_by": given["customer"]["name"]}
    paid = {"amount": given["capital"], "reference": f"D-{customer_id}"}
    place.answer("signal", run, "agreement_signed", "--data", "-", given=signed)
    place.answer("signal", run, "deposit_received", "--data", "-", given=paid)
    return run


@dataclass(frozen=True)
class Books:
    """What the store holds of one portfolio, in cents and units; `spent` is less what sales brought."""

    cash: int
    spent: int
    orders: int
    units: dict[str, int]
    problems: list[Any]


def books(place: Town, customer_id: str) -> Books:
    """The books of a client, held against the exchange's own: each order once, each fill once."""
    portfolio, tenant = f"P-{customer_id}", place.settings.tenant
    with opened(place.settings) as services:
        with services.database.reading() as tx:
            orders = list(tx.scalars(select(Order).where(Order.portfolio_id == portfolio)))
            fills = list(tx.scalars(select(Fill)))
            positions = list(tx.scalars(select(Position).where(Position.portfolio_id == portfolio)))
            balance = cash.balance(tx, tenant, f"A-{customer_id}")
            problems = event_proof.verify(tx, tenant)
        mine = {order.client_order_id: order for order in orders}
        fills = [fill for fill in fills if fill.client_order_id in mine]
        at_exchange = Counter()
        spent = Decimal(0)
        for order_id, order in mine.items():
            executions = services.broker.executions(order_id)
            recorded = sorted(fill.execution_id for fill in fills if fill.client_order_id == order_id)
            assert recorded == sorted(execution.execution_id for execution in executions)
            bought = 1 if order.side == BUY else -1
            for execution in executions:
                at_exchange[order.etf] += bought * execution.units
                spent += bought * execution.units * execution.price
    held = {position.etf: position.units for position in positions if position.units}
    assert held == {etf: units for etf, units in at_exchange.items() if units}
    brokerage = 1000 * sum(1 for order in orders if order.cum_units)
    return Books(balance, int(spent * 100) + brokerage, len(orders), held, problems)
