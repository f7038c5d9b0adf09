"""`kronos up`: everything on this machine, until interrupted."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import BrokerChoice, Data, Definitions
from cli.output import folded, say

if TYPE_CHECKING:
    from worker.embedded import Embedded, Ports
    from worker.settings import Settings


def up(
    port: Annotated[
        int, typer.Option("--port", help="Where the Temporal server listens.", min=1, max=65535)
    ] = 7233,
    ui_port: Annotated[
        int, typer.Option("--ui-port", help="Where the web UI listens.", min=1, max=65535)
    ] = 8233,
    codec_port: Annotated[
        int,
        typer.Option("--codec-port", help="Where the codec endpoint listens; 0 takes a free one.", max=65535),
    ] = 0,
    data: Data = None,
    definitions: Definitions = None,
    broker: BrokerChoice = None,
) -> int:
    """Run the Temporal server with its web UI, the codec endpoint and a worker, until interrupted.

    State is kept in the data directory. The definitions are published; changed ones whose version
    is unchanged make a development release.

    Example: kronos up --ui-port 8233 --data ~/kronos
    """
    import signal

    from cli.guard import INTERRUPTED, wait_for
    from worker.embedded import Ports, log_to_file
    from worker.settings import load_settings

    settings = load_settings({"data": data, "definitions": definitions, "broker": broker})
    log_to_file(settings)
    told = wait_for(_up(settings, Ports(port, ui_port, codec_port)))
    return INTERRUPTED if told == signal.SIGINT else 0


async def _up(settings: "Settings", ports: "Ports") -> int:
    from worker.embedded import embedded
    from worker.schedules import apply
    from worker.stopping import until_told_to_stop

    async with embedded(settings, ports, say) as house:
        schedules = await apply(house.client, house.settings)
        print(_where(house, len(schedules)), flush=True)
        told = await until_told_to_stop(house.failed())
        say("Stopping; what is under way ends first.")
    return told


def _where(house: "Embedded", schedules: int) -> str:
    names = ", ".join(f"{row['workflow']} {row['version']}" for row in house.published.definitions)
    kind = "Development release" if house.published.development else "Release"
    lines = [
        f"Temporal server   {house.server.address}",
        f"Web UI            {house.server.ui_url}",
        f"Codec endpoint    {house.codec.url}",
        f"Data              {house.settings.data.absolute()}",
        f"{kind:<17} {house.published.release[:12]}: {names}",
        f"Market            {house.snapshot['source']} prices as of {house.snapshot['as_of']}, "
        f"snapshot {house.snapshot['snapshot'][:12]}",
    ]
    if schedules:
        lines.insert(-1, f"Schedules         {schedules} applied; `kronos schedules list` shows them")
    if house.published.changed:
        lines.append(f"Note              {house.published.changed}")
    if elsewhere := _elsewhere(house):
        lines.append(f"Other commands    export {elsewhere}")
    # What is to be copied is never folded.
    return "\n".join(line if line.startswith("Other") else folded(line, 18) for line in lines)


def _elsewhere(house: "Embedded") -> str:
    """The variables that lead other commands here; empty when they come here by themselves."""
    data, found = house.settings.data.absolute(), []
    if data != Path(".kronos").absolute():
        # Not only for the database: the key that opens the payloads lies there too.
        found.append(f"KRONOS_DATA={shlex.quote(str(data))}")
    if house.server.port != 7233:
        found.append(f"TEMPORAL_ADDRESS={house.server.address}")
    return " ".join(found)
