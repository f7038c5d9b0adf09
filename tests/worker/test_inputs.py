"""JSON that people hand in is read exactly, or refused with a reason."""

from decimal import Decimal
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from worker import inputs
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
    assert parse_json(b'[{"a": 1.10}, {"a": {"a": 2}}]', "it") == [{"a": Decimal("1.10")}, {"a": {"a": 2}}]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"returns": [0.1, NaN]}', "returns[1]"),
        ('{"covariance": [[1, 0], [0, Infinity]]}', "covariance[1][1]"),
        ('{"a": {"b": -Infinity}}', "a.b"),
        ("NaN", ""),
    ],
)
def test_a_number_that_json_has_not_is_named_by_its_place(text: str, path: str) -> None:
    """Programs write NaN where a price is missing; a column of a long line would not help to find it."""
    with pytest.raises(BadInput, match="line 3: must be a finite number") as refused:
        parse_json(text.encode(), "line 3")
    assert refused.value.path == path


def test_words_that_look_like_such_numbers_are_words() -> None:
    """A name may be NaN or Infinity."""
    assert parse_json(b'{"NaN": "Infinity", "a": 1.5}', "it") == {"NaN": "Infinity", "a": Decimal("1.5")}


def test_an_endless_input_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than an input can have is refused, with its name and what it may have."""
    monkeypatch.setattr(inputs, "MOST_BYTES", 1000)
    with pytest.raises(BadInput, match=r"/dev/zero has more than 1,000 bytes"):
        read_json("/dev/zero")


def test_a_byte_order_mark_is_no_part_of_the_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Some editors write one; from standard input it is read over as it is in a file."""
    (tmp_path / "input.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(b'\xef\xbb\xbf{"a": 1}')))
    assert read_json("-") == read_json(str(tmp_path / "input.json")) == {"a": 1}
