"""Plain scalars mean what the core rules of YAML 1.2 say, and text where the schema says so."""

from decimal import Decimal

import pytest

from dsl.literals import schema_of, value_of
from dsl.load import load
from dsl.tree import Node


def read(text: str) -> Node:
    """The value under `a`."""
    tree, report = load(f"a: {text}\n".encode(), "a.yaml")
    assert tree is not None
    assert not report.problems
    found = tree.root.get("a")  # type: ignore[union-attr]
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("2026-01-31", "2026-01-31"),
        ("1_000", "1_000"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("Null", None),
        ("", None),
        ("'true'", "true"),
        ('"5"', "5"),
        ("5", 5),
        ("-5", -5),
        ("007", 7),
        ("0o17", 15),
        ("0x1F", 31),
        (".5", Decimal("0.5")),
        ("1e3", Decimal("1e3")),
        ("0.1", Decimal("0.1")),
        ("5%", "5%"),
        ("1.2.3", "1.2.3"),
        ("9" * 28, int("9" * 28)),
    ],
)
def test_plain_scalars_follow_the_core_rules(text: str, value: object) -> None:
    """Only true, false, null and numbers are more than text."""
    found = value_of(read(text))
    assert found == value
    assert type(found) is type(value)


def test_numbers_keep_the_digits_that_were_written() -> None:
    """`1.50` is exact, with its two decimals."""
    assert str(value_of(read("1.50"))) == "1.50"


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [
        ("007", {"type": "string"}, "007"),
        ("true", {"type": "string"}, "true"),
        ("1.50", {"anyOf": [{"type": "string"}, {"type": "null"}]}, "1.50"),
        ("~", {"type": "string"}, None),
        ("5", {"type": ["string", "integer"]}, 5),
        ("5", {"anyOf": [{"type": "string"}, {"type": "number"}]}, 5),
        ("5", {}, 5),
        ("5", True, 5),
        ("[1, 2]", {"items": {"type": "string"}}, ["1", "2"]),
        ("{b: 1, c: 2}", {"properties": {"b": {"type": "string"}}}, {"b": "1", "c": 2}),
        ("{b: 1}", {"additionalProperties": {"type": "string"}}, {"b": "1"}),
        (
            "{b: 1}",
            {"$ref": "#/$defs/x", "$defs": {"x": {"properties": {"b": {"type": "string"}}}}},
            {"b": "1"},
        ),
        ("1", {"$ref": "#"}, 1),
        ("1", {"$ref": "#/nowhere"}, 1),
    ],
)
def test_the_schema_of_a_place_decides_between_text_and_number(
    text: str, schema: object, value: object
) -> None:
    """Where only text fits, what looks like a number or a flag is the text that was written."""
    assert value_of(read(text), schema) == value


def test_a_schema_reads_its_own_defaults_by_its_type() -> None:
    """`default` and `enum` beside `type: string` are text."""
    found = schema_of(read("{type: string, default: 007, enum: [007, 1.0]}"))
    assert found == {"type": "string", "default": "007", "enum": ["007", "1.0"]}
