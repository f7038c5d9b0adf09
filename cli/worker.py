"""`kronos worker`: a worker against any Temporal cluster."""

from enum import StrEnum
from typing import Annotated

import typer

from cli.options import Address, BrokerChoice, Data, Namespace
from cli.output import say


class Role(StrEnum):
    """Which task queues a worker serves."""

    ALL = "all"
    WORKFLOWS = "workflows"
    COMPUTE = "compute"
    BROKER = "broker"


def worker(
    role: Annotated[Role, typer.Option("--role", help="Which task queues to serve.")] = Role.ALL,
    data: Data = None,
    address: Address = None,
    namespace: Namespace = None,
    broker: BrokerChoice = None,
    simulated_market: Annotated[
        bool,
        typer.Option(
            "--simulated-market", help="Keep a simulated market, and an exchange that trades at it."
        ),
    ] = False,
    codec_port: Annotated[
        int | None, typer.Option("--codec-port", help="Serve the codec endpoint here too.", min=1, max=65535)
    ] = None,
    codec_host: Annotated[
        str, typer.Option("--codec-host", help="The address it listens on; in a container 0.0.0.0.")
    ] = "127.0.0.1",
    ui_origin: Annotated[
        list[str] | None,
        typer.Option("--ui-origin", help="An origin of the web UI that may ask it.", metavar="URL"),
    ] = None,
) -> int:
    """Run a worker against any Temporal cluster; on SIGTERM it takes no more work and lets work end.

    Definitions are published to a cluster by `kronos definitions publish` alone. The codec endpoint
    asks for the bearer token in KRONOS_CODEC_TOKEN when that is set, and a broker elsewhere gets the
    one in KRONOS_BROKER_TOKEN, else in the file of the setting broker_token_file.

    Example: kronos worker --role compute --address temporal.internal:7233
    """
    import logging
    import signal

    from cli.guard import INTERRUPTED, wait_for
    from worker.serving import CodecPlace, serve
    from worker.settings import load_settings

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # Which dialect it works with is nothing that whoever starts a worker needs to know.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settings = load_settings({"data": data, "address": address, "namespace": namespace, "broker": broker})
    say(f"Working as {role.value}; SIGTERM drains.")
    codec = None if codec_port is None else CodecPlace(codec_host, codec_port, tuple(ui_origin or ()))
    told = wait_for(serve(settings, role.value, simulated_market=simulated_market, codec=codec))
    return INTERRUPTED if told == signal.SIGINT else 0
