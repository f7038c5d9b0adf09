"""Settings: flags, then KRONOS_*, then Temporal's own, then kronos.toml, then defaults."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from worker.endpoint import endpoint
from worker.errors import BadSettings
from worker.settings import load_settings


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and no Temporal profile of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in ("TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(tmp_path / "temporal.toml"))
    return tmp_path


def test_defaults_need_nothing(elsewhere: Path) -> None:
    """Data lies in .kronos here, the server on this machine."""
    settings = load_settings({}, {})
    assert settings.data == Path(".kronos")
    assert settings.keys_file == Path(".kronos/keys.json")
    assert settings.database_url == f"sqlite:///{elsewhere}/.kronos/kronos.db"
    assert (settings.definitions / "workflows").is_dir()
    assert endpoint(settings).address == "127.0.0.1:7233"
    assert endpoint(settings).namespace == "default"


def test_a_flag_wins_over_everything(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Flag, variable, Temporal's own variable, file: the first that says something counts."""
    (elsewhere / "kronos.toml").write_text('address = "file:1"\n')
    assert endpoint(load_settings({}, {})).address == "file:1"
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal:2")
    assert endpoint(load_settings({}, {})).address == "temporal:2"
    variables = {"KRONOS_ADDRESS": "kronos:3"}
    assert endpoint(load_settings({}, variables)).address == "kronos:3"
    assert endpoint(load_settings({"address": "flag:4"}, variables)).address == "flag:4"


def test_a_profile_of_temporal_is_used(elsewhere: Path) -> None:
    """Address, namespace and TLS come from the profile that is named."""
    (elsewhere / "temporal.toml").write_text(
        '[profile.cloud]\naddress = "cloud:7233"\nnamespace = "wealth"\napi_key = "k"\n'
    )
    place = endpoint(load_settings({}, {"KRONOS_PROFILE": "cloud"}))
    assert (place.address, place.namespace) == ("cloud:7233", "wealth")
    assert place.options["tls"] is True


def test_definitions_here_come_before_the_installed_copy(elsewhere: Path) -> None:
    """An operator's folder is used without being named."""
    (elsewhere / "definitions").mkdir()
    assert load_settings({}, {}).definitions == Path("definitions")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("colour = 'red'", "colour"),
        ("data = 3", "data"),
        ("data = ", ""),
        ("broker_sessions = 'NYSE'", "broker_sessions"),
        ("market = 'real'", "market"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(elsewhere: Path, text: str, place: str) -> None:
    """A misspelt setting is never ignored."""
    (elsewhere / "kronos.toml").write_text(text)
    with pytest.raises(BadSettings) as refusal:
        load_settings({}, {})
    assert refusal.value.path == place


def test_a_missing_folder_of_definitions_is_refused() -> None:
    """Falling back to another folder would run other processes than were asked for."""
    with pytest.raises(BadSettings, match="nowhere"):
        load_settings({"definitions": "nowhere"}, {})


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:///kronos.db", "kronos.db"),
        ("sqlite:////var/lib/kronos.db", "/var/lib/kronos.db"),
        ("sqlite+pysqlite:////var/lib/kronos.db?timeout=5", "/var/lib/kronos.db"),
        ("postgresql://kim@db.example/kronos", None),
    ],
)
def test_the_file_of_a_database_is_the_one_that_is_opened(url: str, file: str | None) -> None:
    """As SQLAlchemy reads the address; a server has none."""
    settings = load_settings({}, {"KRONOS_DATABASE": url})
    assert settings.database_file == (None if file is None else Path(file))
    assert file is None or make_url(url).database == file
