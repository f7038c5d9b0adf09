"""Watching on the real installation: a sweep starts what its thresholds ask for, once, and says why."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from store import portfolios
from tests.support.portfolios import open_portfolio
from tests.support.town import PROJECT, Town, town
from worker.services import opened

WATCHED = """\
workflow: watched
version: 1
summary: Looks at a portfolio that drifted
input:
  type: object
  required: [portfolio_id, drift]
  properties: {portfolio_id: {type: string}, drift: {type: number}}
triggers:
  - threshold: portfolio_drift > 5%
    rearm: portfolio_drift < 3%
    cooldown: 1d
    input: {portfolio_id: "${ portfolio.portfolio_id }", drift: "${ portfolio_drift }"}
steps:
  - {id: seen, set: {portfolio: "${ input.portfolio_id }"}}
output: {portfolio: "${ vars.portfolio }"}
"""
DRIFTS = {"C-1": 0.07, "C-2": 0.01, "C-3": 0.3, "C-4": 0.0, "C-5": 0.06}
CROSSED = ["P-C-1", "P-C-3", "P-C-5"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Five portfolios of cash, three of them far from their target; C-6 has nothing."""
    folder = tmp_path_factory.mktemp("watching")
    definitions = folder / "definitions"
    shutil.copytree(PROJECT / "definitions" / "catalogue", definitions / "catalogue")
    (definitions / "workflows").mkdir()
    shutil.copy(PROJECT / "definitions/workflows/monitoring.yaml", definitions / "workflows")
    (definitions / "workflows" / "watched.yaml").write_text(WATCHED)
    with town(folder / "data", definitions) as found:
        with opened(found.settings) as services:
            for customer, drift in DRIFTS.items():
                take_on(services.database, found.settings.tenant, customer, drift)
            open_portfolio(services.database, found.settings.tenant, "C-6", 0)
        yield found


def take_on(database: Any, tenant: str, customer: str, drift: float) -> None:
    """A client whose cash is all that far from the target."""
    portfolio_id = open_portfolio(database, tenant, customer, 1_000_00)
    with database.transaction() as tx:
        row = portfolios.portfolio(tx, tenant, portfolio_id, lock=True)
        row.target = {"VAS": 2 * drift}
        tx.add(row)


def watch(place: Town, run: str) -> Any:
    place.answer("start", "monitoring", "--input", "-", "--id", run, given={"partitions": 2})
    return run


def explained(place: Town, portfolio: str) -> Any:
    [one] = place.answer("triggers", "explain", portfolio)["thresholds"]
    return one


def test_a_sweep_whose_worker_is_killed_starts_each_run_once(place: Town) -> None:
    """The worker dies after its first batch; the next one sweeps again, and nobody is told twice."""
    never = explained(place, "P-C-1")
    assert "never measured" in never["why"]
    place.start_worker("monitoring.after_batch:kill")
    watch(place, "monitoring-1")
    assert place.worker_killed()
    place.start_worker()
    output = place.until("monitoring-1", lambda status: status["state"] == "completed")["output"]
    counts = {name: output[name] for name in ("portfolios", "measured", "worthless", "unpriced", "fired")}
    assert counts == {"portfolios": 6, "measured": 5, "worthless": 1, "unpriced": 0, "fired": 3}
    for portfolio in CROSSED:
        found = place.until(f"watched:{portfolio}:1.1", lambda status: status["state"] == "completed")
        assert found["output"] == {"portfolio": portfolio}
    watch(place, "monitoring-2")
    again = place.until("monitoring-2", lambda status: status["state"] == "completed")["output"]
    assert again["fired"] == 0


def test_explain_says_why_by_what_was_swept(place: Town) -> None:
    """Of one that fired, of one that did not, and of one that is not judged."""
    fired, calm, empty = (explained(place, f"P-{customer}") for customer in ("C-1", "C-2", "C-6"))
    assert (fired["state"], fired["metrics"]["portfolio_drift"]) == ("fired", 0.07)
    assert fired["why"].startswith("it fired at ")
    assert (calm["state"], calm["why"]) == (
        "armed",
        "armed: `portfolio_drift > 5%` did not hold when it was measured",
    )
    assert [side["holds"] for side in calm["condition"]] == [False]
    assert calm["metrics"]["cash_share"] == 1
    assert empty["why"] == "it is not judged: the portfolio holds nothing, or no more than it owes"
