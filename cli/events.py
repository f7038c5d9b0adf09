"""`kronos events`: the event log."""

from typing import Annotated, Any

import typer

from cli.group import group
from cli.options import Data, Output
from cli.output import Format, columns, fields, show

app = group("Business events and the log of facts.", example="kronos events list --limit 20")

Stream = Annotated[
    str | None, typer.Option("--stream", help="Only this stream, such as client:C-1.", metavar="STREAM")
]
EventName = Annotated[str | None, typer.Option("--name", help="Only events of this name.", metavar="NAME")]


@app.command("list")
def list_(
    stream: Stream = None,
    name: EventName = None,
    after: Annotated[int, typer.Option("--after", help="From this position on.", min=0)] = 0,
    limit: Annotated[int, typer.Option("--limit", help="At most so many events.", min=1)] = 100,
    data: Data = None,
    output: Output = None,
) -> None:
    """List events, oldest first. Personal parts stay encrypted.

    Example: kronos events list --stream client:CUST_12345 --limit 20
    """
    from worker.records import list_events
    from worker.settings import load_settings

    settings = load_settings({"data": data})
    found = list_events(settings, stream=stream, name=name, after=after, limit=limit)
    show({"events": found}, output, _table)


@app.command()
def tail(stream: Stream = None, name: EventName = None, data: Data = None, output: Output = None) -> None:
    """Print events as they are appended, one a line, until interrupted.

    Example: kronos events tail --name TradesExecuted
    """
    import sys

    from payloads import plain_json
    from worker.records import tail_events
    from worker.settings import load_settings

    table = output is Format.TABLE or (output is None and sys.stdout.isatty())
    for event in tail_events(load_settings({"data": data}), stream=stream, name=name):
        print(_line(event) if table else plain_json.dumps(event), flush=True)


@app.command()
def verify(data: Data = None, output: Output = None) -> int:
    """Prove that the log is whole: nothing changed, nothing missing, nothing added.

    Exit code 1 when it is not; the rows are named.

    Example: kronos events verify
    """
    from worker.records import verify_events
    from worker.settings import load_settings

    proof = verify_events(load_settings({"data": data}))
    show(proof, output, _proof_table)
    return 0 if proof["whole"] else 1


@app.command()
def emit(
    name: Annotated[str, typer.Argument(help="The business event, as events.yaml has it.", metavar="NAME")],
    data: Annotated[
        str, typer.Option("--data", help="The JSON data: a file, or - for stdin.", metavar="FILE")
    ],
    id: Annotated[
        str | None,
        typer.Option("--id", help="The event's own id; the same id again is the same event.", metavar="ID"),
    ] = None,
    data_dir: Annotated[
        str | None,
        typer.Option("--data-dir", help="The data directory; else KRONOS_DATA, else .kronos here."),
    ] = None,
    output: Output = None,
) -> None:
    """Append a business event; it starts and signals whoever it is for. Prints its id.

    Checked against the newest release: an unknown name is exit code 1, data that do not fit 2.

    Example: echo '{"portfolio_id": "P-1", "drift": 0.07}' | kronos events emit drift_exceeded --data -
    """
    from worker.business_events import emit as emit_event
    from worker.inputs import read_json
    from worker.settings import load_settings

    content = read_json(data)
    appended = emit_event(load_settings({"data": data_dir}), name, content, id)
    show(appended, output, lambda event: str(event["event_id"]))


def _table(data: Any) -> str:
    names = ("position", "at", "stream", "name", "actor")
    rows = [
        # Without the year, which `-o json` has: ids and names of facts are long.
        [event["position"], str(event["at"])[5:19], *(event[n] for n in names[2:])]
        for event in data["events"]
    ]
    return columns(names, rows, right=("position",))


def _line(event: Any) -> str:
    return f"{event['position']:>6}  {str(event['at'])[:19]}  {event['stream']}  {event['name']}"


def _proof_table(proof: Any) -> str:
    about = {name: proof[name] for name in ("whole", "events", "digest")}
    if not proof["findings"]:
        return fields(about)
    rows = [[finding["row"], finding["problem"]] for finding in proof["findings"]]
    return f"{fields(about)}\n\n{columns(['row', 'problem'], rows)}"
