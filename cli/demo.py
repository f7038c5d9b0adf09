"""`kronos demo`: one client from questionnaire to filled orders."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.options import Data, Output
from cli.output import Format, fields, say, show
from cli.portfolio import holdings_table
from cli.tree import follow

if TYPE_CHECKING:
    from worker.settings import Settings


def demo(data: Data = None, output: Output = None) -> int:
    """Take one client from questionnaire to filled orders on an embedded Temporal server.

    Everything is real but the market, the broker and the people, who are simulated. Ends by itself;
    without --data the data directory is a temporary one, thrown away in the end.

    Example: kronos demo --data .kronos/demo
    """
    import tempfile

    from cli.guard import wait_for
    from worker.embedded import log_to_file
    from worker.settings import load_settings

    if data is not None:
        settings = load_settings({"data": data})
        log_to_file(settings)
        return wait_for(_demo(settings, output))
    with tempfile.TemporaryDirectory(prefix="kronos-demo-", ignore_cleanup_errors=True) as folder:
        settings = load_settings({"data": Path(folder)})
        log_to_file(settings)
        return wait_for(_demo(settings, output))


async def _demo(settings: "Settings", output: Format | None) -> int:
    from worker.demo import Demo
    from worker.embedded import Ports, embedded
    from worker.ports import free_ports

    began = time.monotonic()
    say("Starting a Temporal server, a codec endpoint and a worker …")
    server, ui = free_ports(2)
    async with embedded(settings, Ports(server, ui), say) as house:
        say(f"Ready in {time.monotonic() - began:.1f} s. Web UI: {house.server.ui_url}")
        run = Demo(house)
        await follow(run.run(), live=sys.stdout.isatty(), talk=output is not None)
        summary = await run.summary()
    summary["total_seconds"] = round(time.monotonic() - began, 2)
    show(summary, output or Format.TABLE, _summary)
    return 0 if summary["state"] == "completed" and summary["portfolio"] else 1


def _summary(summary: Any) -> str:
    about = {
        "run": summary["workflow_id"],
        "state": summary["state"],
        "run took": f"{summary['seconds']:.2f} s",
        "in all": f"{summary['total_seconds']:.2f} s",
        "facts": f"{len(summary['facts'])} appended",
    }
    portfolio = summary["portfolio"]
    if portfolio is None:
        about["error"] = summary["error"]
        return f"\n{fields(about)}"
    money = {
        "client": portfolio["customer_id"],
        "portfolio": f"{portfolio['portfolio_id']}, {portfolio['state']}, {portfolio['risk_category']}",
        "value": f"{portfolio['value']:,.2f} AUD",
        "cash": f"{portfolio['cash']:,.2f} AUD",
    }
    simulated = " (simulated)" if portfolio["prices_simulated"] else ""
    prices = f"Holdings at closing prices of {portfolio['prices_as_of']}{simulated}"
    return f"\n{fields({**about, **money})}\n\n{prices}\n{holdings_table(portfolio)}"
