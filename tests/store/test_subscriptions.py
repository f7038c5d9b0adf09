"""Runs are found by what they wait for, and miss no event from the moment they begin."""

from datetime import datetime, timedelta
from typing import Any

from store import dispatches, events, subscriptions
from store.database import Database
from store.subscriptions import Subscriber, Wanted
from store.tables import Dispatch
from tests.support.databases import NOON

BEGUN = NOON - timedelta(minutes=1)


def wanted(portfolio: str, *takes: str) -> Wanted:
    return Wanted("deposit_received", {"portfolio_id": portfolio}, "deposit", takes or None)


def emit(database: Database, tenant: str, data: dict[str, Any], at: datetime = NOON) -> events.Event:
    with database.transaction() as tx:
        return events.append(tx, tenant, "events", "deposit_received", data, at=at, kind="business")


def subscribe(database: Database, tenant: str, root: str, *wants: Wanted) -> list[subscriptions.Taken]:
    with database.transaction() as tx:
        return subscriptions.subscribe(tx, tenant, Subscriber(root, f"run-{root}", root), wants, BEGUN)


def takers(database: Database, tenant: str, event: events.Event, now: datetime = NOON) -> list[str]:
    with database.reading() as tx:
        return [row.effect_root for row in subscriptions.takers(tx, tenant, event, event.data, now)]


def test_only_the_runs_that_match_take_an_event(database: Database, tenant: str) -> None:
    """What a run compares must be equal; 5 and 5.0 are."""
    subscribe(database, tenant, "a", wanted("P-1"))
    subscribe(database, tenant, "b", wanted("P-2"))
    subscribe(database, tenant, "c", Wanted("deposit_received", {}, "deposit", None))
    subscribe(database, tenant, "d", Wanted("deposit_received", {"amount": 5}, "deposit", None))
    assert takers(database, tenant, emit(database, tenant, {"portfolio_id": "P-1"})) == ["a", "c"]
    assert takers(database, tenant, emit(database, tenant, {"amount": 5.0})) == ["c", "d"]


def test_what_came_before_is_told_once_and_what_comes_after_is_dispatched(
    database: Database, tenant: str
) -> None:
    """From the moment that a run begins no event is missed or counted twice."""
    emit(database, tenant, {"portfolio_id": "P-1", "n": 0}, BEGUN - timedelta(seconds=1))
    before = emit(database, tenant, {"portfolio_id": "P-1", "n": 1, "amount": 2})
    for _ in range(2):  # an activity that is tried again answers the same
        [taken] = subscribe(database, tenant, "a", wanted("P-1", "amount"))
        assert (taken.event_id, taken.payload) == (before.event_id, {"amount": 2})
    assert takers(database, tenant, before) == []
    assert takers(database, tenant, emit(database, tenant, {"portfolio_id": "P-1"})) == ["a"]


def test_a_run_that_has_ended_takes_nothing_unless_it_can_be_reset(database: Database, tenant: str) -> None:
    """One that completed is forgotten at once, one that failed after a while."""
    subscribe(database, tenant, "a", wanted("P-1"))
    subscribe(database, tenant, "b", wanted("P-1"))
    with database.transaction() as tx:
        subscriptions.unsubscribe(tx, tenant, "a")
        subscriptions.unsubscribe(tx, tenant, "b", NOON)
    event = emit(database, tenant, {"portfolio_id": "P-1"})
    assert takers(database, tenant, event) == ["b"]
    assert takers(database, tenant, event, NOON + subscriptions.MAY_BE_RESET) == []


def test_subscribing_again_with_others_replaces_what_there_was(database: Database, tenant: str) -> None:
    """A run that continues with a newer definition takes what that one says."""
    subscribe(database, tenant, "a", wanted("P-1"), wanted("P-2"))
    subscribe(database, tenant, "a", wanted("P-3"))
    with database.reading() as tx:
        assert subscriptions.find(tx, tenant, "a", 1) is None
    assert takers(database, tenant, emit(database, tenant, {"portfolio_id": "P-1"})) == []
    assert takers(database, tenant, emit(database, tenant, {"portfolio_id": "P-3"})) == ["a"]


def test_the_cursor_moves_once(database: Database, tenant: str) -> None:
    """Of two dispatchers one routes an event; the other sees that it was done."""
    for moved in (True, False):
        with database.transaction() as tx:
            assert dispatches.advance(tx, tenant, 7) is moved
    with database.reading() as tx:
        assert dispatches.cursor(tx, tenant) == 7


def test_what_is_put_off_keeps_what_follows_for_the_same_run_waiting(database: Database, tenant: str) -> None:
    """Events reach a run in order; other runs do not wait for it."""
    rows = [
        Dispatch(tenant=tenant, dispatch_id=f"{position}", position=position, workflow_id=run)
        for position, run in ((1, "a"), (2, "a"), (3, "b"))
    ]
    with database.transaction() as tx:
        dispatches.decide(tx, rows)
        dispatches.decide(tx, rows)
        dispatches.put_off(tx, rows[0], NOON)
    with database.transaction() as tx:
        assert [row.position for row in dispatches.due(tx, tenant, NOON, 10)] == [3]
        later = NOON + timedelta(minutes=1)
        assert [row.position for row in dispatches.due(tx, tenant, later, 10)] == [1, 2, 3]
        dispatches.done(tx, rows[0])
        dispatches.done(tx, rows[0])
    with database.reading() as tx:
        assert [row.position for row in dispatches.due(tx, tenant, NOON, 10)] == [2, 3]


def test_an_event_is_found_by_its_id(database: Database, tenant: str) -> None:
    """Ids are unique among a tenant's events, also those that people give."""
    with database.transaction() as tx:
        events.append(tx, tenant, "s", "paid", {}, at=NOON, kind="business", event_id="PAY-1")
    with database.reading() as tx:
        found = events.find(tx, tenant, "PAY-1")
        assert found is not None
        assert (found.name, events.at(tx, tenant, found.position)) == ("paid", found)
        assert events.find(tx, tenant, "PAY-2") is None
