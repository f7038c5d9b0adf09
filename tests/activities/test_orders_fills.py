"""Waiting for fills and cancelling what is left: each execution booked once, the report once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from activities.orders import await_fills, cancel_open, submit
from activities.settling import OtherBroker
from adapters.broker import BrokerUnavailable, OrderRefused
from payloads import plain_json
from payloads.orders import AwaitFills, CancelOpen, FillReport, SubmitOrders
from store import events
from store.database import Database
from store.orders import UnknownOrder
from store.portfolios import UnknownPortfolio
from tests.support.trading import PORTFOLIO, Brokerage, open_brokerage

Open = Callable[..., Brokerage]


@pytest.fixture
def opened(database: Database, tenant: str, tmp_path: Path) -> Open:
    """Opens a brokerage of the test's own; keywords as `open_brokerage` takes them."""
    return lambda **given: open_brokerage(database, tenant, tmp_path, **given)


def send(brokerage: Brokerage, *trades: tuple[str, int, str], run: str = "run-1") -> list[str]:
    rows = [{"side": side, "units": units, "etf": etf} for side, units, etf in trades]
    ask = SubmitOrders.model_validate({"portfolio_id": PORTFOLIO, "trades": rows})
    return list(submit(ask, brokerage.context("orders", run)).model_dump()["orders"])


def fills(brokerage: Brokerage, run: str = "run-1", **given: Any) -> FillReport:
    report = await_fills(AwaitFills(portfolio_id=PORTFOLIO, **given), brokerage.context("fills", run))
    assert isinstance(report, FillReport)
    return report


def cancel(brokerage: Brokerage, run: str = "run-1") -> list[str]:
    answer = cancel_open(CancelOpen(portfolio_id=PORTFOLIO), brokerage.context("cancel", run))
    return list(answer.model_dump()["cancelled"])


def facts(brokerage: Brokerage) -> list[events.Event]:
    found: list[events.Event] = brokerage.read(
        lambda tx: events.read(tx, brokerage.tenant, name="TradesExecuted")
    )
    return found


def test_the_report_says_what_filled_at_what_price(opened: Open) -> None:
    """Status, fills, one result an order, the summary and totals, as plain JSON."""
    brokerage = opened()
    ids = send(brokerage, ("buy", 291, "VAF"))
    told = plain_json.loads(plain_json.dumps(fills(brokerage).model_dump(mode="python")))
    (result,) = told["execution_results"]
    assert result["execution_time"].startswith("2026-02-02T01:00:00")
    assert {
        name: result[name] for name in ("order", "etf", "action", "shares", "price", "total_cost", "status")
    } == {
        "order": ids[0],
        "etf": "VAF",
        "action": "BUY",
        "shares": 291,
        "price": Decimal("46.4"),
        "total_cost": Decimal("13502.40"),
        "status": "FILLED",
    }
    assert told["status"] == "filled"
    assert told["execution_summary"] == {"successful": 1, "failed": 0, "partial": 0}
    assert (told["total_trades"], told["total_cost"], told["transaction_costs"]) == (
        1,
        Decimal("13502.40"),
        Decimal("10.00"),
    )
    assert [fill["value"] for fill in told["fills"]] == [Decimal("13502.40")]


def test_the_fact_is_appended_once_with_the_report(opened: Open) -> None:
    """However often the step is tried again, the log has one TradesExecuted on the client's stream."""
    brokerage = opened()
    send(brokerage, ("buy", 10, "VAS"))
    assert fills(brokerage) == fills(brokerage)
    (fact,) = facts(brokerage)
    assert fact.stream == "client:C-1"
    assert fact.data["portfolio_id"] == PORTFOLIO
    assert fact.data["trades"][0]["shares"] == 10


def test_parts_are_waited_for_and_add_up(opened: Open) -> None:
    """Three parts over three seconds: brokerage once, one parcel, the whole order."""
    brokerage = opened(behaviour={"rules": [{"does": "parts", "parts": 3, "seconds": 0.001}]})
    send(brokerage, ("buy", 100, "VAS"))
    report = fills(brokerage)
    assert [fill.units for fill in report.fills] == [34, 33, 33]
    assert report.status == "filled"
    assert brokerage.parcels() == [("VAS", 100, 9_010_00)]
    brokerage.hold_balanced(100_000_00)


def test_duplicates_and_disorder_change_nothing(opened: Open) -> None:
    """Every execution reported twice, last first, is booked once."""
    brokerage = opened(behaviour={"default": "duplicate"})
    send(brokerage, ("buy", 100, "VAS"))
    assert len(fills(brokerage).fills) == 3
    assert brokerage.positions() == {"VAS": 100}
    brokerage.hold_balanced(100_000_00)


def test_values_of_parts_never_come_to_more_than_the_order(opened: Open) -> None:
    """Seven parts of an order at half a cent: rounded on the running total, as if it were one fill."""
    prices = {"TINY": Decimal("1.005")}
    brokerage = opened(
        behaviour={"rules": [{"does": "parts", "parts": 7}]}, prices=prices, paid_in=Decimal("17.04")
    )
    send(brokerage, ("buy", 7, "TINY"))
    assert fills(brokerage).total_cost == Decimal("7.04")
    assert brokerage.balance() == 0


def test_at_the_deadline_what_is_left_is_cancelled(opened: Open) -> None:
    """The part that filled is kept and reported, the rest is released."""
    brokerage = opened(behaviour={"rules": [{"does": "partial", "share": "0.4"}]})
    send(brokerage, ("buy", 100, "VAS"))
    report = fills(brokerage, within="0.01s")
    (result,) = report.execution_results
    assert (report.status, result.status, result.shares) == ("partial", "PARTIAL", 40)
    assert brokerage.positions() == {"VAS": 40}
    brokerage.hold_balanced(100_000_00)


def test_orders_that_never_fill_expire(opened: Open) -> None:
    """Nothing filled in time: nothing is paid, not even brokerage."""
    brokerage = opened(behaviour={"default": "rest"})
    send(brokerage, ("buy", 100, "VAS"))
    report = fills(brokerage, within="0.01s")
    assert (report.status, report.execution_results[0].status) == ("expired", "CANCELLED")
    assert report.execution_results[0].price is None
    assert brokerage.balance() == 100_000_00
    brokerage.hold_balanced(100_000_00)


def test_a_restart_does_not_extend_the_deadline(opened: Open) -> None:
    """The deadline counts from the first look, whoever looks next."""
    brokerage = opened(behaviour={"default": "rest"})
    send(brokerage, ("buy", 100, "VAS"))

    class Gone:
        name, simulated = "simulated", True

        def find(self, client_order_id: str) -> None:
            raise BrokerUnavailable("gone")

    with pytest.raises(BrokerUnavailable):
        fills(brokerage.with_broker(Gone()), within="1h")  # type: ignore[arg-type]
    brokerage.clock.now += timedelta(hours=1)
    before = brokerage.clock.now
    assert fills(brokerage, within="1h").status == "expired"
    assert brokerage.clock.now - before < timedelta(minutes=1)


def test_a_late_fill_after_the_cancel_is_booked(opened: Open) -> None:
    """The cancel was acknowledged, the fill came all the same: it is ours, to the cent."""
    brokerage = opened(behaviour={"default": "late_fill"})
    send(brokerage, ("buy", 100, "VAS"))
    report = fills(brokerage, within="0.01s")
    assert report.status == "filled"
    assert brokerage.positions() == brokerage.units_at_exchange() == {"VAS": 100}
    brokerage.hold_balanced(100_000_00)


def test_without_ids_the_runs_own_orders_are_meant(opened: Open) -> None:
    """Orders that were reported before are not reported again."""
    brokerage = opened()
    first = send(brokerage, ("buy", 10, "VAS"))
    fills(brokerage)
    second = send(brokerage, ("buy", 5, "VGS"), run="run-2")
    assert [each.order for each in fills(brokerage, run="run-2").execution_results] == second
    assert first != second


def test_orders_of_another_portfolio_are_unknown(opened: Open) -> None:
    """The id is repeated with its place in the list."""
    brokerage = opened()
    with pytest.raises(UnknownOrder) as raised:
        fills(brokerage, orders=["NOBODY"])
    assert raised.value.path == "orders[0]"


def test_an_unknown_portfolio_is_named(opened: Open) -> None:
    """Both activities say so."""
    context = opened().context("fills")
    with pytest.raises(UnknownPortfolio):
        await_fills(AwaitFills(portfolio_id="P-nobody"), context)
    with pytest.raises(UnknownPortfolio):
        cancel_open(CancelOpen(portfolio_id="P-nobody"), context)


def test_sold_units_come_off_the_oldest_parcels(opened: Open) -> None:
    """First in, first out, with their share of the cost base; what is sold out is gone."""
    brokerage = opened()
    send(brokerage, ("buy", 10, "VAS"))
    fills(brokerage)
    brokerage.clock.now += timedelta(days=30)
    send(brokerage, ("buy", 10, "VAS"), run="run-2")
    fills(brokerage, run="run-2")
    send(brokerage, ("sell", 15, "VAS"), run="run-3")
    fills(brokerage, run="run-3")
    assert brokerage.positions() == {"VAS": 5}
    assert brokerage.parcels() == [("VAS", 5, 455_00)]
    brokerage.hold_balanced(100_000_00)


def test_cancelling_with_nothing_open_finds_nothing_to_do(opened: Open) -> None:
    """An undo may always be called."""
    brokerage = opened()
    assert cancel(brokerage) == []
    send(brokerage, ("buy", 10, "VAS"))
    fills(brokerage)
    assert cancel(brokerage, run="run-2") == []
    assert brokerage.positions() == {"VAS": 10}


def test_cancelling_books_what_filled_before(opened: Open) -> None:
    """The filled part stays ours, the rest is gone, at the exchange too."""
    brokerage = opened(behaviour={"rules": [{"etf": "VAS", "does": "partial"}, {"does": "rest"}]})
    ids = send(brokerage, ("buy", 10, "VAS"), ("buy", 5, "VGS"))
    assert cancel(brokerage) == ids
    assert cancel(brokerage) == ids
    assert brokerage.positions() == brokerage.units_at_exchange() == {"VAS": 5}
    brokerage.hold_balanced(100_000_00)


def test_cancelling_tells_once_what_was_traded(opened: Open) -> None:
    """An undone run's fills are in the log: whole and part, not what never traded, once however often."""
    brokerage = opened(
        behaviour={"rules": [{"etf": "VAS", "does": "partial"}, {"etf": "VGS", "does": "rest"}]}
    )
    part, _, whole = send(brokerage, ("buy", 10, "VAS"), ("buy", 5, "VGS"), ("buy", 7, "VAF"))
    cancel(brokerage)
    cancel(brokerage)
    cancel(brokerage, run="run-2")
    (fact,) = facts(brokerage)
    assert fact.stream == "client:C-1"
    assert fact.data["portfolio_id"] == PORTFOLIO
    assert fact.data["status"] == "partial"
    assert [(each["order"], each["shares"], each["status"]) for each in fact.data["trades"]] == [
        (part, 5, "PARTIAL"),
        (whole, 7, "FILLED"),
    ]


def test_a_report_after_a_cancel_tells_nothing_twice(opened: Open) -> None:
    """What a cancel told is still reported to the run, and not told again."""
    brokerage = opened(behaviour={"default": "partial"})
    send(brokerage, ("buy", 10, "VAS"))
    cancel(brokerage)
    assert [each.shares for each in fills(brokerage).execution_results] == [5]
    assert len(facts(brokerage)) == 1


def test_what_was_reported_is_not_told_again_by_a_cancel(opened: Open) -> None:
    """The undo of a run whose fills were reported adds nothing to the log."""
    brokerage = opened()
    send(brokerage, ("buy", 10, "VAS"))
    fills(brokerage)
    cancel(brokerage)
    assert len(facts(brokerage)) == 1


def test_an_order_that_filled_is_not_called_cancelled(opened: Open) -> None:
    """Between sending and undoing it filled: it is booked, and nothing was cancelled."""
    brokerage = opened()
    send(brokerage, ("buy", 10, "VAS"))
    assert cancel(brokerage) == []
    assert brokerage.positions() == {"VAS": 10}


def test_an_order_of_unknown_outcome_is_cancelled_too(opened: Open) -> None:
    """One was taken without an answer, one never arrived: both end, and nothing stays reserved."""
    brokerage = opened(behaviour={"rules": [{"etf": "VAS", "does": "lost", "tries": 9}, {"does": "rest"}]})
    with pytest.raises(Exception, match="no answer"):
        send(brokerage, ("buy", 5, "VGS"), ("buy", 10, "VAS"))
    assert len(cancel(brokerage)) == 2
    assert brokerage.positions() == {}
    brokerage.hold_balanced(100_000_00)


def test_a_sender_that_was_held_up_does_not_outlive_the_cancel(opened: Open) -> None:
    """It wakes after the undo and its order reaches the exchange: it is taken back at once."""
    brokerage = opened(behaviour={"default": "rest"})

    class HeldUp:
        name, simulated = "simulated", True

        def __getattr__(self, name: str) -> Any:
            return getattr(brokerage.exchange, name)

        def submit(self, order: Any) -> Any:
            assert len(cancel(brokerage)) == 1
            return brokerage.exchange.submit(order)

    (order,) = send(brokerage.with_broker(HeldUp()), ("buy", 10, "VAS"))  # type: ignore[arg-type]
    found = brokerage.exchange.find(order)
    assert found is not None
    assert found.state.closed
    brokerage.hold_balanced(100_000_00)


def test_a_late_fill_is_found_by_a_later_cancel(opened: Open) -> None:
    """The undo runs again after the fill came: units and cash follow."""
    brokerage = opened(behaviour={"default": "late_fill"})
    send(brokerage, ("buy", 10, "VAS"))
    cancel(brokerage)
    cancel(brokerage)
    assert brokerage.positions() == brokerage.units_at_exchange() == {"VAS": 10}
    assert [fact.data["trades"][0]["shares"] for fact in facts(brokerage)] == [10]
    brokerage.hold_balanced(100_000_00)


class Slow:
    """A broker that says nothing of the fill of a cancelled order until it is `told`."""

    name, simulated = "simulated", True

    def __init__(self, exchange: Any) -> None:
        self.exchange, self.told = exchange, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.exchange, name)

    def find(self, order: str) -> Any:
        found = self.exchange.find(order)
        if self.told or found is None or found.etf != "VAS" or not found.state.closed:
            return found
        return replace(found, state=type(found.state)("cancelled"), filled=0)

    def executions(self, order: str) -> Any:
        found = self.exchange.find(order)
        return self.exchange.executions(order) if self.told or found.etf != "VAS" else []


@pytest.mark.parametrize("first", ["fills", "cancel"])
@pytest.mark.parametrize("later", ["fills", "cancel"])
def test_a_fill_that_comes_after_it_was_told_is_a_second_fact(opened: Open, first: str, later: str) -> None:
    """Another run's next wait or cancel finds it, books it, and tells all of the order, once."""
    brokerage = opened(behaviour={"rules": [{"etf": "VAS", "does": "late_fill"}, {"does": "fill"}]})
    slow = Slow(brokerage.exchange)
    brokerage = brokerage.with_broker(slow)  # type: ignore[arg-type]
    late, _ = send(brokerage, ("buy", 10, "VAS"), ("buy", 7, "VAF"))
    ways = {
        "fills": lambda run: fills(brokerage, run=run, within="0.01s"),
        "cancel": lambda run: cancel(brokerage, run),
    }
    ways[first]("run-1")
    before = len(facts(brokerage))
    assert brokerage.positions().get("VAS") is None
    slow.told = True
    ways[later]("run-2")
    ways[later]("run-3")
    assert brokerage.positions()["VAS"] == 10
    (fact,) = facts(brokerage)[before:]
    assert fact.data.get("late", False) is (first == "fills")
    assert [(each["order"], each["shares"]) for each in fact.data["trades"]] == [(late, 10)]


def test_an_order_that_ended_long_ago_is_not_asked_for_again(opened: Open) -> None:
    """Days after its end, by the catalogue, no fill is expected any more."""
    brokerage = opened(behaviour={"default": "late_fill"})
    slow = Slow(brokerage.exchange)
    brokerage = brokerage.with_broker(slow)  # type: ignore[arg-type]
    send(brokerage, ("buy", 10, "VAS"))
    fills(brokerage, within="0.01s")
    slow.told = True
    brokerage.clock.now += timedelta(days=6)
    fills(brokerage, run="run-2")
    assert brokerage.positions() == {}


def test_a_worker_for_another_broker_leaves_orders_alone(opened: Open) -> None:
    """Asking the wrong broker would read as `never arrived`."""
    brokerage = opened(behaviour={"default": "rest"})
    send(brokerage, ("buy", 10, "VAS"))

    class Other:
        name, simulated = "other", True

        def find(self, client_order_id: str) -> None:
            raise OrderRefused("should not have been asked")

    with pytest.raises(OtherBroker, match="simulated"):
        cancel(brokerage.with_broker(Other()))  # type: ignore[arg-type]
