"""What every broker must do. A new adapter adds itself to `BROKERS` and passes, or is no broker."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.broker import Amendment, Broker, BrokerOrder, OrderRefused, OrderState, Side, SimulatedBroker
from adapters.openmarkets.client import OpenMarkets
from adapters.simulated_exchange import SimulatedExchange
from tests.support.sandbox import PRICES, Sandbox, sandbox


def simulated(request: pytest.FixtureRequest, script: dict[str, str]) -> SimulatedExchange:
    return SimulatedExchange(request.getfixturevalue("tmp_path"), behaviour=script)


def openmarkets(request: pytest.FixtureRequest, script: dict[str, str]) -> OpenMarkets:
    place: Sandbox = request.getfixturevalue("running_sandbox")
    place.begin_anew(script)
    return place.client()


BROKERS: dict[str, Callable[[pytest.FixtureRequest, dict[str, str]], SimulatedBroker]] = {
    "simulated": simulated,
    "openmarkets": openmarkets,
}
BUY = BrokerOrder("KEY1", "VAS", Side.BUY, 100, Decimal("90.00"))


@pytest.fixture(scope="module")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox in its own process, reached through a socket."""
    with sandbox(tmp_path_factory.mktemp("sandbox")) as place:
        yield place


@pytest.fixture(params=sorted(BROKERS))
def make(request: pytest.FixtureRequest) -> Iterator[Callable[[bool], Broker]]:
    """A broker that knows VAS and VGS; with True its orders rest unfilled."""
    with ExitStack() as made:

        def broker(resting: bool) -> Broker:
            found = BROKERS[request.param](request, {"default": "rest" if resting else "fill"})
            made.callback(found.close)
            found.load_prices(PRICES, "2026-01-05")
            return found

        yield broker


def test_it_says_who_it_is(make: Callable[[bool], Broker]) -> None:
    """A broker has a name for halts and the log, and says whether it is simulated."""
    broker = make(False)
    assert isinstance(broker, Broker)
    assert broker.name
    assert isinstance(broker.simulated, bool)


def test_an_order_is_acknowledged_under_both_ids(make: Callable[[bool], Broker]) -> None:
    """The acknowledgement repeats the client order id and adds the broker's own."""
    acknowledged = make(False).submit(BUY)
    assert acknowledged.client_order_id == "KEY1"
    assert acknowledged.broker_order_id


def test_sending_again_is_the_same_order(make: Callable[[bool], Broker]) -> None:
    """One client order id is one order, however often it is sent."""
    broker = make(False)
    assert broker.submit(BUY) == broker.submit(BUY)
    assert sum(fill.units for fill in broker.executions("KEY1")) == 100


def test_other_content_under_the_same_id_is_refused(make: Callable[[bool], Broker]) -> None:
    """An id cannot come to mean another order."""
    broker = make(False)
    broker.submit(BUY)
    with pytest.raises(OrderRefused, match="KEY1"):
        broker.submit(BrokerOrder("KEY1", "VAS", Side.BUY, 101, Decimal("90.00")))


def test_an_unknown_id_is_none_and_has_no_executions(make: Callable[[bool], Broker]) -> None:
    """Asking for what never arrived is an answer, not an error."""
    broker = make(False)
    assert broker.find("NOBODY") is None
    assert broker.executions("NOBODY") == []


def test_a_filled_order_adds_up(make: Callable[[bool], Broker]) -> None:
    """Filled and leaves make the order, executions make filled, within the limit."""
    broker = make(False)
    broker.submit(BUY)
    found, fills = broker.find("KEY1"), broker.executions("KEY1")
    assert found is not None
    assert (found.state, found.filled, found.leaves) == (OrderState.FILLED, 100, 0)
    assert sum(fill.units for fill in fills) == 100
    assert all(fill.price <= Decimal("90.00") and fill.executed_at.tzinfo for fill in fills)


def test_a_resting_order_is_cancelled_once(make: Callable[[bool], Broker]) -> None:
    """Cancelling answers what became of the order, and cancelling again changes nothing."""
    broker = make(True)
    broker.submit(BUY)
    cancelled = broker.cancel("KEY1")
    assert (cancelled.state, cancelled.filled) == (OrderState.CANCELLED, 0)
    assert broker.cancel("KEY1") == cancelled


def test_a_filled_order_cannot_be_cancelled(make: Callable[[bool], Broker]) -> None:
    """A cancel that comes too late answers that the order filled."""
    broker = make(False)
    broker.submit(BUY)
    assert broker.cancel("KEY1").state is OrderState.FILLED


def test_cancelling_what_never_arrived_is_refused(make: Callable[[bool], Broker]) -> None:
    """There is nothing to cancel, and the broker says so."""
    with pytest.raises(OrderRefused):
        make(False).cancel("NOBODY")


def test_a_resting_order_is_amended_once(make: Callable[[bool], Broker]) -> None:
    """Units and limit change in one step, the ids stay; the same amendment again changes nothing."""
    broker = make(True)
    sent = broker.submit(BUY)
    amended = broker.amend(Amendment("AMEND1", "KEY1", 60, Decimal("89.50")))
    assert (amended.broker_order_id, amended.state) == (sent.broker_order_id, OrderState.NEW)
    assert (amended.units, amended.filled, amended.leaves) == (60, 0, 60)
    broker.amend(Amendment("AMEND2", "KEY1", 70, Decimal("89.50")))
    assert broker.amend(Amendment("AMEND1", "KEY1", 60, Decimal("89.50"))).units == 70
    assert broker.submit(BUY) == sent


def test_other_content_under_the_same_amendment_is_refused(make: Callable[[bool], Broker]) -> None:
    """An amendment cannot come to mean another one."""
    broker = make(True)
    broker.submit(BUY)
    broker.amend(Amendment("AMEND1", "KEY1", 60, Decimal("90.00")))
    with pytest.raises(OrderRefused, match="AMEND1"):
        broker.amend(Amendment("AMEND1", "KEY1", 61, Decimal("90.00")))


def test_an_amended_limit_lets_an_order_fill(make: Callable[[bool], Broker]) -> None:
    """A buy below the market waits; brought up to it, it fills at the market's price."""
    broker = make(False)
    broker.submit(replace(BUY, limit=Decimal("85.00")))
    assert broker.executions("KEY1") == []
    amended = broker.amend(Amendment("AMEND1", "KEY1", 40, Decimal("91.00")))
    assert (amended.state, amended.filled, amended.leaves) == (OrderState.FILLED, 40, 0)
    assert [(fill.units, fill.price) for fill in broker.executions("KEY1")] == [(40, Decimal("90.00"))]


@pytest.mark.parametrize("limit", ["90.001", "0", None])
def test_an_amendment_to_what_no_order_may_be_is_refused(
    make: Callable[[bool], Broker], limit: str | None
) -> None:
    """Off the tick, zero, or without a limit: the order stays as it was."""
    broker = make(True)
    broker.submit(BUY)
    before = broker.find("KEY1")
    for units, price in ((50, limit), (0, "90.00")):
        with pytest.raises(OrderRefused):
            broker.amend(Amendment("AMEND1", "KEY1", units, None if price is None else Decimal(price)))
    assert broker.find("KEY1") == before


def test_what_is_closed_or_never_arrived_cannot_be_amended(make: Callable[[bool], Broker]) -> None:
    """Too late, as FIX's cancel/replace reject says it."""
    broker = make(False)
    broker.submit(BUY)
    for order in ("KEY1", "NOBODY"):
        with pytest.raises(OrderRefused, match=order):
            broker.amend(Amendment("AMEND1", order, 120, Decimal("90.00")))
    assert broker.find("NOBODY") is None


def test_an_unknown_etf_is_refused_and_stays_known_as_rejected(make: Callable[[bool], Broker]) -> None:
    """A refusal has a reason and can be looked up afterwards."""
    broker = make(False)
    with pytest.raises(OrderRefused, match="XXX"):
        broker.submit(BrokerOrder("KEY2", "XXX", Side.BUY, 1, None))
    found = broker.find("KEY2")
    assert found is not None
    assert found.state is OrderState.REJECTED
    assert "XXX" in found.reason


def test_cents_and_fractions_of_them_stay_exact(make: Callable[[bool], Broker]) -> None:
    """Prices come back digit by digit, whatever lies between."""
    broker = make(False)
    assert isinstance(broker, SimulatedBroker)
    broker.load_prices({"VAS": Decimal("0.115")}, "2026-01-06")
    broker.submit(BrokerOrder("KEY1", "VAS", Side.BUY, 3, Decimal("0.115")))
    found = broker.find("KEY1")
    assert found is not None
    assert [str(fill.price) for fill in broker.executions("KEY1")] == ["0.115"]
    assert found.average_price == Decimal("0.115")


def test_an_order_without_a_limit_and_a_sell_are_taken(make: Callable[[bool], Broker]) -> None:
    """What was not given is not made up on the way."""
    broker = make(False)
    broker.submit(BrokerOrder("KEY3", "VGS", Side.SELL, 7, None))
    found = broker.find("KEY3")
    assert found is not None
    assert (found.side, found.units, found.filled, found.average_price) == (Side.SELL, 7, 7, Decimal(120))


@pytest.mark.parametrize("limit", ["90.001", "-1", "0"])
def test_a_limit_that_is_no_price_is_refused(make: Callable[[bool], Broker], limit: str) -> None:
    """Off the tick, zero, below it: refused with a reason."""
    with pytest.raises(OrderRefused, match="limit"):
        make(False).submit(BrokerOrder("KEY4", "VAS", Side.BUY, 1, Decimal(limit)))


def test_orders_are_listed_from_a_moment_on(make: Callable[[bool], Broker]) -> None:
    """Oldest first, each as `find` has it, rejected ones too; nothing from before."""
    broker = make(False)
    before = datetime.now(UTC) - timedelta(seconds=1)
    broker.submit(BUY)
    broker.submit(BrokerOrder("KEY0", "VGS", Side.SELL, 2))
    with pytest.raises(OrderRefused):
        broker.submit(BrokerOrder("KEY9", "XXX", Side.BUY, 1))
    listed = broker.received_since(before)
    assert [order.client_order_id for order in listed] == ["KEY1", "KEY0", "KEY9"]
    assert listed == [broker.find(order.client_order_id) for order in listed]
    assert broker.received_since(datetime.now(UTC) + timedelta(seconds=1)) == []
