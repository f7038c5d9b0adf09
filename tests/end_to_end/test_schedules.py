"""Schedules of the release run in Temporal, each once, and sweeps start a run for each portfolio."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.portfolios import open_portfolio
from tests.support.reacting import write_reacting
from tests.support.town import Town, town
from worker.services import opened


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("daily")
    with town(folder / "data", write_reacting(folder / "definitions")) as found:
        with opened(found.settings) as services:
            for customer, cents in (("C-1", 50_00), ("C-2", 100_00), ("C-3", 900_00)):
                open_portfolio(services.database, "main", customer, cents)
        found.start_worker()
        yield found


def changes(place: Town, command: str) -> dict[str, str]:
    found = place.answer("schedules", command)["changes"]
    return {row["id"]: row["change"] for row in found}


def finished(place: Town, workflow: str, count: int) -> list[dict[str, Any]]:
    """The runs of a workflow once so many have ended."""
    query = f"WorkflowType = '{workflow}' AND ExecutionStatus = 'Completed'"
    for _ in range(200):
        runs: list[dict[str, Any]] = place.answer("list", "--query", query)["runs"]
        if len(runs) >= count:
            return runs
    raise AssertionError(f"only {len(runs)} runs of {workflow}")


def test_schedules_are_made_started_swept_and_unchanged_the_second_time(place: Town) -> None:
    """Plan, apply, apply again, trigger both kinds; every portfolio that matches gets one run."""
    both = ("kronos:main:daily:1", "kronos:main:daily:2")
    assert changes(place, "plan") == dict.fromkeys(both, "create")
    assert changes(place, "apply") == dict.fromkeys(both, "create")
    assert changes(place, "apply") == dict.fromkeys(both, "unchanged")
    place.answer("schedules", "pause", both[0])
    assert changes(place, "apply") == dict.fromkeys(both, "unchanged")
    assert place.answer("schedules", "resume", both[0])["paused"] is False
    listed = {row["id"]: row for row in place.answer("schedules", "list")["schedules"]}
    assert [listed[id]["applied"] for id in both] == [True, True]
    assert len(listed[both[0]]["next"]) == 3

    place.answer("schedules", "trigger", both[0])
    [run] = finished(place, "daily", 1)
    assert place.status(run["workflow_id"])["output"] == {"portfolio": "all"}

    place.answer("schedules", "trigger", both[1])
    swept = [
        run["workflow_id"] for run in finished(place, "daily", 3) if run["workflow_id"].startswith("daily:")
    ]
    assert sorted(id.split(":")[1] for id in swept) == ["P-C-2", "P-C-3"]

    ambiguous = place.kronos("schedules", "trigger", "daily")
    assert (ambiguous.returncode, "UnknownSchedule" in ambiguous.stderr) == (1, True)


def test_what_starts_runs_is_listed(place: Town) -> None:
    """Every trigger with its kind and condition; schedules with their next times."""
    rows = place.answer("triggers", "list")["triggers"]
    assert [(row["workflow"], row["trigger"], row["kind"]) for row in rows] == [
        ("daily", 1, "schedule"),
        ("daily", 2, "schedule"),
        ("reacting", 1, "event"),
        ("rebalancing", 1, "event"),
    ]
    assert place.answer("triggers", "explain", "P-C-1") == {"portfolio_id": "P-C-1", "thresholds": []}
    unknown = place.kronos("triggers", "explain", "P-C-9")
    assert (unknown.returncode, "UnknownPortfolio" in unknown.stderr) == (1, True)
