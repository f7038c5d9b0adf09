"""The report on best execution: of what is recorded, and of what is given."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from activities.execution import best_execution, measure_execution
from activities.orders import await_fills, submit
from engines.trading.execution import OverFilled
from payloads.execution import BestExecution, ExecutionQuality, MeasureExecution
from payloads.orders import AwaitFills, SubmitOrders
from store.blocks import UnknownBlock
from store.database import Database
from store.portfolios import UnknownPortfolio
from tests.support.blocks import BLOCK, ended, open_house, opened, sent
from tests.support.contexts import pure_context
from tests.support.trading import PORTFOLIO, Brokerage

House = Callable[..., Brokerage]


@pytest.fixture
def house(database: Database, tenant: str, tmp_path: Path) -> House:
    """Opens a brokerage with three clients; keywords as `open_brokerage` takes them."""
    return lambda **given: open_house(database, tenant, tmp_path, **given)


def report(place: Brokerage, **ask: Any) -> ExecutionQuality:
    answer = best_execution(BestExecution.model_validate(ask), place.context("report"))
    assert isinstance(answer, ExecutionQuality)
    return answer


def traded(place: Brokerage, *trades: dict[str, Any], within: str = "0s") -> None:
    ask = SubmitOrders.model_validate({"portfolio_id": PORTFOLIO, "trades": list(trades)})
    submit(ask, place.context("orders"))
    await_fills(AwaitFills(portfolio_id=PORTFOLIO, within=within), place.context("fills"))


def measured(*orders: dict[str, Any], tape: list[dict[str, Any]] | None = None) -> ExecutionQuality:
    ask = MeasureExecution.model_validate({"orders": list(orders), "tape": tape or []})
    answer = measure_execution(ask, pure_context())
    assert isinstance(answer, ExecutionQuality)
    return answer


ORDER: dict[str, Any] = {
    "id": "O-1", "etf": "VAS", "side": "buy", "units": 1000, "arrival_price": "50.00",
    "fills": [{"units": 800, "price": "50.10"}], "brokerage": 20, "closing_price": "50.50",
}  # fmt: skip


def test_a_worked_example() -> None:
    """80 of execution, 100 of opportunity, 20 of brokerage: 40 basis points of 50,000."""
    found = measured(ORDER).orders[0]
    assert (found.execution_cost, found.execution_bps) == (80, 20)
    assert (found.opportunity_cost, found.shortfall, found.shortfall_bps) == (100, 200, 40)
    assert (found.average_price, found.vwap, found.vwap_bps) == (Decimal("50.1"), None, None)


def test_the_sum_counts_each_order_by_its_money() -> None:
    """A buy of 50,000 at 40 basis points and a sell of 5,000 at -100: 150 of 55,000."""
    sale = {
        "id": "O-2", "etf": "VGS", "side": "sell", "units": 50, "arrival_price": 100,
        "fills": [{"units": 50, "price": 101}],
    }  # fmt: skip
    total = measured(ORDER, sale).total
    assert (total.execution_cost, total.shortfall) == (30, 150)
    assert total.shortfall_bps == Decimal("27.2727")
    assert total.brokerage == 20


def test_against_the_tape() -> None:
    """The tape's trades of the ETF average 50.00: 20 basis points, of another ETF none count."""
    tape = [
        {"etf": "VAS", "at": "2026-02-02T10:00:00+11:00", "price": "49.90", "units": 300},
        {"etf": "VAS", "at": "2026-02-02T11:00:00+11:00", "price": "50.10", "units": 300},
        {"etf": "VGS", "at": "2026-02-02T11:00:00+11:00", "price": "90.00", "units": 300},
    ]
    found = measured(ORDER, tape=tape)
    assert (found.orders[0].vwap, found.orders[0].vwap_cost, found.orders[0].vwap_bps) == (50, 80, 20)
    assert found.total.vwap_bps == 20


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"arrival_price": 0}, "orders.0.arrival_price"),
        ({"units": -1}, "orders.0.units"),
        (
            {"fills": [{"units": 1, "price": 1, "executed_at": "2026-02-02T10:00:00"}]},
            "orders.0.fills.0.executed_at",
        ),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, Any], path: str) -> None:
    """Prices are above zero, units too, and moments say their offset."""
    with pytest.raises(ValidationError) as caught:
        measured(ORDER | change)
    assert ".".join(map(str, caught.value.errors()[0]["loc"])) == path


def test_more_filled_than_ordered_is_named_by_place() -> None:
    """A record that contradicts itself."""
    with pytest.raises(OverFilled) as caught:
        measured(ORDER, ORDER | {"id": "O-2", "units": 700})
    assert caught.value.path == "orders[1].fills"


def test_a_portfolios_orders_are_measured_by_what_is_recorded(house: House) -> None:
    """Decided at 90.00 and bought at 89.00 with a limit of 91.00: 100 better on 100 units, 10 of brokerage."""
    place = house()
    place.exchange.load_prices({"VAS": Decimal("89.00")}, "2026-02-02")
    traded(place, {"etf": "VAS", "side": "buy", "units": 100, "limit": 91})
    found = report(place, portfolio_id=PORTFOLIO)
    assert [(each.arrival_price, each.average_price, each.execution_cost) for each in found.orders] == [
        (90, 89, -100)
    ]
    assert (found.total.shortfall, found.total.shortfall_bps) == (-90, -100)
    assert found.unmeasured == []


def test_what_cannot_be_measured_is_said(house: House) -> None:
    """Rejected orders, open ones, and those of before prices were kept."""
    script = {"default": "fill", "rules": [{"etf": "VGS", "does": "reject", "reason": "closed"}]}
    place = house(behaviour=script)
    traded(
        place,
        {"etf": "VAS", "side": "buy", "units": 1},
        {"etf": "VGS", "side": "buy", "units": 1},
    )
    with place.database.transaction() as tx:
        old = next(each for each in place.orders().values() if each.etf == "VAS")
        old.arrival_price = None
        tx.merge(old)
    found = report(place, portfolio_id=PORTFOLIO)
    assert found.orders == []
    assert sorted(each.reason for each in found.unmeasured) == [
        "the broker rejected it: closed",
        "the market's price when it was decided was not kept",
    ]


def test_days_are_the_exchanges(house: House) -> None:
    """Noon in Sydney on Monday 2 February; the day after there is nothing."""
    place = house()
    traded(place, {"etf": "VAS", "side": "buy", "units": 1})
    day = date(2026, 2, 2)
    assert len(report(place, portfolio_id=PORTFOLIO, since=day, until=day).orders) == 1
    assert report(place, portfolio_id=PORTFOLIO, since=date(2026, 2, 3)).orders == []


def test_a_block_is_measured_as_one_order(house: House) -> None:
    """Its brokerage is charged once; an open block is not measured yet."""
    place = house()
    opened(place, {"C-1": 60, "C-2": 40})
    assert report(place, block_id=BLOCK).unmeasured[0].reason == "it is still open"
    sent(place, 100)
    ended(place)
    found = report(place, block_id=BLOCK)
    assert (found.orders[0].ordered, found.orders[0].filled, found.total.brokerage) == (100, 100, 10)
    assert found.total.shortfall_bps == Decimal("11.1111")
    assert len(report(place, portfolio_id=PORTFOLIO).orders) == 1


def test_unknown_ids_are_named(house: House) -> None:
    """Neither a portfolio nor a block is made up."""
    place = house()
    with pytest.raises(UnknownPortfolio):
        report(place, portfolio_id="P-9")
    with pytest.raises(UnknownBlock):
        report(place, block_id="B-9")
    with pytest.raises(ValidationError, match="one of them"):
        report(place)
