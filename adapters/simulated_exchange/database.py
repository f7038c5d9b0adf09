"""The exchange's own records: one SQLite file, apart from the store, safe across processes and kills."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

# Moments are ISO text in UTC with microseconds, so that text order is time order; prices are decimal text.
SCHEMA = """
CREATE TABLE IF NOT EXISTS prices (etf TEXT PRIMARY KEY, price TEXT NOT NULL, as_of TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS arrivals (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    client_order_id TEXT NOT NULL UNIQUE,
    attempts INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS orders (
    client_order_id TEXT PRIMARY KEY,
    broker_order_id TEXT NOT NULL UNIQUE,
    etf TEXT NOT NULL,
    side TEXT NOT NULL,
    units INTEGER NOT NULL,
    limit_price TEXT,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    does TEXT NOT NULL,
    received_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS planned_fills (
    client_order_id TEXT NOT NULL REFERENCES orders,
    part INTEGER NOT NULL,
    units INTEGER NOT NULL,
    due_at TEXT NOT NULL,
    PRIMARY KEY (client_order_id, part)
);
CREATE TABLE IF NOT EXISTS executions (
    execution_id TEXT PRIMARY KEY,
    client_order_id TEXT NOT NULL REFERENCES orders,
    part INTEGER NOT NULL,
    units INTEGER NOT NULL,
    price TEXT NOT NULL,
    executed_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS amendments (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    amendment_id TEXT NOT NULL UNIQUE,
    client_order_id TEXT NOT NULL REFERENCES orders,
    asked_units INTEGER NOT NULL,
    asked_limit TEXT,
    units INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS executions_of_order ON executions (client_order_id, part);
"""
PATIENCE_SECONDS = 30


class ExchangeDatabase:
    """Opens the file for one look or one change at a time; many processes may do so at once."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file
        if not file.exists():
            _create(file)
        with closing(self._connect()) as connection:
            connection.executescript(SCHEMA)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A consistent look at the records."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A change, whole or not at all; the write lock is taken at once, so no two change at a time."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=PATIENCE_SECONDS, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection


def _create(file: Path) -> None:
    """Put a file there whose readers and one writer do not wait for each other, unless another does first.

    It is made aside: of two who ask the same file for that mode at once SQLite refuses one, however
    long it would wait.
    """
    with TemporaryDirectory(dir=file.parent) as aside:
        new = Path(aside) / file.name
        with closing(sqlite3.connect(new)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        with suppress(FileExistsError):
            os.link(new, file)
