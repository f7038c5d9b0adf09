"""Thresholds over measured portfolios: each fires once, starts its run, and says why it did or did not."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from activities.context import CatalogueFiles, Context
from activities.releases import Releases
from activities.runner import run
from activities.services import Delivered, Delivery
from dsl.expressions import compile_expression
from dsl.release import build_release
from payloads import plain_json
from payloads.call import Call
from store import events, releases, threshold_states
from store.database import Database
from tests.support.databases import NOON
from tests.support.definitions import folder
from tests.support.portfolios import open_portfolio
from worker.triggers import sides

WATCHED = """\
workflow: watched
version: 1
summary: Looks at a portfolio that drifted
input:
  type: object
  required: [portfolio_id, drift]
  properties: {portfolio_id: {type: string}, drift: {type: number, maximum: 1}}
triggers:
  - threshold: portfolio_drift > 5% and portfolio.value > 10
    rearm: portfolio_drift < 3%
    cooldown: 1d
    where: portfolio.state == "opened"
    input: {portfolio_id: "${ portfolio.portfolio_id }", drift: "${ portfolio_drift }"}
steps:
  - {id: seen, set: {portfolio: "${ input.portfolio_id }", drift: "${ input.drift }"}}
output: {portfolio: "${ vars.portfolio }", drift: "${ vars.drift }"}
"""
DAY = timedelta(days=1)


class Started:
    """Runs that were started, by id, with their input."""

    def __init__(self) -> None:
        self.runs: dict[str, Any] = {}
        self.fails = False

    def start(self, workflow: str, given: Any, workflow_id: str, summary: str) -> bool:
        if self.fails:
            raise ConnectionError("Temporal is away")
        return self.runs.setdefault(workflow_id, given) is given

    def signal(self, *_: Any) -> Delivered:
        return Delivered(Delivery.GONE)


@pytest.fixture
def started() -> Started:
    return Started()


@pytest.fixture
def house(database: Database, tenant: str, started: Started) -> Any:
    """`house(at, {portfolio: drift})` judges a batch."""
    release = build_release(folder(WATCHED))
    with database.transaction() as tx:
        releases.save(tx, tenant, release.digest, plain_json.dumps(release.document), NOON)
    for customer, cents in (("C-1", 100_00), ("C-2", 5_00)):
        open_portfolio(database, tenant, customer, cents)
    services = SimpleNamespace(
        tenant=tenant, database=database, releases=Releases(database), runs=started, now=lambda: NOON
    )

    def evaluate(at: datetime, measured: dict[str, Any]) -> dict[str, Any]:
        rows = [
            {"portfolio_id": id, "metrics": {} if drift is None else {"portfolio_drift": drift}}
            for id, drift in measured.items()
        ]
        call = Call(tenant=tenant, effect_root="sweep", step="thresholds")
        context = Context(call, CatalogueFiles({}), services, lambda: datetime.now(UTC))
        return run("thresholds.evaluate", {"rows": rows, "at": at.isoformat()}, context)

    return evaluate


def fired(answer: dict[str, Any]) -> list[str]:
    return [one["workflow_id"] for one in answer["fired"]]


def test_a_crossed_threshold_starts_one_run(house: Any, started: Started) -> None:
    """With what was measured as its input; the second portfolio is worth too little."""
    answer = house(NOON, {"P-C-1": 0.07, "P-C-2": 0.07})
    assert (answer["judged"], answer["failed"]) == (2, 0)
    assert fired(answer) == ["watched:P-C-1:1.1"]
    assert fired(house(NOON, {"P-C-1": 0.07})) == []
    assert started.runs == {"watched:P-C-1:1.1": {"portfolio_id": "P-C-1", "drift": plain_json.loads("0.07")}}


def test_it_fires_again_once_it_was_rearmed_and_has_cooled(house: Any) -> None:
    """Below 3% rearms, and the cooldown of a day has to be over."""
    measured = [(0, 0.07), (6, 0.04), (12, 0.02), (18, 0.08), (30, 0.08), (36, 0.08)]
    answers = [fired(house(NOON + timedelta(hours=hours), {"P-C-1": drift})) for hours, drift in measured]
    assert answers == [["watched:P-C-1:1.1"], [], [], [], ["watched:P-C-1:1.2"], []]


def test_what_cannot_be_judged_is_said_once(house: Any, database: Database, tenant: str) -> None:
    """A metric that is missing, a portfolio that is not there; others are judged all the same."""
    for hours in range(2):
        answer = house(NOON + timedelta(hours=hours), {"P-C-1": None, "P-X": 0.07, "P-C-2": 0.01})
        assert (answer["judged"], answer["failed"]) == (1, 2)
    with database.reading() as tx:
        faults = [event.data for event in events.read(tx, tenant, name="TriggerFailed")]
    assert [fault["portfolio_id"] for fault in faults] == ["P-C-1", "P-X"]
    assert "portfolio_drift" in faults[0]["reason"]


def test_an_input_that_does_not_fit_does_not_use_the_firing_up(house: Any, started: Started) -> None:
    """It fires when the input fits."""
    assert house(NOON, {"P-C-1": 2})["failed"] == 1
    assert fired(house(NOON + DAY, {"P-C-1": 0.5})) == ["watched:P-C-1:1.1"]
    assert list(started.runs) == ["watched:P-C-1:1.1"]


def test_a_firing_survives_that_temporal_is_away(house: Any, started: Started) -> None:
    """It stands in the store, and the next to dispatch starts it."""
    started.fails = True
    with pytest.raises(ConnectionError):
        house(NOON, {"P-C-1": 0.07})
    started.fails = False
    assert fired(house(NOON, {"P-C-1": 0.07})) == []
    assert list(started.runs) == ["watched:P-C-1:1.1"]


def test_the_state_keeps_what_was_measured_last(house: Any, database: Database, tenant: str) -> None:
    """For whoever asks why it fired."""
    house(NOON, {"P-C-1": 0.07})
    with database.reading() as tx:
        row = threshold_states.of_portfolios(tx, tenant, ["P-C-1"])["watched", 1, "P-C-1"]
    assert (row.state, row.firings, row.fired_at, row.measured_at) == ("fired", 1, NOON, NOON)
    assert row.metrics == {"portfolio_drift": plain_json.loads("0.07")}


def test_each_side_of_a_condition_is_shown_with_its_value() -> None:
    """As written and as it is; what was not measured has no value."""
    condition = compile_expression("portfolio_drift > 2 * 2.5% and drawdown < 10%")
    found = sides(condition, {"portfolio_drift": plain_json.loads("0.07")})
    assert [(side["comparison"], str(side["left"]), str(side["right"]), side["holds"]) for side in found] == [
        ("portfolio_drift > 2 * 2.5%", "0.07", "0.050", True),
        ("drawdown < 10%", "None", "0.1", None),
    ]


def test_a_metric_that_is_true_or_false_is_a_side_too() -> None:
    """Else nobody would see why a condition does not hold all of whose comparisons do."""
    condition = compile_expression(
        "regime_changed and portfolio_drift > 2% and not (halted or drawdown > 1%)"
    )
    scope = {"regime_changed": False, "halted": True, "portfolio_drift": plain_json.loads("0.03")}
    found = [(side["comparison"], side["left"], side["holds"]) for side in sides(condition, scope)]
    assert [(name, holds) for name, _, holds in found] == [
        ("regime_changed", False), ("portfolio_drift > 2%", True), ("halted", True), ("drawdown > 1%", None),
    ]  # fmt: skip
    assert [side["comparison"] for side in sides(compile_expression("regime_changed"), scope)] == [
        "regime_changed"
    ]
