"""What has to be traded so that money can leave a portfolio."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from activities.runner import ActivityFault, run
from store.database import Database
from store.tables import Parcel, Portfolio, Position
from tests.support.databases import NOON
from tests.support.trading import ACCOUNT, PORTFOLIO, PRICES, open_brokerage

Plan = Callable[[Any], dict[str, Any]]
BROKERAGE = 10


@pytest.fixture
def plan(database: Database, tenant: str, tmp_path: Path) -> Plan:
    """Plans of a portfolio of 1,000 VAS and 1,000 VGS, half and half by target, and 100,000.00 in cash."""
    brokerage = open_brokerage(database, tenant, tmp_path)
    with database.transaction() as tx:
        portfolio = tx.get_one(Portfolio, (tenant, PORTFOLIO))
        portfolio.target = {"VAS": 0.5, "VGS": 0.5}
        tx.add(portfolio)
        for etf in ("VAS", "VGS"):
            own = {"tenant": tenant, "portfolio_id": PORTFOLIO, "etf": etf, "units": 1000}
            bought = {"acquired": NOON.date(), "units_bought": 1000, "cost_base_cents": 1}
            tx.add(Position(**own))
            tx.add(Parcel(**own, **bought, parcel_id=f"L-{etf}"))

    def planned(amount: Any) -> dict[str, Any]:
        ask = {"portfolio_id": PORTFOLIO, "amount": amount}
        return run("cash.plan_withdrawal", ask, brokerage.context("plan"), strict=True)

    return planned


def cash_after(trades: list[dict[str, Any]]) -> Decimal:
    signs = {"sell": 1, "buy": -1}
    moved = sum((signs[each["side"]] * each["units"] * PRICES[each["etf"]] for each in trades), Decimal(0))
    return 100_000 + moved - BROKERAGE * len(trades)


@pytest.mark.parametrize("amount", ["0.01", "100000.00"])
def test_cash_that_is_there_needs_no_trades(plan: Plan, amount: str) -> None:
    """To the cent."""
    found = plan(amount)
    assert (found["account_id"], found["settled"]) == (ACCOUNT, 100_000)
    assert (found["missing"], found["trades"]) == (0, [])


@pytest.mark.parametrize("amount", ["100000.01", "150000", "280000.55"])
def test_what_is_missing_is_sold_with_a_margin(plan: Plan, amount: str) -> None:
    """The cash after the trades covers the amount, even at prices that are two percent worse."""
    found, wanted = plan(amount), Decimal(amount)
    assert found["missing"] == wanted - 100_000
    assert cash_after(found["trades"]) >= wanted + (wanted - 100_000) * Decimal("0.019")


def test_the_rest_is_left_at_its_target(plan: Plan) -> None:
    """Half of what stays is in each ETF, to a unit."""
    held = {"VAS": 1000, "VGS": 1000}
    for trade in plan(200_000)["trades"]:
        held[trade["etf"]] += trade["units"] if trade["side"] == "buy" else -trade["units"]
    assert abs(held["VAS"] * PRICES["VAS"] - held["VGS"] * PRICES["VGS"]) <= 2 * PRICES["VGS"]


def test_nearly_everything_can_be_withdrawn(plan: Plan) -> None:
    """Where nothing is left for a margin, everything is sold; brokerage comes off what can be had."""
    most = 100_000 + 210_000 - 2 * BROKERAGE
    found = plan(most)
    assert {each["etf"]: each["units"] for each in found["trades"]} == {"VAS": 1000, "VGS": 1000}
    assert cash_after(found["trades"]) == most


@pytest.mark.parametrize("amount", ["309980.01", "310000.01", "1000000000"])
def test_more_than_everything_brings_in_is_refused(plan: Plan, amount: str) -> None:
    """The message says how much it could be."""
    with pytest.raises(ActivityFault) as raised:
        plan(amount)
    assert (raised.value.type, raised.value.path) == ("WithdrawalTooLarge", "amount")
    assert "about 309980.00 after costs" in raised.value.message


@pytest.mark.parametrize("amount", [0, -1, "0.001", None])
def test_an_amount_that_is_no_money_is_refused(plan: Plan, amount: object) -> None:
    """By its field."""
    with pytest.raises(ActivityFault) as raised:
        plan(amount)
    assert (raised.value.type, raised.value.path) == ("InvalidInput", "amount")
