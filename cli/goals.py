"""`kronos goals`: what a plan for a goal may come to."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.group import group
from cli.options import Output
from cli.output import columns, fields, percent, say, show

app = group("Goals of clients.", example="kronos goals simulate --input examples/goals/retirement.json")
SHARES = ("p5", "p25", "p50", "p75", "p95")


@app.command()
def simulate(
    input: Annotated[
        str, typer.Option("--input", help="What goals.simulate takes, JSON; - reads stdin.", metavar="FILE")
    ],
    chart: Annotated[
        Path | None,
        typer.Option("--chart", help="Where to draw the fan of all paths, an SVG file.", metavar="FILE"),
    ] = None,
    output: Output = None,
) -> int:
    """Simulate a plan for a goal, and draw where its paths may lead.

    Prints what the activity goals.simulate answers; docs/goals.md has every field of the plan.

    Example: kronos goals simulate --input examples/goals/retirement.json --chart fan.svg
    """
    from activities.runner import ActivityFault
    from cli.guard import FAILED, MISUSED, error_line
    from worker.goal_chart import write_fan
    from worker.inputs import read_json
    from worker.local import LocalCaller
    from worker.settings import load_settings

    given = read_json(input)
    try:
        answer = LocalCaller("goals.simulate", load_settings({})).call(given)
    except ActivityFault as fault:
        say(error_line(fault.type, fault.path, fault.message))
        return MISUSED if fault.type == "InvalidInput" else FAILED
    show(answer, output, _table)
    if chart is not None:
        write_fan(given, answer, chart)
        say(f"The chart is {chart}.")
    return 0


def _table(answer: Any) -> str:
    about = {
        "success": _success(answer),
        "mean": answer["mean"],
        "required return": percent(answer["required_return"]),
        "required contribution": answer["required_contribution"],
        "required at first": answer["required_initial"],
        "paths": answer["paths"],
    }
    if answer["guarded"] is not None:
        about["withdrawals cut"] = f"on {percent(answer['guarded']['cut_probability'])} of paths"
        about["withdrawals raised"] = f"on {percent(answer['guarded']['raise_probability'])} of paths"
    headers = ["year", *SHARES]
    return f"{fields(about)}\n\n{columns(headers, _rows(answer['fan']), right=headers)}"


def _success(answer: Any) -> str | None:
    share, error = answer["success_probability"], answer["standard_error"]
    return None if share is None else f"{percent(share)}, standard error {percent(error)}"


def _rows(fan: Any) -> list[list[Any]]:
    """The ends of years, about ten of them, and the end."""
    years = len(fan) // 12
    step = max(-(-years // 10), 1)
    months = sorted({*range(12 * step, len(fan) + 1, 12 * step), len(fan)})
    return [[f"{month / 12:.4g}", *(fan[month - 1][share] for share in SHARES)] for month in months]
