"""Reconciliation: three records of the same orders, and everything in which they can depart."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, update

from activities.orders import await_fills, submit
from activities.reconciliation import SpanTooLong, reconcile
from adapters.broker import BrokerOrder, OutcomeUnknown, Side
from payloads.orders import AwaitFills, SubmitOrders
from payloads.reconciliation import MOST_SHOWN, ReconcileOrders, Reconciliation
from store.database import Database
from store.tables import Order
from tests.support.trading import PORTFOLIO, Brokerage, open_brokerage

TRADES = [{"etf": "VAS", "side": "buy", "units": 100}, {"etf": "VGS", "side": "buy", "units": 10}]
Open = Callable[..., Brokerage]


@pytest.fixture
def opened(database: Database, tenant: str, tmp_path: Path) -> Open:
    """A brokerage whose exchange behaves as the script says."""
    return lambda **script: open_brokerage(database, tenant, tmp_path, behaviour=script)


def send(brokerage: Brokerage, *, wait: bool = True) -> list[str]:
    """Send both orders, and wait for their fills if asked to; their ids by ETF."""
    ask = SubmitOrders.model_validate({"portfolio_id": PORTFOLIO, "trades": TRADES})
    sent = submit(ask, brokerage.context()).orders
    if wait:
        await_fills(AwaitFills(portfolio_id=PORTFOLIO, within="1s"), brokerage.context("fills"))
    return sent


def look(brokerage: Brokerage, **ask: str) -> Reconciliation:
    return reconcile(ReconcileOrders.model_validate(ask), brokerage.context("reconcile"))


def tamper(folder: Path, statement: str, *values: Any) -> None:
    """Change the exchange's own records behind everybody's back."""
    with closing(sqlite3.connect(folder / "exchange.db")) as book, book:
        assert book.execute(statement, values).rowcount > 0


def rewrite(brokerage: Brokerage, order: str, **values: Any) -> None:
    """Change the store's record behind everybody's back."""
    with brokerage.database.transaction() as tx:
        tx.execute(update(Order).where(col(Order.client_order_id) == order).values(**values))


def kinds(found: Reconciliation) -> list[tuple[str, str]]:
    return sorted((row.kind, row.etf) for row in found.differences)


def test_records_that_agree_are_reconciled(opened: Open) -> None:
    """However the fills came: in parts, twice, out of order."""
    brokerage = opened(default="duplicate")
    send(brokerage)
    found = look(brokerage)
    assert (found.reconciled, found.orders, found.pending, found.found) == (True, 2, 0, 0)
    assert found.broker == "simulated"


def test_nothing_sent_is_reconciled(opened: Open) -> None:
    """An empty day."""
    found = look(opened())
    assert (found.reconciled, found.orders) == (True, 0)


@pytest.mark.parametrize("does", ["reject", "partial", "late_fill", "timeout", "lost"])
def test_every_end_of_an_order_reconciles(opened: Open, does: str) -> None:
    """Rejected, filled in part and cancelled, filled late, sent again: both sides say the same."""
    brokerage = opened(rules=[{"etf": "VAS", "does": does}])
    send(brokerage)
    assert look(brokerage).differences == []


def test_an_order_that_the_broker_lost_is_named(opened: Open, tmp_path: Path) -> None:
    """It was acknowledged, and the broker has it no more."""
    brokerage = opened()
    lost, _ = send(brokerage)
    for table in ("executions", "orders"):
        tamper(tmp_path, f"DELETE FROM {table} WHERE client_order_id = ?", lost)
    found = look(brokerage)
    assert (found.reconciled, kinds(found)) == (False, [("missing_at_broker", "VAS")])
    [row] = found.differences
    assert (row.order, row.portfolio_id, row.side, row.at_broker) == (lost, PORTFOLIO, "buy", "nothing")
    assert lost in row.text
    assert "simulated" in row.text


def test_an_order_that_nobody_sent_is_named(opened: Open) -> None:
    """Somebody traded by hand, or under our name."""
    brokerage = opened()
    brokerage.exchange.submit(BrokerOrder("BY-HAND", "VAS", Side.SELL, 7))
    found = look(brokerage)
    assert kinds(found) == [("unknown_at_store", "VAS")]
    [row] = found.differences
    assert (row.order, row.portfolio_id, row.stored) == ("BY-HAND", None, "nothing")
    assert row.at_broker == "sell 7 VAS, 7 filled, filled"


def test_the_order_of_another_tenant_is_theirs_to_compare(opened: Open) -> None:
    """Two tenants may trade through one account."""
    brokerage = opened()
    send(brokerage)
    context = brokerage.context("reconcile")
    other = type(context)(
        context.call.model_copy(update={"tenant": "another"}),
        context.catalogue,
        context.services,
        context.now,
    )
    assert reconcile(ReconcileOrders(), other).reconciled
    assert look(brokerage).reconciled


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE orders SET units = 101 WHERE client_order_id = ?", "content_differs"),
        ("UPDATE executions SET units = 99 WHERE client_order_id = ?", "filled_differs"),
        ("UPDATE executions SET price = '89.99' WHERE client_order_id = ?", "price_differs"),
        ("UPDATE orders SET state = 'new' WHERE client_order_id = ?", "state_differs"),
    ],
)
def test_what_the_broker_has_otherwise_is_named(
    opened: Open, tmp_path: Path, statement: str, kind: str
) -> None:
    """One row a difference; the other order is left alone."""
    brokerage = opened()
    order, _ = send(brokerage)
    tamper(tmp_path, statement, order)
    found = look(brokerage)
    assert kind in [row.kind for row in found.differences]
    assert {row.order for row in found.differences} == {order}


def test_fills_that_nobody_books_count_after_a_while(opened: Open) -> None:
    """A run that waits books them within seconds; without one they stay, and that is a difference."""
    brokerage = opened()
    send(brokerage, wait=False)
    found = look(brokerage)
    assert (found.reconciled, found.pending, found.differences) == (True, 2, [])
    brokerage.clock.now += timedelta(minutes=11)
    found = look(brokerage)
    assert kinds(found) == [
        ("filled_differs", "VAS"),
        ("filled_differs", "VGS"),
        ("state_differs", "VAS"),
        ("state_differs", "VGS"),
    ]
    assert look(brokerage, grace="1h").pending == 2


def test_an_order_of_unknown_outcome_counts_after_a_while(opened: Open) -> None:
    """It was taken, the answer was lost, and so was whoever would have asked."""
    brokerage = opened(rules=[{"etf": "VAS", "does": "timeout", "tries": 9}])
    broker = brokerage.exchange
    find, broker.find = broker.find, _no_answer  # type: ignore[method-assign]
    with pytest.raises(OutcomeUnknown):
        send(brokerage)
    broker.find = find  # type: ignore[method-assign]
    assert look(brokerage).pending == 1
    brokerage.clock.now += timedelta(minutes=11)
    assert ("unacknowledged", "VAS") in kinds(look(brokerage))


def _no_answer(client_order_id: str) -> None:
    raise OutcomeUnknown("no answer")


def test_a_store_that_is_ahead_of_the_broker_never_waits(opened: Open) -> None:
    """What we booked and the broker did not fill is wrong at once."""
    brokerage = opened(default="rest")
    order, _ = send(brokerage, wait=False)
    rewrite(brokerage, order, cum_units=5, average_price=Decimal(90))
    assert kinds(look(brokerage)) == [("filled_differs", "VAS")]


def test_orders_from_before_are_left_out(opened: Open) -> None:
    """Only what was sent or received within the span is compared."""
    brokerage = opened()
    send(brokerage)
    brokerage.clock.now += timedelta(days=3)
    assert look(brokerage, look_back="2d").orders == 0
    assert look(brokerage, look_back="4d").orders == 2


def test_a_span_before_all_dates_is_refused(opened: Open) -> None:
    """With the place of it."""
    brokerage = opened()
    for name in ("look_back", "grace"):
        with pytest.raises(SpanTooLong) as caught:
            look(brokerage, **{name: "999999w"})
        assert caught.value.path == name


def test_many_differences_are_counted_and_the_first_are_listed(opened: Open) -> None:
    """An answer stays small enough for a history."""
    brokerage = opened()
    for number in range(MOST_SHOWN + 5):
        brokerage.exchange.submit(BrokerOrder(f"X{number:04}", "VAS", Side.BUY, 1))
    found = look(brokerage)
    assert (found.found, len(found.differences)) == (MOST_SHOWN + 5, MOST_SHOWN)
    assert found.differences[0].order == "X0000"
