"""`kronos status`, `watch` and `list`: where runs are."""

import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import Address, Data, Namespace, Output
from cli.output import Format, columns, fields, screen_width, show
from cli.tree import plain_tree

if TYPE_CHECKING:
    from worker.settings import Settings

STAGE = 12
LONGEST_STATE = len("terminated")

RunId = Annotated[str, typer.Argument(help="The run.", metavar="ID")]


def status(
    workflow_id: RunId,
    data: Data = None,
    address: Address = None,
    namespace: Namespace = None,
    output: Output = None,
) -> None:
    """Show where a run is, step by step; from its history when no worker is there to ask.

    Exit code 0 whatever became of the run; 1 for an unknown id.

    Example: kronos status onboarding-anna -o json
    """
    from cli.guard import wait_for
    from worker.settings import load_settings

    settings = load_settings({"data": data, "address": address, "namespace": namespace})
    show(wait_for(_status(settings, workflow_id)), output, _status_table)


def watch(
    workflow_id: RunId,
    data: Data = None,
    address: Address = None,
    namespace: Namespace = None,
    output: Output = None,
) -> int:
    """Follow a run until it ends: a live tree at a terminal, else a line for each change.

    A run that is held for a person is said to be so on stderr, with what to do; an interrupt leaves
    the run be. Exit code 0 when it completed, 1 when it did not. With -o json, one status a line.

    Example: kronos watch onboarding-anna
    """
    from cli.guard import wait_for
    from worker.settings import load_settings

    settings = load_settings({"data": data, "address": address, "namespace": namespace})
    state = wait_for(_watch(settings, workflow_id, output))
    return 0 if state == "completed" else 1


def list_runs(
    query: Annotated[
        str | None,
        typer.Option(
            "--query", help="Temporal's list filter, such as KronosClient = 'C-1'.", metavar="FILTER"
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="At most so many runs.", min=1)] = 50,
    data: Data = None,
    address: Address = None,
    namespace: Namespace = None,
    output: Output = None,
) -> None:
    """List runs, newest first.

    Example: kronos list --query "KronosDefinition = 'onboarding' AND ExecutionStatus = 'Running'"
    """
    from cli.guard import wait_for
    from worker.settings import load_settings

    settings = load_settings({"data": data, "address": address, "namespace": namespace})
    show({"runs": wait_for(_list(settings, query, limit))}, output, runs_table)


async def _status(settings: "Settings", workflow_id: str) -> dict[str, Any]:
    from worker import client, connection

    return await client.status(await connection.connect(settings), workflow_id)


async def _list(settings: "Settings", query: str | None, limit: int) -> list[dict[str, Any]]:
    from worker import client, connection

    return await client.list_runs(await connection.connect(settings), query, limit)


async def _watch(settings: "Settings", workflow_id: str, output: Format | None) -> str:
    """Show each change of the run; the state it ended in."""
    from cli.holds import goes_on_alone, telling_holds
    from cli.tree import follow
    from worker import client, connection

    statuses = telling_holds(client.watch(await connection.connect(settings), workflow_id))
    with goes_on_alone(workflow_id):
        if output in (Format.JSON, Format.YAML):
            return await _print_each(statuses)
        return await follow(statuses, live=sys.stdout.isatty())


async def _print_each(statuses: AsyncIterator[dict[str, Any]]) -> str:
    from payloads import plain_json

    state = ""
    async for now in statuses:
        print(plain_json.dumps(now), flush=True)
        state = now["state"]
    return state


def _status_table(run: Any) -> str:
    about = {
        "run": run["workflow_id"],
        "workflow": f"{run['workflow']} version {run['version']}",
        "state": run["state"] if run["live"] else f"{run['state']} (from history: no worker answers)",
        "waits for": run["waits_for"],
    }
    if run.get("problem"):
        about["problem"] = f"this version of Kronos cannot read all of the history: {run['problem']}"
    if run["error"]:
        about["error"] = f"{run['error']['type']}: {run['error']['message']}"
    if run["signals_rejected"]:
        about["refused"] = "; ".join(
            f"{found['signal']}: {found['reason']}" for found in run["signals_rejected"]
        )
    if run["signals_unread"]:
        about["unread"] = ", ".join(run["signals_unread"])
    if run["output"] is not None:
        about["output"] = run["output"]
    return f"{fields(about)}\n\n{plain_tree(run)}"


def runs_table(data: Any) -> str:
    """As wide as the screen: what a run waits for is cut before anything else, an id never."""
    rows = [
        [run["workflow_id"], run["workflow"], _doing(run), _cut(run["stage"], STAGE), _day(run["started_at"])]
        for run in data["runs"]
    ]
    headers = ("workflow id", "workflow", "state", "stage", "started")
    others = sum(max(len(str(row[place] or "-")) for row in [headers, *rows]) + 2 for place in (0, 1, 3, 4))
    width = screen_width()
    room = None if width is None else max(width - others, LONGEST_STATE)
    return columns(headers, [[*row[:2], _cut(row[2], room), *row[3:]] for row in rows])


def _doing(run: Any) -> str:
    return f"{run['state']}: {run['waits_for']}" if run["waits_for"] else str(run["state"])


def _cut(text: str | None, room: int | None) -> str | None:
    return text if text is None or room is None or len(text) <= room else f"{text[: room - 1]}…"


def _day(moment: Any) -> str:
    """Month, day and minute; the whole moment is in `-o json`."""
    return str(moment)[5:16]
