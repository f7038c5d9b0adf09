"""How Alembic runs here: on the connection that store.schema hands over, inside its transaction."""

from alembic import context
from sqlmodel import SQLModel

import store.tables  # noqa: F401  declares the tables, for comparisons with the schema

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, transactional_ddl=False)
context.run_migrations()
