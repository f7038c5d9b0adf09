"""What crosses the Temporal boundary: exact JSON, encrypted."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError

from payloads.base import Money
from payloads.base import Payload as Model
from store.keyring import Keyring, fingerprint, open_keyring, rotate
from worker.codec import key_id
from worker.converter import data_converter

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))
NAMESPACE = "default"


def keyring(*keys: bytes) -> Keyring:
    """A keyring whose first key is active."""
    return Keyring({fingerprint(key): key for key in keys}, fingerprint(keys[0]), KEY)


def converter(*keys: bytes, namespace: str = NAMESPACE) -> DataConverter:
    """A converter with these keys."""
    return data_converter(keyring(*keys or (KEY,)), namespace)


class Deposit(Model):
    """A payload with money in it."""

    amount: Money
    note: str = ""


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(JSON_VALUES)
async def test_any_json_comes_back_exactly(value: Any) -> None:
    """Decimals keep their value and stay decimals; nothing turns into a float."""
    [payload] = await converter().encode([value])
    assert (await converter().decode([payload])) == [value]


async def test_numbers_with_a_point_are_decimals_on_the_other_side() -> None:
    """0.1 is exactly a tenth, however it was given."""
    [payload] = await converter().encode([{"float": 0.1, "decimal": Decimal("1.50"), "whole": 3}])
    [found] = await converter().decode([payload])
    assert found == {"float": Decimal("0.1"), "decimal": Decimal("1.50"), "whole": 3}
    assert str(found["decimal"]) == "1.50"


async def test_a_model_is_validated_by_its_type_hint() -> None:
    """Models go as plain JSON; unknown fields are ignored where workers decode."""
    encoded = await converter().encode([Deposit(amount=Decimal("1.50")), {"amount": 2, "later": True}])
    assert await converter().decode(encoded, [Deposit, Deposit]) == [
        Deposit(amount=Decimal("1.50")),
        Deposit(amount=Decimal(2)),
    ]


async def test_what_temporal_stores_is_ciphertext_named_by_its_key() -> None:
    """Neither values nor field names can be read; the same value never looks the same twice."""
    twice = await converter().encode([{"name": "Sarah"}, {"name": "Sarah"}])
    assert twice[0].data != twice[1].data
    for payload in twice:
        assert b"Sarah" not in payload.SerializeToString()
        assert b"name" not in payload.data
        assert key_id(payload) == fingerprint(KEY)


async def test_an_older_key_still_opens_what_it_encrypted() -> None:
    """After rotation old runs go on, and new payloads are under the new key."""
    [old] = await converter(KEY).encode([1])
    rotated = converter(OTHER, KEY)
    [new] = await rotated.encode([2])
    assert await rotated.decode([old, new]) == [1, 2]
    assert key_id(new) == fingerprint(OTHER)


async def test_another_key_is_a_named_failure_that_no_retry_helps() -> None:
    """The message says which key is asked for, which are there, and what to do."""
    [payload] = await converter(KEY).encode([1])
    with pytest.raises(ApplicationError, match=fingerprint(OTHER)) as refusal:
        await converter(OTHER).decode([payload])
    assert refusal.value.type == "UnknownKey"
    assert refusal.value.non_retryable
    assert fingerprint(KEY) in refusal.value.message
    assert "KRONOS_KEYS" in refusal.value.message


async def test_a_payload_of_another_namespace_does_not_open() -> None:
    """Ciphertext cannot be moved from one namespace to another."""
    [payload] = await converter(namespace="production").encode([1])
    with pytest.raises(ApplicationError, match="namespace") as refusal:
        await converter(namespace="test").decode([payload])
    assert refusal.value.type == "UnknownKey"


@given(st.data())
async def test_a_changed_payload_does_not_open(data: st.DataObject) -> None:
    """Whichever bit is flipped, nothing is decrypted."""
    [payload] = await converter().encode([{"amount": 1}])
    place = data.draw(st.integers(0, len(payload.data) - 1))
    changed = bytearray(payload.data)
    changed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(ApplicationError, match="changed"):
        await converter().decode([Payload(metadata=payload.metadata, data=bytes(changed))])


async def test_plain_payloads_are_read_as_they_are() -> None:
    """A run that was started without the codec endpoint works, its input lies in plain text."""
    plain = Payload(metadata={"encoding": b"json/plain"}, data=b'{"capital": 100000.10}')
    assert await converter().decode([plain]) == [{"capital": Decimal("100000.10")}]


async def test_failures_carry_no_plain_message() -> None:
    """A message may quote an input, so message and stack trace are encrypted."""
    failure = Failure()
    raised = ApplicationError("Sarah is under age", {"path": "customer"}, type="UnderAge")
    await converter().encode_failure(raised, failure)
    assert b"Sarah" not in failure.SerializeToString()
    found = await converter().decode_failure(failure)
    assert isinstance(found, ApplicationError)
    assert (found.message, found.type, found.details) == (
        "Sarah is under age",
        "UnderAge",
        ({"path": "customer"},),
    )


async def test_what_has_no_place_in_json_is_refused() -> None:
    """NaN would become a hole in a trade."""
    with pytest.raises(ValueError, match=r"compliant|NaN"):
        await converter().encode([float("nan")])


async def test_rotated_file_works_as_a_keyring(tmp_path: Path) -> None:
    """The file and the codec fit together."""
    before = data_converter(open_keyring(tmp_path / "keys.json"), NAMESPACE)
    [payload] = await before.encode(["x"])
    after = data_converter(rotate(tmp_path / "keys.json"), NAMESPACE)
    assert await after.decode([payload]) == ["x"]
