"""Business events start and signal runs once each, whatever dies on the way, on the real installation."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import asking
from tests.support.portfolios import open_portfolio
from tests.support.reacting import write_reacting
from tests.support.town import Town, town
from worker.services import opened


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("reacting")
    with town(folder / "data", write_reacting(folder / "definitions")) as found:
        yield found


@pytest.fixture
def working(place: Town) -> Town:
    """With the worker of the test before, if there is one."""
    if not place.has_worker:
        place.start_worker()
    return place


def start_mortal(working: Town, failpoint: str) -> None:
    """A worker that will die takes over from one that hands its dispatching back.

    It was no death of the dispatcher: after several in a row Temporal waits longer each time.
    """
    working.relieve_worker()
    working.start_worker(f"{failpoint}:kill")


def emit(place: Town, name: str, *options: str, **data: Any) -> str:
    """The id of an event that was appended."""
    answer = place.answer("events", "emit", name, "--data", "-", *options, given=data)
    return str(answer["event_id"])


def runs(place: Town, workflow: str) -> list[str]:
    return asking.runs(place.settings, f"WorkflowType = '{workflow}'")


def output(place: Town, run: str) -> Any:
    return place.until(run, lambda status: status["state"] == "completed")["output"]


def test_an_event_starts_one_run_where_its_condition_holds(working: Town) -> None:
    """The run's id is that of the event; an event below the threshold starts nothing."""
    quiet = emit(working, "drift_exceeded", portfolio_id="P-0", drift=0.01)
    loud = emit(working, "drift_exceeded", portfolio_id="P-1", drift=0.07)
    assert output(working, f"reacting:{loud}") == {"portfolio": "P-1"}
    assert f"reacting:{quiet}" not in runs(working, "reacting")


def test_the_same_id_is_the_same_event(working: Town) -> None:
    """It starts one run however often it is emitted; with other data it is refused."""
    for _ in range(2):
        assert emit(working, "drift_exceeded", "--id", "EV-1", portfolio_id="P-2", drift=0.07) == "EV-1"
    assert output(working, "reacting:EV-1") == {"portfolio": "P-2"}
    other = working.kronos("events", "emit", "drift_exceeded", "--data", "-", "--id", "EV-1", given="{}")
    assert (other.returncode, "EventConflict" in other.stderr) == (1, True)


def test_what_is_wrong_with_an_event_is_said_and_nothing_appended(working: Town) -> None:
    """An unknown name is exit code 1 with a near name, data that break the schema 2 with their place."""
    unknown = working.kronos("events", "emit", "drift_exceded", "--data", "-", given="{}")
    assert (unknown.returncode, "did you mean drift_exceeded?" in unknown.stderr) == (1, True)
    unfit = working.kronos(
        "events", "emit", "deposit_received", "--data", "-", given='{"portfolio_id": "P", "amount": 0.001}'
    )
    assert (unfit.returncode, unfit.stdout) == (2, "")
    assert unfit.stderr.startswith("error: InvalidInput at amount: ")


def test_an_event_leads_to_another_that_starts_runs_too(working: Town) -> None:
    """Where the condition of the catalogue holds."""
    emit(working, "drift_exceeded", portfolio_id="P-3", drift=0.01)
    emit(working, "drift_exceeded", portfolio_id="P-4", drift=0.5)
    [run] = asking.until(lambda: runs(working, "rebalancing"))
    assert output(working, run) == {"portfolio": "P-4"}


def test_a_trigger_that_cannot_do_what_it_says_is_in_the_log(working: Town) -> None:
    """An event without what the condition reads starts nothing, says so, and stops nothing."""
    bad = emit(working, "drift_exceeded", portfolio_id="P-5")
    good = emit(working, "drift_exceeded", portfolio_id="P-6", drift=0.06)
    assert output(working, f"reacting:{good}") == {"portfolio": "P-6"}
    faults = working.answer("events", "list", "--name", "TriggerFailed")["events"]
    [fault] = [found["data"] for found in faults if found["data"].get("workflow") == "reacting"]
    assert (fault["event_id"], fault["trigger"]) == (bad, 1)
    assert "drift" in fault["reason"]


def test_a_run_takes_the_events_that_match_in_order(working: Town) -> None:
    """Those of its own portfolio, each once, with the fields that its signal declares."""
    working.answer("start", "listening", "--input", "-", "--id", "listening-1", given={"portfolio_id": "P-7"})
    for portfolio, amount in (("P-8", 1), ("P-7", 10), ("P-7", 20)):
        emit(working, "deposit_received", portfolio_id=portfolio, amount=amount)
    assert output(working, "listening-1") == {"amounts": [10, 20]}


def test_a_run_that_was_reset_takes_events_again(working: Town) -> None:
    """It failed for want of its portfolio; retried, it takes what comes after that."""
    run = "faltering-1"
    working.answer("start", "faltering", "--input", "-", "--id", run, given={"portfolio_id": "P-C-9"})
    emit(working, "deposit_received", portfolio_id="P-C-9", amount=10)
    working.until(run, lambda status: status["state"] == "failed")
    with opened(working.settings) as services:
        open_portfolio(services.database, "main", "C-9", 0)
    working.answer("retry", run)
    working.until(run, lambda status: status["state"] == "waiting")
    emit(working, "deposit_received", portfolio_id="P-C-9", amount=20)
    assert output(working, run) == {"amounts": [10, 20]}


def test_runs_of_the_house_are_not_listed(working: Town) -> None:
    """People see runs of definitions; the dispatcher is there all the same."""
    listed = working.answer("list", "--limit", "100")["runs"]
    assert not [run for run in listed if run["workflow"].startswith("kronos.")]
    assert working.kronos("status", "kronos-dispatch:main").returncode == 0


@pytest.mark.parametrize(
    "failpoint", ["dispatch.before_deciding", "dispatch.after_deciding", "dispatch.after_start"]
)
def test_a_dispatcher_that_dies_starts_the_run_once(working: Town, failpoint: str) -> None:
    """Before anything is decided, after it, and after the start of which nothing is recorded yet."""
    start_mortal(working, failpoint)
    event = emit(working, "drift_exceeded", portfolio_id=failpoint, drift=0.07)
    assert working.worker_killed()
    working.start_worker()
    assert output(working, f"reacting:{event}") == {"portfolio": failpoint}
    found = working.answer("list", "--query", f"WorkflowId = 'reacting:{event}'")["runs"]
    assert len(found) == 1


def test_a_dispatcher_that_dies_signals_once(working: Town) -> None:
    """The signal was taken, nobody recorded it: the run sees it once all the same."""
    start_mortal(working, "dispatch.after_signal")
    working.answer("start", "listening", "--input", "-", "--id", "listening-2", given={"portfolio_id": "P-9"})
    working.until("listening-2", lambda status: status["state"] == "waiting")
    emit(working, "deposit_received", portfolio_id="P-9", amount=10)
    assert working.worker_killed()
    working.start_worker()
    emit(working, "deposit_received", portfolio_id="P-9", amount=20)
    assert output(working, "listening-2") == {"amounts": [10, 20]}
