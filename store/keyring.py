"""The keys of an installation: payload keys for what Temporal stores, the master key of the vault.

One file, readable by its owner only. A key is named by its fingerprint, so two machines that hold
the same key give it the same name without talking to each other. Encryption takes the active key,
decryption any key of the file: rotating adds a key and keeps the older ones.

    StoreError
    └── KeyringError      the file is missing, unreadable or not a keyring
"""

import base64
import binascii
import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.errors import StoreError

KEY_BYTES = 32  # AES-256
FORMAT = 1


class KeyringError(StoreError):
    """The file of keys is missing, unreadable or not a keyring."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys by fingerprint; `active` names the one that encrypts, `vault` wraps the keys of clients."""

    payload: Mapping[str, bytes]
    active: str
    vault: bytes

    def __repr__(self) -> str:
        """The fingerprints, never the keys: a keyring may end up in a log line."""
        return f"Keyring(active={self.active!r}, known={sorted(self.payload)})"

    @property
    def active_key(self) -> bytes:
        """The key that encrypts what is written from now on."""
        return self.payload[self.active]


def fingerprint(key: bytes) -> str:
    """The public name of a key: 12 hex digits of its sha256."""
    return hashlib.sha256(key).hexdigest()[:12]


def open_keyring(path: Path) -> Keyring:
    """The keyring of the file at `path`, made with fresh keys when there is none.

    Safe for two processes at once: the file appears whole or not at all, and whoever comes second
    reads the keys of the first.
    """
    if not path.exists():
        _create(path, _fresh())
    return read_keyring(path)


def read_keyring(path: Path) -> Keyring:
    """The keyring of the file at `path`; KeyringError when it is missing or not one."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise KeyringError(
            f"the keys in {path} cannot be read: {error.strerror}; give the file that the workers use "
            "with KRONOS_KEYS, or the data directory it lies in with --data"
        ) from error
    try:
        return _parse(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise KeyringError(f"{path} is not a file of keys ({error}); restore it from a backup") from error


def rotate(path: Path) -> Keyring:
    """The keyring with a new active payload key; older ones stay to decrypt with."""
    keyring = read_keyring(path)
    key = secrets.token_bytes(KEY_BYTES)
    rotated = Keyring({**keyring.payload, fingerprint(key): key}, fingerprint(key), keyring.vault)
    written = _write_aside(path, rotated)
    os.replace(written, path)
    return rotated


def _fresh() -> Keyring:
    key = secrets.token_bytes(KEY_BYTES)
    return Keyring({fingerprint(key): key}, fingerprint(key), secrets.token_bytes(KEY_BYTES))


def _create(path: Path, keyring: Keyring) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    written = _write_aside(path, keyring)
    try:
        # A link fails when the name is taken, which a rename would overwrite in silence.
        os.link(written, path)
    except FileExistsError:
        pass  # another process was first; its keys are the keys
    finally:
        written.unlink()


def _write_aside(path: Path, keyring: Keyring) -> Path:
    """A finished, synced copy beside `path`, readable by its owner only (mkstemp's mode is 0600)."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(_document(keyring), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _document(keyring: Keyring) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "active": keyring.active,
        "payload": {name: base64.b64encode(key).decode() for name, key in keyring.payload.items()},
        "vault": base64.b64encode(keyring.vault).decode(),
    }


def _parse(document: Any) -> Keyring:
    if document["format"] != FORMAT:
        raise ValueError(f"format {document['format']}, expected {FORMAT}")
    payload = {name: _key(text) for name, text in document["payload"].items()}
    for name, key in payload.items():
        if fingerprint(key) != name:
            raise ValueError(f"key {name} does not have that fingerprint")
    if document["active"] not in payload:
        raise ValueError(f"the active key {document['active']} is not among the keys")
    return Keyring(payload, document["active"], _key(document["vault"]))


def _key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {len(key)} bytes, expected {KEY_BYTES}")
    return key
