"""`kronos start` and `kronos signal`."""

from typing import Annotated, Any

import typer

from cli.options import Address, Data, Namespace, Output
from cli.output import fields, show

Input = Annotated[
    str, typer.Option("--input", help="The JSON input: a file, or - for stdin.", metavar="FILE")
]


def start(
    workflow: Annotated[
        str, typer.Argument(help="The definition to run, such as onboarding.", metavar="WORKFLOW")
    ],
    input: Input,
    id: Annotated[str | None, typer.Option("--id", help="The workflow id; made up when left out.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the run and print its output.")] = False,
    data: Data = None,
    address: Address = None,
    namespace: Namespace = None,
    output: Output = None,
) -> int:
    """Start a run of a published definition; prints its workflow id, with --wait its output.

    Type and input are checked against the newest release first; what does not fit starts nothing.
    While it waits, it says on stderr when the run is held for a person; an interrupt leaves the run be.

    Example: kronos start onboarding --input examples/onboarding.json --id onboarding-anna
    """
    from cli.guard import wait_for
    from worker.inputs import read_json
    from worker.settings import load_settings

    given = read_json(input)
    settings = load_settings({"data": data, "address": address, "namespace": namespace})
    answer = wait_for(_start(settings, workflow, given, id, wait))
    show(answer, output, _output if wait else _id)
    return 0


def signal(
    workflow_id: Annotated[str, typer.Argument(help="The run.", metavar="ID")],
    name: Annotated[str, typer.Argument(help="The signal, as the definition declares it.", metavar="NAME")],
    payload: Annotated[
        str, typer.Option("--data", help="The JSON payload: a file, or - for stdin.", metavar="FILE")
    ],
    message_id: Annotated[
        str | None,
        typer.Option("--message-id", help="The same message id counts once, however often it is sent."),
    ] = None,
    data_dir: Annotated[
        str | None,
        typer.Option("--data-dir", help="The data directory; else KRONOS_DATA, else .kronos here."),
    ] = None,
    address: Address = None,
    namespace: Namespace = None,
    output: Output = None,
) -> int:
    """Hand a signal to a run; a wrong name or payload is refused, and nothing is recorded.

    Example: echo '{"signed_by": "Anna"}' | kronos signal onboarding-anna agreement_signed --data -
    """
    from cli.guard import wait_for
    from worker.inputs import read_json
    from worker.settings import load_settings

    content = read_json(payload)
    settings = load_settings({"data": data_dir, "address": address, "namespace": namespace})
    answer = wait_for(_signal(settings, workflow_id, name, content, message_id))
    show({"workflow_id": workflow_id, "signal": name, **answer}, output, fields)
    return 0


async def _start(settings: Any, workflow: str, given: Any, workflow_id: str | None, wait: bool) -> Any:
    from cli.holds import Holds, goes_on_alone
    from worker import client, connection

    plan = await client.check(settings, workflow, given)
    connected = await connection.connect(settings)
    started = await client.start(connected, settings, plan, given, workflow_id)
    if not wait:
        return {"workflow_id": started}
    with goes_on_alone(started):
        return await client.result(connected, started, Holds().tell)


async def _signal(settings: Any, workflow_id: str, name: str, payload: Any, message_id: str | None) -> Any:
    from worker import client, connection

    connected = await connection.connect(settings)
    return await client.signal(connected, workflow_id, name, payload, message_id)


def _id(answer: Any) -> str:
    return str(answer["workflow_id"])


def _output(answer: Any) -> str:
    return fields(answer) if isinstance(answer, dict) else str(answer)
