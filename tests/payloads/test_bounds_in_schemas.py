"""Published schemas state what the models enforce: number bounds, keys of maps, money."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter

from payloads.base import Money, Payload, Units
from payloads.bounds import PositiveUnits, Weight
from payloads.catalogue import catalogue
from payloads.exact_schema import ExactSchema

KEYWORDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
INPUTS = {name: entry.input for name, entry in catalogue().items()}


def models_in(annotation: Any) -> Iterator[type[Payload]]:
    """Every model that a type holds."""
    if isinstance(annotation, type) and issubclass(annotation, Payload):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models_in(field.annotation)
    for inner in getattr(annotation, "__args__", ()) or getattr(annotation, "__metadata__", ()):
        yield from models_in(inner)


def bounds_of(annotation: Any, metadata: list[Any]) -> Iterator[tuple[str, float]]:
    """Every number bound that stands anywhere in a type: keyword and value."""
    for one in metadata:
        for note in (one, *getattr(one, "metadata", ())):
            for name, keyword in KEYWORDS.items():
                if getattr(note, name, None) is not None:
                    yield keyword, float(getattr(note, name))
    yield from bounds_of_type(annotation)


def bounds_of_type(annotation: Any) -> Iterator[tuple[str, float]]:
    """The bounds inside of `X | None`, `list[X]`, `dict[K, X]` and `Annotated[X, …]`."""
    if hasattr(annotation, "__metadata__"):
        yield from bounds_of(annotation.__origin__, list(annotation.__metadata__))
        return
    for inner in getattr(annotation, "__args__", ()):
        yield from bounds_of_type(inner)


def implied(keyword: str, bound: float, stated: list[tuple[str, float]]) -> bool:
    """Is the bound stated, or a tighter one on its side."""
    if keyword.endswith("inimum"):
        return any(k.endswith("inimum") and v >= bound for k, v in stated)
    return any(k.endswith("aximum") and v <= bound for k, v in stated)


def stated_in(schema: Any) -> list[tuple[str, float]]:
    """Every bound that a schema states, at any depth."""
    if isinstance(schema, list):
        return [found for inner in schema for found in stated_in(inner)]
    if not isinstance(schema, dict):
        return []
    here = [(k, float(v)) for k, v in schema.items() if k in KEYWORDS.values()]
    return here + [found for inner in schema.values() for found in stated_in(inner)]


@pytest.mark.parametrize("name", INPUTS)
def test_every_number_bound_of_an_input_is_in_its_schema(name: str) -> None:
    """Field by field, and no bound under a name that JSON Schema does not know."""
    for model in set(models_in(INPUTS[name])):
        properties = model.model_json_schema()
        fields = properties.get("properties", {})
        for field_name, field in model.model_fields.items():
            shown = fields[field.alias or field_name]
            stated = stated_in(shown)
            for keyword, bound in bounds_of(field.annotation, field.metadata):
                assert implied(keyword, bound, stated), (model, field_name, keyword, bound, shown)
            assert not _keys(shown) & KEYWORDS.keys(), (model, field_name, shown)


def _keys(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return {key for inner in schema for key in _keys(inner)}
    if not isinstance(schema, dict):
        return set()
    return set(schema) | {key for inner in schema.values() for key in _keys(inner)}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            Money,
            {"type": "number", "format": "money", "exclusiveMinimum": -(10**13), "exclusiveMaximum": 10**13},
        ),
        (Units, {"type": "integer", "minimum": 0, "exclusiveMaximum": 10**12}),
        (PositiveUnits, {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10**12}),
        (Weight, {"type": "number", "minimum": 0, "maximum": 1}),
    ],
)
@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_of_two_bounds_the_tighter_is_stated(kind: Any, expected: dict[str, Any], mode: Any) -> None:
    """In and out alike: a rounded amount stays within the bounds it came in by."""
    assert TypeAdapter(kind).json_schema(schema_generator=ExactSchema, mode=mode) == expected


def test_a_map_with_patterned_keys_is_closed() -> None:
    """A key that is no ETF's is refused by the schema as it is by the model."""
    schema = INPUTS["portfolio.consolidate"].model_json_schema()
    assert schema["$defs"]["PodHoldings"]["properties"]["allocation"]["additionalProperties"] is False
