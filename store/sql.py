"""The few statements that SQLAlchemy spells differently for each database."""

from importlib import import_module

from sqlalchemy import Table, inspect
from sqlmodel import Session

from store.tables.base import Row


def insert_missing(tx: Session, row: Row) -> bool:
    """Insert `row` unless its key is there already; False if it was.

    Waits for another transaction that is inserting the same key, then sees what that one did.
    """
    mapper = inspect(type(row))
    table = mapper.local_table
    assert isinstance(table, Table)  # every row class is one table
    values = {column.key: getattr(row, column.key) for column in mapper.column_attrs}
    # That of the database in use alone: the other one would cost every command that reads a tenth more.
    dialect = import_module(f"sqlalchemy.dialects.{tx.get_bind().dialect.name}")
    insert = dialect.insert(table).values(values).on_conflict_do_nothing()
    # Without the option the driver of PostgreSQL does not count what an INSERT inserted.
    done = tx.connection().execute(insert.execution_options(preserve_rowcount=True))
    return done.rowcount == 1
