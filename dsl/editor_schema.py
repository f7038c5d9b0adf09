"""JSON Schemas (2020-12) for editors: kinds of steps, keys, names and inputs complete as they are typed.

Made from what the checker itself uses: the keys of `dsl.structure`, the catalogue of activities, and
the workflows, events and roles of a folder. A schema sees one place at a time: what needs the
whole file (references, types of expressions, flow) stays with `kronos definitions validate`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from dsl import editor_shapes as shapes
from dsl.catalogue_files import model_of
from dsl.editor_inputs import choosing_input, either, input_schemas
from dsl.editor_shapes import BARE, NAME, PARTS, STEPS, TEXT, VALUES, Schema, closed, one_of, ref
from dsl.structure.steps import KIND_KEYS
from dsl.world import ENGINE_ERRORS, World

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "for_each": ("as", "steps"),
    "repeat": ("steps",),
    "approve": ("within", "on_reject", "on_timeout"),
}
"""The keys that a kind needs beside its own."""


@dataclass(frozen=True, slots=True)
class Names:
    """What a definition can name, as a folder and the catalogue of activities have it."""

    inputs: Mapping[str, Mapping[str, Any]]
    workflows: Mapping[str, Mapping[str, Any]]
    errors: Collection[str]
    facts: Collection[str] = field(default=())
    events: Collection[str] = field(default=())
    roles: Collection[str] = field(default=())


def names_of(world: World, roles: Collection[str] = ()) -> Names:
    """The names of a world; activities of the engine itself are left out, as no definition calls them."""
    open_to_all = {name: facts for name, facts in world.activities.items() if not facts.internal}
    return Names(
        inputs={name: facts.input_schema for name, facts in open_to_all.items()},
        workflows={name: interface.input for name, interface in world.workflows.items()},
        errors={error for facts in open_to_all.values() for error in facts.errors} | ENGINE_ERRORS,
        facts=world.facts or (),
        events=world.events or (),
        roles=roles,
    )


def definition_schema(names: Names) -> Schema:
    """The schema of a definition."""
    return {
        "$schema": DIALECT,
        "title": "A definition of Kronos",
        **_top(names),
        "$defs": {**PARTS, **_named(names), **_steps(), **_inputs(names)},
    }


def catalogue_schema(name: str) -> Schema | None:
    """The schema of catalogue file `name`, from the model that reads it; None when none does."""
    model = model_of(name)
    return None if model is None else {"$schema": DIALECT, **model.model_json_schema()}


def _top(names: Names) -> Schema:
    signals = {"type": "object", "additionalProperties": ref("object_schema")}
    return closed(
        {
            "workflow": {**shapes.LOWER, "description": "the type of its runs in Temporal"},
            "version": {"type": "integer", "minimum": 1, "description": "raised with every published change"},
            "summary": {"type": "string", "description": "one sentence for people"},
            "owner": TEXT,
            "input": ref("object_schema"),
            "signals": {**signals, "description": "what a run can receive while it lives"},
            "subscribe": {"type": "array", "items": _with_events(shapes.SUBSCRIPTION, names)},
            "triggers": {"type": "array", "items": _with_events(shapes.TRIGGER, names)},
            "defaults": closed({"timeout": ref("duration"), "retry": ref("retry")}),
            "on_failure": closed(
                {"hold": ref("duration"), "role": ref("role")},
                ("hold", "role"),
                "a failing run waits for a person before it undoes",
            ),
            "search": closed({"client": TEXT, "portfolio": TEXT}),
            "steps": STEPS,
            "output": {"description": "what a run that reaches its end puts out"},
        },
        ("workflow", "version", "summary", "steps"),
    )


def _with_events(shape: Schema, names: Names) -> Schema:
    return {**shape, "properties": {**shape["properties"], "event": _known(names.events, shapes.LOWER)}}


def _known(names: Collection[str], otherwise: Schema) -> Schema:
    """One of these names; of this form, where none are known."""
    return one_of(names) if names else otherwise


def _named(names: Names) -> dict[str, Schema]:
    """The parts that stand for names of the folder and the catalogue."""
    fact = _known(names.facts, shapes.PASCAL)
    return {
        "activity": one_of(names.inputs),
        "workflow": _known(names.workflows, shapes.LOWER),
        "event": _known(names.events, shapes.LOWER),
        "role": one_of({*names.roles, "client"}) if names.roles else NAME,
        "record": {"anyOf": [fact, closed({"fact": fact, "with": VALUES}, ("fact",))]},
        # A definition may name errors of its own: the known ones only complete.
        "error": {"anyOf": [one_of(names.errors), shapes.PASCAL]},
    }


def _steps() -> dict[str, Schema]:
    """A step: a bare activity, or a mapping with one kind, closed over the keys of that kind."""
    step: Schema = {
        "type": "object",
        "properties": {**_COMMON, **{kind: _KEYS[kind] for kind in KIND_KEYS}},
        "oneOf": [{"required": [kind]} for kind in KIND_KEYS],
        "allOf": [{"if": {"required": [kind]}, "then": ref(f"step.{kind}")} for kind in KIND_KEYS],
    }
    kinds = {f"step.{kind}": _kind(kind) for kind in KIND_KEYS}
    return {"step": {"if": {"type": "string"}, "then": ref("activity"), "else": step}, **kinds}


def _kind(kind: str) -> Schema:
    own = {key: _KEYS_OF.get(kind, {}).get(key) or _KEYS[key] for key in (kind, *KIND_KEYS[kind])}
    schema = closed({**_COMMON, **own}, (kind, *_REQUIRED.get(kind, ())))
    match kind:
        case "call":
            schema["allOf"] = [ref("activity_input")]
        case "run":
            schema["allOf"] = [ref("workflow_input")]
        case "try":
            schema["anyOf"] = [{"required": ["catch"]}, {"required": ["finally"]}]
    return schema


def _inputs(names: Names) -> dict[str, Schema]:
    parts: dict[str, Schema] = {
        "activity_input": {"allOf": choosing_input("call", names.inputs, "call:")},
        "workflow_input": {"allOf": choosing_input("run", names.workflows, "run:")},
    }
    for prefix, schemas in (("call:", names.inputs), ("run:", names.workflows)):
        for name, schema in sorted(schemas.items()):
            parts |= input_schemas(f"{prefix}{name}", schema)
    return parts


_COMMON: dict[str, Schema] = {
    "id": {**NAME, "description": "unique in the file; needed where the output is used"},
    "title": {**TEXT, "description": "what people see of the step"},
    "when": {**BARE, "description": "skip the step unless this is true"},
    "lock": {**TEXT, "description": "one run at a time holds it: the portfolio that is traded"},
    "calendar": {**TEXT, "description": "the exchange whose sessions `bd` counts"},
    "record": {**ref("record"), "description": "a fact to append when the step is done"},
}

_UNDO: Schema = {
    "if": {"required": ["none"]},
    "then": closed({"none": TEXT}),
    "else": {
        **closed(
            {"call": ref("activity"), "with": {}, "timeout": ref("duration"), "retry": ref("retry")},
            ("call",),
        ),
        "allOf": [ref("activity_input")],
    },
    "properties": {"none": {"description": "why nothing needs undoing"}},
}

_KEYS: dict[str, Schema] = {
    "call": ref("activity"),
    "with": {},
    "timeout": ref("duration"),
    "retry": ref("retry"),
    "undo": {"type": "object", **_UNDO},
    "key": {**TEXT, "description": "in place of the step's path in the key of its effect"},
    "set": {"type": "object", "minProperties": 1, "propertyNames": NAME},
    "choose": {"type": "array", "minItems": 1, "items": shapes.BRANCH},
    "parallel": {
        "type": "object",
        "minProperties": 1,
        "propertyNames": NAME,
        "additionalProperties": STEPS,
    },
    "for_each": BARE,
    "as": NAME,
    "at_most": {**ref("count"), "description": "so many at once; 1 when left out"},
    "steps": STEPS,
    "collect": BARE,
    "repeat": shapes.REPEAT,
    "on_exhausted": STEPS,
    "upgrade": {"enum": ["next_turn"]},
    "try": STEPS,
    "catch": {
        "type": "array",
        "items": closed(
            {"errors": {"type": "array", "minItems": 1, "items": ref("error")}, "as": NAME, "steps": STEPS},
            ("steps",),
        ),
    },
    "finally": STEPS,
    "wait": shapes.WAIT,
    "receive": {"anyOf": [shapes.LOWER, {"type": "array", "minItems": 1, "items": shapes.LOWER}]},
    "where": BARE,
    "within": ref("span"),
    "on_timeout": STEPS,
    "approve": shapes.APPROVAL,
    "on_reject": STEPS,
    "emit": ref("event"),
    "run": ref("workflow"),
    "detached": shapes.FLAG,
    "fail": closed({"error": ref("error"), "message": TEXT}, ("error", "message")),
    "finish": {"description": "ends the run, completed, with this output"},
}
_KEYS_OF: Mapping[str, Mapping[str, Schema]] = {"emit": {"with": either({"type": "object"})}}
"""Keys that one kind shapes otherwise than the others."""
