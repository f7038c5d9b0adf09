"""Amending orders: changed once at the broker, cash and units held for the larger of both until it answers."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from activities.amending import AmendRejected, NothingToAmend, PartOfBlock, amend
from activities.order_checks import OrderTooLarge, PriceOutsideCollar, TradingHalted
from activities.orders import await_fills, cancel_open, submit
from activities.reconciliation import reconcile
from adapters.broker import Amendment, BrokerOrderState, OrderRefused, OutcomeUnknown
from adapters.simulated_exchange import SimulatedExchange
from payloads.amending import AmendedOrder, AmendOrder
from payloads.orders import AwaitFills, CancelOpen, SubmitOrders
from payloads.reconciliation import ReconcileOrders
from store import halts
from store.database import Database
from store.order_holds import InsufficientCash, InsufficientUnits
from store.order_life import OrderNotOpen
from store.orders import UnknownOrder
from tests.support.blocks import open_house, opened
from tests.support.trading import NOW, PORTFOLIO, Brokerage

House = Callable[..., Brokerage]
PAID_IN = 100_000_00


@pytest.fixture
def house(database: Database, tenant: str, tmp_path: Path) -> House:
    """Opens a brokerage with clients; its orders rest unless it is told otherwise."""
    return lambda **given: open_house(
        database, tenant, tmp_path, **({"behaviour": {"default": "rest"}} | given)
    )


def ordered(place: Brokerage, side: str = "buy", units: int = 100, limit: Any = 90) -> str:
    trade = {"etf": "VAS", "side": side, "units": units, "limit": limit}
    ask = SubmitOrders.model_validate({"portfolio_id": PORTFOLIO, "trades": [trade]})
    [order] = submit(ask, place.context(f"orders-{side}")).orders
    return order


def amended(place: Brokerage, order: str, step: str = "amend", **ask: Any) -> AmendedOrder:
    given = AmendOrder.model_validate({"portfolio_id": PORTFOLIO, "order": order, **ask})
    answer = amend(given, place.context(step))
    assert isinstance(answer, AmendedOrder)
    return answer


def test_units_and_limit_change_and_so_does_what_is_reserved(house: House) -> None:
    """100 at 90.00 become 120 at 89.00: 10,680 and the brokerage are held."""
    place = house()
    order = ordered(place)
    answer = amended(place, order, units=120, limit=89)
    assert (answer.units, answer.limit, answer.leaves, answer.state) == (120, 89, 120, "new")
    assert place.available() == PAID_IN - (120 * 89_00 + 10_00)
    assert amended(place, order, step="again", units=50).limit == 89
    assert place.available() == PAID_IN - (50 * 89_00 + 10_00)
    there = place.exchange.find(order)
    assert there is not None
    assert there.units == 50


def test_what_has_filled_stays(house: House) -> None:
    """40 of 100 have filled: 60 leaves 20 open, 40 is filled, 30 is filled too, as FIX has it."""
    place = house(behaviour={"default": "fill", "rules": [{"does": "partial", "share": "0.4"}]})
    order = ordered(place)
    answer = amended(place, order, units=60)
    assert (answer.filled, answer.leaves, answer.state) == (40, 20, "partially_filled")
    assert place.available() == place.balance() - 20 * 90_00
    done = amended(place, order, step="again", units=30)
    assert (done.units, done.filled, done.leaves, done.state) == (40, 40, 0, "filled")
    assert (place.positions(), place.available()) == ({"VAS": 40}, place.balance())


def test_a_better_limit_fills_the_order(house: House) -> None:
    """The fill that follows the change is booked with it."""
    place = house(behaviour={"default": "fill"})
    order = ordered(place, limit=85)
    answer = amended(place, order, limit=91)
    assert (answer.state, answer.filled) == ("filled", 100)
    place.hold_balanced(PAID_IN)


def test_a_step_tried_again_changes_the_order_once(house: House) -> None:
    """The second answer is the first; the broker has one amendment."""
    place = house()
    order = ordered(place)
    first = amended(place, order, units=120)
    amended(place, order, step="later", units=150)
    assert first.units == 120
    assert amended(place, order, units=120).units == 150


class Silent(SimulatedExchange):
    """An exchange that changes the order and does not say so, or says no."""

    answers: int = 0
    refuses: bool = False

    def amend(self, amendment: Amendment) -> BrokerOrderState:
        if self.refuses:
            raise OrderRefused("too late to change")
        answer = super().amend(amendment)
        self.answers += 1
        if self.answers <= 3:
            raise OutcomeUnknown("no answer")
        return answer


def test_without_an_answer_both_contents_are_held(house: House, tmp_path: Path) -> None:
    """Unknown twice: the step fails, and cash for the larger order stays until another attempt knows."""
    place = house()
    place = place.with_broker(Silent(tmp_path, behaviour={"default": "rest"}, now=place.clock))
    order = ordered(place)
    with pytest.raises(OutcomeUnknown):
        amended(place, order, units=50, limit=91)
    kept = place.orders()[order]
    assert (kept.state, kept.units) == ("pending_replace", 100)
    assert place.available() == PAID_IN - (100 * 91_00 + 10_00)
    answer = amended(place, order, units=50, limit=91)
    assert (answer.units, answer.state) == (50, "new")
    assert place.available() == PAID_IN - (50 * 91_00 + 10_00)


def test_a_refused_change_leaves_the_order_as_it_was(house: House, tmp_path: Path) -> None:
    """The broker's reason is told, and what the larger order would have taken is free again."""
    place = house()
    broker = Silent(tmp_path, behaviour={"default": "rest"}, now=place.clock)
    place = place.with_broker(broker)
    order = ordered(place)
    broker.refuses = True
    with pytest.raises(AmendRejected, match="too late to change"):
        amended(place, order, units=500)
    kept = place.orders()[order]
    assert (kept.state, kept.units, kept.limit_price) == ("new", 100, 90)
    assert place.available() == PAID_IN - (100 * 90_00 + 10_00)


def test_an_order_that_has_filled_is_not_changed(house: House) -> None:
    """Also when nobody has looked since it filled."""
    place = house(behaviour={"default": "fill"})
    with pytest.raises(OrderNotOpen, match="is filled"):
        amended(place, ordered(place), units=120)


def test_nobody_spends_or_sells_more_than_there_is(house: House) -> None:
    """A refusal changes nothing, here or at the broker."""
    place = house(behaviour={"default": "fill", "rules": [{"side": "sell", "does": "rest"}]})
    buy = ordered(place, limit=85)
    with pytest.raises(InsufficientCash) as dear:
        amended(place, buy, units=2000)
    assert dear.value.path == "units"
    assert amended(place, buy, step="fill", limit=91).state == "filled"
    sale = ordered(place, "sell", 60)
    with pytest.raises(InsufficientUnits, match="50 VAS more were to be sold, and 40 are held") as many:
        amended(place, sale, step="sale", units=110)
    assert many.value.path == "units"
    assert amended(place, sale, step="all", units=100).leaves == 100


def test_what_forbids_an_order_forbids_a_change(house: House) -> None:
    """Collar, largest order and halts; and a change that changes nothing."""
    place = house()
    order = ordered(place)
    for ask, error, path in (
        ({"limit": 120}, PriceOutsideCollar, "limit"),
        ({"units": 20_000}, OrderTooLarge, "units"),
        ({"units": 100}, NothingToAmend, "units"),
        ({}, NothingToAmend, "units"),
    ):
        with pytest.raises(error) as caught:
            amended(place, order, **ask)
        assert caught.value.path == path
    with place.database.transaction() as tx:
        halts.halt(tx, place.tenant, "etf:VAS", by="kim", reason="feed", now=NOW)
    with pytest.raises(TradingHalted):
        amended(place, order, units=50)


def test_only_the_portfolios_own_orders_can_be_amended(house: House) -> None:
    """Not another's, and not a part of a block."""
    place = house()
    with pytest.raises(UnknownOrder) as caught:
        amended(place, "NOBODY", units=1)
    assert caught.value.path == "order"
    [part] = opened(place, {"C-1": 10}).orders
    with pytest.raises(PartOfBlock, match="B-1"):
        amended(place, part, units=1)


def test_an_amended_order_is_cancelled_awaited_and_reconciled_as_it_stands(house: House) -> None:
    """Everything else sees the order that the broker has."""
    place = house()
    order = ordered(place)
    amended(place, order, units=120)
    assert reconcile(ReconcileOrders(), place.context("reconcile")).reconciled
    assert cancel_open(CancelOpen(portfolio_id=PORTFOLIO), place.context("cancel")).cancelled == [order]
    report = await_fills(AwaitFills(portfolio_id=PORTFOLIO), place.context("fills"))
    assert report.status == "expired"
    assert place.available() == place.balance() == Decimal(PAID_IN)
