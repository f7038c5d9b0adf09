"""Commands where nothing was ever started: they say so, and leave nothing behind."""

from pathlib import Path

import pytest

from store.database import Database
from store.keyring import open_keyring
from tests.support.servers import Kronos
from worker.settings import load_settings
from worker.storage import existing_database, open_database

NEED_DATA = [
    *("events list", "events tail", "events verify", "portfolio show P-1", "trading show"),
    *("trading halt --etf VAS", "trading resume --etf VAS", "triggers list", "triggers explain P-1"),
    *("data list", "data show", "data check", "agents show"),
    "activities call portfolio.measure_drift --input -",
    "activities call customers.register --effect --key k --input -",
]
NEED_A_SERVER = [
    *("list", "status some-run", "watch some-run", "cancel some-run", "retry some-run"),
    *("approvals list", "approvals show some-run", "schedules list", "schedules plan", "doctor"),
    *("definitions graph onboarding --run some-run", "definitions test --from-run some-run"),
    *("start onboarding --input examples/onboarding.json", "signal some-run done --data -"),
    "approve some-run compliance --decision approve --by kim --digest d",
]
NEED_NOTHING = [
    *("config show", "version", "definitions list", "definitions show onboarding", "activities list"),
    *("definitions diff onboarding onboarding", "agents evaluate --help"),
]


@pytest.mark.parametrize("command", NEED_DATA)
def test_without_data_a_command_says_so_and_makes_none(kronos: Kronos, command: str) -> None:
    """A mistyped --data is not filled with an empty database and keys that open nothing."""
    done = kronos(*command.split(), stdin="{}")
    assert (done.code, done.out) == (3, "")
    assert "error: NoDatabase: there is no database at" in done.err
    assert "`kronos up`" in done.err
    assert not Path(kronos.environment["KRONOS_DATA"]).exists()


@pytest.mark.parametrize("command", NEED_A_SERVER)
def test_without_a_server_a_command_makes_no_keys(kronos: Kronos, command: str) -> None:
    """Only what works with the data makes them: a worker, or who publishes or stores."""
    done = kronos(*command.split(), stdin="{}")
    assert done.code == 3
    assert not Path(kronos.environment["KRONOS_DATA"]).exists()


@pytest.mark.parametrize("command", NEED_NOTHING)
def test_what_needs_neither_leaves_nothing_behind(kronos: Kronos, command: str) -> None:
    """Looking at definitions and settings makes no data directory."""
    assert kronos(*command.split()).code == 0
    assert not Path(kronos.environment["KRONOS_DATA"]).exists()


def test_a_database_without_its_keys_can_be_looked_at_and_gets_none(tmp_path: Path) -> None:
    """The log needs no keys; new ones would open nothing, and pass for those of the workers."""
    settings = load_settings({"data": tmp_path / "data"}, {})
    open_database(settings).close()
    vault = open_keyring(settings.keys_file).vault
    assert _vault(existing_database(settings)) == vault
    settings.keys_file.unlink()
    assert _vault(existing_database(settings)) is None
    assert not settings.keys_file.exists()


def _vault(database: Database) -> bytes | None:
    database.close()
    return database.vault.master_key
