"""The file of keys: made once, read by all, never in the open."""

import json
import stat
from pathlib import Path

import pytest

from store.keyring import KeyringError, fingerprint, open_keyring, read_keyring, rotate
from tests.support.threads import at_once


def test_keys_are_made_once_and_read_again(tmp_path: Path) -> None:
    """Whoever opens the file later has the same keys."""
    first = open_keyring(tmp_path / "data" / "keys.json")
    again = open_keyring(tmp_path / "data" / "keys.json")
    assert first == again
    assert len(first.vault) == 32


def test_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    """The file has mode 0600, and nothing half written is left beside it."""
    open_keyring(tmp_path / "keys.json")
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


def test_of_many_that_create_at_once_all_get_the_same_keys(tmp_path: Path) -> None:
    """The file appears whole, once; nobody overwrites the keys of another."""
    found = at_once([lambda: open_keyring(tmp_path / "keys.json").active] * 16)
    assert len(set(found)) == 1
    assert read_keyring(tmp_path / "keys.json").active == found[0]


def test_rotating_keeps_the_older_keys(tmp_path: Path) -> None:
    """A new key encrypts; what the old one encrypted can still be read."""
    before = open_keyring(tmp_path / "keys.json")
    after = rotate(tmp_path / "keys.json")
    assert after.active != before.active
    assert after.payload[before.active] == before.active_key
    assert after.vault == before.vault
    assert read_keyring(tmp_path / "keys.json") == after


def test_a_key_is_named_by_its_content(tmp_path: Path) -> None:
    """Two machines with one key give it one name."""
    keyring = open_keyring(tmp_path / "keys.json")
    assert keyring.active == fingerprint(keyring.active_key)


def test_a_keyring_never_shows_its_keys(tmp_path: Path) -> None:
    """It may end up in a log line."""
    keyring = open_keyring(tmp_path / "keys.json")
    assert keyring.active in repr(keyring)
    assert repr(keyring.active_key) not in repr(keyring)
    assert "vault" not in repr(keyring)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"format": 2}',
        '{"format": 1, "active": "a", "payload": {}, "vault": ""}',
        '{"format": 1, "active": "a", "payload": {"a": "AAAA"}, "vault": "AAAA"}',
    ],
)
def test_what_is_not_a_keyring_is_refused_by_name(tmp_path: Path, content: str) -> None:
    """No key is made up when the file is damaged: what is encrypted would be lost."""
    (tmp_path / "keys.json").write_text(content)
    with pytest.raises(KeyringError, match="keys"):
        open_keyring(tmp_path / "keys.json")
    assert (tmp_path / "keys.json").read_text() == content


def test_a_key_under_a_wrong_name_is_refused(tmp_path: Path) -> None:
    """A swapped key would encrypt under a name that nobody else knows it by."""
    open_keyring(tmp_path / "keys.json")
    document = json.loads((tmp_path / "keys.json").read_text())
    document["payload"] = {"000000000000": next(iter(document["payload"].values()))}
    document["active"] = "000000000000"
    (tmp_path / "keys.json").write_text(json.dumps(document))
    with pytest.raises(KeyringError, match="fingerprint"):
        read_keyring(tmp_path / "keys.json")


def test_a_missing_file_says_how_to_name_another(tmp_path: Path) -> None:
    """Reading alone never makes keys."""
    with pytest.raises(KeyringError, match="KRONOS_KEYS"):
        read_keyring(tmp_path / "keys.json")
