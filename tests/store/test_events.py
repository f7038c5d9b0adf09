"""The log keeps what happened, in order, with what is personal under lock."""

from decimal import Decimal

import pytest
from sqlalchemy import text

from store import customers, events
from store.database import Database
from store.errors import StoreError
from store.event_proof import verify
from store.events import GENESIS
from store.vault import CustomerErased
from tests.support.databases import NOON
from tests.support.people import take_on
from tests.support.threads import at_once


def test_an_event_comes_back_as_it_was_appended(database: Database, tenant: str) -> None:
    """With its place, its cause and its exact numbers."""
    with database.transaction() as tx:
        events.append(
            tx,
            tenant,
            "client:C-1",
            "DepositConfirmed",
            {"amount": Decimal("70000.10")},
            at=NOON,
            actor="kim",
            workflow_id="onboarding-1",
            effect_root="root",
            key="K",
        )
    with database.reading() as tx:
        (event,) = events.read(tx, tenant)
    assert (event.position, event.sequence, event.stream) == (1, 1, "client:C-1")
    assert (event.kind, event.name, event.at) == ("fact", "DepositConfirmed", NOON)
    assert (event.actor, event.workflow_id, event.effect_root) == ("kim", "onboarding-1", "root")
    assert event.data == {"amount": Decimal("70000.10")}
    assert len(event.event_id) == 20


def test_streams_count_for_themselves_and_positions_across_them(database: Database, tenant: str) -> None:
    """Sequences start at 1 in each stream, positions never repeat."""
    with database.transaction() as tx:
        for stream in ("a", "b", "a"):
            events.append(tx, tenant, stream, "Happened", {}, at=NOON)
        found = [(event.position, event.stream, event.sequence) for event in events.read(tx, tenant)]
    assert found == [(1, "a", 1), (2, "b", 1), (3, "a", 2)]


def test_reading_goes_on_from_a_cursor(database: Database, tenant: str) -> None:
    """After a position, of one stream, of one name, so many."""
    with database.transaction() as tx:
        for number in range(6):
            name = "Even" if number % 2 == 0 else "Odd"
            events.append(tx, tenant, f"s{number % 3}", name, {"number": number}, at=NOON)

        def numbers(**wanted: object) -> list[int]:
            return [event.data["number"] for event in events.read(tx, tenant, **wanted)]  # type: ignore[arg-type]

        assert numbers(after=3) == [3, 4, 5]
        assert numbers(after=3, limit=2) == [3, 4]
        assert numbers(stream="s0") == [0, 3]
        assert numbers(name="Odd") == [1, 3, 5]
        assert numbers(after=6) == []


def test_appending_at_once_leaves_no_gap(database: Database, tenant: str) -> None:
    """A reader that follows positions misses nothing, and the chains hold."""

    def append(stream: str) -> None:
        for _ in range(3):
            with database.transaction() as tx:
                events.append(tx, tenant, stream, "Happened", {}, at=NOON)

    at_once([lambda name=name: append(name) for name in ("a", "b", "a", "b")])  # type: ignore[misc]
    with database.reading() as tx:
        assert [event.position for event in events.read(tx, tenant)] == list(range(1, 13))
        assert verify(tx, tenant) == []


def test_an_event_that_is_undone_leaves_no_gap(database: Database, tenant: str) -> None:
    """A transaction that fails gives its positions back."""

    def append_and_fail() -> None:
        with database.transaction() as tx:
            events.append(tx, tenant, "s", "Happened", {}, at=NOON)
            raise KeyError("stop")

    with pytest.raises(KeyError):
        append_and_fail()
    with database.transaction() as tx:
        assert events.append(tx, tenant, "s", "Happened", {}, at=NOON).position == 1


def test_what_is_personal_is_stored_encrypted(database: Database, tenant: str) -> None:
    """The table does not show it, the client's key opens it."""
    with database.transaction() as tx:
        event = events.append(
            tx, tenant, "client:C-1", "CustomerOnboarded", {}, at=NOON, personal={"name": "Zebedee"}
        )
        row = tx.execute(text("SELECT * FROM events WHERE tenant = :tenant"), {"tenant": tenant}).one()
        assert "Zebedee" not in str(row)
        assert event.has_personal
        assert events.personal_of(tx, tenant, event) == {"name": "Zebedee"}


def test_an_event_without_personal_data_has_none(database: Database, tenant: str) -> None:
    """And needs no key to say so."""
    with database.transaction() as tx:
        event = events.append(tx, tenant, "s", "Happened", {}, at=NOON)
        assert events.personal_of(tx, tenant, event) == {}


def test_personal_data_needs_a_client(database: Database, tenant: str) -> None:
    """On another stream the client must be named, because their key encrypts it."""
    with database.transaction() as tx:
        event = events.append(
            tx, tenant, "run:1", "Scored", {}, at=NOON, personal={"answers": 1}, customer_id="C-1"
        )
        assert events.personal_of(tx, tenant, event) == {"answers": 1}
        with pytest.raises(StoreError, match="no client"):
            events.append(tx, tenant, "run:1", "Scored", {}, at=NOON, personal={"answers": 1})


def test_erasing_a_client_leaves_the_chain_whole(database: Database, tenant: str) -> None:
    """Their data is gone, the proof still holds, and the erasure itself is on record."""
    with database.transaction() as tx:
        take_on(tx, tenant)
        event = events.append(
            tx, tenant, "client:C-1", "CustomerOnboarded", {}, at=NOON, personal={"name": "Zebedee"}
        )
        assert customers.erase(tx, tenant, "C-1", at=NOON, actor="kim")
        assert not customers.erase(tx, tenant, "C-1", at=NOON, actor="kim")
    with database.reading() as tx:
        with pytest.raises(CustomerErased):
            events.personal_of(tx, tenant, event)
        with pytest.raises(CustomerErased):
            customers.personal(tx, tenant, "C-1")
        assert [event.name for event in events.read(tx, tenant)] == ["CustomerOnboarded", "CustomerErased"]
        assert verify(tx, tenant) == []


def test_the_checkpoint_moves_with_every_event(database: Database, tenant: str) -> None:
    """It counts them, and its digest is a new one each time."""
    with database.transaction() as tx:
        seen = [events.checkpoint(tx, tenant)]
        for _ in range(2):
            events.append(tx, tenant, "s", "Happened", {}, at=NOON)
            seen.append(events.checkpoint(tx, tenant))
    assert [position for position, _ in seen] == [0, 1, 2]
    assert seen[0][1] == GENESIS
    assert len({digest for _, digest in seen}) == 3
