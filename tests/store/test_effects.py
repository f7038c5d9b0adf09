"""An effect happens once, whatever is tried again."""

from typing import Any

import pytest
from sqlalchemy import text

from store import events
from store.database import Database
from store.effects import IntentChanged, once, recorded
from tests.support.databases import NOON
from tests.support.threads import at_once

ORDER = {"etf": "VAS", "units": 10, "limit": "92.50", "tags": []}


class Counter:
    """Something that must happen once."""

    def __init__(self) -> None:
        self.done = 0

    def __call__(self) -> dict[str, Any]:
        self.done += 1
        return {"number": self.done}


def test_the_same_key_answers_what_it_did_the_first_time(database: Database, tenant: str) -> None:
    """The second call acts no more, in the same transaction or another."""
    act = Counter()
    for _ in range(3):
        with database.transaction() as tx:
            assert once(tx, tenant, "K", ORDER, act) == {"number": 1}
    assert act.done == 1


def test_equal_content_may_be_written_differently(database: Database, tenant: str) -> None:
    """The order of fields and the zeros of a number do not make another intent."""
    act = Counter()
    with database.transaction() as tx:
        once(tx, tenant, "K", {"a": 1.50, "b": 2}, act)
        assert once(tx, tenant, "K", {"b": 2, "a": 1.5}, act) == {"number": 1}


def test_other_content_is_refused(database: Database, tenant: str) -> None:
    """The error names both digests and every path that differs."""
    with database.transaction() as tx:
        once(tx, tenant, "K", {"trades": [ORDER]}, Counter())
    changed = {"trades": [{**ORDER, "units": 11, "price": 1}]}
    with pytest.raises(IntentChanged) as raised, database.transaction() as tx:
        once(tx, tenant, "K", changed, Counter())
    assert raised.value.paths == ["trades[0].price", "trades[0].units"]
    assert raised.value.recorded[:12] in raised.value.message
    assert raised.value.asked[:12] in raised.value.message
    assert raised.value.recorded != raised.value.asked


def test_an_effect_that_fails_was_not_done(database: Database, tenant: str) -> None:
    """Neither the effect nor the event that went with it is kept, and it can be tried again."""

    def fail() -> None:
        events.append(tx, tenant, "s", "Happened", {}, at=NOON)
        raise KeyError("stop")

    with pytest.raises(KeyError), database.transaction() as tx:
        once(tx, tenant, "K", ORDER, fail)
    with database.transaction() as tx:
        assert events.read(tx, tenant) == []
        assert once(tx, tenant, "K", ORDER, Counter()) == {"number": 1}


def test_two_at_once_are_one_effect(database: Database, tenant: str) -> None:
    """The second waits for the first, and answers what that one did."""

    def attempt() -> object:
        with database.transaction() as tx:

            def append() -> dict[str, int]:
                return {"position": events.append(tx, tenant, "s", "Happened", {}, at=NOON).position}

            return once(tx, tenant, "K", ORDER, append)

    assert at_once([attempt] * 4) == [{"position": 1}] * 4
    with database.reading() as tx:
        assert len(events.read(tx, tenant)) == 1


def test_what_was_done_can_be_asked_before_acting(database: Database, tenant: str) -> None:
    """None before, the answer after, IntentChanged for other content."""
    with database.transaction() as tx:
        assert recorded(tx, tenant, "K", ORDER) is None
        once(tx, tenant, "K", ORDER, Counter())
        assert recorded(tx, tenant, "K", ORDER) == {"number": 1}
        with pytest.raises(IntentChanged):
            recorded(tx, tenant, "K", {**ORDER, "units": 11})


def test_content_is_kept_as_fingerprints_only(database: Database, tenant: str) -> None:
    """What was asked may be personal, so nobody can read it in the table."""
    with database.transaction() as tx:
        once(tx, tenant, "K", {"name": "Zebedee", "born": "1980-05-17"}, Counter())
        row = tx.execute(text("SELECT * FROM effects WHERE tenant = :tenant"), {"tenant": tenant}).one()
    assert "Zebedee" not in str(row)
    assert "1980-05-17" not in str(row)


def test_tenants_do_not_share_keys(database: Database, tenant: str) -> None:
    """The same key of another tenant is another effect."""
    act = Counter()
    with database.transaction() as tx:
        once(tx, tenant, "K", ORDER, act)
        once(tx, f"{tenant}-other", "K", ORDER, act)
    assert act.done == 2
