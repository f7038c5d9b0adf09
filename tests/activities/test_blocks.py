"""Blocks: one order at the broker, every client their part of it, to the cent and once."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from activities.block_slices import SliceBeyondLimit
from activities.blocks import PortfolioBusy, allocate
from activities.order_checks import OrderTooLarge, PriceOutsideCollar, TradingHalted
from activities.orders import OrderRejected, await_fills, cancel_open, submit
from activities.reconciliation import reconcile
from activities.snapshots import UnknownEtf
from adapters.broker import OutcomeUnknown
from payloads.blocks import ShareFills
from payloads.orders import AwaitFills, CancelOpen, SubmitOrders
from payloads.reconciliation import ReconcileOrders
from store import events, halts, leases
from store.blocks import BlockClosed, BlockExists, SliceTooLarge, UnknownBlock
from store.database import Database
from store.effects import IntentChanged
from store.order_holds import InsufficientCash, InsufficientUnits
from store.portfolios import UnknownPortfolio
from tests.support.blocks import (
    BLOCK,
    ended,
    hold_true,
    open_house,
    opened,
    sent,
    spent_by,
    stopped,
    trail,
    units_of,
)
from tests.support.contexts import pure_context
from tests.support.trading import NOW, Brokerage

House = Callable[..., Brokerage]
UNITS = {"C-1": 100, "C-2": 50, "C-3": 50}


@pytest.fixture
def house(database: Database, tenant: str, tmp_path: Path) -> House:
    """Opens a brokerage with three clients; keywords as `open_brokerage` takes them."""
    return lambda **given: open_house(database, tenant, tmp_path, **given)


def test_a_block_is_one_order_at_the_broker_and_everybody_gets_their_part(house: House) -> None:
    """200 VAS at 90.00: value by units, one brokerage of 10.00 for all of them."""
    place = house()
    assert opened(place, UNITS).units == 200
    order = sent(place, 200)
    report = ended(place)
    assert [each.client_order_id for each in place.exchange.received_since(NOW)] == [order]
    assert (report.status, report.filled, report.average_price) == ("filled", 200, 90)
    assert units_of(place) == UNITS
    assert spent_by(place) == {"C-1": 9000_00 + 5_00, "C-2": 4500_00 + 2_50, "C-3": 4500_00 + 2_50}
    hold_true(place)


def test_what_fills_in_part_is_shared_in_proportion(house: House) -> None:
    """40% of 200 units: 40, 20, 20; the rest is cancelled and nothing stays reserved."""
    place = house(behaviour={"default": "fill", "rules": [{"does": "partial", "share": "0.4"}]})
    opened(place, UNITS)
    sent(place, 200)
    report = ended(place)
    assert (report.status, report.filled) == ("partial", 80)
    assert units_of(place) == {"C-1": 40, "C-2": 20, "C-3": 20}
    assert {part.state for part in report.parts} == {"cancelled"}
    assert sum(spent_by(place).values()) == 80 * 90_00 + 10_00
    hold_true(place)


def test_fills_at_several_prices_cost_everybody_the_average(house: House) -> None:
    """50 at 90.00 and 50 at 89.00 make 89.50 for each of three clients."""
    place = house()
    opened(place, {"C-1": 34, "C-2": 33, "C-3": 33})
    sent(place, 50)
    place.exchange.load_prices({"VAS": Decimal("89.00")}, "2026-02-02")
    sent(place, 50, step="slice-2")
    report = ended(place)
    assert report.average_price == Decimal("89.5")
    assert [part.price for part in report.parts] == [Decimal("89.5")] * 3
    assert [part.value for part in report.parts] == [Decimal(3043), Decimal("2953.5"), Decimal("2953.5")]
    assert report.value == 50 * 90 + 50 * 89
    hold_true(place)


def test_half_a_cent_is_paid_by_one_client(house: House) -> None:
    """Three units at 0.115 come to 34.5 cents, booked as 35: no client pays for another's rounding twice."""
    place = house(prices={"VAS": Decimal("0.115")})
    opened(place, {"C-1": 1, "C-2": 1, "C-3": 1}, limit="0.115")
    sent(place, 3)
    assert [part.value for part in ended(place).parts] == [Decimal("0.12"), Decimal("0.12"), Decimal("0.11")]
    hold_true(place)


def test_a_block_sells_what_each_client_holds(house: House) -> None:
    """Parcels of every client go their own way, and proceeds less brokerage come in."""
    place = house()
    opened(place, UNITS)
    sent(place, 200)
    ended(place)
    before = spent_by(place)
    opened(place, UNITS, side="sell", block_id="B-2", run="run-2")
    sent(place, 200, block_id="B-2", run="run-2")
    ended(place, block_id="B-2", run="run-2")
    assert units_of(place) == {}
    spent = spent_by(place)
    assert {client: before[client] - spent[client] for client in UNITS} == {
        "C-1": 9000_00 - 5_00,
        "C-2": 4500_00 - 2_50,
        "C-3": 4500_00 - 2_50,
    }


def test_nobody_gets_a_lot_that_is_too_small(house: House) -> None:
    """Of ten units 5, 3 and 2 would be shares; with three as the least the last client stands back."""
    place = house(behaviour={"default": "fill", "rules": [{"does": "partial", "share": "0.05"}]})
    opened(place, UNITS, minimum_units=3)
    sent(place, 200)
    ended(place)
    assert units_of(place) == {"C-1": 7, "C-2": 3}


def test_what_is_shared_out_is_told_to_every_client_and_on_the_block_once(house: House) -> None:
    """A fact each client, the block's own stream from opening to allocation, however often it is asked."""
    place = house()
    opened(place, UNITS)
    sent(place, 200)
    assert ended(place) == ended(place)
    stopped(place)
    told = place.read(lambda tx: events.read(tx, place.tenant, name="TradesExecuted"))
    assert [each.stream for each in told] == ["client:C-1", "client:C-2", "client:C-3"]
    of_block = place.read(lambda tx: events.read(tx, place.tenant, stream=f"block:{BLOCK}"))
    assert [each.name for each in of_block] == ["BlockOpened", "SliceSent", "BlockAllocated"]


def test_the_trail_leads_from_the_intent_to_every_part(house: House) -> None:
    """Who asked for what, which slices went out, what they filled, and who got it."""
    place = house(behaviour={"default": "parts"})
    opened(place, UNITS)
    order = sent(place, 200)
    ended(place)
    shown = trail(place)
    assert (shown.arrival_price, shown.limit, shown.by) == (90, 90, "system")
    assert [(each.order, each.units, each.state) for each in shown.slices] == [(order, 200, "filled")]
    assert [(each.units, each.allocation) for each in shown.executions] == [(67, 1), (67, 1), (66, 1)]
    assert [(each.portfolio_id, each.units) for each in shown.allocations] == [
        ("P-C-1", 100),
        ("P-C-2", 50),
        ("P-C-3", 50),
    ]


def test_trades_of_two_days_are_two_allocations(house: House) -> None:
    """Each day has its own average price and settles on its own day."""
    place = house()
    opened(place, {"C-1": 10, "C-2": 10})
    sent(place, 10)
    place.clock.now += timedelta(days=1)
    place.exchange.load_prices({"VAS": Decimal("88.00")}, "2026-02-03")
    sent(place, 10, step="slice-2")
    ended(place)
    shown = trail(place)
    assert [(each.allocation, each.portfolio_id, each.units, each.price) for each in shown.allocations] == [
        (1, "P-C-1", 5, 90),
        (1, "P-C-2", 5, 90),
        (2, "P-C-1", 5, 88),
        (2, "P-C-2", 5, 88),
    ]
    hold_true(place)


def test_a_fill_that_follows_the_end_is_shared_out_too(house: House) -> None:
    """The next look at the block gives every client their part, and tells them so."""
    place = house(behaviour={"default": "late_fill"})
    opened(place, UNITS)
    sent(place, 200)
    assert ended(place).filled in (0, 200)
    stopped(place)
    assert units_of(place) == UNITS
    hold_true(place)


def test_nothing_fills(house: House) -> None:
    """The block expires, and everything that was held for it is free again."""
    place = house(behaviour={"default": "rest"})
    opened(place, UNITS)
    sent(place, 200)
    report = ended(place)
    assert (report.status, report.filled, report.average_price) == ("expired", 0, None)
    assert spent_by(place) == {"C-1": 0, "C-2": 0, "C-3": 0}


def test_no_part_is_taken_when_one_cannot_be(house: House) -> None:
    """The client who cannot pay is named by place; nobody's cash stays reserved, no portfolio leased."""
    place = house()
    with pytest.raises(InsufficientCash) as caught:
        opened(place, {"C-1": 100, "C-2": 5000})
    assert caught.value.path == "parts[1]"
    assert spent_by(place) == {"C-1": 0, "C-2": 0, "C-3": 0}
    assert place.read(lambda tx: leases.holder(tx, place.tenant, "P-C-1")) is None
    with pytest.raises(InsufficientUnits) as caught_units:
        opened(place, {"C-1": 1}, side="sell")
    assert caught_units.value.path == "parts[0].units"
    with pytest.raises(UnknownPortfolio) as nobody:
        opened(place, {"C-1": 1, "C-9": 1})
    assert nobody.value.path == "parts[1].portfolio_id"


def test_a_block_has_its_portfolios_to_itself_until_it_ends(house: House) -> None:
    """Two blocks never trade one portfolio; which one is busy is said by place."""
    place = house()
    opened(place, {"C-1": 10, "C-2": 10})
    with pytest.raises(PortfolioBusy, match="run-1 trades P-C-2") as caught:
        opened(place, {"C-3": 10, "C-2": 10}, block_id="B-2", run="run-2")
    assert caught.value.path == "parts[1].portfolio_id"
    stopped(place)
    opened(place, {"C-3": 10, "C-2": 10}, block_id="B-2", run="run-2")


def test_other_runs_leave_a_clients_part_alone(house: House) -> None:
    """Cancelling or awaiting the portfolio's orders neither cancels the part nor waits for it."""
    place = house(behaviour={"default": "rest"})
    orders = opened(place, {"C-1": 10}).orders
    cancelled = cancel_open(CancelOpen(portfolio_id="P-C-1"), place.context("cancel"))
    assert cancelled.cancelled == []
    await_fills(AwaitFills(portfolio_id="P-C-1", orders=orders, within="0s"), place.context("await"))
    assert place.orders()[orders[0]].state == "intended"
    assert place.available() == 100_000_00 - (900_00 + 10_00 + 1)


def test_a_block_asked_for_again_is_the_same_block(house: House) -> None:
    """A retry is answered with what was done; other content under the key is refused, and so is the id."""
    place = house()
    assert opened(place, UNITS) == opened(place, UNITS)
    with pytest.raises(IntentChanged):
        opened(place, {"C-1": 1})
    with pytest.raises(BlockExists) as caught:
        opened(place, {"C-1": 1}, run="run-2")
    assert caught.value.path == "block_id"


def test_slices_never_come_to_more_than_the_block(house: House) -> None:
    """What open slices may still fill is spoken for; what was cancelled may be sent again."""
    place = house(behaviour={"default": "rest"})
    opened(place, UNITS)
    sent(place, 150)
    with pytest.raises(SliceTooLarge, match="51 VAS were to be sent, and block B-1 has 50 of 200") as caught:
        sent(place, 51, step="slice-2")
    assert caught.value.path == "units"
    sent(place, 50, step="slice-2")
    ended(place)
    with pytest.raises(BlockClosed):
        sent(place, 1, step="slice-3")


def test_a_slice_sent_again_is_the_same_slice(house: House) -> None:
    """A step that is tried again sends nothing a second time, also when the answer never came."""
    place = house(behaviour={"default": "fill", "rules": [{"number": 1, "does": "timeout"}]})
    opened(place, UNITS)
    assert sent(place, 100) == sent(place, 100)
    assert len(place.exchange.received_since(NOW)) == 1


def test_a_rejected_slice_is_an_error_and_a_person_may_retry_it(house: House) -> None:
    """The reason is the broker's; what was rejected is asked for anew under another id."""
    place = house(
        behaviour={"default": "fill", "rules": [{"number": 1, "does": "reject", "reason": "closed"}]}
    )
    opened(place, {"C-1": 10})
    with pytest.raises(OrderRejected, match="closed"):
        sent(place, 10)
    sent(place, 10, turn=2)
    assert ended(place).status == "filled"


def test_what_forbids_an_order_forbids_a_block_and_a_slice(house: House) -> None:
    """Halts, the collar and the largest order hold for blocks; paths say where it was asked for."""
    place = house(paid_in=Decimal(5_000_000))
    with pytest.raises(PriceOutsideCollar) as caught:
        opened(place, UNITS, limit="120")
    assert caught.value.path == "limit"
    with pytest.raises(OrderTooLarge) as large:
        opened(place, {"C-1": 12_000})
    assert large.value.path == "parts[0].units"
    with pytest.raises(UnknownEtf) as unknown:
        opened(place, UNITS, etf="ZZZ")
    assert unknown.value.path == "etf"
    opened(place, UNITS)
    with place.database.transaction() as tx:
        halts.halt(tx, place.tenant, "etf:VAS", by="kim", reason="feed", now=NOW)
    with pytest.raises(TradingHalted):
        sent(place, 10)
    assert place.exchange.received_since(NOW) == []


def test_a_slice_may_be_cheaper_than_the_block_but_not_dearer(house: House) -> None:
    """The clients' cash is held at the block's limit."""
    place = house(behaviour={"default": "rest"})
    opened(place, UNITS, limit="90.00")
    with pytest.raises(SliceBeyondLimit, match=r"90\.01 is worse than the 90") as caught:
        sent(place, 10, limit="90.01")
    assert caught.value.path == "limit"
    sent(place, 10, limit="89.50")


def test_a_block_that_never_was_has_nothing_to_stop(house: House) -> None:
    """An undo finds nothing to undo; waiting for such a block is a mistake."""
    place = house()
    assert not stopped(place).cancelled
    with pytest.raises(UnknownBlock):
        ended(place)


def test_the_broker_and_the_store_agree_about_slices(house: House) -> None:
    """Reconciliation compares slices as it compares orders, and clients' parts with nothing."""
    place = house(behaviour={"default": "parts"})
    opened(place, UNITS)
    sent(place, 200)
    ended(place)
    answer = reconcile(ReconcileOrders(), place.context("reconcile"))
    assert (answer.reconciled, answer.orders) == (True, 1)


def test_a_portfolio_trades_for_itself_again_after_the_block(house: House) -> None:
    """Orders of its own wait for their own fills, not for the block's."""
    place = house()
    opened(place, UNITS)
    sent(place, 200)
    ended(place)
    trades = [{"etf": "VAS", "side": "sell", "units": 40}]
    ask = SubmitOrders.model_validate({"portfolio_id": "P-C-1", "trades": trades})
    submit(ask, place.context("orders", "run-2"))
    report = await_fills(AwaitFills(portfolio_id="P-C-1"), place.context("fills", "run-2"))
    assert (report.status, report.total_trades) == ("filled", 1)
    assert units_of(place)["C-1"] == 60


@pytest.mark.parametrize("broken", ["slices.after_intent", "slices.after_send", "slices.all_closed"])
def test_whoever_dies_on_the_way_changes_nothing(
    house: House, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tried again after a fault at any point, the block is traded and shared out once."""
    place = house()
    opened(place, UNITS)

    def die(name: str) -> None:
        if name == broken:
            raise OutcomeUnknown(name)

    for module in ("activities.block_slices", "activities.block_ending"):
        monkeypatch.setattr(f"{module}.failpoint", die)
    if broken != "slices.all_closed":
        with pytest.raises(OutcomeUnknown):
            sent(place, 200)
        monkeypatch.undo()
    sent(place, 200)
    if broken == "slices.all_closed":
        with pytest.raises(OutcomeUnknown):
            ended(place)
        monkeypatch.undo()
    ended(place)
    assert len(place.exchange.received_since(NOW)) == 1
    assert units_of(place) == UNITS
    hold_true(place)


def test_the_calculation_alone_can_be_asked_for() -> None:
    """`orders.allocate`: 7 of 100 units filled at two prices, one brokerage."""
    ask: dict[str, Any] = {
        "fills": [{"units": 4, "price": "10.00"}, {"units": 3, "price": "10.10"}],
        "parts": [{"id": "a", "units": 60}, {"id": "b", "units": 30}, {"id": "c", "units": 10}],
        "brokerage": 10,
    }
    answer = allocate(ShareFills.model_validate(ask), pure_context())
    assert [(each.id, each.units, each.value, each.brokerage) for each in answer.parts] == [
        ("a", 4, Decimal("40.17"), Decimal("5.71")),
        ("b", 2, Decimal("20.09"), Decimal("2.86")),
        ("c", 1, Decimal("10.04"), Decimal("1.43")),
    ]
    assert (answer.units, answer.value, answer.average_price) == (7, Decimal("70.3"), Decimal("10.04285714"))
