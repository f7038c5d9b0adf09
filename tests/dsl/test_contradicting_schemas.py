"""Schemas of inputs and signals that nothing can fit, or whose demands bind nobody."""

import pytest

from tests.support.definitions import problems

TOP = "workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\n"
LINE = 7


def found(field: str) -> list[tuple[str, int]]:
    """The errors of an input with one field of this schema, which stands on line 7."""
    return of_input(f"  properties:\n    a: {field}\n")


def of_input(schema: str) -> list[tuple[str, int]]:
    return [(each.code, each.line) for each in problems(f"{TOP}input:\n{schema}") if each.is_error]


@pytest.mark.parametrize(
    "field",
    [
        "{type: number, minimum: 10, maximum: 1}",
        "{type: number, minimum: 10, exclusiveMaximum: 10}",
        "{type: number, exclusiveMinimum: 10, maximum: 10}",
        "{type: number, exclusiveMinimum: 10, minimum: 3, maximum: 9}",
        "{type: integer, minimum: 0.2, maximum: 0.8}",
        "{type: integer, exclusiveMinimum: 1, exclusiveMaximum: 2}",
        "{type: integer, minimum: -0.8, exclusiveMaximum: 0}",
        "{type: number, format: money, exclusiveMinimum: 1, exclusiveMaximum: 1.01}",
        "{type: string, minLength: 5, maxLength: 4}",
        "{type: array, minItems: 3, maxItems: 2}",
        "{type: object, additionalProperties: true, minProperties: 3, maxProperties: 2}",
        "{type: object, required: [x, y], maxProperties: 1, properties: {x: {}, y: {}}}",
        "{type: object, minProperties: 2, properties: {x: {}}}",
        "{type: object, required: [x, x], properties: {x: {}}}",
        "{type: string, enum: [one, two, one]}",
        "{type: string, minimum: 3}",
        "{type: [string, 'null'], items: {type: string}}",
        "{type: string, format: money}",
        "{type: number, format: date}",
        "{type: number, minLength: 2}",
        "{type: string, properties: {x: {}}}",
    ],
)
def test_what_contradicts_itself_is_refused_at_its_line(field: str) -> None:
    """One problem, where the demand stands."""
    assert found(field) == [("K135", LINE)]


@pytest.mark.parametrize(
    "field",
    [
        "{type: number, minimum: 10, maximum: 10}",
        "{type: integer, exclusiveMinimum: 1, exclusiveMaximum: 3}",
        "{type: integer, minimum: -0.8, maximum: 0}",
        "{type: number, exclusiveMinimum: 0, maximum: 0.001}",
        "{type: number, format: money, exclusiveMinimum: 1, maximum: 1.01}",
        "{type: [string, number], minLength: 2, minimum: 3}",
        "{minimum: 3, minLength: 2}",
        "{type: object, minProperties: 2, properties: {x: {}}, additionalProperties: {type: string}}",
        "{type: [string, 'null'], format: date}",
        "{type: string, enum: ['1', one]}",
        "{anyOf: [{required: [x]}, {required: [y]}], type: object, properties: {x: {}, y: {}}}",
    ],
)
def test_what_can_be_met_is_not_refused(field: str) -> None:
    """One value is enough, and what says no type may say something of several."""
    assert found(field) == []


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("{type: string, const: 5.5, enum: ['5.5']}", None),
        ("{type: number, const: 5, maximum: 4}", "K131"),
        ("{type: string, const: a, enum: [b]}", "K131"),
        ("{type: string, enum: []}", "K130"),
    ],
)
def test_the_only_value_fits_the_rest(field: str, code: str | None) -> None:
    """`const` is held against what stands beside it, as `default` and `enum` are."""
    assert found(field) == ([(code, LINE)] if code else [])


def test_what_is_required_is_described() -> None:
    """A required field of an input that lists no fields could never be read."""
    assert of_input("  required: [a]\n") == [("K130", 6)]
    assert of_input("  required: [a]\n  additionalProperties: true\n") == []
