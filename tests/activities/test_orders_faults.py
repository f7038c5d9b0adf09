"""Any mixture of faults: store and exchange agree in the end, and every cent is accounted for."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activities.orders import OrderRejected, await_fills, cancel_open, submit
from activities.sending import ProceedsOutstanding
from adapters.errors import AdapterError
from payloads.orders import AwaitFills, CancelOpen, SubmitOrders
from store.database import Database
from store.order_holds import InsufficientCash, InsufficientUnits
from tests.support.databases import MASTER_KEY, sqlite_url
from tests.support.trading import PORTFOLIO, PRICES, Brokerage, open_brokerage, reopen_brokerage

PAID_IN = 100_000_00
FAULTS = (
    "fill",
    "partial",
    "parts",
    "rest",
    "delay",
    "reject",
    "timeout",
    "lost",
    "unavailable",
    "price_move",
    "duplicate",
    "late_fill",
)
ATTEMPTS = 6

rules = st.lists(
    st.fixed_dictionaries(
        {
            "does": st.sampled_from(FAULTS),
            "chance": st.sampled_from(["0.3", "0.7", "1"]),
            "tries": st.integers(1, 3),
        },
        optional={"side": st.sampled_from(["buy", "sell"]), "etf": st.sampled_from(sorted(PRICES))},
    ),
    max_size=4,
)
trades = st.lists(
    st.tuples(st.sampled_from(["buy", "sell"]), st.sampled_from(sorted(PRICES)), st.integers(1, 300)),
    unique_by=lambda trade: trade[:2],
    max_size=5,
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The books of a client who has paid in."""
    folder = tmp_path_factory.mktemp("faults")
    database = Database(sqlite_url(folder), master_key=MASTER_KEY)
    database.upgrade()
    open_brokerage(database, "main", folder)
    database.close()
    return folder


def trade(brokerage: Brokerage, wanted: list[tuple[str, str, int]], run: str) -> None:
    """What a run does: send with retries, wait, and undo when sending failed for good."""
    rows = [{"side": side, "etf": etf, "units": units} for side, etf, units in wanted]
    ask = SubmitOrders.model_validate({"portfolio_id": PORTFOLIO, "trades": rows})
    for attempt in range(ATTEMPTS):
        try:
            submit(ask, brokerage.context("orders", run))
            break
        except (InsufficientCash, InsufficientUnits, OrderRejected):
            break
        except (AdapterError, ProceedsOutstanding):
            if attempt == ATTEMPTS - 1:
                cancel_open(CancelOpen(portfolio_id=PORTFOLIO), brokerage.context("undo", run))
    await_fills(AwaitFills(portfolio_id=PORTFOLIO, within="0.02s"), brokerage.context("fills", run))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), rules=rules, first=trades, second=trades)
def test_store_and_exchange_agree_after_any_faults(
    prepared: Path,
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    rules: list[dict[str, Any]],
    first: list[tuple[str, str, int]],
    second: list[tuple[str, str, int]],
) -> None:
    """Units held are units executed, cash is what was paid in less what they cost, nothing stays open."""
    folder = tmp_path_factory.mktemp("run") / "books"
    shutil.copytree(prepared, folder)
    database = Database(sqlite_url(folder), master_key=MASTER_KEY)
    try:
        brokerage = reopen_brokerage(database, "main", folder, behaviour={"seed": seed, "rules": rules})
        trade(brokerage, first, "run-1")
        trade(brokerage, second, "run-2")
        assert brokerage.positions() == brokerage.units_at_exchange()
        assert sum(units for _, units, _ in brokerage.parcels()) == sum(brokerage.positions().values())
        brokerage.hold_balanced(PAID_IN)
    finally:
        database.close()
