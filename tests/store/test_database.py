"""Transactions keep all or nothing, and what stops them has a name."""

import sqlite3
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from store import database as database_module
from store import schema
from store.database import Database
from store.errors import DatabaseBusy, DatabaseOutdated, DatabaseUnavailable, StoreError
from store.tables import TradingHalt
from tests.support.databases import sqlite_url
from tests.support.people import take_on
from tests.support.threads import at_once

APPEND_ONLY = ("events", "fills", "ledger_entries", "ledger_postings")


def halt(tenant: str, subject: str) -> TradingHalt:
    return TradingHalt(tenant=tenant, scope="etf", subject=subject, since=datetime.now(UTC), actor="tests")


def test_a_transaction_that_raises_keeps_nothing(database: Database, tenant: str) -> None:
    """What was written before the error is gone, the error itself passes through."""

    def write_and_fail() -> None:
        with database.transaction() as tx:
            tx.add(halt(tenant, "VAS"))
            tx.flush()
            raise KeyError("stop")

    with pytest.raises(KeyError):
        write_and_fail()
    with database.reading() as tx:
        assert tx.get(TradingHalt, (tenant, "etf", "VAS")) is None


def test_rows_stay_readable_after_the_commit(database: Database, tenant: str) -> None:
    """A row can be handed out of its transaction."""
    with database.transaction() as tx:
        row = halt(tenant, "VAS")
        tx.add(row)
    assert row.subject == "VAS"


def test_reading_does_not_wait_for_a_writer(database: Database, tenant: str) -> None:
    """A reader sees the last committed state while a writer is at work."""
    with database.transaction() as writer:
        writer.add(halt(tenant, "VAS"))
        writer.flush()
        with database.reading() as reader:
            assert reader.get(TradingHalt, (tenant, "etf", "VAS")) is None


def test_reading_may_not_write(database: Database, tenant: str) -> None:
    """The database itself refuses, and a write afterwards works."""
    with pytest.raises((DBAPIError, DatabaseUnavailable)), database.reading() as reader:
        reader.add(halt(tenant, "VAS"))
    with database.transaction() as writer:
        writer.add(halt(tenant, "VAS"))


def test_checking_does_not_wait_for_a_writer(database: Database, tenant: str) -> None:
    """Nor does upgrading what is up to date: a command starts while a worker writes."""
    with database.transaction() as writer:
        writer.add(halt(tenant, "VAS"))
        writer.flush()
        database.upgrade()
        database.check()


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    """An upgraded database is up to date, and stays so."""
    database.upgrade()
    database.check()


def test_two_processes_may_upgrade_at_once(tmp_path: Path) -> None:
    """Whoever comes second finds nothing left to do."""
    databases = [Database(sqlite_url(tmp_path)) for _ in range(2)]
    at_once([opened.upgrade for opened in databases])
    databases[0].check()
    for opened in databases:
        opened.close()


def test_a_new_file_may_be_opened_by_many_at_once(tmp_path: Path) -> None:
    """Nobody is told that it is locked, though all of them ask for its write-ahead log."""
    for number in range(30):
        databases = [Database(f"sqlite:///{tmp_path}/{number}.db") for _ in range(6)]
        at_once([partial(_open, opened) for opened in databases])


def _open(database: Database) -> None:
    with database.reading():
        pass
    database.close()


def test_the_revisions_are_those_of_alembic(database: Database) -> None:
    """Which is asked by no command that only reads, because it takes long to import."""
    assert schema.head() == ScriptDirectory(str(schema.MIGRATIONS)).get_current_head()
    engine = create_engine(database.url)
    with engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
        assert schema.revision(connection) == revision == schema.head()
    engine.dispose()


def test_the_migrations_make_the_tables_that_the_code_declares(database: Database) -> None:
    """No column, key or index is in one and not in the other."""
    engine = create_engine(database.url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, SQLModel.metadata) == []
        for name, table in SQLModel.metadata.tables.items():
            key = inspect(connection).get_pk_constraint(name)["constrained_columns"]
            assert key == [column.name for column in table.primary_key]
    engine.dispose()


@pytest.mark.parametrize("table", sorted(SQLModel.metadata.tables))
def test_every_key_begins_with_the_tenant(table: str) -> None:
    """Rows of two tenants can never meet."""
    assert next(iter(SQLModel.metadata.tables[table].primary_key)).name == "tenant"


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("change", ["UPDATE {table} SET tenant = 'x'", "DELETE FROM {table}"])
def test_the_database_itself_refuses_changes_of_the_record(
    database: Database, tenant: str, table: str, change: str
) -> None:
    """Events, fills, entries and postings can only be added."""
    fill_records(database, tenant)
    with pytest.raises(DBAPIError, match="append-only"), database.transaction() as tx:
        tx.connection().exec_driver_sql(change.format(table=table))


def fill_records(database: Database, tenant: str) -> None:
    """One row in each append-only table, because SQLite's triggers fire by row."""
    with database.transaction() as tx:
        take_on(tx, tenant)
        moment = "2025-11-17 01:00:00+00:00"
        run = tx.connection().exec_driver_sql
        run(
            "INSERT INTO events (tenant, position, stream, sequence, event_id, kind, name, data, at, actor, "
            f"workflow_id, effect_root, effect_key, previous, digest) VALUES ('{tenant}', 1, 's', 1, 'e', "
            "'fact', 'n', '{}', 'now', 'a', '', '', '', '', '')"
        )
        run(
            "INSERT INTO ledger_entries (tenant, account_id, sequence, reference, kind, effective, currency, "
            "reason, booked_at, effect_root, actor) VALUES "
            f"('{tenant}', 'A-C-1', 1, 'r', 'deposit', '2025-11-17', 'AUD', '', '{moment}', '', '')"
        )
        run(
            "INSERT INTO ledger_postings (tenant, account_id, sequence, line, book, amount_cents, units) "
            f"VALUES ('{tenant}', 'A-C-1', 1, 0, 'cash', 1, 0)"
        )
        run(
            "INSERT INTO orders (tenant, client_order_id, portfolio_id, account_id, effect_root, workflow_id, "
            "line, content_digest, etf, side, units, broker, state, reason, cum_units, reserved_cents, "
            f"created_at, updated_at, actor) VALUES ('{tenant}', 'o', 'P-C-1', 'A-C-1', '', '', 1, '', 'VAS', "
            f"'buy', 1, 'b', 'new', '', 0, 0, '{moment}', '{moment}', '')"
        )
        run(
            "INSERT INTO fills (tenant, broker, execution_id, client_order_id, units, price, fees_cents, "
            f"executed_at, booked_at) VALUES ('{tenant}', 'b', 'x', 'o', 1, 1, 0, '{moment}', '{moment}')"
        )


def test_a_database_without_schema_says_what_to_do(tmp_path: Path) -> None:
    """A fresh file is outdated, not broken."""
    fresh = Database(sqlite_url(tmp_path))
    with pytest.raises(DatabaseOutdated, match="start a worker of this version"):
        fresh.check()
    fresh.close()


@pytest.mark.parametrize(
    "url", ["postgresql://nobody:secret@127.0.0.1:1/kronos", "sqlite:////nowhere/at/all.db"]
)
def test_a_database_that_is_not_there_can_be_tried_again(url: str) -> None:
    """The error is retryable, says which database, and shows no password."""
    missing = Database(url)
    with pytest.raises(DatabaseUnavailable) as raised:
        missing.check()
    assert raised.value.retryable
    assert "secret" not in raised.value.message
    missing.close()


@pytest.mark.parametrize("url", ["sqlite://", "mysql://host/name", "not an address"])
def test_addresses_that_cannot_work_are_refused_at_once(url: str) -> None:
    """A database in memory, of another kind, or none."""
    with pytest.raises(StoreError):
        Database(url)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    """The message says which file, and to restore it."""
    (tmp_path / "kronos.db").write_text("this is a text file, and long enough to be read as one" * 20)
    broken = Database(sqlite_url(tmp_path))
    with pytest.raises(StoreError, match=r"kronos.db is not a sound SQLite database"):
        broken.check()
    broken.close()


def test_a_locked_database_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process holds the file: try again, nothing was written."""
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_MS", 10)
    ours = Database(sqlite_url(tmp_path))
    ours.upgrade()
    other = sqlite3.connect(tmp_path / "kronos.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(DatabaseBusy) as raised, ours.transaction():
        pytest.fail("the block must not be entered")
    assert raised.value.retryable
    other.close()
    ours.close()


def test_a_full_database_keeps_nothing_half_written(tmp_path: Path, tenant: str) -> None:
    """All rows of the transaction are gone, and the next one works when there is room again."""
    small = Database(sqlite_url(tmp_path))
    small.upgrade()

    def write_too_much() -> None:
        with small.transaction() as tx:
            run = tx.connection().exec_driver_sql
            run(f"PRAGMA max_page_count = {run('PRAGMA page_count').scalar_one()}")
            tx.add_all([halt(tenant, f"ETF{number}") for number in range(2000)])

    with pytest.raises(DatabaseUnavailable, match="full"):
        write_too_much()
    with small.reading() as tx:
        assert tx.connection().exec_driver_sql("SELECT count(*) FROM trading_halts").scalar_one() == 0
    small.close()


def test_a_row_that_cannot_be_locked_is_busy(on_postgresql: Database, tenant: str) -> None:
    """On PostgreSQL another transaction keeps the row for too long."""
    database = on_postgresql
    with database.transaction() as tx:
        tx.add(halt(tenant, "VAS"))
    key = (tenant, "etf", "VAS")

    def lock_impatiently() -> None:
        with database.transaction() as second:
            second.connection().exec_driver_sql("SET LOCAL lock_timeout = '10ms'")
            second.get(TradingHalt, key, with_for_update=True)

    with database.transaction() as first:
        first.get(TradingHalt, key, with_for_update=True)
        with pytest.raises(DatabaseBusy):
            lock_impatiently()


def test_a_lost_connection_is_replaced(on_postgresql: Database) -> None:
    """The transaction it was lost in can be tried again, on a new connection."""
    database = on_postgresql

    def lose_the_connection() -> None:
        with database.transaction() as tx:
            own = tx.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            with database.transaction() as killer:
                killer.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own})
            tx.connection().exec_driver_sql("SELECT 1")

    with pytest.raises(DatabaseUnavailable):
        lose_the_connection()
    database.check()
