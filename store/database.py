"""The one door to the database: engine, transactions, schema.

SQLite is a file in the data directory, with one writer at a time; PostgreSQL is given by URL. On
both a transaction of `Database.transaction()` keeps all or nothing of what it wrote. SQLite
writers queue up from their first statement; on PostgreSQL what two transactions must not decide
at once is locked by row where it is read (an account in `cash.available`, a lease, the end of the
event log), so that nobody has to think of isolation levels.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session, create_engine

from store import schema
from store.errors import DatabaseBusy, DatabaseOutdated, DatabaseUnavailable, StoreError
from store.vault import Vault

ADDRESSES = "sqlite:///FILE or postgresql://USER@HOST/NAME"
BUSY_TIMEOUT_MS = 10_000
JOURNAL_RETRY_MS = 20
POOL_SIZE = 10
POOL_OVERFLOW = 30  # an activity holds one connection, and a worker runs tens of activities at once
# https://www.postgresql.org/docs/current/errcodes-appendix.html
PG_BUSY = frozenset({"40001", "40P01", "55P03"})  # serialization failure, deadlock, lock not available
PG_FULL = frozenset({"53100", "53200", "53300"})  # disk full, out of memory, too many connections


class Database:
    """A database by URL: `sqlite:///path/to/file.db` or `postgresql://user@host/name`.

    `master_key` (32 bytes) opens the keys of clients; without it everything but personal data and
    effects works, and those raise `NoMasterKey`. Nothing is touched before the first transaction.
    """

    def __init__(self, url: str, *, master_key: bytes | None = None) -> None:
        self.url = _parse(url)
        self.vault = Vault(master_key)
        self._engine = _engine(self.url)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end of the block and undoes everything when the block raises.

        `DatabaseBusy` and `DatabaseUnavailable` can be tried again: nothing was kept. After a lost
        connection during the commit itself nobody knows, which is why effects go through `once`.
        """
        with self._session(writes=True) as tx:
            yield tx

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one moment of the database and may not write; it never waits for writers."""
        with self._session(writes=False) as tx:
            yield tx

    def upgrade(self) -> None:
        """Bring the schema to what this code knows, creating it in an empty database."""
        if self._revision() == schema.head():
            return  # without waiting for anybody who is writing
        with _named_errors(self.url), self._engine.begin() as connection:
            schema.upgrade(connection)

    def check(self) -> None:
        """Return if the database answers and has this code's schema.

        DatabaseUnavailable or DatabaseOutdated say what is wrong otherwise.
        """
        found, wanted = self._revision(), schema.head()
        if found != wanted:
            raise DatabaseOutdated(
                f"the database {shown(self.url)} has schema {found or 'none'}, this code needs {wanted}; "
                "start a worker of this version once, which upgrades it, or use the version that made it"
            )

    def close(self) -> None:
        """Give all connections back; the database may be used again afterwards."""
        self._engine.dispose()

    def _revision(self) -> str | None:
        with _named_errors(self.url), self._engine.connect() as connection:
            return schema.revision(connection.execution_options(kronos_writes=False))

    @contextmanager
    def _session(self, *, writes: bool) -> Iterator[Session]:
        with _named_errors(self.url), self._engine.connect() as connection:
            connection = connection.execution_options(kronos_writes=writes)
            info = {"vault": self.vault, "writes": writes}
            # Rows stay readable after the commit: they are what the transaction saw.
            with Session(connection, info=info, expire_on_commit=False) as tx, tx.begin():
                # Starts the transaction now: a lock that is not free is met before any work is done.
                tx.connection()
                yield tx


def shown(url: URL) -> str:
    """The address as people may see it: without a password."""
    return url.render_as_string(hide_password=True)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError(f"the database address is not a URL; write {ADDRESSES}") from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(f"{parsed.drivername} is not supported; write {ADDRESSES}")
    if parsed.get_backend_name() == "sqlite" and not parsed.database:
        raise StoreError("a database in memory cannot be shared between threads; name a file: sqlite:///FILE")
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed


def _engine(url: URL) -> Engine:
    pool: dict[str, Any] = {"pool_size": POOL_SIZE, "max_overflow": POOL_OVERFLOW}
    if url.get_backend_name() == "postgresql":
        engine = create_engine(url, pool_pre_ping=True, isolation_level="READ COMMITTED", **pool)
        event.listen(engine, "begin", _begin_postgresql)
    else:
        engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, **pool)
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _open_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver must not begin transactions by itself: it would begin deferred ones, which
    # deadlock when two of them turn from reading to writing.
    connection.isolation_level = None
    _keep_a_write_ahead_log(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _keep_a_write_ahead_log(connection: sqlite3.Connection) -> None:
    # Of two who turn a new file into one with such a log SQLite refuses one at once: the change goes
    # from reading to writing, where the time to wait for a lock does not count.
    tries = 1 + BUSY_TIMEOUT_MS // JOURNAL_RETRY_MS
    for left in reversed(range(tries)):
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError as error:
            if not left or error.sqlite_errorname != "SQLITE_BUSY":
                raise
            time.sleep(JOURNAL_RETRY_MS / 1000)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("kronos_writes", True)
    connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if not connection.get_execution_options().get("kronos_writes", True):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


@contextmanager
def _named_errors(url: URL) -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseBusy("every connection to the database is in use; try again") from error
    except DBAPIError as error:
        named = _sqlite_error(error, url) if url.get_backend_name() == "sqlite" else _pg_error(error, url)
        if named is None:
            raise
        raise named from error


def _sqlite_error(error: DBAPIError, url: URL) -> StoreError | None:
    code = getattr(error.orig, "sqlite_errorname", "")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return DatabaseBusy("the database is locked by another transaction; try again")
    if code.startswith("SQLITE_FULL"):
        return DatabaseUnavailable(f"the database {shown(url)} is full; make room on its disk")
    if code.startswith(("SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_READONLY")):
        return DatabaseUnavailable(f"the file {url.database} cannot be opened or written: {error.orig}")
    if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return StoreError(f"the file {url.database} is not a sound SQLite database: {error.orig}; restore it")
    return None


def _pg_error(error: DBAPIError, url: URL) -> StoreError | None:
    code = getattr(error.orig, "sqlstate", None) or ""
    if code in PG_BUSY:
        return DatabaseBusy("another transaction was in the way; try again")
    if code in PG_FULL:
        return DatabaseUnavailable(f"the database {shown(url)} cannot take more now ({code})")
    # 08: connection, 57P: the server is being stopped. Errors of the driver itself have no code.
    lost = error.connection_invalidated or code.startswith(("08", "57P"))
    if lost or (not code and type(error.orig).__name__ in ("OperationalError", "InterfaceError")):
        return DatabaseUnavailable(f"the database {shown(url)} cannot be reached; is its server running?")
    return None
