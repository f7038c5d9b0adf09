"""`kronos broker`: a broker to try things out with."""

from typing import Annotated, Any

import typer

from cli.group import group
from cli.options import Data, Output
from cli.output import fields, show

app = group("Brokers to trade through.", example="kronos broker sandbox")


@app.command()
def sandbox(
    port: Annotated[
        int, typer.Option("--port", help="Where it listens; 0 takes a free one.", min=0, max=65535)
    ] = 8480,
    faults: Annotated[
        str | None,
        typer.Option(
            "--faults", help="A script of faults, or a seed for a bit of everything.", metavar="FILE|SEED"
        ),
    ] = None,
    data: Data = None,
    output: Output = None,
) -> int:
    """Run the sandbox of the broker openmarkets until interrupted: its API, with no real money behind it.

    It keeps its orders in broker-sandbox in the data directory, and makes a token there unless
    KRONOS_BROKER_TOKEN gives one. What is printed says how to point a worker at it.

    Example: kronos broker sandbox --faults 7
    """
    import signal
    import sys

    from adapters.openmarkets.faults import read_faults
    from cli.guard import INTERRUPTED, wait_for
    from worker.broker_sandbox import start_sandbox
    from worker.errors import BadInput
    from worker.settings import load_settings

    settings = load_settings({"data": data})
    try:
        script = None if faults is None else read_faults(faults)
    except OSError as error:
        raise BadInput(f"{faults} is neither a seed nor a file that can be read: {error.strerror}") from error
    place = start_sandbox(settings.data, script, port=port, sessions=settings.broker_sessions)
    token: dict[str, str] = {}
    if place.token_file is not None:
        token = {"KRONOS_BROKER_TOKEN_FILE": str(place.token_file.absolute())}
    answer: dict[str, Any] = {
        "address": place.server.url,
        "data": str(place.folder.absolute()),
        "faults": None if script is None else {"seed": script.seed},
        "environment": {"KRONOS_BROKER": "openmarkets", "KRONOS_BROKER_URL": place.server.url, **token},
    }
    show(answer, output, _table)
    sys.stdout.flush()
    told = wait_for(place.until_stopped())
    return INTERRUPTED if told == signal.SIGINT else 0


def _table(answer: Any) -> str:
    import shlex

    words = " ".join(f"{name}={shlex.quote(value)}" for name, value in answer["environment"].items())
    seed = "none" if answer["faults"] is None else f"by script, seed {answer['faults']['seed']}"
    shown = {"Broker sandbox": answer["address"], "Data": answer["data"], "Faults": seed}
    return f"{fields(shown)}\nPoint a worker at it: export {words}"
