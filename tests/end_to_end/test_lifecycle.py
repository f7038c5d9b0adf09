"""A client's life on the real installation: followed by one run, and served by what events ask for."""

from collections.abc import Iterator
from typing import Any

import pytest

from store import cash
from tests.support import asking
from tests.support.asking import over
from tests.support.town import Town, application, books, onboard, town
from worker import business_events
from worker import client as house
from worker.services import opened

BOLD = {
    "q1": "30_45",
    "q2": "10y_plus",
    "q3": "buy_more",
    "q4": "maximum_growth",
    "q5": "intermediate",
    "q6": "30pct_plus",
    "q7": "very_stable",
    "q8": "no",
    "q9": "comfortable",
    "q10": "10pct_plus",
}


INVESTED = "WorkflowType = 'automated_investment' AND KronosPortfolio = 'P-LIFE'"
MORE = 25_000_00  # cents: a quarter of what they have


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("lives") / "data") as running:
        running.start_worker()
        assert running.until(onboard(running, "LIFE"), over)["output"]["status"] == "invested"
        yield running


def emit(place: Town, name: str, event_id: str | None = None, **data: Any) -> str:
    return str(business_events.emit(place.settings, name, data, event_id)["event_id"])


def runs(place: Town, query: str) -> list[str]:
    return asking.runs(place.settings, query)


def tell(place: Town, run: str, name: str, **payload: Any) -> None:
    asking.ask(place.settings, lambda client: house.signal(client, run, name, payload))


def facts(place: Town, customer: str, name: str) -> list[dict[str, Any]]:
    listed = place.answer("events", "list", "--stream", f"client:{customer}", "--name", name)
    return [event["data"] for event in listed["events"]]


def pay_in(place: Town, customer: str) -> None:
    """More than was ever announced, so that their portfolio drifts."""
    with opened(place.settings) as services, services.database.transaction() as tx:
        about = {"currency": "AUD", "reference": f"MORE-{customer}", "kind": "deposit", "at": services.now()}
        cash.book(tx, services.tenant, f"A-{customer}", amount_cents=MORE, **about)


def watched(place: Town, run: str) -> None:
    place.answer("start", "monitoring", "--input", "-", "--id", run, given={"partitions": 1})
    assert place.until(run, over)["state"] == "completed"


def test_automated_investment_is_started_by_threshold_schedule_and_event_once_each(place: Town) -> None:
    """A deposit that is not announced makes a portfolio drift; what is announced twice by one id is one."""
    schedule = "kronos:main:automated_investment:1"
    place.answer("schedules", "apply")
    place.answer("schedules", "pause", schedule)
    pay_in(place, "LIFE")
    watched(place, "watch-1")
    [by_threshold] = asking.until(lambda: runs(place, INVESTED))
    assert by_threshold.startswith("automated_investment:P-LIFE:3.")
    assert place.until(by_threshold, over)["output"]["status"] == "rebalanced"
    watched(place, "watch-2")

    place.answer("schedules", "trigger", schedule)
    both = asking.until(lambda: found if len(found := runs(place, INVESTED)) == 2 else None)
    [by_schedule] = set(both) - {by_threshold}
    assert place.until(by_schedule, over)["output"]["status"] == "on_target"

    for _ in range(2):
        emit(place, "deposit_received", "PAID-1", portfolio_id="P-LIFE", amount=10)
    by_event = "automated_investment:PAID-1"
    assert place.until(by_event, over)["output"]["status"] == "on_target"
    assert sorted(runs(place, INVESTED)) == sorted([by_threshold, by_schedule, by_event])
    assert books(place, "LIFE").problems == []


def test_a_client_is_followed_from_registration_until_the_account_is_closed(place: Town) -> None:
    """A goal is planned; another life has the advice reviewed, and the portfolio brought to the new one."""
    [life] = runs(place, "WorkflowType = 'client_lifecycle' AND KronosClient = 'LIFE'")
    place.until(life, lambda status: (status["waits_for"] or "").startswith("profile_updated"))
    assert runs(place, "KronosClient = 'LIFE' AND KronosStage = 'managed'") == [life]
    stages = [fact["stage"] for fact in facts(place, "LIFE", "ClientStageReached")]
    assert stages[-1] == "managed"
    assert stages == sorted(stages, key=["registered", "verified", "invested", "managed"].index)

    goal = {"goal_id": "BOAT", "goal_type": "purchase", "target_amount": 1000, "target_date": "2035-01-01"}
    emit(place, "goal_created", customer_id="LIFE", portfolio_id="P-LIFE", goal=goal)
    asking.until(lambda: facts(place, "LIFE", "GoalPlanned") or None)

    before = books(place, "LIFE")
    emit(place, "life_event_reported", customer_id="LIFE", kind="inheritance")
    [review] = asking.until(
        lambda: runs(place, "WorkflowType = 'annual_review' AND KronosClient = 'LIFE'") or None
    )
    tell(place, review, "review_answered", answers=BOLD)
    tell(place, review, "fee_consent", consented=True)
    reviewed = place.until(review, over)
    assert reviewed["output"] == {"status": "adopted", "risk_score": 94, "fee_consent": "given"}
    [advice] = facts(place, "LIFE", "AdviceRecorded")
    assert (advice["advised"], advice["risk_score"], "answers" in advice) == ("adopted", 94, False)

    trading = "WorkflowType = 'rebalancing' AND KronosPortfolio = 'P-LIFE'"
    [traded] = asking.until(lambda: [run for run in runs(place, trading) if run.startswith("rebalancing:")])
    assert place.until(traded, over)["output"]["status"] == "rebalanced"
    after = books(place, "LIFE")
    assert after.problems == []
    assert after.units != before.units
    assert after.cash + after.spent == int(application("LIFE")["capital"]) * 100 + MORE
    handled = asking.until(
        lambda: found if len(found := facts(place, "LIFE", "ClientEventHandled")) == 3 else None
    )
    assert [(fact["happened"], fact["status"]) for fact in handled] == [
        ("deposit_received", "nothing_planned"),
        ("goal_created", "planned"),
        ("life_event_reported", "adopted"),
    ]

    emit(place, "account_closed", customer_id="LIFE")
    assert place.until(life, over)["output"] == {"status": "closed", "stage": "managed"}
