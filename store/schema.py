"""The schema's revisions, run by Alembic inside this process.

Alembic itself is imported for an upgrade only: every opening of a database asks what revision it has.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

MIGRATIONS = Path(__file__).with_name("migrations")
# Any fixed number will do: whoever holds it upgrades, others wait and find nothing left to do.
UPGRADE_LOCK = 4_727_110


def upgrade(connection: Connection) -> None:
    """Run what is missing up to the newest revision, inside the caller's transaction."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})")
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def revision(connection: Connection) -> str | None:
    """The revision that the database has, None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def head() -> str:
    """The newest revision that this code knows: its migrations begin with their numbers."""
    return max(path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("*.py"))
