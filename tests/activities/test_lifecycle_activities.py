"""A client is followed by one run, and their stage is what is recorded of them."""

import pytest
from sqlmodel import Session

from activities.runner import ActivityFault
from store import events, portfolios
from store.database import Database
from tests.support.databases import NOON
from tests.support.house import House

HOME = {
    "goal_id": "HOME",
    "goal_name": "A home",
    "target_amount": 150000.5,
    "target_date": "2029-11-15",
    "priority": "high",
    "flexibility": "flexible",
}
PAST = HOME | {"goal_id": "CAR", "target_date": "2025-11-16"}


@pytest.fixture
def house(database: Database, tenant: str) -> House:
    found = House(database, tenant)
    found.services.is_run_closed = lambda workflow_id: False
    found.register()
    return found


def fact(house: House, name: str, **data: object) -> None:
    with house.database.transaction() as tx:
        events.append(tx, house.tenant, "client:C-1", name, {"customer_id": "C-1", **data}, at=NOON)


def in_state(house: House, state: str) -> None:
    def change(tx: Session) -> None:
        row = portfolios.portfolio(tx, house.tenant, "P-C-1", lock=True)
        row.state = state
        tx.add(row)

    with house.database.transaction() as tx:
        change(tx)


def test_a_run_follows_a_client_and_asked_again_still_does(house: House) -> None:
    """Its fact is appended once."""
    for _ in range(2):
        assert house("lifecycle.begin", customer_id="C-1") == {
            "began": True,
            "followed_by": "onboarding-run-1",
        }
    assert house.facts().count("ClientLifecycleBegan") == 1


def test_a_second_run_leaves_the_client_to_the_first(house: House) -> None:
    """It is told which run that is."""
    house("lifecycle.begin", customer_id="C-1")
    answer = house("lifecycle.begin", run_id="run-2", customer_id="C-1")
    assert answer == {"began": False, "followed_by": "onboarding-run-1"}


def test_a_run_that_ended_is_followed_by_another(house: House) -> None:
    """Temporal says that it is closed; a third one is refused by the second, not by the first."""
    house("lifecycle.begin", customer_id="C-1")
    house.services.is_run_closed = lambda workflow_id: workflow_id == "onboarding-run-1"
    assert house("lifecycle.begin", run_id="run-2", customer_id="C-1")["began"]
    answer = house("lifecycle.begin", run_id="run-3", customer_id="C-1")
    assert answer == {"began": False, "followed_by": "onboarding-run-2"}


def test_nobody_follows_a_client_who_is_not_there(house: House) -> None:
    """Nor has such a client a standing or a profile."""
    for activity, more in (
        ("lifecycle.begin", {}),
        ("lifecycle.standing", {}),
        ("lifecycle.profile", {"as_of": "2025-11-15"}),
    ):
        with pytest.raises(ActivityFault) as raised:
            house(activity, customer_id="C-9", **more)
        assert (raised.value.type, raised.value.path) == ("UnknownCustomer", "customer_id")


def test_stages_follow_what_is_recorded(house: House) -> None:
    """Identity first, then the state of the portfolio."""
    stages = [house("lifecycle.standing", customer_id="C-1")["stage"]]
    house("identity.verify", customer_id="C-1")
    stages.append(house("lifecycle.standing", customer_id="C-1")["stage"])
    for state in ("invested", "managed"):
        in_state(house, state)
        stages.append(house("lifecycle.standing", customer_id="C-1")["stage"])
    assert stages == ["registered", "verified", "invested", "managed"]


def test_each_stage_is_announced_once(house: House) -> None:
    """Verification that is refused advances nobody."""
    house("identity.verify", customer_id="C-1")
    told = [event for event in house.log() if event.name == "client_advanced"]
    assert [(event.kind, event.data) for event in told] == [
        ("business", {"customer_id": "C-1", "stage": "verified"})
    ]
    other = house.register(run_id="run-2", customer_id="C-2", email="alex@refused.example")
    house("identity.verify", run_id="run-2", customer_id=other["customer_id"])
    assert [event.data["customer_id"] for event in house.log() if event.name == "client_advanced"] == ["C-1"]


def test_goals_are_open_until_their_whole_target_was_reached(house: House) -> None:
    """Those defined and those planned, each once; half of one does not close it."""
    house("goals.define", customer_id="C-1", goals=[HOME])
    fact(house, "GoalPlanned", goal_id="HOME")
    fact(house, "GoalPlanned", goal_id="BOAT")
    fact(house, "GoalMilestoneReached", goal_id="BOAT", milestone=1)
    fact(house, "GoalMilestoneReached", goal_id="HOME", milestone=0.5)
    found = house("lifecycle.standing", customer_id="C-1")
    assert (found["open_goals"], found["reached_goals"]) == (["HOME"], ["BOAT"])


def test_the_day_of_the_last_review_is_told(house: House) -> None:
    """None before the first."""
    assert house("lifecycle.standing", customer_id="C-1")["reviewed_on"] is None
    fact(house, "AdviceRecorded")
    assert house("lifecycle.standing", customer_id="C-1")["reviewed_on"] == NOON.date()


def test_a_profile_has_the_age_of_the_day_and_the_goals_still_ahead(house: House) -> None:
    """A goal that is due that day is not ahead any more; amounts keep their cents."""
    house("goals.define", customer_id="C-1", goals=[HOME, PAST])
    before = house("lifecycle.profile", customer_id="C-1", as_of="2025-11-15")
    assert [goal["goal_id"] for goal in before["goals"]] == ["HOME", "CAR"]
    found = house("lifecycle.profile", customer_id="C-1", as_of="2025-11-16")
    [home] = found["goals"]
    assert (home["goal_id"], float(home["target_amount"])) == ("HOME", 150000.5)
    assert (found["age"], found["experience"]) == (45, None)
    later = house("lifecycle.profile", customer_id="C-1", as_of="2026-11-15")
    assert later["age"] == before["age"] + 1
