"""`kronos worker`: a worker against any Temporal cluster."""

from enum import StrEnum
from typing import Annotated

import typer

from cli.options import Address, Data, Namespace
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
) -> int:
    """Run a worker against any Temporal cluster; on SIGTERM it takes no more work and lets work end.

    Definitions are published to a cluster by `kronos definitions publish` alone.

    Example: kronos worker --role compute --address temporal.internal:7233
    """
    import logging
    import signal

    from cli.guard import INTERRUPTED, wait_for
    from worker.serving import serve
    from worker.settings import load_settings

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = load_settings({"data": data, "address": address, "namespace": namespace})
    say(f"Working as {role.value}; SIGTERM drains.")
    told = wait_for(serve(settings, role.value))
    return INTERRUPTED if told == signal.SIGINT else 0
