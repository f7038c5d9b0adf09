"""Personal data under lock and key: encryption by client, fingerprints by tenant.

Every client has a random key of 32 bytes, stored wrapped by the master key. What is personal is
encrypted under it with AES-GCM, bound to the place where it is stored, so that a ciphertext moved
to another row does not open. Destroying the key erases the person everywhere at once, backups of
other tables included.

A fingerprint is a keyed digest: equal contents have equal fingerprints, and without the tenant's
key nobody can find the content by trying (a plain digest of a birth date would be found at once).

    StoreError
    ├── NoMasterKey      personal data was asked for by a process without the master key
    ├── WrongMasterKey   the key at hand did not wrap these keys
    └── CustomerErased   the client's key was destroyed
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlmodel import Session

from payloads import plain_json
from store.errors import StoreError
from store.sql import insert_missing
from store.tables import ClientKey

KEY_BYTES = 32
NONCE_BYTES = 12
TENANT_KEY = "*"  # no customer can be called so


class NoMasterKey(StoreError):
    """Personal data was asked for by a process without the master key."""


class WrongMasterKey(StoreError):
    """The master key at hand is not the one that wrapped these keys."""


class CustomerErased(StoreError):
    """The client's key was destroyed: their personal data cannot be read or added to."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Holds the master key of a process; sessions carry it in `tx.info["vault"]`."""

    master_key: bytes | None

    def __post_init__(self) -> None:
        if self.master_key is not None and len(self.master_key) != KEY_BYTES:
            raise StoreError(f"the master key has {len(self.master_key)} bytes, expected {KEY_BYTES}")

    def __repr__(self) -> str:
        """Never the key: a vault may end up in a log line."""
        return f"Vault({self.key_id if self.master_key else 'no master key'})"

    @property
    def key_id(self) -> str:
        """The public name of the master key."""
        return hashlib.sha256(self._master()).hexdigest()[:12]

    def wrap(self, key: bytes, place: str) -> bytes:
        """`key` encrypted under the master key, bound to `place`."""
        return _encrypt(self._master(), key, place)

    def unwrap(self, row: ClientKey, place: str) -> bytes:
        """The key of `row`."""
        if row.wrapped is None:
            raise CustomerErased(f"the personal data of {row.customer_id} was erased")
        try:
            return _decrypt(self._master(), row.wrapped, place)
        except InvalidTag:
            raise WrongMasterKey(
                f"the keys of this database were made under master key {row.wrapped_by}, this process "
                f"has {self.key_id}; give it the file of keys that the other workers use"
            ) from None

    def _master(self) -> bytes:
        if self.master_key is None:
            raise NoMasterKey("this process has no master key and cannot read or write personal data")
        return self.master_key


def seal(tx: Session, tenant: str, customer_id: str, place: str, value: Any) -> bytes:
    """`value` (plain JSON) encrypted under the client's key, made now if there is none, for `place`."""
    text = plain_json.dumps(value).encode()
    return _encrypt(_key(tx, tenant, customer_id), text, _address(tenant, customer_id, place))


def unseal(tx: Session, tenant: str, customer_id: str, place: str, sealed: bytes) -> Any:
    """What `seal` was given for the same client and place; CustomerErased once the key is destroyed."""
    try:
        text = _decrypt(_key(tx, tenant, customer_id), sealed, _address(tenant, customer_id, place))
    except InvalidTag:
        raise StoreError(f"the personal data of {customer_id} at {place} has been tampered with") from None
    return plain_json.loads(text)


def fingerprints(tx: Session, tenant: str, contents: Mapping[str, str]) -> dict[str, str]:
    """A keyed digest of each text, 32 hex digits: equal texts of a tenant have equal fingerprints."""
    key = _key(tx, tenant, TENANT_KEY)
    return {
        name: hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32] for name, text in contents.items()
    }


def destroy_key(tx: Session, tenant: str, customer_id: str, at: datetime) -> bool:
    """Destroy the client's key; False if there is none (any more)."""
    row = tx.get(ClientKey, (tenant, customer_id), with_for_update=True)
    if row is None or row.wrapped is None:
        return False
    row.wrapped, row.destroyed_at = None, at
    tx.add(row)
    return True


def _key(tx: Session, tenant: str, customer_id: str) -> bytes:
    vault: Vault = tx.info["vault"]
    place = _address(tenant, customer_id, "client_keys")
    row = tx.get(ClientKey, (tenant, customer_id))
    if row is None:
        made = vault.wrap(secrets.token_bytes(KEY_BYTES), place)
        key = ClientKey(tenant=tenant, customer_id=customer_id, wrapped=made, wrapped_by=vault.key_id)
        insert_missing(tx, key)  # of two transactions at once the first one's key is the key
        row = tx.get_one(ClientKey, (tenant, customer_id), populate_existing=True)
    return vault.unwrap(row, place)


def _address(tenant: str, customer_id: str, place: str) -> str:
    return "\x1f".join((tenant, customer_id, place))


def _encrypt(key: bytes, text: bytes, place: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, text, place.encode())


def _decrypt(key: bytes, sealed: bytes, place: str) -> bytes:
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
