"""The options that many commands share, each worded once."""

from pathlib import Path
from typing import Annotated

import typer

from cli.output import Format

Output = Annotated[
    Format | None,
    typer.Option("-o", "--output", help="How to print: table (default at a terminal), json or yaml."),
]
Data = Annotated[
    Path | None,
    typer.Option("--data", help="The data directory; else KRONOS_DATA, else .kronos here.", metavar="DIR"),
]
Definitions = Annotated[
    Path | None,
    typer.Option(
        "--definitions",
        help="The definitions; else KRONOS_DEFINITIONS, else ./definitions, else the installed copy.",
        metavar="DIR",
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        "--address",
        help="The Temporal server; else TEMPORAL_ADDRESS, else 127.0.0.1:7233.",
        metavar="HOST:PORT",
    ),
]
BrokerChoice = Annotated[
    str | None,
    typer.Option(
        "--broker",
        help="Where orders go: simulated or openmarkets; else KRONOS_BROKER, else simulated.",
        metavar="NAME",
    ),
]
Namespace = Annotated[
    str | None,
    typer.Option("--namespace", help="The Temporal namespace; else TEMPORAL_NAMESPACE, else default."),
]
