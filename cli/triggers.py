"""`kronos triggers`: what starts runs, and why a threshold fired or did not."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.group import group
from cli.options import Address, Data, Namespace, Output
from cli.output import columns, fields, say, show

if TYPE_CHECKING:
    from worker.settings import Settings

app = group("What starts runs by itself.", example="kronos triggers list")


@app.command("list")
def list_(
    data: Data = None, address: Address = None, namespace: Namespace = None, output: Output = None
) -> None:
    """List every trigger of the newest release; schedules with their next times when the server answers.

    Example: kronos triggers list
    """
    from cli.guard import wait_for
    from worker.settings import load_settings
    from worker.triggers import list_triggers

    settings = load_settings({"data": data, "address": address, "namespace": namespace})
    rows = list_triggers(settings)
    if any(row["kind"] == "schedule" for row in rows):
        rows = wait_for(_with_times(settings, rows))
    show({"triggers": rows}, output, _list)


@app.command()
def explain(
    portfolio: Annotated[str, typer.Argument(help="The portfolio.", metavar="PORTFOLIO")],
    data: Data = None,
    output: Output = None,
) -> None:
    """Say for each threshold where it stands for a portfolio, and why it fired or did not.

    Example: kronos triggers explain P-CUST_12345
    """
    from worker.settings import load_settings
    from worker.triggers import explain as explain_portfolio

    show(explain_portfolio(load_settings({"data": data}), portfolio), output, _explained)


async def _with_times(settings: "Settings", rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    from worker.connection import connect
    from worker.errors import ServerUnreachable
    from worker.triggers import with_next_times

    try:
        client = await connect(settings)
    except ServerUnreachable as error:
        say(f"Without next times: {error.message}")
        return rows
    return await with_next_times(rows, client, settings)


def _list(data: Any) -> str:
    if not data["triggers"]:
        return "The newest release has no triggers."
    names = ("workflow", "trigger", "kind", "condition", "where")
    rows = [
        [*(row[name] for name in names), f"{row['next'][0]:%m-%d %H:%M}" if row["next"] else None]
        for row in data["triggers"]
    ]
    return columns(["workflow", "no", *names[2:], "next (UTC)"], rows)


def _explained(data: Any) -> str:
    if not data["thresholds"]:
        return "The newest release has no thresholds."
    return "\n\n".join(_threshold(row) for row in data["thresholds"])


def _threshold(row: Any) -> str:
    about = {
        f"{row['workflow']} {row['trigger']}": row["threshold"],
        "state": row["state"] if row["since"] is None else f"{row['state']} since {str(row['since'])[:19]}",
        "why": row["why"],
    }
    for side in row.get("condition") or ():
        holds = "holds" if side["holds"] else "does not hold"
        left, right = _told(side["left"]), _told(side["right"])
        about[side["comparison"]] = f"{left} {side['operator']} {right}: {holds}"
    if row.get("can_fire_from"):
        about["can fire from"] = str(row["can_fire_from"])[:19]
    return fields(about)


def _told(value: Any) -> str:
    match value:
        case None:
            return "not measured"
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.6g}"
        case _:
            return str(value)
