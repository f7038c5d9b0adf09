"""One run at a time trades a portfolio, and the others wait in order."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import leases
from store.database import Database
from store.leases import Lease, LeaseLost
from tests.support.databases import NOON, new_tenant
from tests.support.threads import at_once

TTL = timedelta(minutes=2)
ACTIONS = st.lists(st.tuples(st.sampled_from(["acquire", "release"]), st.sampled_from("abcd")), max_size=20)


class Door:
    """The leases of one tenant's portfolio P, a transaction a call."""

    def __init__(self, database: Database, tenant: str) -> None:
        self.database = database
        self.tenant = tenant

    def acquire(self, owner: str, now: datetime = NOON) -> Lease:
        with self.database.transaction() as tx:
            return leases.acquire(tx, self.tenant, "P", owner, f"run-{owner}", now, TTL)

    def release(self, owner: str) -> bool:
        with self.database.transaction() as tx:
            return leases.release(tx, self.tenant, "P", owner)

    def renew(self, owner: str, now: datetime = NOON) -> Lease:
        with self.database.transaction() as tx:
            return leases.renew(tx, self.tenant, "P", owner, now, TTL)

    def take_over(self, owner: str, closed_owner: str, now: datetime = NOON) -> Lease:
        with self.database.transaction() as tx:
            return leases.take_over(
                tx, self.tenant, "P", owner, f"run-{owner}", now, TTL, closed_owner=closed_owner
            )


@pytest.fixture
def door(database: Database, tenant: str) -> Door:
    return Door(database, tenant)


def test_a_free_lease_is_granted(door: Door) -> None:
    """Whoever comes first has it."""
    lease = door.acquire("a")
    assert (lease.granted, lease.holder_owner, lease.holder_workflow_id) == (True, "a", "run-a")
    assert (lease.position, lease.fence, lease.overdue) == (0, 1, False)


def test_others_wait_in_the_order_they_came(door: Door) -> None:
    """Each is told who holds it and how many are before them."""
    door.acquire("a")
    assert [door.acquire(owner).position for owner in ("b", "c", "b")] == [1, 2, 1]
    assert door.acquire("c").holder_workflow_id == "run-a"
    door.release("a")
    assert not door.acquire("c").granted
    assert door.acquire("b").granted
    assert door.acquire("c").position == 1


def test_the_owner_may_take_it_again(door: Door) -> None:
    """A block inside a block does not wait for itself, nor does a call that is tried again."""
    first = door.acquire("a")
    assert door.acquire("a") == first


def test_each_new_holder_has_a_higher_fence(door: Door) -> None:
    """An order sent under an older one can be told apart."""
    fences = []
    for owner in ("a", "b", "a"):
        fences.append(door.acquire(owner).fence)
        door.release(owner)
    assert fences == [1, 2, 3]


def test_releasing_what_is_not_held_finds_nothing(door: Door) -> None:
    """Twice, or by somebody else, it changes nothing."""
    assert not door.release("a")
    door.acquire("a")
    assert not door.release("b")
    assert door.acquire("a").granted
    assert door.release("a")
    assert not door.release("a")


def test_whoever_waits_can_leave(door: Door) -> None:
    """The next in line moves up."""
    for owner in "abc":
        door.acquire(owner)
    assert door.release("b")
    assert door.acquire("c").position == 1


def test_a_lease_does_not_end_by_time(door: Door) -> None:
    """A run that is held for a person for days keeps it; who waits is told that it is overdue."""
    door.acquire("a")
    later = door.acquire("b", NOON + timedelta(days=3))
    assert (later.granted, later.holder_owner, later.overdue) == (False, "a", True)
    assert door.renew("a", NOON + timedelta(days=3)).granted
    assert not door.acquire("b", NOON + timedelta(days=3)).overdue


def test_a_waiter_that_stops_asking_loses_its_place(door: Door) -> None:
    """It may be dead, and holds nothing."""
    for owner in "abc":
        door.acquire(owner)
    door.acquire("c", NOON + TTL / 2)
    assert door.acquire("c", NOON + TTL).position == 1
    door.release("a")
    assert door.acquire("c", NOON + TTL).granted


def test_the_lease_of_a_closed_run_goes_to_the_first_in_line(door: Door) -> None:
    """Which need not be the one that noticed."""
    for owner in "abc":
        door.acquire(owner)
    assert door.take_over("c", "a").position == 2
    assert door.acquire("b").granted
    assert door.acquire("c").position == 1


def test_taking_over_names_whose_run_is_closed(door: Door) -> None:
    """A lease that somebody else has by now stays with them."""
    door.acquire("a")
    door.release("a")
    door.acquire("b")
    lease = door.take_over("c", "a")
    assert (lease.granted, lease.holder_owner) == (False, "b")


def test_a_lease_that_is_lost_cannot_be_renewed(door: Door) -> None:
    """Nor required: nothing may be traded in its name."""
    door.acquire("a")
    door.take_over("b", "a")
    with pytest.raises(LeaseLost, match="run-b holds it"):
        door.renew("a")
    with door.database.transaction() as tx:
        assert leases.require(tx, door.tenant, "P", "b") == 2
        with pytest.raises(LeaseLost):
            leases.require(tx, door.tenant, "P", "a")


def test_who_holds_it_can_be_asked(door: Door) -> None:
    """None when it is free."""
    with door.database.reading() as tx:
        assert leases.holder(tx, door.tenant, "P") is None
    door.acquire("a")
    with door.database.reading() as tx:
        held = leases.holder(tx, door.tenant, "P")
    assert held is not None
    assert held.workflow_id == "run-a"


def test_of_many_at_once_one_gets_it(door: Door) -> None:
    """And the others stand in line, each in another place."""
    found = at_once([lambda owner=owner: door.acquire(owner) for owner in "abcd"])  # type: ignore[misc]
    assert sorted(lease.position for lease in found) == [0, 1, 2, 3]  # type: ignore[attr-defined]


@settings(max_examples=25, deadline=None)
@given(actions=ACTIONS)
def test_a_queue_is_what_it_is(database: Database, actions: list[tuple[str, str]]) -> None:
    """In any order of asking and giving back it behaves as a list whose head may hold the lease."""
    door, line, held = Door(database, new_tenant()), [], False
    for action, owner in actions:
        if action == "acquire":
            lease = door.acquire(owner)
            if owner not in line:
                line.append(owner)
            held = held or line[0] == owner
            assert lease.granted == (line[0] == owner)
            # Before the head has come back for a lease given up, everybody stands in line.
            assert lease.position == (0 if lease.granted else line.index(owner) + (0 if held else 1))
        else:
            assert door.release(owner) == (owner in line)
            held = held and line[0] != owner
            line = [other for other in line if other != owner]
