"""The JSON Schema of scenario tests (`definitions/tests/*.yaml`) for editors."""

from dsl.editor_schema import DIALECT, Names
from dsl.editor_shapes import LOWER, NAME, PARTS, PASCAL, TEXT, VALUES, Schema, closed, one_of, ref

_LIST_OF_IDS: Schema = {"type": "array", "items": NAME}
_OUTCOMES = ("completed", "failed", "cancelled", "held")


def tests_schema(names: Names) -> Schema:
    """The schema of a file of scenario tests, with the folder's workflows and the catalogue's activities."""
    return {
        "$schema": DIALECT,
        "title": "Scenario tests of a definition",
        **closed(
            {
                "workflow": one_of(names.workflows) if names.workflows else LOWER,
                "people": {"type": "object", "additionalProperties": {"type": "array", "items": TEXT}},
                "tests": {"type": "array", "minItems": 1, "items": _test(names)},
            },
            ("workflow", "tests"),
        ),
        "$defs": {
            "expression": PARTS["expression"],
            "span": PARTS["span"],
            "activity": one_of(names.inputs),
            "stand_in": _stand_in(),
        },
    }


def _test(names: Names) -> Schema:
    event = one_of(names.events) if names.events else LOWER
    return closed(
        {
            "name": {"type": "string", "minLength": 1},
            "input": VALUES,
            "activities": {
                "type": "object",
                "propertyNames": ref("activity"),
                "additionalProperties": {
                    "anyOf": [ref("stand_in"), {"type": "array", "items": ref("stand_in")}]
                },
            },
            "signals": _each({"send": LOWER, "with": VALUES}, ("send",)),
            "events": _each({"emit": event, "with": VALUES}, ("emit",)),
            "approvals": _each(
                {
                    "step": NAME,
                    "decision": {"enum": ["approve", "reject"]},
                    "by": TEXT,
                    "role": TEXT,
                    "comment": TEXT,
                    "refused": {"type": "boolean"},
                },
                ("step", "decision", "by"),
            ),
            "people": {"type": "object"},
            "expect": _expected(names),
        },
        ("name", "expect"),
    )


def _each(properties: Schema, required: tuple[str, ...]) -> Schema:
    """Things that happen while the test runs, each so long after the start."""
    return {"type": "array", "items": closed({"after": ref("span"), **properties}, required)}


def _stand_in() -> Schema:
    fault = closed({"error": PASCAL, "message": TEXT, "times": {"type": "integer", "minimum": 1}}, ("error",))
    return closed({"returns": {}, "fails": fault, "takes": ref("span")})


def _expected(names: Names) -> Schema:
    return closed(
        {
            "outcome": {"enum": list(_OUTCOMES)},
            "error": PASCAL,
            "path": _LIST_OF_IDS,
            "output": {},
            "calls": {
                "type": "object",
                "propertyNames": ref("activity"),
                "additionalProperties": {"type": "integer", "minimum": 0},
            },
            "not_called": {"type": "array", "items": ref("activity")},
            "undone": _LIST_OF_IDS,
            "emitted": {"type": "array", "items": LOWER},
        }
    )
