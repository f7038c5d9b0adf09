"""A goal planned, and its progress measured, on the real installation."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from store import cash
from tests.support.asking import Json, over
from tests.support.town import Town, books, onboard, town
from worker.services import opened

CAPITAL = 100_000
PAID_IN = 60_000_00
GOAL = {"goal_id": "HOUSE", "goal_type": "purchase", "target_amount": 150_000, "target_date": "2031-06-30"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("plans") / "data") as running:
        running.start_worker()
        yield running


def outcome(place: Town, workflow: str, run: str, **given: Any) -> Json:
    """What a run of this workflow ends with."""
    place.answer("start", workflow, "--input", "-", "--id", run, given={"portfolio_id": "P-PLANS", **given})
    status = place.until(run, over)
    assert status["error"] is None, status["error"]
    found: Json = status["output"]
    return found


def pay_in(place: Town) -> None:
    """So much more that half of the goal is there."""
    with opened(place.settings) as services, services.database.transaction() as tx:
        about = {"currency": "AUD", "reference": "MORE", "kind": "deposit", "at": services.now()}
        cash.book(tx, place.settings.tenant, "A-PLANS", amount_cents=PAID_IN, **about)


def test_a_plan_is_kept_and_a_milestone_told_once(place: Town) -> None:
    """Nothing is traded for it: cash and units are as they were, to the cent."""
    run = onboard(place, "PLANS", capital=CAPITAL)
    assert place.until(run, over)["output"]["status"] == "invested"
    before = books(place, "PLANS")
    assert outcome(place, "goal_progress", "early") == {"status": "nothing_planned"}
    planned = outcome(place, "goal_planning", "plan", share=0.5, monthly_contribution=1500, goal=GOAL)
    assert (planned["status"], planned["success_probability"] >= 0.8) == ("planned", True)
    pay_in(place)
    measured = [outcome(place, "goal_progress", run) for run in ("month-1", "month-2")]
    assert [(month["goals"], month["milestones"], month["behind"]) for month in measured] == [
        (1, 1, 0),
        (1, 0, 0),
    ]
    facts = place.answer("events", "list", "--stream", "client:PLANS")["events"]
    told = [fact["data"]["milestone"] for fact in facts if fact["name"] == "GoalMilestoneReached"]
    assert told == [0.5]
    after = books(place, "PLANS")
    assert after == replace(before, cash=before.cash + PAID_IN)
    assert (after.problems, after.cash) == ([], CAPITAL * 100 + PAID_IN - after.spent)
