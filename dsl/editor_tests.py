"""The JSON Schema of scenario tests (`definitions/tests/*.yaml`) for editors."""

from dsl.editor_schema import DIALECT, Names
from dsl.editor_shapes import LOWER, NAME, PARTS, PASCAL, TEXT, VALUES, Schema, closed, one_of, ref
from dsl.scenarios.expectations import KEYS as EXPECTED
from dsl.scenarios.model import OUTCOMES
from dsl.scenarios.read import KEYS, TEST_KEYS

_IDS: Schema = {"type": "array", "items": NAME}
_COUNT: Schema = {"type": "integer", "minimum": 1}
_AFTER: Schema = {"after": ref("duration")}
_FLAG: Schema = {"type": "boolean"}


def tests_schema(names: Names) -> Schema:
    """The schema of a file of scenario tests, with the folder's workflows and the catalogue's activities."""
    shapes: Schema = {
        "workflow": one_of(names.workflows) if names.workflows else LOWER,
        "people": {"type": "object", "additionalProperties": {"type": "array", "items": TEXT}},
        "given": closed({"input": VALUES, "activities": ref("activities")}, (), "what all tests begin with"),
        "tests": {"type": "array", "minItems": 1, "items": ref("test")},
    }
    return {
        "$schema": DIALECT,
        "title": "Scenario tests of a definition",
        **closed({key: shapes.get(key, {}) for key in KEYS}, ("workflow", "tests")),
        "$defs": {
            "duration": PARTS["duration"],
            "activity": one_of(names.inputs),
            "activities": _activities(),
            "stand_in": _stand_in(),
            "stand_ins": {"anyOf": [ref("stand_in"), {"type": "array", "items": ref("stand_in")}]},
            "test": _test(names),
        },
    }


def _test(names: Names) -> Schema:
    event = one_of(names.events) if names.events else LOWER
    decision: Schema = {
        "step": NAME,
        "decision": {"enum": ["approve", "reject"]},
        **dict.fromkeys(("by", "role", "comment"), TEXT),
        "refused": _FLAG,
    }
    shapes: Schema = {
        "name": {"type": "string", "minLength": 1},
        "input": VALUES,
        "activities": ref("activities"),
        "signals": _each({"send": LOWER, "with": VALUES, "refused": _FLAG}, ("send",)),
        "events": _each({"emit": event, "with": VALUES}, ("emit",)),
        "approvals": _each(decision, ("step", "decision", "by")),
        "retries": _each({"step": NAME, "by": TEXT, "refused": _FLAG}, ()),
        "cancel": closed(_AFTER),
        "until": ref("duration"),
        "expect": _expected(),
    }
    return closed({key: shapes.get(key, {}) for key in TEST_KEYS}, ("name",))


def _each(properties: Schema, required: tuple[str, ...]) -> Schema:
    """Things that happen while the test runs, each so long after the start."""
    return {"type": "array", "items": closed({**_AFTER, **properties}, required)}


def _activities() -> Schema:
    return {
        "type": "object",
        "propertyNames": ref("activity"),
        "additionalProperties": ref("stand_ins"),
        "description": "what stands in for activities",
    }


def _stand_in() -> Schema:
    fault = closed({"error": PASCAL, "message": TEXT, "times": _COUNT}, ("error",))
    by_step: Schema = {"type": "object", "additionalProperties": ref("stand_ins")}
    return closed({"returns": {}, "fails": fault, "by_step": by_step})


def _expected() -> Schema:
    calls: Schema = {
        "type": "object",
        "propertyNames": ref("activity"),
        "additionalProperties": {"type": "integer", "minimum": 0},
    }
    shapes: Schema = {
        "outcome": {"enum": list(OUTCOMES)},
        "error": PASCAL,
        "message": TEXT,
        "path": _IDS,
        "output": {},
        "calls": calls,
        "not_called": {"type": "array", "items": {"anyOf": [ref("activity"), NAME]}},
        "undone": _IDS,
        "emitted": {"type": "array", "items": LOWER},
        "recorded": {"type": "array", "items": PASCAL},
    }
    return closed({key: shapes.get(key, {}) for key in EXPECTED})
