"""`kronos definitions schema`, `graph` and `diff`: definitions as editors, pictures and reviews need them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.options import Address, Data, Definitions, Namespace, Output
from cli.output import Format, columns, show

COMPARED = "a workflow of the folder, WORKFLOW@VERSION, WORKFLOW@newest, a file, or a release's digest"
Reference = Annotated[
    str,
    typer.Argument(help="A workflow, WORKFLOW@VERSION, WORKFLOW@newest, or a file.", metavar="NAME"),
]
File = Annotated[
    Path | None, typer.Option("--output", help="Write to this file instead of stdout.", metavar="FILE")
]


class Kind(StrEnum):
    """What a schema is for."""

    DEFINITION = "definition"
    CATALOGUE = "catalogue"
    TESTS = "tests"


def schema(
    name: Annotated[
        str | None,
        typer.Argument(help="A file of the catalogue, such as pods or a decision table.", metavar="[NAME]"),
    ] = None,
    kind: Annotated[
        Kind | None,
        typer.Option("--kind", help="What the schema is for: definition (default), or catalogue with NAME."),
    ] = None,
    format: Annotated[
        Format | None, typer.Option("-o", help="How to print: json (default) or yaml.", metavar="FORMAT")
    ] = None,
    file: File = None,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="Write every schema below this folder.", metavar="DIR"),
    ] = None,
    definitions: Definitions = None,
) -> None:
    """Print the JSON Schema with which editors complete and check definitions as they are typed.

    `# yaml-language-server: $schema=FILE` at the top of a definition names it.

    Example: kronos definitions schema --output definitions/.schema/definition.json
    """
    from worker.editor_schemas import as_file, editor_schema, write_schemas
    from worker.settings import load_settings

    settings = load_settings({"definitions": definitions})
    if folder is not None:
        show({"files": write_schemas(settings, folder)}, format, _files_table)
        return
    chosen = kind or (Kind.CATALOGUE if name else Kind.DEFINITION)
    found = editor_schema(settings, chosen.value, name)
    if file is not None:
        write(file, as_file(found))
    else:
        show(found, Format.YAML if format is Format.YAML else Format.JSON, str)


class Picture(StrEnum):
    """How a definition is drawn."""

    MERMAID = "mermaid"
    SVG = "svg"


def graph(
    name: Reference,
    format: Annotated[Picture, typer.Option("--format", help="mermaid or svg.")] = Picture.MERMAID,
    run: Annotated[
        str | None, typer.Option("--run", help="Paint the state of this run on it.", metavar="ID")
    ] = None,
    file: File = None,
    data: Data = None,
    definitions: Definitions = None,
    address: Address = None,
    namespace: Namespace = None,
) -> None:
    """Draw a definition: every step, branch, loop and catch; with --run, what became of each in a run.

    A run is drawn by the definition that it follows, whatever the folder has by now.

    Example: kronos definitions graph onboarding --format svg --output onboarding.svg
    """
    from cli.guard import wait_for
    from worker import graph as drawing
    from worker.settings import load_settings

    chosen = {"data": data, "definitions": definitions, "address": address, "namespace": namespace}
    settings = load_settings(chosen)
    if run is None:
        text = drawing.graph(settings, name, format.value)
    else:
        text = wait_for(drawing.graph_of_run(settings, name, run, format.value))
    if file is None:
        print(text, end="")
    else:
        write(file, text)


def diff(
    old: Annotated[str, typer.Argument(help=f"What was: {COMPARED}.", metavar="A")],
    new: Annotated[str, typer.Argument(help="What is to be, named likewise.", metavar="B")],
    data: Data = None,
    definitions: Definitions = None,
    address: Address = None,
    namespace: Namespace = None,
    output: Output = None,
) -> None:
    """Say what changed from A to B, and for each live run whether it stays or upgrades at its next turn.

    Exit code 0 whether or not something changed; 1 when A or B is not there.

    Example: kronos definitions diff investment@newest investment
    """
    from cli.differences import differences_table
    from cli.guard import wait_for
    from worker.differences import diff as compared
    from worker.settings import load_settings

    chosen = {"data": data, "definitions": definitions, "address": address, "namespace": namespace}
    show(wait_for(compared(load_settings(chosen), old, new)), output, differences_table)


def write(file: Path, text: str) -> None:
    """Write a file that was asked for; exit code 2 when it cannot be."""
    from worker.errors import BadInput

    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error.strerror}") from error


def _files_table(data: Any) -> str:
    return columns(["file"], [[file] for file in data["files"]])
