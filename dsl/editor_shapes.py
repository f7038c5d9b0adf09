"""What may stand under each key of a definition, as JSON Schema for editors."""

from typing import Any

from dsl.structure.calls import RETRY_KEYS

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    """A reference to a part of the schema."""
    return {"$ref": f"#/$defs/{name}"}


def one_of(names: Any) -> Schema:
    """One of these names."""
    return {"type": "string", "enum": sorted(names)}


def closed(properties: Schema, required: tuple[str, ...] = (), description: str = "") -> Schema:
    """A mapping with these keys and no others."""
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = list(required)
    return {"description": description, **schema} if description else schema


TEXT: Schema = {"type": ["string", "number"]}
FLAG: Schema = {"type": "boolean"}
STEPS = ref("steps")
BARE = ref("bare")
SPAN = ref("span")
COUNT = ref("count")
NAME: Schema = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,79}$"}
LOWER: Schema = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,79}$"}
PASCAL: Schema = {"type": "string", "pattern": "^[A-Z][A-Za-z0-9]{0,79}$"}
VALUES: Schema = {"type": "object"}

PARTS: dict[str, Schema] = {
    "expression": {"type": "string", "pattern": r"\$\{", "description": "a text with a `${ … }`"},
    "bare": {
        "type": ["string", "number", "boolean", "array", "object"],
        "description": "an expression without `${ }`",
    },
    "span": {
        "type": "string",
        "pattern": r"^\s*([0-9].*(s|m|h|d|w|bd)|.*\$\{.*)\s*$",
        "description": "a span of time: 30s, 10m, 8h, 2d, 1w, 2bd, or a `${ … }`",
    },
    "duration": {
        "type": "string",
        "pattern": r"^\s*[0-9].*(s|m|h|d|w)\s*$",
        "description": "30s, 10m, 8h, 2d, 1w",
    },
    "count": {"anyOf": [{"type": "integer", "minimum": 1}, ref("expression")]},
    "steps": {"type": "array", "minItems": 1, "items": ref("step")},
    "retry": closed(
        {
            **dict.fromkeys(RETRY_KEYS, ref("duration")),
            "attempts": {"type": "integer", "minimum": 1},
            "factor": {"type": "number", "minimum": 1},
        }
    ),
    "schema": {"type": ["object", "boolean"], "description": "JSON Schema 2020-12"},
    "object_schema": {
        "type": "object",
        "properties": {
            "type": {"const": "object"},
            "required": {"type": "array", "items": {"type": "string"}},
            "properties": {"type": "object", "additionalProperties": ref("schema")},
        },
        "description": "JSON Schema 2020-12 of an object, closed unless it says otherwise",
    },
}

TRIGGER: Schema = {
    "type": "object",
    "properties": {
        "schedule": {"type": "string", "description": "cron: minute, hour, day, month, day of the week"},
        "timezone": {"type": "string", "description": "a name of the tz database: Australia/Sydney"},
        "calendar": {"type": "string", "description": "skip the holidays of this exchange: XASX"},
        "overlap": {"enum": ["skip", "buffer_one", "buffer_all", "cancel_other", "allow_all"]},
        "each": {"enum": ["portfolio"]},
        "event": LOWER,
        "threshold": BARE,
        "rearm": BARE,
        "cooldown": SPAN,
        "where": BARE,
        "input": VALUES,
    },
    "additionalProperties": False,
    "oneOf": [{"required": [kind]} for kind in ("schedule", "event", "threshold")],
    "dependentRequired": {"schedule": ["timezone"]},
}

SUBSCRIPTION = closed({"event": LOWER, "match": VALUES, "signal": LOWER}, ("event", "signal"))

BRANCH: Schema = {
    "type": "object",
    "properties": {"when": BARE, "steps": STEPS, "otherwise": STEPS},
    "additionalProperties": False,
    "oneOf": [{"required": ["when", "steps"]}, {"required": ["otherwise"]}],
}

APPROVAL = closed(
    {
        "role": ref("role"),
        "show": {"type": "object", "description": "what people decide about"},
        "quorum": COUNT,
        "four_eyes": {**BARE, "description": "who may not decide, as an expression"},
    },
    ("role",),
)

WAIT: Schema = {
    "anyOf": [
        SPAN,
        closed({"until": BARE}, ("until",)),
        closed({"session": TEXT, "at": {"enum": ["open", "close"]}}, ("session", "at")),
    ]
}

REPEAT: Schema = {
    **closed({"until": BARE, "at_most": COUNT, "every": SPAN}),
    "anyOf": [{"required": ["until"]}, {"required": ["at_most"]}],
}
