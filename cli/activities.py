"""`kronos activities`: the catalogue, and one activity called here."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from cli.group import group
from cli.options import Data, Definitions, Output
from cli.output import Format, columns, fields, say, show

app = group("The catalogue of activities.", example="kronos activities list")

Name = Annotated[str, typer.Argument(help="The activity, such as risk.score_questionnaire.", metavar="NAME")]


@app.command("list")
def list_(output: Output = None) -> None:
    """List every activity: what it reaches, which workers run it, what it is for.

    Example: kronos activities list -o json
    """
    from worker.activity_list import list_activities

    show({"activities": list_activities()}, output, _list_table)


@app.command("show")
def show_(name: Name, output: Output = None) -> None:
    """Show one activity: input and output schema, errors, reach.

    Example: kronos activities show risk.score_questionnaire
    """
    from worker.activity_list import show_activity

    show(show_activity(name), output, _activity_table)


@app.command()
def call(
    name: Name,
    input: Annotated[
        str, typer.Option("--input", help="The JSON input: a file, or - for stdin.", metavar="FILE")
    ],
    lines: Annotated[
        bool, typer.Option("--lines", help="One JSON input a line in, one answer a line out.")
    ] = False,
    effect: Annotated[
        bool, typer.Option("--effect", help="Allow an activity that changes what is stored.")
    ] = False,
    key: Annotated[
        str | None, typer.Option("--key", help="Under this key an effect happens once.", metavar="KEY")
    ] = None,
    data: Data = None,
    definitions: Definitions = None,
    output: Output = None,
) -> int:
    """Call one activity here, without Temporal: JSON in, JSON out.

    With --lines each input line gets one line, {"ok": ...} or {"error": {type, message, path}}, and
    errors do not stop the rest. Activities that trade are refused.

    Example: echo '{"exchange": "XASX", "trade_date": "2026-03-20"}' |
    kronos activities call calendar.settlement_date --input -
    """
    from worker.inputs import read_json, read_lines
    from worker.local import LocalCaller
    from worker.settings import load_settings

    settings = load_settings({"data": data, "definitions": definitions})
    caller = LocalCaller(name, settings, effect=effect, key=key)
    if lines:
        return _call_lines(caller, read_lines(input))
    return call_once(caller, read_json(input), output)


def call_once(caller: Any, given: Any, output: Format | None, table: Callable[[Any], str] = fields) -> int:
    """Print what one call answers, or its error; the exit code."""
    from activities.runner import ActivityFault
    from cli.guard import FAILED, MISUSED, error_line

    try:
        answer = caller.call(given)
    except ActivityFault as fault:
        say(error_line(fault.type, fault.path, fault.message))
        return MISUSED if fault.type == "InvalidInput" else FAILED
    show(answer, output, table)
    return 0


def _call_lines(caller: Any, lines: list[bytes]) -> int:
    from cli.guard import FAILED
    from payloads import plain_json

    failed = False
    for answer in caller.call_lines(lines):
        print(plain_json.dumps(answer.as_json()), flush=True)
        failed = failed or answer.error is not None
    return FAILED if failed else 0


def _list_table(data: Any) -> str:
    rows = [[row["name"], row["effect"], row["role"], row["summary"]] for row in data["activities"]]
    return columns(["name", "effect", "role", "summary"], rows)


def _activity_table(data: Any) -> str:
    about = {name: data[name] for name in ("name", "summary", "effect", "role", "no_undo")}
    parts = [fields(about), "", "INPUT", _schema(data["input"]), "", "OUTPUT", _schema(data["output"])]
    if data["errors"]:
        rows = [[error["name"], error["retryable"], error["summary"]] for error in data["errors"]]
        parts += ["", columns(["error", "retryable", "when"], rows)]
    return "\n".join(parts)


def _schema(schema: Any) -> str:
    required = schema.get("required", [])
    rows = [
        [name, _kind(field), name in required, field.get("description")]
        for name, field in schema.get("properties", {}).items()
    ]
    return columns(["field", "type", "required", "meaning"], rows) if rows else "nothing"


def _kind(field: Any) -> str:
    """A field's type in a word or two; what a schema cannot say so shortly is in `-o json`."""
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_kind(option) for option in field["anyOf"]))
    if "enum" in field:
        return " | ".join(map(str, field["enum"]))
    if field.get("type") == "array":
        return f"list of {_kind(field.get('items', {}))}"
    return str(field.get("format") or field.get("type") or "any")
