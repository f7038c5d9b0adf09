"""JSON that people hand in is read exactly, or refused with a reason."""

from decimal import Decimal
from pathlib import Path

import pytest

from worker.errors import BadInput
from worker.inputs import parse_json, read_json


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"capital": 1000, "capital": 9000}', "capital"),
        (
            '{"goals": [{"goal_id": "a"}, {"goal_id": "b", "priority": "low", "priority": "high"}]}',
            "priority",
        ),
        ('{"a": 1, "\\u0061": 1}', "a"),
    ],
)
def test_a_key_that_stands_twice_is_refused_by_name(text: str, key: str, tmp_path: Path) -> None:
    """At any depth, however it is spelt, and also where both say the same: nobody knows which was meant."""
    path = tmp_path / "input.json"
    path.write_text(text)
    with pytest.raises(BadInput, match=f"the key `{key}` stands twice") as refused:
        read_json(str(path))
    assert refused.value.message.startswith(f"{path}: ")


def test_a_key_may_stand_in_several_objects() -> None:
    """Only one object may not repeat it; numbers are exact as ever."""
    assert parse_json('[{"a": 1.10}, {"a": {"a": 2}}]', "it") == [{"a": Decimal("1.10")}, {"a": {"a": 2}}]
