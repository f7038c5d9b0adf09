"""How values cross the Temporal boundary: plain JSON with exact decimals, encrypted by the codec."""

from decimal import Decimal
from functools import partial
from typing import Any

from pydantic import BaseModel
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    BinaryNullPayloadConverter,
    BinaryPlainPayloadConverter,
    BinaryProtoPayloadConverter,
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    EncodingPayloadConverter,
    JSONProtoPayloadConverter,
    JSONTypeConverter,
    value_to_type,
)
from temporalio.exceptions import ApplicationError

from payloads import plain_json
from store.keyring import Keyring
from worker.codec import ENCODING, EncryptionCodec, key_id

UNKNOWN_KEY = "UnknownKey"


class PlainJson(EncodingPayloadConverter):
    """`json/plain` with decimals as number tokens both ways; models are validated by type hint."""

    @property
    def encoding(self) -> str:
        """The encoding that every Temporal SDK and command line knows as JSON."""
        return "json/plain"

    def to_payload(self, value: Any) -> Payload:
        """`value` as JSON; what has no place in JSON raises."""
        if isinstance(value, BaseModel):
            value = value.model_dump(mode="python")
        return Payload(metadata={"encoding": self.encoding.encode()}, data=plain_json.dumps(value).encode())

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        """The JSON's value, as the type asked for when there is a hint."""
        value = plain_json.loads(payload.data)
        return value if type_hint is None else value_to_type(type_hint, value, [_Hints()])


class _Hints(JSONTypeConverter):
    """Type hints the SDK does not know: models and decimals."""

    def to_typed_value(self, hint: Any, value: Any) -> Any:
        if isinstance(hint, type) and issubclass(hint, BaseModel):
            return hint.model_validate(value)
        if hint is Decimal:
            return Decimal(value)
        if hint is float and isinstance(value, Decimal):
            return float(value)
        return JSONTypeConverter.Unhandled


class StillEncrypted(EncodingPayloadConverter):
    """What is left when the codec had no key: a failure that names the keys."""

    def __init__(self, known: tuple[str, ...] = ()) -> None:
        self._known = known

    @property
    def encoding(self) -> str:
        """The encoding of the codec's ciphertext."""
        return ENCODING.decode()

    def to_payload(self, value: Any) -> Payload | None:
        """Nothing: encrypting is the codec's part."""
        return None

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        """Never a value; raises UnknownKey, which no retry can help."""
        raise unknown_key(payload, self._known)


def unknown_key(payload: Payload, known: tuple[str, ...]) -> ApplicationError:
    """The failure for a payload that the keys here do not open."""
    name = key_id(payload)
    if name in known:
        message = (
            f"this is encrypted under payload key {name} and does not open with it: it was written for "
            "another namespace, or changed; look at --namespace and TEMPORAL_NAMESPACE"
        )
    else:
        message = (
            f"this is encrypted under payload key {name}, but the keys here are "
            f"{', '.join(known) or 'none'}; start client and workers with the same file of keys "
            "(KRONOS_KEYS, or keys.json in the data directory)"
        )
    return ApplicationError(message, type=UNKNOWN_KEY, non_retryable=True)


class PlainJsonConverter(CompositePayloadConverter):
    """The SDK's converters with plain JSON in the place of its own, and encrypted leftovers refused."""

    def __init__(self, known: tuple[str, ...] = ()) -> None:
        super().__init__(
            BinaryNullPayloadConverter(),
            BinaryPlainPayloadConverter(),
            JSONProtoPayloadConverter(),
            BinaryProtoPayloadConverter(),
            StillEncrypted(known),
            PlainJson(),
        )


def data_converter(keyring: Keyring, namespace: str) -> DataConverter:
    """The converter that every client and worker of an installation uses.

    Failure messages and stack traces are encoded too: they may quote an input.
    """
    return DataConverter(
        # The SDK builds the converter anew per run, from a class without arguments; it only calls what is
        # declared to be a class, and a partial is called in the same way.
        payload_converter_class=partial(PlainJsonConverter, tuple(sorted(keyring.payload))),  # type: ignore[arg-type]
        payload_codec=EncryptionCodec(keyring, namespace),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
