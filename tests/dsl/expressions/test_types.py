"""Types from schemas, their names, and what fits where."""

import pytest

from dsl.codes import CODES
from dsl.types import (
    ANY,
    BOOL,
    DATE,
    DURATION,
    INTEGER,
    MOMENT,
    MONEY,
    NOTHING,
    NULL,
    NUMBER,
    TEXT,
    Field,
    ListType,
    MapType,
    ObjectType,
    TextType,
    Type,
    assignable,
    from_schema,
    mismatches,
    nullable,
    union,
    widened,
    without_null,
)
from payloads.catalogue import catalogue


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "format": "date"}, "a date"),
        ({"type": "string", "format": "date-time"}, "a moment"),
        ({"type": "string", "format": "duration"}, "a duration"),
        ({"type": "number"}, "a number"),
        ({"type": "number", "format": "money"}, "an amount of money"),
        ({"type": "integer"}, "a whole number"),
        ({"type": "boolean"}, "true or false"),
        ({"type": "null"}, "null"),
        ({"type": ["string", "null"]}, "text or null"),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "a number or null"),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, "a number"),
        ({"enum": ["a", "b"]}, 'the text "a" or "b"'),
        ({"type": "string", "enum": ["a"]}, 'the text "a"'),
        ({"enum": ["a", None]}, 'the text "a" or null'),
        ({"const": 3}, "a whole number"),
        ({"const": True}, "true or false"),
        ({"type": "array", "items": {"type": "string"}}, "a list of texts"),
        ({"type": "array", "prefixItems": [{"type": "string"}, {"type": "string"}]}, "a list of texts"),
        ({"type": "array"}, "a list of anything"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "a map of numbers"),
        ({"type": "object"}, "a map of anything"),
        ({"type": "object", "patternProperties": {"^x": {"type": "integer"}}}, "a map of whole numbers"),
        ({"type": "object", "properties": {"a": {}, "b": {}}}, "a map with a, b"),
        (
            {"allOf": [{"$ref": "#/$defs/A"}], "default": 1, "$defs": {"A": {"type": "integer"}}},
            "a whole number",
        ),
        ({}, "any value"),
        (True, "any value"),
        ({"$ref": "#/$defs/Nowhere"}, "any value"),
        ({"$ref": "#"}, "any value"),
    ],
)
def test_a_schema_has_a_type_with_a_name_for_people(schema: object, name: str) -> None:
    """What cannot be said in types is any value."""
    assert str(from_schema(schema)) == name


def test_objects_are_closed_unless_the_schema_says_otherwise() -> None:
    """A definition's schemas are closed by default; `additionalProperties` opens them."""
    assert from_schema({"type": "object", "properties": {"a": {}}}).extra is None  # type: ignore[attr-defined]
    opened = from_schema(
        {"type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "number"}}
    )
    assert opened.extra == NUMBER  # type: ignore[attr-defined]


def test_fields_know_whether_they_are_required_or_filled_in() -> None:
    """A field with a default may be read, and need not be given."""
    made = from_schema(
        {"type": "object", "required": ["a"], "properties": {"a": {}, "b": {"default": 1}, "c": {}}}
    )
    assert isinstance(made, ObjectType)
    assert [(field.required, field.default, field.certain) for field in made.fields.values()] == [
        (True, False, True),
        (False, True, True),
        (False, False, False),
    ]


def test_a_schema_that_holds_itself_ends() -> None:
    """The inner one is any value."""
    tree = {
        "$ref": "#/$defs/T",
        "$defs": {
            "T": {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/T"}}}}
        },
    }
    assert str(from_schema(tree)) == "a map with kids"
    deep: dict[str, object] = {"type": "string"}
    for _ in range(3000):
        deep = {"type": "array", "items": deep}
    assert str(from_schema(deep)).startswith("a list of lists of")


def test_every_activity_of_the_catalogue_has_types() -> None:
    """Input and output schemas made from the models become objects or maps, not any value."""
    for entry in catalogue().values():
        for schema in (entry.input_schema, entry.output_schema):
            assert isinstance(from_schema(schema), ObjectType | MapType), entry.name


def test_unions_are_flat_and_absorb_what_they_hold() -> None:
    """Numbers merge, texts merge their values, any value absorbs all."""
    assert union(NUMBER, union(NULL, NUMBER)) == union(NUMBER, NULL)
    assert union(INTEGER, NUMBER) == NUMBER
    assert union(MONEY, MONEY) == MONEY
    assert union(MONEY, INTEGER) == NUMBER
    assert union(TextType(("a",)), TextType(("b",))) == TextType(("a", "b"))
    assert union(TextType(("a",)), TEXT) == TEXT
    assert union(TEXT, ANY) == ANY
    assert union(ListType(NOTHING), ListType(TEXT)) == ListType(TEXT)
    assert union() == ANY
    assert without_null(nullable(TEXT)) == TEXT
    assert without_null(NULL) == NULL


def test_widening_forgets_the_values_written_here() -> None:
    """What is set to `"new"` in one place may be set to `"old"` in another."""
    written = TextType(("new",), written=True)
    assert widened(written) == TEXT
    assert widened(TextType(("a", "b"))) == TextType(("a", "b"))
    assert widened(ObjectType({"a": Field(ListType(written))})) == ObjectType({"a": Field(ListType(TEXT))})
    assert widened(union(written, NULL)) == nullable(TEXT)
    assert widened(MapType(written)) == MapType(TEXT)


def text(*values: str) -> TextType:
    return TextType(values, written=True)


PERSON = ObjectType(
    {
        "name": Field(TEXT),
        "age": Field(INTEGER, required=False),
        "tier": Field(TextType(("a", "b")), required=False),
    }
)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (INTEGER, NUMBER),
        (MONEY, NUMBER),
        (NUMBER, MONEY),
        (text("a"), TEXT),
        (text("a"), TextType(("a", "b"))),
        (DATE, TEXT),
        (text("2026-01-31"), DATE),
        (text("2026-01-31T09:00:00Z"), MOMENT),
        (text("30d"), DURATION),
        (text("0s"), DURATION),
        (ANY, BOOL),
        (BOOL, ANY),
        (NULL, nullable(TEXT)),
        (nullable(TEXT), nullable(TEXT)),
        (ListType(NOTHING), ListType(BOOL)),
        (ListType(INTEGER), ListType(NUMBER)),
        (ListType(ANY), ListType(NUMBER)),
        (PERSON, PERSON),
        (ObjectType({"name": Field(TEXT)}, written=True), PERSON),
        (ObjectType({"name": Field(TEXT), "more": Field(BOOL)}), PERSON),
        (ObjectType({"x": Field(INTEGER)}), MapType(NUMBER)),
        (MapType(TEXT), ObjectType({"a": Field(TEXT, required=False)})),
        (MapType(INTEGER), MapType(NUMBER)),
        (ObjectType({"a": Field(TEXT, required=False, default=True)}), ObjectType({"a": Field(TEXT)})),
    ],
)
def test_what_fits(source: Type, target: Type) -> None:
    """A value of the first type goes wherever the second is wanted."""
    assert assignable(source, target), mismatches(source, target)


@pytest.mark.parametrize(
    ("source", "target", "code", "path", "words"),
    [
        (NUMBER, INTEGER, "K206", (), "round(…)"),
        (NUMBER, TEXT, "K206", (), "string(…)"),
        (TEXT, NUMBER, "K206", (), "number(…)"),
        (BOOL, NUMBER, "K206", (), "a number is wanted, this is true or false"),
        (TEXT, DATE, "K206", (), "date(…)"),
        (text("2026-1-1"), DATE, "K206", (), "2026-01-31"),
        (text("2026-01-31T09:00:00"), MOMENT, "K206", (), "a moment is written"),
        (text("soon"), DURATION, "K206", (), "30d"),
        (TEXT, TextType(("a", "b")), "K206", (), "only a, b fit"),
        (text("retial"), TextType(("retail", "wholesale")), "K205", (), "did you mean `retail`?"),
        (nullable(TEXT), TEXT, "K228", (), "may be null"),
        (NULL, TEXT, "K206", (), "this is null"),
        (ListType(TEXT), ListType(NUMBER), "K206", (0,), "a number is wanted"),
        (TEXT, ListType(TEXT), "K206", (), "a list of texts is wanted"),
        (ObjectType({}), PERSON, "K203", (), "`name` is missing"),
        (
            ObjectType({"name": Field(TEXT), "agee": Field(INTEGER)}, written=True),
            PERSON,
            "K202",
            ("agee",),
            "`age`",
        ),
        (ObjectType({"name": Field(NUMBER)}), PERSON, "K206", ("name",), "text is wanted"),
        (ObjectType({"name": Field(TEXT, required=False)}), PERSON, "K226", ("name",), "may be missing"),
        (ObjectType({"x": Field(TEXT)}), MapType(NUMBER), "K206", ("x",), "a number is wanted"),
        (MapType(TEXT), MapType(NUMBER), "K206", (), "a map of numbers is wanted"),
        (PERSON, nullable(TEXT), "K206", (), "text or null is wanted, this is a map"),
        (ObjectType({"name": Field(BOOL)}), nullable(PERSON), "K206", ("name",), "text is wanted"),
        (text("c"), nullable(TextType(("a", "b"))), "K205", (), "none of a, b"),
    ],
)
def test_what_does_not_fit_says_where_and_why(
    source: Type, target: Type, code: str, path: tuple[object, ...], words: str
) -> None:
    """The reason lies at a path inside the value, with what to do."""
    (wrong,) = mismatches(source, target)
    assert (wrong.code, wrong.path) == (code, path)
    assert words in f"{wrong.message} {wrong.help}"
    assert code in CODES
