"""Market snapshots stay what they were."""

from datetime import date, timedelta
from typing import Any

from store import snapshots
from store.database import Database
from tests.support.databases import NOON


def save(database: Database, tenant: str, digest: str, **changed: Any) -> bool:
    given = {
        "source": "simulated",
        "as_of": date(2025, 11, 14),
        "simulated": True,
        "content": b"prices",
        "created_at": NOON,
    }
    with database.transaction() as tx:
        return snapshots.save(tx, tenant, digest, **{**given, **changed})


def test_a_snapshot_is_kept_once(database: Database, tenant: str) -> None:
    """Its digest is its content, so the second time there is nothing to do."""
    assert save(database, tenant, "one")
    assert not save(database, tenant, "one", content=b"forged")
    with database.reading() as tx:
        found = snapshots.load(tx, tenant, "one")
    assert found is not None
    assert (found.content, found.as_of, found.simulated) == (b"prices", date(2025, 11, 14), True)


def test_the_newest_is_of_the_latest_day(database: Database, tenant: str) -> None:
    """Of two of one day, the one stored last."""
    save(database, tenant, "old", as_of=date(2025, 11, 13), created_at=NOON + timedelta(days=9))
    save(database, tenant, "first")
    save(database, tenant, "second", created_at=NOON + timedelta(seconds=1))
    with database.reading() as tx:
        found = snapshots.newest(tx, tenant)
        assert found is not None
        assert (found.digest, found.content) == ("second", b"prices")


def test_a_partial_one_is_never_the_newest(database: Database, tenant: str) -> None:
    """However late its day: who wants it names it. The list has it in its place."""
    save(database, tenant, "whole")
    save(database, tenant, "part", as_of=date(2025, 11, 17), partial=True)
    with database.reading() as tx:
        found = snapshots.newest(tx, tenant)
        assert found is not None
        assert found.digest == "whole"
        assert [(row.digest, row.partial) for row in snapshots.listed(tx, tenant)] == [
            ("part", True),
            ("whole", False),
        ]
        assert snapshots.load(tx, tenant, "part") is not None


def test_there_may_be_none(database: Database, tenant: str) -> None:
    """Neither newest nor of a digest."""
    with database.reading() as tx:
        assert snapshots.newest(tx, tenant) is None
        assert snapshots.load(tx, tenant, "x") is None


def test_all_are_listed_and_found_by_how_they_begin(database: Database, tenant: str) -> None:
    """The latest day first; a start that several share finds them all, a wildcard none."""
    for digest, day in (("aa1", 13), ("aa2", 14), ("b%1", 12)):
        save(database, tenant, digest, as_of=date(2025, 11, day))
    with database.reading() as tx:
        assert [row.digest for row in snapshots.listed(tx, tenant)] == ["aa2", "aa1", "b%1"]
        assert snapshots.starting_with(tx, tenant, "aa") == ["aa1", "aa2"]
        assert snapshots.starting_with(tx, tenant, "%") == []
        assert snapshots.listed(tx, "another") == []
