"""What every broker must do. A new adapter adds itself to `BROKERS` and passes, or is no broker."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.broker import Broker, BrokerOrder, OrderRefused, OrderState, Side
from adapters.simulated_exchange import SimulatedExchange


def simulated(folder: Path, resting: bool) -> Broker:
    exchange = SimulatedExchange(folder, behaviour={"default": "rest" if resting else "fill"})
    exchange.load_prices({"VAS": Decimal("90.00"), "VGS": Decimal("120.00")}, "2026-01-05")
    return exchange


BROKERS: dict[str, Callable[[Path, bool], Broker]] = {"simulated": simulated}
BUY = BrokerOrder("KEY1", "VAS", Side.BUY, 100, Decimal("90.00"))


@pytest.fixture(params=sorted(BROKERS))
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[bool], Broker]:
    """A broker that knows VAS and VGS; with True its orders rest unfilled."""
    return lambda resting: BROKERS[request.param](tmp_path, resting)


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


def test_an_unknown_etf_is_refused_and_stays_known_as_rejected(make: Callable[[bool], Broker]) -> None:
    """A refusal has a reason and can be looked up afterwards."""
    broker = make(False)
    with pytest.raises(OrderRefused, match="XXX"):
        broker.submit(BrokerOrder("KEY2", "XXX", Side.BUY, 1, None))
    found = broker.find("KEY2")
    assert found is not None
    assert found.state is OrderState.REJECTED
    assert "XXX" in found.reason
