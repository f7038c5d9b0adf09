"""Sending orders: once each, sells first, never more than there is, and nothing while halted."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from activities.order_checks import OrderTooLarge, PriceOutsideCollar, SimulatedMarketData, TradingHalted
from activities.orders import OrderRejected, await_fills, submit
from activities.reference_prices import NoSnapshot
from activities.sending import ProceedsOutstanding
from activities.snapshots import UnknownEtf
from adapters.broker import Acknowledgement, BrokerOrder, BrokerUnavailable, OutcomeUnknown
from payloads.orders import AwaitFills, FillReport, SubmitOrders, SubmittedOrders
from store import halts
from store.database import Database
from store.effects import IntentChanged
from store.order_holds import InsufficientCash, InsufficientUnits
from store.portfolios import UnknownPortfolio
from tests.support.people import take_on
from tests.support.threads import at_once
from tests.support.trading import NOW, PORTFOLIO, Brokerage, open_brokerage

Open = Callable[..., Brokerage]


@pytest.fixture
def opened(database: Database, tenant: str, tmp_path: Path) -> Open:
    """Opens a brokerage of the test's own; keywords as `open_brokerage` takes them."""
    return lambda **given: open_brokerage(database, tenant, tmp_path, **given)


def ask(*trades: tuple[Any, ...], portfolio_id: str = PORTFOLIO) -> SubmitOrders:
    """Trades as (side, units, ETF[, limit])."""
    rows = [
        {"side": side, "units": units, "etf": etf, "limit": rest[0] if rest else None}
        for side, units, etf, *rest in trades
    ]
    return SubmitOrders.model_validate({"portfolio_id": portfolio_id, "trades": rows})


def send(
    brokerage: Brokerage, *trades: tuple[Any, ...], run: str = "run-1", step: str = "orders"
) -> SubmittedOrders:
    sent = submit(ask(*trades), brokerage.context(step, run))
    assert isinstance(sent, SubmittedOrders)
    return sent


def filled(brokerage: Brokerage, run: str = "run-1", step: str = "fills") -> FillReport:
    report = await_fills(AwaitFills(portfolio_id=PORTFOLIO), brokerage.context(step, run))
    assert isinstance(report, FillReport)
    return report


def test_orders_are_filled_and_paid_to_the_cent(opened: Open) -> None:
    """The worked example: 291 VAF at 46.40 are 13,502.40; brokerage is 10 an order."""
    brokerage = opened()
    send(brokerage, ("buy", 291, "VAF"), ("buy", 1800, "BILL"))
    filled(brokerage)
    assert brokerage.positions() == {"BILL": 1800, "VAF": 291}
    assert brokerage.balance() == 100_000_00 - 13_502_40 - 9_000_00 - 2 * 10_00
    brokerage.hold_balanced(100_000_00)


def test_trying_again_sends_nothing_twice(opened: Open) -> None:
    """The same step answers the same orders, and the exchange has each once."""
    brokerage = opened()
    first = send(brokerage, ("buy", 10, "VAS"), ("buy", 5, "VGS"))
    assert send(brokerage, ("buy", 10, "VAS"), ("buy", 5, "VGS")) == first
    filled(brokerage)
    assert brokerage.units_at_exchange() == {"VAS": 10, "VGS": 5}
    assert len(brokerage.orders()) == 2


def test_another_run_sends_its_own_orders(opened: Open) -> None:
    """Started anew, the same trades are new orders."""
    brokerage = opened()
    assert send(brokerage, ("buy", 10, "VAS")) != send(brokerage, ("buy", 10, "VAS"), run="run-2")


def test_a_step_cannot_come_to_mean_other_orders(opened: Open) -> None:
    """The refusal says what differs, and nothing is sent."""
    brokerage = opened()
    send(brokerage, ("buy", 10, "VAS"))
    with pytest.raises(IntentChanged, match=r"trades\[0\]\.units"):
        send(brokerage, ("buy", 11, "VAS"))
    assert brokerage.units_at_exchange() == {"VAS": 10}


def test_an_unanswered_order_is_asked_for_not_sent_again(opened: Open) -> None:
    """The exchange took it and timed out: found by its id, it counts once."""
    brokerage = opened(behaviour={"default": "timeout"})
    send(brokerage, ("buy", 10, "VAS"))
    filled(brokerage)
    assert brokerage.positions() == brokerage.units_at_exchange() == {"VAS": 10}


def test_a_lost_order_is_sent_again_under_its_id(opened: Open) -> None:
    """Nothing found after asking: the same id goes again."""
    brokerage = opened(behaviour={"default": "lost"})
    send(brokerage, ("buy", 10, "VAS"))
    filled(brokerage)
    assert brokerage.units_at_exchange() == {"VAS": 10}


def test_an_order_that_stays_unanswered_is_left_to_the_next_attempt(opened: Open) -> None:
    """Two lost attempts are retryable; the attempt after them sends what is missing, once."""
    brokerage = opened(behaviour={"rules": [{"does": "lost", "tries": 2, "etf": "VGS"}]})
    trades = (("buy", 10, "VAS"), ("buy", 5, "VGS"))
    with pytest.raises(OutcomeUnknown):
        send(brokerage, *trades)
    send(brokerage, *trades)
    filled(brokerage)
    assert brokerage.units_at_exchange() == {"VAS": 10, "VGS": 5}
    brokerage.hold_balanced(100_000_00)


def test_an_unavailable_broker_keeps_the_intents_for_the_next_attempt(opened: Open) -> None:
    """Cash stays reserved meanwhile, and each order arrives once."""
    brokerage = opened(behaviour={"default": "unavailable"})
    for _ in range(2):
        with pytest.raises(BrokerUnavailable):
            send(brokerage, ("buy", 10, "VAS"), ("buy", 5, "VGS"))
        assert brokerage.available() == 100_000_00 - 900_00 - 600_00 - 20_00
    send(brokerage, ("buy", 10, "VAS"), ("buy", 5, "VGS"))
    filled(brokerage)
    assert brokerage.positions() == {"VAS": 10, "VGS": 5}


def test_one_rejected_order_does_not_stop_the_others(opened: Open) -> None:
    """It is named with its reason, and its reservation is released."""
    brokerage = opened(behaviour={"rules": [{"etf": "VAS", "does": "reject", "reason": "no VAS today"}]})
    sent = send(brokerage, ("buy", 10, "VAS"), ("buy", 5, "VGS"))
    assert [(each.etf, each.reason) for each in sent.rejected] == [("VAS", "no VAS today")]
    report = filled(brokerage)
    assert (report.status, report.execution_summary.failed) == ("partial", 1)
    brokerage.hold_balanced(100_000_00)


def test_a_broker_that_rejects_everything_is_an_error_with_its_reasons(opened: Open) -> None:
    """Nothing is held, nothing reserved; another attempt says the same."""
    brokerage = opened(behaviour={"default": "reject", "reason": "account frozen"})
    for _ in range(2):
        with pytest.raises(OrderRejected, match="buy 10 VAS: account frozen; buy 5 VGS: account frozen"):
            send(brokerage, ("buy", 10, "VAS"), ("buy", 5, "VGS"))
    assert not OrderRejected.retryable
    brokerage.hold_balanced(100_000_00)


def test_nothing_to_trade_is_nothing_sent(opened: Open) -> None:
    """An empty list is an answer, not an error."""
    assert send(opened()).orders == []


def test_more_than_the_cash_is_refused_before_anything_is_sent(opened: Open) -> None:
    """One cent short with brokerage: no order of the list goes out."""
    brokerage = opened(paid_in=Decimal("1509.99"))
    with pytest.raises(InsufficientCash, match="VGS"):
        send(brokerage, ("buy", 10, "VAS"), ("buy", 5, "VGS"))
    assert brokerage.orders() == {}
    brokerage.hold_balanced(1509_99)


def test_cash_may_be_spent_to_the_last_cent(opened: Open) -> None:
    """Exactly enough for units and brokerage is enough."""
    brokerage = opened(paid_in=Decimal("910.00"))
    send(brokerage, ("buy", 10, "VAS"))
    filled(brokerage)
    assert brokerage.balance() == 0


def test_two_runs_at_once_never_overspend(opened: Open) -> None:
    """Two runs want the same cash without a lock between them: one gets it, one is refused."""
    brokerage = opened(paid_in=Decimal("1000.00"))

    def attempt(run: str) -> str:
        try:
            send(brokerage, ("buy", 10, "VAS"), run=run)
        except InsufficientCash:
            return "refused"
        return "sent"

    answers = at_once([lambda: attempt("run-1"), lambda: attempt("run-2")])
    assert sorted(answers) == ["refused", "sent"]
    filled(brokerage)
    filled(brokerage, run="run-2")
    assert brokerage.positions() == {"VAS": 10}
    brokerage.hold_balanced(1000_00)


def test_units_are_never_sold_twice(opened: Open) -> None:
    """What is on sale already cannot be sold again by another run."""
    brokerage = opened(behaviour={"rules": [{"side": "sell", "does": "rest"}]})
    send(brokerage, ("buy", 10, "VAS"))
    filled(brokerage)
    send(brokerage, ("sell", 6, "VAS"), run="run-2")
    with pytest.raises(InsufficientUnits, match="4 are held"):
        send(brokerage, ("sell", 5, "VAS"), run="run-3")


def test_sells_pay_for_buys(opened: Open) -> None:
    """Sells go first whatever the order of the list, and what they bring is there for the buys."""
    brokerage = opened(paid_in=Decimal("910.00"))
    send(brokerage, ("buy", 10, "VAS"))
    filled(brokerage)
    send(brokerage, ("buy", 7, "VGS"), ("sell", 10, "VAS"), run="run-2")
    report = filled(brokerage, run="run-2")
    assert [result.action for result in report.execution_results] == ["SELL", "BUY"]
    assert brokerage.positions() == {"VGS": 7}
    assert brokerage.balance() == 900_00 - 10_00 - 840_00 - 10_00
    brokerage.hold_balanced(910_00)


def test_buys_wait_for_sells_that_are_still_open(opened: Open) -> None:
    """The error is retryable; once the sell fills, the next attempt sends the buy."""
    brokerage = opened(
        paid_in=Decimal("910.00"), behaviour={"rules": [{"side": "sell", "does": "delay", "seconds": 3600}]}
    )
    send(brokerage, ("buy", 10, "VAS"))
    filled(brokerage)
    trades = (("sell", 10, "VAS"), ("buy", 7, "VGS"))
    with pytest.raises(ProceedsOutstanding):
        send(brokerage, *trades, run="run-2")
    assert ProceedsOutstanding.retryable
    brokerage.clock.now += brokerage.clock.step * 3_600_000
    send(brokerage, *trades, run="run-2")
    filled(brokerage, run="run-2")
    assert brokerage.positions() == {"VGS": 7}


@pytest.mark.parametrize("scope", ["all", "etf:VAS", "broker:simulated"])
def test_a_halt_stops_orders_until_it_is_lifted(opened: Open, scope: str) -> None:
    """The error says who halted what, since when and why; nothing was sent."""
    brokerage = opened()
    with brokerage.database.transaction() as tx:
        halts.halt(tx, brokerage.tenant, scope, by="kim", reason="price feed broken", now=NOW)
    with pytest.raises(
        TradingHalted, match=rf"kim halted trading of {scope} at 2026-02-02 01:00:00 UTC: price feed broken"
    ):
        send(brokerage, ("buy", 10, "VAS"))
    assert brokerage.orders() == {}
    with brokerage.database.transaction() as tx:
        assert halts.resume(tx, brokerage.tenant, scope, by="kim", reason="fixed", now=NOW)
    send(brokerage, ("buy", 10, "VAS"))


def test_a_halt_of_something_else_stops_nothing(opened: Open) -> None:
    """Another ETF or broker may be halted meanwhile."""
    brokerage = opened()
    with brokerage.database.transaction() as tx:
        halts.halt(tx, brokerage.tenant, "etf:VGS", by="kim", reason="", now=NOW)
        halts.halt(tx, brokerage.tenant, "broker:other", by="kim", reason="", now=NOW)
    assert len(send(brokerage, ("buy", 10, "VAS")).orders) == 1


def test_a_halt_in_the_middle_stops_the_orders_after_it(opened: Open) -> None:
    """Halts are looked at before each order, not once a list."""
    brokerage = opened()

    class HaltsAfterTheFirst:
        name, simulated = "simulated", True

        def submit(self, order: BrokerOrder) -> Acknowledgement:
            taken = brokerage.exchange.submit(order)
            with brokerage.database.transaction() as tx:
                halts.halt(tx, brokerage.tenant, "all", by="kim", reason="", now=NOW)
            return taken

    with pytest.raises(TradingHalted, match="VGS was not sent"):
        send(brokerage.with_broker(HaltsAfterTheFirst()), ("buy", 10, "VAS"), ("buy", 5, "VGS"))  # type: ignore[arg-type]
    assert brokerage.units_at_exchange() == {"VAS": 10}


@pytest.mark.parametrize(
    ("trade", "error", "told"),
    [
        (
            ("buy", 10, "VAS", "99.01"),
            PriceOutsideCollar,
            r"limit 99\.01 for VAS is more than 10% from its price of 90",
        ),
        (("buy", 10, "VAS", "80.99"), PriceOutsideCollar, r"limit 80\.99 for VAS"),
        (("buy", 11_112, "VAS"), OrderTooLarge, r"1000080\.00"),
        (("buy", 10, "VXS"), UnknownEtf, "did you mean"),
    ],
)
def test_orders_out_of_bounds_are_refused_unsent(
    opened: Open, trade: tuple[Any, ...], error: type[Exception], told: str
) -> None:
    """Collar, size and universe hold for every order, whatever the definition says."""
    brokerage = opened(paid_in=Decimal(2_000_000))
    with pytest.raises(error, match=told):
        send(brokerage, trade)
    assert brokerage.orders() == {}


def test_a_refused_buy_keeps_its_sells_from_going_out(opened: Open) -> None:
    """All trades are looked at before the first is sent: nothing is half done."""
    brokerage = opened()
    send(brokerage, ("buy", 10, "VAS"))
    filled(brokerage)
    with pytest.raises(PriceOutsideCollar):
        send(brokerage, ("sell", 10, "VAS"), ("buy", 5, "VGS", "240.00"), run="run-2")
    assert brokerage.positions() == brokerage.units_at_exchange() == {"VAS": 10}
    assert len(brokerage.orders()) == 1


def test_a_limit_at_the_collar_is_inside(opened: Open) -> None:
    """Ten percent is the most, and is allowed."""
    assert len(send(opened(), ("buy", 10, "VAS", "99.00")).orders) == 1


def test_the_planned_price_is_recorded_and_never_sent(opened: Open) -> None:
    """A buy planned at half the price goes out at the snapshot's price."""
    brokerage = opened()
    trade = {"etf": "VAS", "side": "buy", "units": 10, "price": "45.00", "value": "450.00", "cost": "10"}
    submit(SubmitOrders.model_validate({"portfolio_id": PORTFOLIO, "trades": [trade]}), brokerage.context())
    (order,) = brokerage.orders().values()
    assert (order.price, order.planned_value_cents, order.planned_cost_cents) == (Decimal(45), 450_00, 10_00)
    assert order.limit_price == Decimal(90)


def test_simulated_prices_never_trade_at_a_real_broker(opened: Open) -> None:
    """The broker's own word decides, not a setting."""

    class RealBroker:
        name, simulated = "real", False

    brokerage = opened().with_broker(RealBroker())  # type: ignore[arg-type]
    with pytest.raises(SimulatedMarketData, match="real"):
        send(brokerage, ("buy", 10, "VAS"))
    assert brokerage.orders() == {}


def test_without_a_snapshot_nothing_is_sent(opened: Open) -> None:
    """There is nothing to hold a price against."""
    brokerage = opened()
    brokerage.tenant += "-empty"
    with brokerage.database.transaction() as tx:
        take_on(tx, brokerage.tenant)
    with pytest.raises(NoSnapshot):
        send(brokerage, ("buy", 10, "VAS"))


def test_an_unknown_portfolio_is_named(opened: Open) -> None:
    """The id is repeated, nothing is sent."""
    with pytest.raises(UnknownPortfolio, match="P-nobody"):
        submit(ask(("buy", 1, "VAS"), portfolio_id="P-nobody"), opened().context())
