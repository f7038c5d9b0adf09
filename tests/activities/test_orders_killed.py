"""Killed anywhere and started again: each order once, cash right to the cent.

Three records are compared after each kill: the plan (the trades asked for), the store, and the
exchange, which lives on in its own database.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from activities.orders import await_fills, cancel_open, submit
from adapters.broker import OutcomeUnknown
from adapters.failpoints import FAILPOINTS
from payloads.orders import AwaitFills, CancelOpen, SubmitOrders
from store import events
from store.database import Database
from tests.support.databases import MASTER_KEY, sqlite_url
from tests.support.killing import run_until_killed
from tests.support.trading import PORTFOLIO, Brokerage, open_brokerage, reopen_brokerage

PAID_IN = 20_000_00
FIRST = [{"etf": "VAS", "side": "buy", "units": 100}]
PLAN = [
    {"etf": "VGS", "side": "buy", "units": 100},
    {"etf": "VAS", "side": "sell", "units": 60},
    {"etf": "VAF", "side": "buy", "units": 50},
]
PLANNED = {"VAS": 40, "VGS": 100, "VAF": 50}
FAULTS: dict[str, dict[str, Any]] = {
    "none": {},
    "unanswered": {"rules": [{"number": 3, "does": "timeout"}, {"number": 4, "does": "lost"}]},
    "duplicates": {"default": "duplicate"},
}
PLACES = [name for name in FAILPOINTS if name.startswith(("orders.", "fills."))]


@dataclass(frozen=True)
class Books:
    """The store and the exchange of one test, in a folder; whoever needs them opens them anew."""

    folder: Path
    behaviour: dict[str, Any]

    def run(self, work: Callable[[Brokerage], object]) -> None:
        """Do `work` with a database of its own."""
        database = Database(sqlite_url(self.folder), master_key=MASTER_KEY)
        try:
            work(reopen_brokerage(database, "main", self.folder, behaviour=self.behaviour))
        finally:
            database.close()

    def copy(self, folder: Path) -> "Books":
        """The same books in another folder."""
        return Books(Path(shutil.copytree(self.folder, folder)), self.behaviour)


def open_books(folder: Path, behaviour: dict[str, Any]) -> Books:
    """New books with a client who has paid in."""
    database = Database(sqlite_url(folder), master_key=MASTER_KEY)
    database.upgrade()
    open_brokerage(database, "main", folder, behaviour=behaviour, paid_in=Decimal(PAID_IN) / 100)
    database.close()
    return Books(folder, behaviour)


def trade(brokerage: Brokerage, trades: list[dict[str, Any]], run: str) -> None:
    """Send and wait, each tried again as a step's retry would."""
    ask = SubmitOrders.model_validate({"portfolio_id": PORTFOLIO, "trades": trades})
    for _ in range(3):
        try:
            submit(ask, brokerage.context("orders", run))
            break
        except OutcomeUnknown:
            continue
    await_fills(AwaitFills(portfolio_id=PORTFOLIO), brokerage.context("fills", run))


@pytest.fixture(scope="module", params=sorted(FAULTS))
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Books:
    """A client who holds 100 VAS already, at an exchange with faults or without."""
    made = open_books(tmp_path_factory.mktemp("prepared"), FAULTS[request.param])
    made.run(lambda brokerage: trade(brokerage, FIRST, "run-0"))
    return made


@pytest.fixture
def books(prepared: Books, tmp_path: Path) -> Books:
    """A copy of the prepared books, to be spoilt."""
    return prepared.copy(tmp_path / "books")


@pytest.mark.parametrize("nth", [1, 3])
@pytest.mark.parametrize("place", PLACES)
def test_killed_while_trading_each_order_fills_once(books: Books, place: str, nth: int) -> None:
    """Plan, store and exchange agree, cash balances, the log has one fact a run and its chain holds."""
    run_until_killed(
        lambda: books.run(lambda brokerage: trade(brokerage, PLAN, "run-1")), f"{place}:kill@{nth}"
    )

    def finish(brokerage: Brokerage) -> None:
        trade(brokerage, PLAN, "run-1")
        assert brokerage.positions() == brokerage.units_at_exchange() == dict(sorted(PLANNED.items()))
        assert len(brokerage.orders()) == len(FIRST) + len(PLAN)
        assert len(brokerage.read(lambda tx: events.read(tx, "main", name="TradesExecuted"))) == 2
        brokerage.hold_balanced(PAID_IN)

    books.run(finish)


def test_the_plan_really_is_killed_at_every_place(tmp_path: Path) -> None:
    """Each failpoint is on the way of a run, or the test above would prove nothing."""
    (tmp_path / "new").mkdir()
    made = open_books(tmp_path / "new", {})
    for place in PLACES:
        copied = made.copy(tmp_path / place)
        assert run_until_killed(
            partial(copied.run, lambda brokerage: trade(brokerage, FIRST, "run-0")), f"{place}:kill"
        )


@pytest.mark.parametrize("place", [name for name in FAILPOINTS if name.startswith("cancel.")])
def test_killed_while_cancelling_nothing_stays_open(tmp_path: Path, place: str) -> None:
    """The undo that runs again ends what is left, and names all that it cancelled."""
    made = open_books(tmp_path, {"rules": [{"etf": "VGS", "does": "partial"}, {"does": "rest"}]})
    trades = [{"etf": "VAS", "side": "buy", "units": 10}, {"etf": "VGS", "side": "buy", "units": 10}]
    ask = SubmitOrders.model_validate({"portfolio_id": PORTFOLIO, "trades": trades})

    def begin(brokerage: Brokerage) -> None:
        submit(ask, brokerage.context("orders"))
        cancel_open(CancelOpen(portfolio_id=PORTFOLIO), brokerage.context("undo"))

    assert run_until_killed(lambda: made.run(begin), f"{place}:kill")

    def finish(brokerage: Brokerage) -> None:
        answer = cancel_open(CancelOpen(portfolio_id=PORTFOLIO), brokerage.context("undo"))
        assert len(answer.model_dump()["cancelled"]) == 2
        assert brokerage.positions() == brokerage.units_at_exchange() == {"VGS": 5}
        brokerage.hold_balanced(PAID_IN)

    made.run(finish)
