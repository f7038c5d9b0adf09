"""A portfolio's losses realised by swaps: what is worth it, what stands against it, and when to look again."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from activities.harvest_plans import NoTaxRate, plan_harvest
from activities.snapshots import UnknownEtf
from payloads.harvest_plans import HarvestPlan, PlanHarvest
from store import customers, events, halts, ledger, portfolios
from store.database import Database
from store.ledger import About, Posting, Subject
from store.portfolios import UnknownPortfolio
from store.tables import Book
from tests.support.trading import ACCOUNT, NOW, PORTFOLIO, Brokerage, open_brokerage

PRICES = {"VAS": Decimal("80.00"), "VHY": Decimal("75.50"), "VGS": Decimal("120.00"), "BILL": Decimal("5.00")}
TODAY = date(2026, 2, 2)
LONG_AGO = date(2024, 3, 4)
# 37% of 2,000, less half of it in five years at 5% a year, less two orders of 10.
NET = Decimal("430.10")

Plan = Callable[..., HarvestPlan]


@pytest.fixture
def brokerage(database: Database, tenant: str, tmp_path: Path) -> Brokerage:
    """A managed portfolio at 37%, half VAS and half VGS by its target, with cash."""
    made = open_brokerage(database, tenant, tmp_path, prices=PRICES)
    with database.transaction() as tx:
        row = portfolios.portfolio(tx, tenant, PORTFOLIO)
        row.marginal_rate, row.target, row.state = Decimal("0.37"), {"VAS": 0.4, "VGS": 0.6}, "managed"
        tx.add(row)
    return made


@pytest.fixture
def plan(brokerage: Brokerage) -> Plan:
    """Asks for a plan; `house` changes harvesting.yaml."""

    def ask(house: dict[str, Any] | None = None, **given: Any) -> HarvestPlan:
        files = brokerage.files
        changed = {**files, "harvesting": {**files["harvesting"], **(house or {})}}
        brokerage.files = changed
        asked = PlanHarvest.model_validate({"portfolio_id": PORTFOLIO, **given})
        found = plan_harvest(asked, brokerage.context("plan"))
        brokerage.files = files
        assert isinstance(found, HarvestPlan)
        return found

    return ask


def holds(
    brokerage: Brokerage, etf: str, units: int, dollars: int, bought: date = LONG_AGO, kind: str = "purchase"
) -> str:
    """A parcel bought on a day; its id."""
    parcel = f"{etf}.{bought}"
    with brokerage.database.transaction() as tx:
        subject = Subject(PORTFOLIO, etf, parcel, bought, units)
        lines = [Posting(Book.SECURITIES, dollars * 100, subject), Posting(Book.CAPITAL, -dollars * 100)]
        ledger.post(tx, brokerage.tenant, ACCOUNT, About(parcel, kind, bought, "AUD", NOW), lines)
    return parcel


def announce(brokerage: Brokerage, etf: str, ex_date: str, reference: str = "D-1", **more: Any) -> None:
    """A fund announces a distribution of a dollar."""
    data = {
        "reference": reference,
        "etf": etf,
        "ex_date": ex_date,
        "payment_date": ex_date,
        "amount": 1,
        **more,
    }
    with brokerage.database.transaction() as tx:
        events.append(
            tx, brokerage.tenant, "business", "distribution_announced", data, at=NOW, kind="business"
        )


def test_a_loss_is_swapped_into_another_index_of_its_class(brokerage: Brokerage, plan: Plan) -> None:
    """The whole parcel is sold by name; what it brings buys whole units; the target follows."""
    parcel = holds(brokerage, "VAS", 100, 10_000)
    holds(brokerage, "VGS", 50, 5_000)
    found = plan()
    (looked,) = found.candidates
    assert (looked.parcel, looked.loss, looked.net_benefit) == (parcel, 2000, NET)
    assert (looked.replacement, looked.blocked_by, looked.free_on) == ("VHY", None, None)
    sell, buy = found.trades
    assert (sell.etf, sell.side, sell.units, sell.parcel_ids, sell.value) == (
        "VAS",
        "sell",
        100,
        [parcel],
        8000,
    )
    assert (buy.etf, buy.side, buy.units, buy.value) == ("VHY", "buy", 105, Decimal("7927.50"))
    assert found.total_net_benefit == NET
    assert found.target == {"VHY": 0.4, "VGS": 0.6}
    assert (found.look_again_on, found.take_back_on, found.as_of) == (None, None, TODAY)


@pytest.mark.parametrize(("etf", "replacements"), [("VHY", [None]), ("VAS", [])])
def test_what_is_halted_is_neither_sold_nor_bought(
    brokerage: Brokerage, plan: Plan, etf: str, replacements: list[str | None]
) -> None:
    """A halted fund stands in for no other, and a loss in it waits until it can be sold."""
    holds(brokerage, "VAS", 100, 10_000)
    with brokerage.database.transaction() as tx:
        halts.halt(tx, brokerage.tenant, f"etf:{etf}", by="kim", reason="suspended", now=NOW)
    found = plan()
    assert [looked.replacement for looked in found.candidates] == replacements
    assert found.trades == []


def test_part_of_a_position_moves_part_of_its_weight(brokerage: Brokerage, plan: Plan) -> None:
    """The parcel at a gain stays, and so does its share of the target."""
    holds(brokerage, "VAS", 100, 10_000)
    holds(brokerage, "VAS", 300, 9_000, date(2023, 3, 6))
    assert plan().target == {"VAS": 0.3, "VHY": 0.1, "VGS": 0.6}


def test_parcels_of_one_etf_are_one_order(brokerage: Brokerage, plan: Plan) -> None:
    """The most beneficial comes first, and one replacement is bought with the proceeds of both."""
    less = holds(brokerage, "VAS", 100, 10_000)
    more = holds(brokerage, "VAS", 100, 11_000, date(2023, 3, 6))
    found = plan()
    sell, buy = found.trades
    assert (sell.units, sell.parcel_ids, buy.units) == (200, [more, less], (16_000 - 20) // Decimal("75.5"))
    assert found.swaps[0].loss == 5000


@pytest.mark.parametrize(
    ("bought", "free_on", "look_again"),
    [
        (date(2026, 1, 5), date(2026, 2, 20), date(2026, 2, 20)),
        (date(2025, 12, 18), date(2026, 2, 2), None),  # held for 45 days between those of purchase and sale
    ],
)
def test_a_young_parcel_is_waited_for(
    brokerage: Brokerage, plan: Plan, bought: date, free_on: date, look_again: date | None
) -> None:
    """45 days at risk, neither the day of purchase nor that of sale among them."""
    holds(brokerage, "VAS", 100, 10_000, bought)
    found = plan()
    (looked,) = found.candidates
    assert looked.blocked_by == ("minimum_holding" if look_again else None)
    assert looked.free_on == (free_on if look_again else None)
    assert found.look_again_on == look_again
    assert bool(found.trades) is (look_again is None)


@pytest.mark.parametrize("kind", ["purchase", "distribution"])
def test_a_purchase_of_the_same_within_the_window_flags_part_iva(
    brokerage: Brokerage, plan: Plan, kind: str
) -> None:
    """Also where units came with a distribution, and were sold since; on the 31st day it is over."""
    holds(brokerage, "VAS", 100, 10_000)
    holds(brokerage, "VAS", 1, 80, date(2026, 1, 20), kind)
    found = plan()
    assert [(one.blocked_by, one.free_on) for one in found.candidates] == [("part_iva", date(2026, 2, 20))]
    assert found.look_again_on == date(2026, 2, 20)


def test_waits_beyond_the_houses_longest_are_left_to_another_run(brokerage: Brokerage, plan: Plan) -> None:
    """The candidate still says when it is free."""
    holds(brokerage, "VAS", 100, 10_000, date(2026, 1, 5))
    wait = {**brokerage.files["harvesting"]["longest_wait"], "value": 17}
    found = plan(house={"longest_wait": wait})
    assert (found.candidates[0].free_on, found.look_again_on) == (date(2026, 2, 20), None)
    assert plan(house={"longest_wait": {**wait, "value": 18}}).look_again_on == date(2026, 2, 20)


def test_a_replacement_that_goes_ex_soon_is_waited_for(brokerage: Brokerage, plan: Plan) -> None:
    """Seven days before it and not eight; the advice says what would come back as income."""
    holds(brokerage, "VAS", 100, 10_000)
    announce(brokerage, "VHY", "2026-02-10")
    assert plan().trades
    announce(brokerage, "VHY", "2026-02-09")
    found = plan()
    assert [(one.blocked_by, one.free_on) for one in found.candidates] == [("ex_date", date(2026, 2, 9))]
    assert (found.trades, found.look_again_on) == ([], date(2026, 2, 9))
    (advice,) = found.advice
    assert (advice.code, advice.etf, advice.until, advice.amount) == (
        "buy_after_ex_date",
        "VHY",
        date(2026, 2, 9),
        105,  # units of VHY, as the swap would buy
    )


def test_what_waits_for_an_ex_date_is_all_that_would_be_bought(brokerage: Brokerage, plan: Plan) -> None:
    """Two parcels of VAS make 16,000; less two orders that is 211 units of VHY, at a dollar each."""
    holds(brokerage, "VAS", 100, 10_000)
    holds(brokerage, "VAS", 100, 9_900, date(2024, 5, 6))
    announce(brokerage, "VHY", "2026-02-09")
    assert [advice.amount for advice in plan().advice] == [211]


def test_franking_is_advised_to_be_kept(brokerage: Brokerage, plan: Plan) -> None:
    """100 units at a dollar, 70% franked: a credit of 30 by 46 days after the purchase."""
    holds(brokerage, "VAS", 100, 8_000, date(2026, 1, 5))
    announce(brokerage, "VAS", "2026-01-20", franking=Decimal("0.7"))
    (advice,) = plan().advice
    assert (advice.code, advice.until, advice.amount) == ("keep_for_franking", date(2026, 2, 20), 30)
    assert advice.text == "Sell no VAS before 2026-02-20: the credit of 30.00 would be lost."


def test_losses_of_a_non_resident_are_left_alone(brokerage: Brokerage, plan: Plan) -> None:
    """They save no Australian tax, and would cost brokerage."""
    holds(brokerage, "VAS", 100, 10_000)
    assert plan().swaps
    with brokerage.database.transaction() as tx:
        row = customers.customer(tx, brokerage.tenant, "C-1")
        row.tax_residency = "NZ"
        tx.add(row)
    found = plan()
    assert (found.candidates, found.trades, found.swaps) == ([], [], [])


def test_without_anything_alike_nothing_is_sold(brokerage: Brokerage, plan: Plan) -> None:
    """What is held already, or aimed at, replaces nothing."""
    holds(brokerage, "VAS", 100, 10_000)
    holds(brokerage, "VHY", 100, 5_000)
    found = plan()
    assert [one.blocked_by for one in found.candidates] == ["no_replacement"]
    assert (found.trades, found.target, found.look_again_on) == ([], {}, None)


def test_a_replacement_below_the_first_holding_is_not_bought(brokerage: Brokerage, plan: Plan) -> None:
    """6 VAS bring 470, and the exchange wants 500."""
    holds(brokerage, "VAS", 6, 2_000)
    found = plan()
    assert [one.blocked_by for one in found.candidates] == ["too_small"]
    assert found.trades == []


def test_a_benefit_up_to_the_houses_least_is_left(brokerage: Brokerage, plan: Plan) -> None:
    """Above it, not at it."""
    holds(brokerage, "VAS", 100, 10_000)
    least = {**brokerage.files["harvesting"]["least_benefit"], "value": NET}
    assert plan(house={"least_benefit": least}).candidates == []
    assert plan(house={"least_benefit": {**least, "value": NET - Decimal("0.01")}}).trades


def test_nothing_held_is_nothing_to_do(plan: Plan) -> None:
    """An empty portfolio has an empty plan."""
    found = plan()
    assert (found.candidates, found.trades, found.total_net_benefit) == ([], [], 0)


SWAP = {
    "sold": "VAS",
    "units_sold": 100,
    "bought": "VHY",
    "units_bought": 105,
    "loss": 2000,
    "net_benefit": NET,
}
SWITCH = {"value": "switch_back", "unit": "-", "since": date(2025, 11, 15), "source": "-"}


def test_a_house_that_switches_back_says_when(brokerage: Brokerage, plan: Plan) -> None:
    """On the day after the 30 days after the sale."""
    holds(brokerage, "VAS", 100, 10_000)
    assert plan(house={"after_window": SWITCH}).take_back_on == date(2026, 3, 5)


def test_a_swap_is_taken_back(brokerage: Brokerage, plan: Plan) -> None:
    """Its units are sold, and the first ETF is bought with what they bring: two orders of 10 and no tax."""
    holds(brokerage, "VHY", 105, 7_938)
    found = plan(house={"after_window": SWITCH}, take_back=[SWAP])
    sell, buy = found.trades
    assert (sell.etf, sell.units, sell.parcel_ids) == ("VHY", 105, None)
    assert (buy.etf, buy.units) == ("VAS", (Decimal("7927.50") - 20) // 80)
    assert (found.total_net_benefit, found.take_back_on, found.candidates) == (-20, None, [])
    assert found.swaps[0].sold == "VHY"


@pytest.mark.parametrize(
    ("units", "cost", "text"),
    [
        (0, 0, "VHY is not held any more, or buys no VAS"),
        (105, 6_000, "switching back costs 733.18, the swap saved 430.10"),
    ],
)
def test_a_swap_that_is_not_worth_taking_back_is_kept(
    brokerage: Brokerage, plan: Plan, units: int, cost: int, text: str
) -> None:
    """37% of a gain of 1,927.50 and two orders would be more than what was saved."""
    if units:
        holds(brokerage, "VHY", units, cost)
    found = plan(take_back=[SWAP])
    assert [one.text for one in found.kept] == [text]
    assert (found.trades, found.swaps, found.look_again_on) == ([], [], None)


def test_nothing_is_bought_back_before_its_ex_date(brokerage: Brokerage, plan: Plan) -> None:
    """The replacement stays."""
    holds(brokerage, "VHY", 105, 7_938)
    announce(brokerage, "VAS", "2026-02-05")
    assert [one.text for one in plan(take_back=[SWAP]).kept] == ["VAS goes ex on 2026-02-05"]


def test_what_cannot_be_planned_is_named(brokerage: Brokerage, plan: Plan) -> None:
    """No rate, no such portfolio, an ETF without a price."""
    with pytest.raises(UnknownPortfolio):
        plan(portfolio_id="P-nobody")
    with pytest.raises(UnknownEtf) as unknown:
        plan(take_back=[{**SWAP, "bought": "ABC"}])
    assert unknown.value.path == "take_back[0].bought"
    with brokerage.database.transaction() as tx:
        row = portfolios.portfolio(tx, brokerage.tenant, PORTFOLIO)
        row.marginal_rate = None
        tx.add(row)
    with pytest.raises(NoTaxRate) as no_rate:
        plan()
    assert no_rate.value.path == "portfolio_id"
