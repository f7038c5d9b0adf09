"""The four checkpoints of an investment, on the real installation: nothing is traded before them."""

import asyncio
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.asking import over, until
from tests.support.town import Town, books, onboard, town
from worker.connection import connect
from worker.dev_server import executable

PEOPLE = {"adviser": "alex", "manager": "jo", "compliance": "kim"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("reviews") / "data", reviewed=False) as running:
        running.start_worker()
        yield running


def next_asked(place: Town, investment: str) -> dict[str, Any] | None:
    """What an investment asks next; None once it is over."""
    if over(place.until(investment, lambda status: over(status) or status["approvals"])):
        return None

    def listed() -> dict[str, Any] | None:
        rows = place.answer("approvals", "list")
        return next((row for row in rows if row["workflow_id"] == investment), None)

    return until(listed)


def approve(place: Town, asked: dict[str, Any], by: str, decision: str = "approve") -> None:
    command = ("approve", asked["workflow_id"], asked["step"], "--decision", decision, "--by", by)
    place.answer(*command, "--digest", asked["digest"])


@pytest.mark.parametrize(
    ("mandate", "capital", "roles"),
    [
        ("advised", 100_000, ["adviser", "compliance", "client"]),
        ("discretionary", 100_000, ["adviser", "compliance"]),
        ("advised", 400_000, ["adviser", "manager", "compliance", "client"]),
    ],
)
def test_everybody_whom_the_table_names_approves_before_anything_is_bought(
    place: Town, mandate: str, capital: int, roles: list[str]
) -> None:
    """One after the other; the mandate is shown, and a discretionary one skips the client alone."""
    client = f"{mandate}-{capital}"
    run, met = onboard(place, client, mandate=mandate, capital=capital), []
    while (asked := next_asked(place, f"{run}.invested")) is not None:
        assert asked["show"]["mandate"] == mandate
        assert books(place, client).orders == 0
        met.append(asked["role"])
        approve(place, asked, PEOPLE.get(asked["role"], client))
    assert met == roles
    status = place.until(run, over)
    assert status["output"]["investment"]["mandate"] == mandate, status["error"]
    assert status["output"]["investment"]["verified"] is True
    assert books(place, client).orders > 4
    facts = place.answer("events", "list", "--stream", f"client:{client}")["events"]
    names = [fact["name"] for fact in facts]
    decided = [fact["data"]["role"] for fact in facts if fact["name"] == "ApprovalDecided"]
    assert decided == roles
    assert names.index("TradesExecuted") > max(
        at for at, name in enumerate(names) if name == "ApprovalDecided"
    )
    assert place.answer("portfolio", "show", f"P-{client}")["mandate"] == mandate


def test_a_proposal_that_is_rejected_buys_nothing(place: Town) -> None:
    """The client's no ends the investment, the money stays, and they are told why."""
    run = onboard(place, "SAYS-NO")
    for role in ("adviser", "compliance", "client"):
        asked = next_asked(place, f"{run}.invested")
        assert asked is not None
        assert asked["role"] == role
        approve(place, asked, PEOPLE.get(role, "SAYS-NO"), "reject" if role == "client" else "approve")
    assert next_asked(place, f"{run}.invested") is None
    error = place.until(run, over)["error"]
    assert (error["type"], error["message"]) == ("NotApproved", "The client rejected the proposal.")
    kept = books(place, "SAYS-NO")
    assert (kept.orders, kept.cash) == (0, 100_000_00)


def test_only_those_asked_decide(place: Town) -> None:
    """Another role's person, another client and yesterday's digest are refused, and the run still waits."""
    run = onboard(place, "GUARDED")
    asked = next_asked(place, f"{run}.invested")
    assert asked is not None
    command = ("approve", asked["workflow_id"], "adviser", "--decision", "approve")
    for by, digest in (("kim", asked["digest"]), ("GUARDED", asked["digest"]), ("alex", "0" * 64)):
        assert place.kronos(*command, "--by", by, "--digest", digest).returncode == 1
    still = next_asked(place, f"{run}.invested")
    assert still is not None
    assert still["decisions"] == []


def test_a_run_that_was_reset_is_approved_anew(place: Town) -> None:
    """What was approved before the reset is refused, the same person approves again, and it goes on."""
    onboarding, run = onboard(place, "RESET", mandate="discretionary"), "invest-again"
    asked = next_asked(place, f"{onboarding}.invested")
    assert asked is not None
    approve(place, asked, "alex", "reject")
    place.answer("start", "investment", "--input", "-", "--id", run, given={"portfolio_id": "P-RESET"})
    before = next_asked(place, run)
    assert before is not None
    approve(place, before, "alex")
    assert next_asked(place, run) is not None
    reset(place, run)
    again = next_asked(place, run)
    assert again is not None, place.status(run)["error"]
    assert (again["role"], again["decisions"]) == ("adviser", [])
    command = ("approve", run, "adviser", "--decision", "approve", "--by", "alex")
    stale = place.kronos(*command, "--digest", before["digest"])
    assert (stale.returncode, "DigestMismatch" in stale.stderr) == (1, True), stale.stderr
    met = []
    while (asked := next_asked(place, run)) is not None:
        met.append(asked["role"])
        approve(place, asked, PEOPLE[asked["role"]])
    assert met == ["adviser", "compliance"]
    status = place.status(run)
    assert status["state"] == "completed", status["error"]


def reset(place: Town, run: str) -> None:
    """Have Temporal run it again from before its first approval was given."""

    async def last_task_before_the_approval() -> int:
        client = await connect(place.settings)
        last = 0
        async for event in client.get_workflow_handle(run).fetch_history_events():
            if event.HasField("workflow_execution_update_accepted_event_attributes"):
                return last
            if event.HasField("workflow_task_completed_event_attributes"):
                last = event.event_id
        raise AssertionError("nothing was approved")

    event = asyncio.run(last_task_before_the_approval())
    command = [str(executable()), "workflow", "reset", "--workflow-id", run, "--event-id", str(event)]
    done = subprocess.run(
        [*command, "--reason", "test", "--address", place.server.address],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
