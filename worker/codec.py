"""The payload codec: what Temporal stores is AES-GCM ciphertext under a key of the keyring.

Associated data is the namespace and the key's id, so ciphertext moved to another namespace, or
relabelled with another key, does not decrypt. Names of workflows, search attributes, types and
timings pass by a codec: none of them may carry personal data.
"""

import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from store.keyring import Keyring

ENCODING = b"binary/encrypted"
KEY_ID = "encryption-key-id"
NONCE_BYTES = 12


class EncryptionCodec(PayloadCodec):
    """Encrypts with the keyring's active key, decrypts with any of its keys.

    A payload that no key here opens is handed on untouched: the converter then raises UnknownKey
    where a run or a command can report it, while an exception here would make the server hand out
    the same task for ever, and would keep the web UI from showing the other payloads.
    """

    def __init__(self, keyring: Keyring, namespace: str) -> None:
        self._ciphers = {name: AESGCM(key) for name, key in keyring.payload.items()}
        self._active = keyring.active
        self._namespace = namespace

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """The payloads encrypted, each whole with its metadata."""
        return [self._encrypt(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """The payloads as they were; plain ones and ones that no key opens pass as they are."""
        return [self._decrypt(payload) for payload in payloads]

    def _encrypt(self, payload: Payload) -> Payload:
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[self._active].encrypt(
            nonce, payload.SerializeToString(), self._associated(self._active)
        )
        return Payload(metadata={"encoding": ENCODING, KEY_ID: self._active.encode()}, data=nonce + sealed)

    def _decrypt(self, payload: Payload) -> Payload:
        name = key_id(payload)
        if name is None or name not in self._ciphers:
            return payload
        nonce, sealed = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            plain = self._ciphers[name].decrypt(nonce, sealed, self._associated(name))
        except InvalidTag:
            return payload
        return Payload.FromString(plain)

    def _associated(self, name: str) -> bytes:
        return f"{self._namespace}\x1f{name}".encode()


def key_id(payload: Payload) -> str | None:
    """The id of the key that `payload` is encrypted under; None for a plain payload."""
    if payload.metadata.get("encoding") != ENCODING:
        return None
    return payload.metadata.get(KEY_ID, b"").decode(errors="replace")
