"""The simulated exchange: its faults by script, its sessions, its ticks, its memory."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from adapters.broker import (
    BrokerOrder,
    BrokerUnavailable,
    OrderRefused,
    OrderState,
    OutcomeUnknown,
    Side,
)
from adapters.simulated_exchange import SimulatedExchange
from adapters.simulated_exchange.behaviour import BadScript
from tests.support.threads import at_once

# A Monday, 10:30 in Sydney.
MONDAY = datetime(2026, 2, 1, 23, 30, tzinfo=UTC)
BUY = BrokerOrder("K1", "VAS", Side.BUY, 100, Decimal("90.00"))


class Clock:
    """A clock that the test moves."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    """Monday morning."""
    return Clock()


def exchange(folder: Path, clock: Clock, sessions: Any = "always_open", **rule: Any) -> SimulatedExchange:
    """An exchange where every order meets `rule`; no rule: what environment and file say."""
    behaviour = {"rules": [rule]} if rule else None
    made = SimulatedExchange(folder, behaviour=behaviour, sessions=sessions, now=clock)
    made.load_prices({"VAS": Decimal("90.00")}, "2026-01-30")
    return made


def units(made: SimulatedExchange, order: str = "K1") -> int:
    return sum(fill.units for fill in made.executions(order))


def test_a_partial_fill_leaves_the_rest_open(tmp_path: Path, clock: Clock) -> None:
    """The share of the script fills, the rest waits until it is cancelled."""
    made = exchange(tmp_path, clock, does="partial", share="0.4")
    made.submit(BUY)
    assert units(made) == 40
    cancelled = made.cancel("K1")
    assert (cancelled.state, cancelled.filled, cancelled.leaves) == (OrderState.CANCELLED, 40, 60)


def test_parts_arrive_one_after_another(tmp_path: Path, clock: Clock) -> None:
    """Three parts, ten seconds apart, the larger first; together the order."""
    made = exchange(tmp_path, clock, does="parts", parts=3, seconds=10)
    made.submit(BUY)
    seen = []
    for _ in range(3):
        seen.append(units(made))
        clock.move(seconds=10)
    assert seen == [34, 67, 100]


def test_a_delay_of_unsaid_length_is_one_all_the_same(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The single word `delay` keeps an order open for two seconds."""
    monkeypatch.setenv("KRONOS_EXCHANGE", "delay")
    made = exchange(tmp_path, clock)
    made.submit(BUY)
    clock.move(seconds=1)
    assert units(made) == 0
    clock.move(seconds=1)
    assert units(made) == 100


def test_a_cancel_stops_parts_that_have_not_come(tmp_path: Path, clock: Clock) -> None:
    """What was due before the cancel is filled, what was due later never comes."""
    made = exchange(tmp_path, clock, does="parts", parts=2, seconds=60)
    made.submit(BUY)
    assert made.cancel("K1").filled == 50
    clock.move(hours=1)
    assert units(made) == 50


def test_a_timed_out_order_is_there_all_the_same(tmp_path: Path, clock: Clock) -> None:
    """The answer is lost, the order is not; asking by id tells, sending again is answered."""
    made = exchange(tmp_path, clock, does="timeout")
    with pytest.raises(OutcomeUnknown):
        made.submit(BUY)
    found = made.find("K1")
    assert found is not None
    assert found.state is OrderState.FILLED
    assert made.submit(BUY).state is OrderState.FILLED
    assert units(made) == 100


def test_a_lost_order_never_arrived(tmp_path: Path, clock: Clock) -> None:
    """No answer and no order: asking by id finds nothing, sending again is right."""
    made = exchange(tmp_path, clock, does="lost")
    with pytest.raises(OutcomeUnknown):
        made.submit(BUY)
    assert made.find("K1") is None
    made.submit(BUY)
    assert units(made) == 100


def test_an_unavailable_exchange_comes_back_after_its_tries(tmp_path: Path, clock: Clock) -> None:
    """Nothing was sent while it was away."""
    made = exchange(tmp_path, clock, does="unavailable", tries=2)
    for _ in range(2):
        with pytest.raises(BrokerUnavailable):
            made.submit(BUY)
        assert made.find("K1") is None
    assert made.submit(BUY).state is OrderState.FILLED


def test_a_price_move_past_the_limit_leaves_the_order_resting(tmp_path: Path, clock: Clock) -> None:
    """A limit holds; when the price comes back the order fills at the better price."""
    made = exchange(tmp_path, clock, does="price_move", move="0.05")
    assert made.submit(BUY).state is OrderState.NEW
    assert units(made) == 0
    clock.move(minutes=5)
    made.load_prices({"VAS": Decimal("89.50")}, "2026-02-02")
    (fill,) = made.executions("K1")
    assert (fill.units, fill.price, fill.executed_at) == (100, Decimal("89.50"), clock.now)


def test_duplicates_come_twice_and_out_of_order(tmp_path: Path, clock: Clock) -> None:
    """Execution ids tell what is new; the units by id are the order's."""
    made = exchange(tmp_path, clock, does="duplicate", parts=3)
    made.submit(BUY)
    reported = made.executions("K1")
    assert len(reported) == 6
    assert reported[0].execution_id > reported[-1].execution_id or reported[0] != reported[3]
    assert sum({fill.execution_id: fill.units for fill in reported}.values()) == 100


def test_a_late_fill_follows_an_acknowledged_cancel(tmp_path: Path, clock: Clock) -> None:
    """The cancel is acknowledged with nothing filled, and then the fill arrives."""
    made = exchange(tmp_path, clock, does="late_fill")
    made.submit(BUY)
    assert made.cancel("K1").state is OrderState.CANCELLED
    assert units(made) == 100
    found = made.find("K1")
    assert found is not None
    assert found.state is OrderState.FILLED


def test_an_order_outside_the_session_waits_for_the_opening(tmp_path: Path, clock: Clock) -> None:
    """Sent on Saturday in Sydney, it fills on Monday at 10:00 there."""
    clock.now = datetime(2026, 1, 31, 3, 0, tzinfo=UTC)
    made = exchange(tmp_path, clock, sessions="XASX")
    made.submit(BUY)
    assert units(made) == 0
    clock.now = MONDAY
    (fill,) = made.executions("K1")
    assert fill.executed_at == datetime(2026, 2, 1, 23, 0, tzinfo=UTC)


def test_an_order_in_the_session_fills_at_once(tmp_path: Path, clock: Clock) -> None:
    """Monday 10:30 in Sydney the exchange is open."""
    made = exchange(tmp_path, clock, sessions="XASX")
    assert made.submit(BUY).state is OrderState.FILLED


@pytest.mark.parametrize(
    ("limit", "taken"),
    [
        ("0.099", True),
        ("0.0995", False),
        ("1.995", True),
        ("1.999", False),
        ("90.01", True),
        ("90.005", False),
        ("0", False),
    ],
)
def test_limits_keep_to_the_tick(tmp_path: Path, clock: Clock, limit: str, taken: bool) -> None:
    """A tenth of a cent below 10 cents, half a cent below 2 dollars, a cent above."""
    made = exchange(tmp_path, clock)
    order = replace(BUY, limit=Decimal(limit))
    if taken:
        made.submit(order)
    else:
        with pytest.raises(OrderRefused, match=limit):
            made.submit(order)


def test_a_script_can_reject_everything(tmp_path: Path, clock: Clock) -> None:
    """Each order is refused with the script's reason, and stays refused."""
    made = SimulatedExchange(tmp_path, behaviour={"default": "reject", "reason": "closed today"}, now=clock)
    made.load_prices({"VAS": Decimal("90.00")}, "2026-01-30")
    for _ in range(2):
        with pytest.raises(OrderRefused, match="closed today"):
            made.submit(BUY)


def test_rules_pick_orders_by_number_side_and_etf(tmp_path: Path, clock: Clock) -> None:
    """The first rule that fits decides; an order that none fits is filled."""
    rules = [{"number": 2, "does": "reject"}, {"side": "sell", "etf": "VAS", "does": "rest"}]
    made = SimulatedExchange(tmp_path, behaviour={"rules": rules}, now=clock)
    made.load_prices({"VAS": Decimal("90.00")}, "2026-01-30")
    made.submit(BUY)
    with pytest.raises(OrderRefused):
        made.submit(replace(BUY, client_order_id="K2"))
    assert made.submit(BrokerOrder("K3", "VAS", Side.SELL, 5)).state is OrderState.NEW


def test_chance_is_drawn_from_the_seed(tmp_path: Path, clock: Clock) -> None:
    """The same seed misbehaves with the same orders on any exchange."""

    def refused(folder: Path, seed: int) -> list[int]:
        script = {"seed": seed, "rules": [{"chance": "0.5", "does": "reject"}]}
        made = SimulatedExchange(folder, behaviour=script, now=clock)
        made.load_prices({"VAS": Decimal("90.00")}, "2026-01-30")
        hit = []
        for number in range(20):
            try:
                made.submit(replace(BUY, client_order_id=f"K{number}"))
            except OrderRefused:
                hit.append(number)
        return hit

    first = refused(tmp_path / "a", 1)
    assert first == refused(tmp_path / "b", 1)
    assert first != refused(tmp_path / "c", 2)
    assert 0 < len(first) < 20


def test_the_environment_names_a_behaviour(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One word is enough to make a whole demo fail; it wins over the file."""
    (tmp_path / "exchange-script.json").write_text(json.dumps({"default": "rest"}))
    made = exchange(tmp_path, clock)
    assert made.submit(BUY).state is OrderState.NEW
    monkeypatch.setenv("KRONOS_EXCHANGE", "reject")
    with pytest.raises(OrderRefused):
        made.submit(replace(BUY, client_order_id="K2"))


@pytest.mark.parametrize("script", ["{", '{"default": "explode"}', '{"rules": [{"dose": "fill"}]}'])
def test_a_script_with_a_fault_is_named(tmp_path: Path, clock: Clock, script: str) -> None:
    """A misspelt script stops the order and says which file is at fault."""
    (tmp_path / "exchange-script.json").write_text(script)
    with pytest.raises(BadScript, match=r"exchange-script\.json"):
        exchange(tmp_path, clock).submit(BUY)


def test_orders_outlive_a_killed_process(tmp_path: Path, clock: Clock) -> None:
    """What was acknowledged before a kill -9 is there for whoever asks next."""
    exchange(tmp_path, clock)
    program = (
        "import os, signal, sys; from decimal import Decimal; from pathlib import Path\n"
        "from adapters.broker import BrokerOrder, Side; from adapters.simulated_exchange import SimulatedExchange\n"
        "SimulatedExchange(Path(sys.argv[1])).submit(BrokerOrder('K1', 'VAS', Side.BUY, 100))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert killed.returncode == -9
    clock.now = datetime.now(UTC)
    assert units(exchange(tmp_path, clock)) == 100


def test_many_may_open_a_new_exchange_at_once(tmp_path: Path, clock: Clock) -> None:
    """None of them is told that its file is locked, and they trade in the same one."""
    for number in range(100):
        at_once([partial(SimulatedExchange, tmp_path / str(number), sessions="always_open", now=clock)] * 8)
    exchange(tmp_path / "0", clock).submit(BUY)
    assert units(exchange(tmp_path / "0", clock)) == 100
