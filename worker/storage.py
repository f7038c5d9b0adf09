"""The database of an installation, opened with its keys."""

from store.database import Database
from store.keyring import open_keyring, read_keyring
from worker.errors import ServerUnreachable
from worker.settings import Settings


def open_database(settings: Settings) -> Database:
    """The database, upgraded to this code's schema and made when there is none (workers do this)."""
    settings.data.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url, master_key=open_keyring(settings.keys_file).vault)
    database.upgrade()
    return database


def existing_database(settings: Settings) -> Database:
    """The database as it stands; without a file of keys everything but personal data can be read.

    ServerUnreachable `NoDatabase` when there is none; DatabaseOutdated when it has another schema.
    """
    if settings.database_file is not None and not settings.database_file.is_file():
        raise ServerUnreachable(
            f"there is no database at {settings.database_file}; `kronos up` makes one, --data or KRONOS_DATA "
            "says where it is",
            name="NoDatabase",
        )
    # Looking makes no keys: new ones would open nothing, and look like those of the workers.
    vault = read_keyring(settings.keys_file).vault if settings.keys_file.exists() else None
    database = Database(settings.database_url, master_key=vault)
    database.check()
    return database
