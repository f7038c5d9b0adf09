"""The four checkpoints of an investment, on the real installation: nothing is traded before them."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.town import PATIENCE, Town, books, onboard, town

PEOPLE = {"adviser": "alex", "manager": "jo", "compliance": "kim"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("reviews") / "data", reviewed=False) as running:
        running.start_worker()
        yield running


def next_asked(place: Town, run: str) -> dict[str, Any] | None:
    """What the run's investment asks next; None once it is over."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        mine = [row for row in place.answer("approvals", "list") if row["workflow_id"] == f"{run}.invested"]
        if mine:
            return dict(mine[0])
        if place.status(run)["state"] not in ("running", "waiting"):
            return None
        time.sleep(0.2)
    raise AssertionError("it neither asked nor ended")


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
    while (asked := next_asked(place, run)) is not None:
        assert asked["show"]["mandate"] == mandate
        assert books(place, client).orders == 0
        met.append(asked["role"])
        approve(place, asked, PEOPLE.get(asked["role"], client))
    assert met == roles
    status = place.status(run)
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
        asked = next_asked(place, run)
        assert asked is not None
        assert asked["role"] == role
        approve(place, asked, PEOPLE.get(role, "SAYS-NO"), "reject" if role == "client" else "approve")
    assert next_asked(place, run) is None
    error = place.status(run)["error"]
    assert (error["type"], error["message"]) == ("NotApproved", "The client rejected the proposal.")
    kept = books(place, "SAYS-NO")
    assert (kept.orders, kept.cash) == (0, 100_000_00)


def test_only_those_asked_decide(place: Town) -> None:
    """Another role's person, another client and yesterday's digest are refused, and the run still waits."""
    run = onboard(place, "GUARDED")
    asked = next_asked(place, run)
    assert asked is not None
    command = ("approve", asked["workflow_id"], "adviser", "--decision", "approve")
    for by, digest in (("kim", asked["digest"]), ("GUARDED", asked["digest"]), ("alex", "0" * 64)):
        assert place.kronos(*command, "--by", by, "--digest", digest).returncode == 1
    still = next_asked(place, run)
    assert still is not None
    assert still["decisions"] == []
