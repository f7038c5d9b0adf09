"""The database of an installation, opened with its keys."""

from store.database import Database
from store.keyring import open_keyring
from worker.errors import ServerUnreachable
from worker.settings import Settings


def open_database(settings: Settings) -> Database:
    """The database, upgraded to this code's schema and made when there is none (workers do this)."""
    settings.data.mkdir(parents=True, exist_ok=True)
    database = _database(settings)
    database.upgrade()
    return database


def existing_database(settings: Settings) -> Database:
    """The database as it stands.

    ServerUnreachable `NoDatabase` when there is none; DatabaseOutdated when it has another schema.
    """
    if settings.database_file is not None and not settings.database_file.is_file():
        raise ServerUnreachable(
            f"there is no database at {settings.database_file}; `kronos up` makes one, --data or KRONOS_DATA "
            "says where it is",
            name="NoDatabase",
        )
    database = _database(settings)
    database.check()
    return database


def _database(settings: Settings) -> Database:
    return Database(settings.database_url, master_key=open_keyring(settings.keys_file).vault)
