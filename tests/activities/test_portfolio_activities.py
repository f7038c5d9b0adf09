"""A portfolio's life: allocated, aimed, created, watched, measured."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from activities.runner import ActivityFault, run
from store import events
from store.database import Database
from store.event_proof import verify
from store.tables import Parcel, Portfolio, Position
from tests.support.databases import NOON
from tests.support.trading import ACCOUNT, NOW, PORTFOLIO, PRICES, Brokerage, open_brokerage

PODS = {"POD1": 0.16, "POD2": 0.24, "POD3": 0.47, "POD4": 0.13}
WEIGHTS = {"VAS": 0.5, "VGS": 0.3, "VAF": 0.2}

Call = Callable[..., dict[str, Any]]


@pytest.fixture
def brokerage(database: Database, tenant: str, tmp_path: Path) -> Brokerage:
    """A client with 100,000.00 in cash and nothing else."""
    return open_brokerage(database, tenant, tmp_path)


@pytest.fixture
def call(brokerage: Brokerage) -> Call:
    """Runs an activity of the portfolio; its name stands for the step."""

    def perform(activity: str, run_id: str = "run-1", **given: Any) -> dict[str, Any]:
        ask = {"portfolio_id": PORTFOLIO, **given}
        return run(activity, ask, brokerage.context(activity, run_id), strict=True)

    return perform


def fault(call: Call, activity: str, **given: Any) -> ActivityFault:
    with pytest.raises(ActivityFault) as raised:
        call(activity, **given)
    return raised.value


def give(brokerage: Brokerage, **units: int) -> None:
    """Units that fell from the sky, a parcel each, bought at 1.00."""
    with brokerage.database.transaction() as tx:
        for etf, count in units.items():
            own = {"tenant": brokerage.tenant, "portfolio_id": PORTFOLIO, "etf": etf, "units": count}
            tx.add(Position(**own))
            bought = {"acquired": NOON.date(), "units_bought": count, "cost_base_cents": count * 100}
            tx.add(Parcel(**own, **bought, parcel_id=f"L-{etf}"))


def facts(brokerage: Brokerage) -> list[events.Event]:
    with brokerage.database.reading() as tx:
        assert verify(tx, brokerage.tenant) == []
        return events.read(tx, brokerage.tenant)


def test_a_portfolio_is_read_as_it_stands(call: Call, brokerage: Brokerage) -> None:
    """Cash, positions, parcels, pods and target, all of one moment."""
    call(
        "portfolio.save_allocation",
        risk_score=62,
        risk_category="growth",
        marginal_rate=0.37,
        pods=PODS,
    )
    call("portfolio.set_target", weights=WEIGHTS, snapshot="a" * 64)
    give(brokerage, VAS=3)
    answer = call("portfolio.read")
    assert answer == {
        "portfolio_id": PORTFOLIO,
        "customer_id": "C-1",
        "account_id": ACCOUNT,
        "state": "opened",
        "mandate": "advised",
        "risk_score": 62,
        "marginal_rate": 0.37,
        "cash": 100000,
        "available_cash": 100000,
        "positions": {"VAS": 3},
        "target": WEIGHTS,
        "pods": PODS,
        "parcels": [
            {"id": "L-VAS", "etf": "VAS", "units": 3, "acquired": NOON.date(), "cost_base": Decimal(3)}
        ],
    }


def test_a_new_portfolio_aims_at_nothing(call: Call) -> None:
    """What is not known yet is null or empty, never zero."""
    answer = call("portfolio.read")
    assert (answer["risk_score"], answer["marginal_rate"]) == (None, None)
    assert (answer["target"], answer["pods"], answer["parcels"]) == ({}, {}, [])


def test_weights_are_stored_to_six_places_and_add_up(call: Call) -> None:
    """The largest takes what rounding leaves."""
    thirds = {"VAS": 1 / 3, "VGS": 1 / 3, "VAF": 1 / 3}
    call("portfolio.set_target", weights=thirds, snapshot="a" * 64)
    stored = call("portfolio.read")["target"]
    assert stored == {"VAS": 0.333334, "VGS": 0.333333, "VAF": 0.333333}


@pytest.mark.parametrize("weights", [{"VAS": 0.9}, {"VAS": 0.6, "VGS": 0.6}])
def test_weights_that_are_not_the_whole_are_refused(
    call: Call, brokerage: Brokerage, weights: dict[str, float]
) -> None:
    """The message says what they add up to, and the target stays."""
    refused = fault(call, "portfolio.set_target", weights=weights, snapshot="a" * 64)
    assert (refused.type, refused.path) == ("WeightsNotWhole", "weights")
    assert call("portfolio.read")["target"] == {}
    assert facts(brokerage) == []


def test_pods_that_are_not_the_whole_are_refused(call: Call) -> None:
    """As for a target."""
    given = {"risk_score": 62, "risk_category": "growth", "marginal_rate": 0.37, "pods": {"POD1": 0.5}}
    refused = fault(call, "portfolio.save_allocation", **given)
    assert (refused.type, refused.path) == ("WeightsNotWhole", "pods")


def test_a_target_is_a_fact_with_its_snapshot(call: Call, brokerage: Brokerage) -> None:
    """Once for each step, however often it is tried."""
    for _ in range(2):
        call("portfolio.set_target", weights=WEIGHTS, snapshot="a" * 64)
    (event,) = facts(brokerage)
    assert (event.name, event.data["snapshot"]) == ("TargetSet", "a" * 64)


def test_a_portfolio_is_created_and_managed_once(call: Call, brokerage: Brokerage) -> None:
    """Another run finds it created and managed; the facts stay two."""
    give(brokerage, VAS=3)
    created = {"portfolio_id": PORTFOLIO, "positions": {"VAS": 3}, "cash": 100000}
    managed = {"portfolio_id": PORTFOLIO, "state": "managed"}
    for run_id in ("run-1", "run-2"):
        assert call("portfolio.create", run_id=run_id) == created
        assert call("monitoring.start", run_id=run_id) == managed
    told = facts(brokerage)
    assert [event.name for event in told if event.kind == "fact"] == [
        "PortfolioCreated",
        "PortfolioMonitoringStarted",
    ]
    assert [event.data["stage"] for event in told if event.name == "client_advanced"] == [
        "invested",
        "managed",
    ]
    with brokerage.database.reading() as tx:
        row = tx.get_one(Portfolio, (brokerage.tenant, PORTFOLIO))
    assert row.invested_at is not None
    assert row.managed_at is not None
    assert NOW <= row.invested_at <= row.managed_at


def test_a_portfolio_without_positions_is_not_created(call: Call) -> None:
    """Nor watched; both say what to do first."""
    refused = fault(call, "portfolio.create")
    assert (refused.type, refused.path) == ("NothingHeld", "portfolio_id")
    assert fault(call, "monitoring.start").type == "NotInvested"


def test_drift_is_current_less_target(call: Call, brokerage: Brokerage) -> None:
    """At the newest prices: 500 VAS at 90.00 of 45,000 + 100,000 are 31.03%, cash counts in the whole."""
    give(brokerage, VAS=500)
    call("portfolio.set_target", weights=WEIGHTS, snapshot="a" * 64)
    answer = call("portfolio.measure_drift")
    assert answer["by_etf"] == pytest.approx({"VAS": 45 / 145 - 0.5, "VGS": -0.3, "VAF": -0.2})
    assert answer["largest"] == pytest.approx(0.3)
    assert answer["total_drift"] == pytest.approx((0.5 - 45 / 145 + 0.5) / 2)


def test_the_trades_of_a_drift_bring_the_portfolio_back(call: Call, brokerage: Brokerage) -> None:
    """Whole units, never more than the cash, in the form that orders.submit takes."""
    give(brokerage, VAS=500)
    call("portfolio.set_target", weights=WEIGHTS, snapshot="a" * 64)
    trades = call("portfolio.measure_drift")["trades"]
    assert {(trade["etf"], trade["side"]) for trade in trades} == {
        ("VAS", "buy"),
        ("VGS", "buy"),
        ("VAF", "buy"),
    }
    assert sum(trade["value"] + trade["cost"] for trade in trades) <= 100000
    sent = call("orders.submit", trades=trades)
    assert len(sent["orders"]) == 3


def test_a_portfolio_on_its_target_needs_no_trades(call: Call, brokerage: Brokerage) -> None:
    """Shares that whole units cannot reach stay cash."""
    call("portfolio.set_target", weights={"VAS": 1.0}, snapshot="a" * 64)
    give(brokerage, VAS=1_000_000)
    answer = call("portfolio.measure_drift")
    assert answer["largest"] == pytest.approx(100000 / 90_100_000, abs=1e-9)
    bought = sum(trade["value"] for trade in answer["trades"])
    assert bought < 100000


def test_a_proposal_says_why_each_etf_is_traded_or_not(call: Call, brokerage: Brokerage) -> None:
    """2,000 VAS at 90.00 are 64 points of 280,000: what they gained is taxed, and still too far away."""
    give(brokerage, VAS=2000)
    call("portfolio.set_target", weights=WEIGHTS, snapshot="a" * 64)
    found = call("rebalancing.propose")
    assert {one["etf"]: one["reason"] for one in found["decisions"]} == {
        "VAS": "beyond_limit",
        "VAF": "beyond_limit",
        "VGS": "beyond_limit",
    }
    sale = found["decisions"][0]
    assert (sale["side"], sale["parcels"][0]["discountable"]) == ("sell", False)
    gained = float(sale["value"]) - float(sale["cost"]) - sale["units"]  # bought at 1.00 today
    assert float(sale["parcels"][0]["gain"]) == pytest.approx(gained)
    assert float(found["tax"]) == pytest.approx(0.47 * gained, abs=0.01)
    assert found["assumptions"] == ["The client's marginal rate is not known; 0.47 is taken."]


def test_a_trade_that_is_not_worth_its_tax_is_not_planned(call: Call, brokerage: Brokerage) -> None:
    """Six points above: 2% of them is less than 47% of what they gained."""
    give(brokerage, VAS=1400, VGS=700)
    call("portfolio.set_target", weights={"VAS": 0.36, "VGS": 0.31, "VAF": 0.33}, snapshot="a" * 64)
    drift = call("portfolio.measure_drift")
    weighed = call("portfolio.measure_drift", tax_aware=True)
    sold = [{trade["etf"] for trade in one["trades"] if trade["side"] == "sell"} for one in (drift, weighed)]
    assert sold[0] > sold[1] == set()
    assert drift["by_etf"] == weighed["by_etf"]
    refused = [one for one in call("rebalancing.propose")["decisions"] if one["reason"] == "not_worth_it"]
    assert {one["etf"] for one in refused} == sold[0]
    plain = call("rebalancing.propose", tax_aware=False)
    assert [one["units"] for one in plain["orders"]] == [one["units"] for one in drift["trades"]]
    assert plain["tax"] is None


def test_a_band_that_says_nothing_is_refused(call: Call) -> None:
    """With where it stands, before anything is read."""
    refused = fault(call, "rebalancing.propose", mode="band_edge", band={"floor": 0.1})
    assert (refused.type, refused.path) == ("InvalidInput", "band")
    assert fault(call, "portfolio.measure_drift", mode="half").path == "mode"


def test_a_target_keeps_which_pods_asked_for_it(call: Call, brokerage: Brokerage) -> None:
    """As shares of each ETF; a later target without pods leaves them."""
    by_pod = {"POD1": {"VAS": 30000, "VAF": 20000}, "POD3": {"VAS": 10000, "VGS": 0}}
    call("portfolio.set_target", weights=WEIGHTS, snapshot="a" * 64, by_pod=by_pod)
    call("portfolio.set_target", run_id="run-2", weights=WEIGHTS, snapshot="a" * 64)
    with brokerage.database.reading() as tx:
        row = tx.get_one(Portfolio, (brokerage.tenant, PORTFOLIO))
    assert row.pods_by_etf == {"VAF": {"POD1": 1}, "VAS": {"POD1": Decimal("0.75"), "POD3": Decimal("0.25")}}
    refused = fault(
        call, "portfolio.set_target", weights=WEIGHTS, snapshot="a" * 64, by_pod={"POD1": {"VAS": -1}}
    )
    assert (refused.type, refused.path) == ("InvalidInput", "by_pod.POD1.VAS")


def test_drift_needs_a_target(call: Call) -> None:
    """Without one nothing can have drifted."""
    assert fault(call, "portfolio.measure_drift").type == "NoTarget"


def test_drift_needs_prices(call: Call) -> None:
    """An ETF without a price is named."""
    call("portfolio.set_target", weights={"NOPE": 1.0}, snapshot="a" * 64)
    refused = fault(call, "portfolio.measure_drift")
    assert refused.type == "UnknownEtf"
    assert "NOPE" in refused.message


def test_an_empty_portfolio_has_no_drift(database: Database, tenant: str, tmp_path: Path) -> None:
    """Of nothing there are no shares."""
    empty = open_brokerage(database, tenant, tmp_path, paid_in=Decimal(0))
    given = {"portfolio_id": PORTFOLIO, "weights": WEIGHTS, "snapshot": "a" * 64}
    run("portfolio.set_target", given, empty.context("target"))
    with pytest.raises(ActivityFault) as raised:
        run("portfolio.measure_drift", {"portfolio_id": PORTFOLIO}, empty.context("drift"))
    assert raised.value.type == "NothingHeld"


@pytest.mark.parametrize(
    "activity", ["portfolio.read", "portfolio.create", "portfolio.measure_drift", "monitoring.start"]
)
def test_an_unknown_portfolio_is_named(call: Call, activity: str) -> None:
    """With the field it was given in."""
    refused = fault(call, activity, portfolio_id="P-9")
    assert (refused.type, refused.path) == ("UnknownPortfolio", "portfolio_id")


def test_a_portfolio_is_valued_at_the_newest_prices(call: Call, brokerage: Brokerage) -> None:
    """Cash counts, and so does what was bought today: the day is that of the exchange, not of Greenwich."""
    give(brokerage, VAS=3)
    answer = call("portfolio.value")
    assert answer["holdings"] == {"VAS": 3 * PRICES["VAS"]}
    assert answer["value"] == answer["cash"] + 3 * PRICES["VAS"]
    assert answer["valued_on"] == NOW.astimezone(ZoneInfo("Australia/Sydney")).date()


def test_an_empty_portfolio_is_worth_its_cash(call: Call) -> None:
    """Nothing held is worth nothing; there is no price to miss."""
    answer = call("portfolio.value")
    assert (answer["holdings"], answer["value"]) == ({}, answer["cash"])
