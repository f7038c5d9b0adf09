"""Whatever is done to the log behind the code's back is found and named."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
import rfc8785
from sqlalchemy import inspect, text
from sqlmodel import Session

from store import events
from store.database import Database
from store.event_proof import Finding, verify
from store.tables import EventCheckpoint, EventRow
from tests.support.databases import NOON

EVENT_COLUMNS = [column.key for column in inspect(EventRow).column_attrs]
CHECKPOINT_COLUMNS = [column.key for column in inspect(EventCheckpoint).column_attrs]
BYTES = {"personal"}
NUMBERS = {"position", "sequence"}


class Undo(Exception):
    """Ends a transaction without keeping it."""


@pytest.fixture
def log(database: Database, tenant: str) -> str:
    """A tenant with five events in two streams; the third has a personal part."""
    with database.transaction() as tx:
        for number, stream in enumerate(("client:C-1", "run:1", "client:C-1", "run:1", "client:C-1"), 1):
            personal = {"name": "Zebedee"} if number == 3 else None
            data = {"number": number}
            events.append(
                tx, tenant, stream, "Happened", data, at=NOON, personal=personal, workflow_id="w", key="k"
            )
    return tenant


@contextmanager
def tampering(database: Database) -> Iterator[Session]:
    """A transaction in which the triggers are off, undone at the end."""
    with suppress(Undo), database.transaction() as tx:
        run = tx.connection().exec_driver_sql
        if database.url.get_backend_name() == "postgresql":
            run("ALTER TABLE events DISABLE TRIGGER ALL")
        else:
            run("DROP TRIGGER events_refuses_update")
            run("DROP TRIGGER events_refuses_delete")
        yield tx
        raise Undo


def tampered(database: Database, tenant: str, statement: str, **values: object) -> list[Finding]:
    """What the proof says after a statement that the triggers would refuse."""
    with tampering(database) as tx:
        done = tx.execute(text(statement), {"tenant": tenant, **values})
        assert done.rowcount > 0  # type: ignore[attr-defined]
        return verify(tx, tenant)
    raise AssertionError("not reached")


def other(column: str, value: object) -> object:
    """A value that the column did not have, of its own type."""
    if column in BYTES:
        return b"other"
    return value + 100 if column in NUMBERS else f"{value or ''}x"  # type: ignore[operator]


def test_an_untouched_log_is_whole(database: Database, log: str) -> None:
    """Nothing is found, with or without the master key."""
    keyless = Database(database.url.render_as_string(hide_password=False))
    with keyless.reading() as tx:
        assert verify(tx, log) == []
        assert verify(tx, "nobody") == []
    keyless.close()


@pytest.mark.parametrize("column", [name for name in EVENT_COLUMNS if name != "tenant"])
@pytest.mark.parametrize("position", range(1, 6))
def test_a_change_of_any_column_names_the_row(
    database: Database, log: str, column: str, position: int
) -> None:
    """Every column of every row is covered."""
    with tampering(database) as tx:
        row = tx.get_one(EventRow, (log, position))
        stream, before = row.stream, getattr(row, column)
        tx.execute(
            text(f"UPDATE events SET {column} = :value WHERE tenant = :tenant AND position = :position"),
            {"value": other(column, before), "tenant": log, "position": position},
        )
        tx.expire_all()
        findings = verify(tx, log)
        named = "x" if column == "stream" else ""
        shown = other(column, before) if column == "position" else position
        assert findings
        assert findings[0].row.startswith(f"event {shown} (stream {stream}{named}") or (
            # A row moved to the end leaves its gap first, and is found itself after it.
            column == "position" and any(f.row.startswith(f"event {shown} ") for f in findings)
        )


@pytest.mark.parametrize("column", [name for name in CHECKPOINT_COLUMNS if name != "tenant"])
def test_a_change_of_the_checkpoint_is_found(database: Database, log: str, column: str) -> None:
    """It is named as the checkpoint."""
    with database.reading() as tx:
        before = getattr(tx.get_one(EventCheckpoint, log), column)
    findings = tampered(
        database,
        log,
        f"UPDATE event_checkpoints SET {column} = :value WHERE tenant = :tenant",
        value=other(column, before),
    )
    assert [finding.row for finding in findings] == [f"checkpoint of tenant {log}"]


def test_events_moved_to_another_tenant_are_found_in_both(database: Database, log: str) -> None:
    """The tenant is part of what is hashed."""
    with tampering(database) as tx:
        tx.execute(text("UPDATE events SET tenant = 'thief' WHERE tenant = :tenant"), {"tenant": log})
        assert verify(tx, "thief")
        assert verify(tx, log)


@pytest.mark.parametrize(
    ("where", "row"),
    [
        pytest.param("position = 5", "checkpoint", id="a cut tail"),
        pytest.param("position > 2", "checkpoint", id="a long tail"),
        pytest.param("position = 1", "event 2", id="a cut head"),
        pytest.param("position = 3", "event 4", id="a row in the middle"),
        pytest.param("stream = 'run:1'", "event 3", id="a lost stream"),
        pytest.param("1 = 1", "checkpoint", id="everything"),
    ],
)
def test_missing_rows_are_found(database: Database, log: str, where: str, row: str) -> None:
    """The first row after the gap is named, or the checkpoint at the end."""
    findings = tampered(database, log, f"DELETE FROM events WHERE tenant = :tenant AND {where}")
    assert findings[0].row.startswith(row)


def test_a_lost_checkpoint_is_found(database: Database, log: str) -> None:
    """Events without one did not come from this code."""
    findings = tampered(database, log, "DELETE FROM event_checkpoints WHERE tenant = :tenant")
    assert "missing" in findings[0].problem


def test_a_forged_event_is_found(database: Database, log: str) -> None:
    """Even one with a right digest, because the checkpoint does not count it."""
    with tampering(database) as tx:
        last = tx.get_one(EventRow, (log, 5))
        forged = EventRow(**last.model_dump())
        forged.position, forged.sequence, forged.previous = 6, 4, last.digest
        forged.event_id = "FORGED"
        forged.digest = events.digest_of(forged)
        tx.add(forged)
        tx.flush()
        findings = verify(tx, log)
        assert [finding.row for finding in findings] == [f"checkpoint of tenant {log}"] * 2


def rewritten(row: EventRow) -> None:
    row.data = '{"number":99}'
    row.digest = events.digest_of(row)


@pytest.mark.parametrize("change", [rewritten])
def test_a_change_with_a_right_digest_breaks_the_chain(
    database: Database, log: str, change: Callable[[EventRow], None]
) -> None:
    """The next event of the stream, and the checkpoint, still know the old one."""
    with tampering(database) as tx:
        row = tx.get_one(EventRow, (log, 1))
        change(row)
        tx.add(row)
        tx.flush()
        rows = [finding.row for finding in verify(tx, log)]
        assert rows == ["event 3 (stream client:C-1, sequence 2)", f"checkpoint of tenant {log}"]


def test_an_auditor_can_compute_the_digest_without_our_code(database: Database, log: str) -> None:
    """sha256 over RFC 8785 JSON of the row's columns, all text and whole numbers."""
    query = text("SELECT * FROM events WHERE tenant = :tenant AND position = 4")
    with database.reading() as tx:
        row = dict(tx.execute(query, {"tenant": log}).mappings().one())
    digest = row.pop("digest")
    assert hashlib.sha256(rfc8785.dumps(row)).hexdigest() == digest
