"""`kronos schedules`: schedule triggers as Temporal runs them."""

import getpass
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.group import group
from cli.options import Address, Data, Namespace, Output
from cli.output import columns, fields, show

if TYPE_CHECKING:
    from temporalio.client import Client

    from worker.settings import Settings

app = group("Schedules of the newest release.", example="kronos schedules plan")

Id = Annotated[
    str, typer.Argument(help="The schedule, or the workflow that has only one.", metavar="SCHEDULE")
]
Work = Callable[["Client", "Settings"], Awaitable[Any]]

_PAUSE = """Let a schedule start nothing until it is resumed.

Example: kronos schedules pause kronos:main:rebalancing:1
"""
_RESUME = """Let a paused schedule go on; what it missed is not made up for.

Example: kronos schedules resume kronos:main:rebalancing:1
"""
_TRIGGER = """Let a schedule fire now.

Example: kronos schedules trigger rebalancing
"""


@app.command()
def plan(
    data: Data = None, address: Address = None, namespace: Namespace = None, output: Output = None
) -> None:
    """Show what `apply` would create, update, delete or leave as it is.

    Example: kronos schedules plan -o json
    """
    from worker import schedules

    changes = _ask(lambda client, settings: schedules.plan(client, settings), data, address, namespace)
    show({"changes": changes}, output, _changes)


@app.command()
def apply(
    data: Data = None, address: Address = None, namespace: Namespace = None, output: Output = None
) -> None:
    """Make Temporal's schedules those of the newest release. Paused ones stay paused.

    Example: kronos schedules apply
    """
    from worker import schedules

    changes = _ask(lambda client, settings: schedules.apply(client, settings), data, address, namespace)
    show({"changes": changes}, output, _changes)


@app.command("list")
def list_(
    data: Data = None, address: Address = None, namespace: Namespace = None, output: Output = None
) -> None:
    """List the schedules of the newest release and when they fire next.

    Example: kronos schedules list
    """
    from worker import schedules

    rows = _ask(lambda client, settings: schedules.list_schedules(client, settings), data, address, namespace)
    show({"schedules": rows}, output, _list)


@app.command("trigger", help=_TRIGGER)
@app.command("resume", help=_RESUME)
@app.command("pause", help=_PAUSE)
def control(
    command: typer.Context,
    id: Id,
    data: Data = None,
    address: Address = None,
    namespace: Namespace = None,
    output: Output = None,
) -> None:
    """Pause a schedule, resume it, or let it fire now: by the name of the command."""
    from worker import schedules

    by = getpass.getuser()
    work: dict[str | None, Work] = {
        "pause": lambda client, settings: schedules.pause(client, settings, id, by),
        "resume": lambda client, settings: schedules.resume(client, settings, id, by),
        "trigger": lambda client, settings: schedules.trigger(client, settings, id),
    }
    show(_ask(work[command.info_name], data, address, namespace), output, fields)


@app.command()
def backfill(
    id: Id,
    start: Annotated[str, typer.Option("--from", help="The first moment, in ISO 8601.", metavar="MOMENT")],
    end: Annotated[str, typer.Option("--to", help="The last moment, in ISO 8601.", metavar="MOMENT")],
    data: Data = None,
    address: Address = None,
    namespace: Namespace = None,
    output: Output = None,
) -> None:
    """Let a schedule fire for every time between two moments. Runs that there were are not started anew.

    Example: kronos schedules backfill rebalancing --from 2026-03-02 --to 2026-03-06
    """
    from worker import schedules

    span = (_moment(start, "--from"), _moment(end, "--to"))
    row = _ask(
        lambda client, settings: schedules.backfill(client, settings, id, *span), data, address, namespace
    )
    show(row, output, fields)


def _ask(work: Work, data: Any, address: Any, namespace: Any) -> Any:
    from cli.guard import wait_for
    from worker.settings import load_settings

    settings = load_settings({"data": data, "address": address, "namespace": namespace})
    return wait_for(_connected(work, settings))


async def _connected(work: Work, settings: "Settings") -> Any:
    from worker.connection import connect

    return await work(await connect(settings), settings)


def _moment(text: str, flag: str) -> datetime:
    """A moment; without an offset it is in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text} is no moment; write 2026-03-02 or 2026-03-02T09:00:00+11:00", param_hint=flag
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _changes(data: Any) -> str:
    if not data["changes"]:
        return "The newest release has no schedules, and Temporal has none of ours."
    rows = [[row["change"], row["id"], _fires(row), _days(row)] for row in data["changes"]]
    return columns(["change", "id", "fires", "on"], rows)


def _list(data: Any) -> str:
    rows = [
        [row["id"], _fires(row), _state(row), row["runs"], _next(row["next"])] for row in data["schedules"]
    ]
    if not rows:
        return "The newest release has no schedules."
    return columns(["id", "fires", "state", "runs", "next (UTC)"], rows, right=("runs",))


def _fires(row: Any) -> str | None:
    """When, and for whom; None for a schedule that the release does not have."""
    if row.get("schedule") is None:
        return None
    each = f", each {row['each']}" if row.get("each") else ""
    return f"{row['schedule']} {row['timezone']}{each}"


def _days(row: Any) -> str | None:
    calendar, until = row.get("calendar"), row.get("holidays_until")
    return f"{calendar} to {until}" if calendar and until else calendar


def _state(row: Any) -> str:
    return "paused" if row["paused"] else "applied" if row["applied"] else "not applied"


def _next(times: Any) -> str | None:
    return f"{times[0]:%Y-%m-%d %H:%M}" if times else None
