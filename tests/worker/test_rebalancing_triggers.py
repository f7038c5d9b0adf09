"""What starts a rebalancing: once an episode, with the reason in its input, and with a word why."""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from activities.snapshots import keep
from activities.trigger_book import newest_book
from adapters.market.snapshot import Snapshot
from dsl import plan as p
from store import ledger, portfolios
from store.ledger import Posting, Subject
from store.tables import Book, Goal
from tests.support.databases import NOON
from tests.support.ledger import MONDAY, about
from tests.support.portfolios import open_portfolio
from tests.support.watching import LAST, TICKERS, Watch, prices, utc
from worker.library import publish
from worker.settings import Settings, load_settings
from worker.storage import open_database
from worker.triggers import explain

DAY = 24
TARGET = {"VAS": 0.5, "VGS": 0.5}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the release of the project's definitions."""
    data = tmp_path_factory.mktemp("published")
    publish(load_settings({"data": data}))
    return data


class Place(Watch):
    """A house with the project's definitions whose clients are managed."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(open_database(settings), settings.tenant, settings.data)
        self.settings = settings

    def market(self, snapshot: Snapshot) -> None:
        with self.services.database.transaction() as tx:
            keep(tx, self.services.tenant, snapshot, NOON)

    def client(self, name: str, cash: int, costs: int = 100_00, **units: int) -> str:
        """A managed client with so much money, and units bought at a price each; all in cents."""
        database, tenant = self.services.database, self.services.tenant
        portfolio_id = open_portfolio(database, tenant, name, cash)
        with database.transaction() as tx:
            for etf, count in units.items():
                subject = Subject(portfolio_id, etf, f"{name}-{etf}", MONDAY, count)
                postings = [
                    Posting(Book.SECURITIES, count * costs, subject),
                    Posting(Book.UNSETTLED, -count * costs, settles_on=MONDAY),
                ]
                ledger.post(tx, tenant, f"A-{name}", about(f"buy {etf}", "purchase"), postings)
        self.change(portfolio_id, state="managed", target=TARGET)
        return portfolio_id

    def change(self, portfolio_id: str, **columns: Any) -> None:
        with self.services.database.transaction() as tx:
            row = portfolios.portfolio(tx, self.services.tenant, portfolio_id, lock=True)
            for name, value in columns.items():
                setattr(row, name, value)
            tx.add(row)

    def sweep(self, hours: float = 0) -> list[str]:
        """The rebalancings that a sweep starts."""
        self("monitoring.refresh", utc(hours), of=1)
        fired = self("monitoring.sweep", utc(hours), partition=0, of=1)["fired"]
        return [one["workflow_id"] for one in fired if one["workflow"] == "rebalancing"]

    def why(self, portfolio_id: str, place: int) -> tuple[str, str]:
        """What `kronos triggers explain` says of the trigger at that place: its state, and why."""
        rows = explain(self.settings, portfolio_id)["thresholds"]
        [row] = [row for row in rows if (row["workflow"], row["trigger"]) == ("rebalancing", place)]
        return row["state"], row["why"]


@pytest.fixture
def place(published: Path, tmp_path: Path) -> Iterator[Place]:
    shutil.copytree(published, tmp_path, dirs_exist_ok=True)
    found = Place(load_settings({"data": tmp_path}))
    yield found
    found.services.database.close()


def given(place: Place, run: str) -> dict[str, Any]:
    """What the run starts with, but for the portfolio."""
    found: dict[str, Any] = dict(place.started.given[run])
    assert found.pop("portfolio_id") == run.split(":")[1]
    return found


FULL = {"mode": "full", "tax_aware": True}


def test_an_etf_that_drifted_starts_a_run_once_an_episode(place: Place) -> None:
    """Six points though the whole is three away; again only after it came back and drifted anew."""
    place.market(prices())
    portfolio_id = place.client("C-1", 10_000_00, VAS=44, VGS=50)
    near = place.client("C-2", 10_000_00, VAS=48, VGS=50)
    assert place.sweep() == ["rebalancing:P-C-1:1.1"]
    expected = {
        "reason": "drift",
        "max_drift": Decimal("0.02"),
        "detail": "an ETF is 6.00 points from its target",
    }
    assert given(place, "rebalancing:P-C-1:1.1") == FULL | expected
    assert place.sweep(2 * DAY) == []
    assert place.why(portfolio_id, 1)[0] == "fired"
    assert place.why(near, 1) == (
        "armed",
        "armed: `largest_drift > 5% and portfolio_drift <= 5%` did not hold when it was measured",
    )
    place.change(portfolio_id, target={"VAS": 0.45, "VGS": 0.5})
    assert place.sweep(2 * DAY + 1) == []
    place.change(portfolio_id, target=TARGET)
    assert place.sweep(2 * DAY + 2) == ["rebalancing:P-C-1:1.2"]


def test_a_pod_above_its_ceiling_starts_a_run(place: Place) -> None:
    """Shares in the pod of preservation are too wild; in the opportunistic one they are not."""
    place.market(prices())
    wild = place.client("C-1", 10_000_00, VAS=48, VGS=50)
    calm = place.client("C-2", 10_000_00, VAS=48, VGS=50)
    place.change(wild, pods_by_etf={"VAS": {"POD1": 0.5, "POD4": 0.5}, "VGS": {"POD1": 1.0}})
    place.change(calm, pods_by_etf={"VAS": {"POD4": 1.0}, "VGS": {"POD4": 1.0}})
    assert place.sweep() == ["rebalancing:P-C-1:2.1"]
    found = given(place, "rebalancing:P-C-1:2.1")
    assert found["detail"].startswith("a pod is ")
    assert (found["reason"], found["max_drift"]) == ("pod_volatility", Decimal("0.01"))
    assert place.sweep(DAY) == []
    assert place.why(wild, 2)[1].startswith("it fired at 2025-11-17 01:00 UTC; it rearms when")
    assert place.why(calm, 2)[0] == "armed"


def market(last: date, sessions: int, wild: int) -> Snapshot:
    """Prices around 100 that move by a tenth of a per cent a day, the last of them by five."""
    rng = np.random.Generator(np.random.PCG64(4))
    moves = rng.choice([-10, 10], (sessions, len(TICKERS)))
    moves[sessions - wild :] = np.where(np.arange(wild) % 2, -250, 250)[:, None]
    days = tuple(last - timedelta(days=sessions - 1 - day) for day in range(sessions))
    return Snapshot("invented", True, days, TICKERS, (100_00 + moves) * 10**6)


def test_a_change_of_the_markets_regime_starts_a_run_for_everybody(place: Place) -> None:
    """Once: their targets were made for another market; the first sweep has nothing to compare with."""
    place.market(market(LAST, 300, 0))
    away = place.client("C-1", 10_000_00, VAS=46, VGS=49)
    place.client("C-2", 10_000_00, VAS=50, VGS=50)
    assert place.sweep() == []
    assert place.sweep(1) == []
    place.market(market(LAST + timedelta(days=7), 307, 7))
    assert place.sweep(7 * DAY) == ["rebalancing:P-C-1:3.1", "rebalancing:P-C-2:3.1"]
    found = given(place, "rebalancing:P-C-1:3.1")
    assert found["detail"] == "the market changed its regime"
    assert found["reason"] == "regime_change"
    assert place.sweep(7 * DAY + 1) == []
    state, why = place.why(away, 3)
    assert state == "cooling"
    assert why.startswith("it fired at 2025-11-24 01:00 UTC and was rearmed")


def test_a_sweep_that_is_begun_again_sees_the_same_change(place: Place) -> None:
    """After it was written, too: nobody is told twice, and nobody's regime has un-changed."""
    place.market(market(LAST, 300, 0))
    place.client("C-1", 10_000_00, VAS=46, VGS=49)
    place.sweep()
    place.market(market(LAST + timedelta(days=7), 307, 7))
    assert place.sweep(7 * DAY) == place.sweep(7 * DAY) == ["rebalancing:P-C-1:3.1"]
    assert place.why("P-C-1", 3)[0] == "fired"


def test_a_goal_that_is_near_starts_a_run(place: Place) -> None:
    """From half a year on; a goal further away, and a client without one, start none."""
    place.market(prices())
    today = date(2025, 11, 17)
    for name, days in (("C-1", 179), ("C-2", 180), ("C-3", None)):
        place.client(name, 10_000_00, VAS=50, VGS=50)
        if days is not None:
            set_goal(place, name, today + timedelta(days=days))
    assert place.sweep() == ["rebalancing:P-C-1:4.1"]
    expected = {
        "reason": "goal_near",
        "max_drift": Decimal("0.01"),
        "detail": "the next goal is due in 179 days",
    }
    assert given(place, "rebalancing:P-C-1:4.1") == FULL | expected
    assert place.sweep(0.5) == []
    assert place.why("P-C-1", 4)[0] == "fired"
    armed = "armed: `default(days_to_goal, 9999) < 180` did not hold when it was measured"
    assert place.why("P-C-2", 4) == place.why("P-C-3", 4) == ("armed", armed)


def set_goal(place: Place, name: str, due: date) -> None:
    goal = Goal(
        tenant=place.services.tenant,
        customer_id=name,
        goal_id="G-1",
        place=0,
        name=b"",
        target_cents=1,
        target_date=due,
        priority="high",
        flexibility="rigid",
    )
    with place.services.database.transaction() as tx:
        tx.add(goal)


def test_losses_that_are_worth_it_start_a_run(place: Place) -> None:
    """2,000 lost at a rate of 32% less 10 of brokerage are 630; at 20% they are 390, and not enough."""
    place.market(prices())
    for name, rate in (("C-1", "0.32"), ("C-2", "0.2")):
        portfolio_id = place.client(name, 12_000_00, costs=120_00, VAS=50, VGS=50)
        place.change(portfolio_id, marginal_rate=Decimal(rate))
    assert place.sweep() == ["rebalancing:P-C-1:5.1"]
    # A thousand of each: 320 less 10, twice.
    expected = {"reason": "harvest", "max_drift": 0, "detail": "losses could save 620.0 of tax"}
    assert given(place, "rebalancing:P-C-1:5.1") == FULL | expected
    assert place.sweep(DAY) == []
    assert place.why("P-C-1", 5)[0] == "fired"


@pytest.mark.parametrize(
    ("workflow", "event", "scope", "expected"),
    [
        (
            "rebalancing",
            "withdrawal_paid",
            {"portfolio_id": "P-1", "amount": 2500},
            {"reason": "withdrawal", "mode": "cash_flows_first", "detail": "2500 was paid out"},
        ),
        (
            "rebalancing",
            "rebalancing_needed",
            {"portfolio_id": "P-1", "reason": "the adviser asks for it"},
            {"reason": "manual", "mode": "full", "max_drift": 0, "detail": "the adviser asks for it"},
        ),
        (
            "automated_investment",
            "deposit_received",
            {"portfolio_id": "P-1", "amount": 1000},
            {"reason": "deposit", "mode": "cash_flows_first", "detail": "1000 was paid in"},
        ),
    ],
)
def test_events_start_runs_with_their_reason(
    place: Place, workflow: str, event: str, scope: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Money that came or went, and people who ask for it."""
    [trigger] = [one for one in triggers(place, workflow, p.EventTrigger) if one.rule.event == event]
    found = trigger.input({"event": scope})
    assert found["portfolio_id"] == "P-1"
    assert {name: found[name] for name in expected} == expected


def test_the_daily_look_says_that_it_is_one(place: Place) -> None:
    """As does the threshold of the same definition."""
    [daily] = triggers(place, "automated_investment", p.ScheduleTrigger)
    assert daily.input({"portfolio": {"portfolio_id": "P-1"}})["reason"] == "schedule"
    [drifted] = triggers(place, "automated_investment", p.ThresholdTrigger)
    found = drifted.input({"portfolio": {"portfolio_id": "P-1"}, "portfolio_drift": 0.0712})
    assert (found["reason"], found["detail"]) == ("drift", "the portfolio is 7.12% from its target")


@pytest.mark.parametrize("workflow", ["rebalancing", "automated_investment", "risk_management"])
def test_thresholds_are_for_managed_portfolios(place: Place, workflow: str) -> None:
    """One that is still being invested is far from its target, and has not drifted."""
    found = triggers(place, workflow, p.ThresholdTrigger)
    assert found
    for trigger in found:
        held = {state: trigger.holds({"portfolio": {"state": state}}) for state in ("invested", "managed")}
        assert held == {"invested": False, "managed": True}


def triggers(place: Place, workflow: str, kind: type[p.Trigger]) -> list[Any]:
    from activities.context import CatalogueFiles, Context
    from payloads.call import Call

    call = Call(tenant=place.services.tenant, effect_root="look", step="look")
    book = newest_book(Context(call, CatalogueFiles({}), place.services, lambda: NOON))
    return [one for one in book.of_kind(kind) if one.workflow == workflow]
