"""The few statements that SQLAlchemy spells differently for each database."""

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from store.tables.base import Row


def insert_missing(tx: Session, row: Row) -> bool:
    """Insert `row` unless its key is there already; False if it was.

    Waits for another transaction that is inserting the same key, then sees what that one did.
    """
    table = type(row)
    values = {column.key: getattr(row, column.key) for column in inspect(table).column_attrs}
    if tx.get_bind().dialect.name == "postgresql":
        done = tx.execute(postgresql.insert(table).values(values).on_conflict_do_nothing())
    else:
        done = tx.execute(sqlite.insert(table).values(values).on_conflict_do_nothing())
    return bool(done.rowcount)  # type: ignore[attr-defined]  # what a Result of INSERT has
