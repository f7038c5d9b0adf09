"""`kronos trading`: halting and resuming."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.group import group
from cli.options import Data, Output
from cli.output import columns, show

if TYPE_CHECKING:
    from worker.settings import Settings

app = group("Halt and resume trading; how orders were executed.", example="kronos trading show")

Etf = Annotated[str | None, typer.Option("--etf", help="Only this ETF.", metavar="CODE")]
Broker = Annotated[str | None, typer.Option("--broker", help="Only at this broker.", metavar="NAME")]
By = Annotated[
    str | None, typer.Option("--by", help="Who decides it; by default the system's user.", metavar="WHO")
]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the log.", metavar="TEXT")]


@app.command()
def halt(
    etf: Etf = None,
    broker: Broker = None,
    reason: Reason = "",
    by: By = None,
    data: Data = None,
    output: Output = None,
) -> None:
    """Halt trading: no order is sent until it is resumed. Checked before each order.

    Example: kronos trading halt --etf VAS --reason "price feed in doubt" --by kim
    """
    from worker.records import halt_trading

    show(halt_trading(_settings(data), _scope(etf, broker), reason, by), output, _table)


@app.command()
def resume(
    etf: Etf = None,
    broker: Broker = None,
    reason: Reason = "",
    by: By = None,
    data: Data = None,
    output: Output = None,
) -> None:
    """Lift a halt; halts of another scope stay in force.

    Example: kronos trading resume --etf VAS --by kim
    """
    from cli.guard import FAILED, Ended, error_line
    from cli.output import say
    from worker.records import resume_trading

    scope = _scope(etf, broker)
    answer = resume_trading(_settings(data), scope, reason, by)
    if not answer["lifted"]:
        say(error_line("NotHalted", "", f"there is no halt of {scope}; `kronos trading show` lists them"))
        raise Ended(FAILED)
    show(answer, output, _table)


@app.command("show")
def show_(etf: Etf = None, broker: Broker = None, data: Data = None, output: Output = None) -> None:
    """Show every halt in force, or those that touch an ETF or broker.

    Example: kronos trading show
    """
    from worker.records import show_halts

    answer = show_halts(_settings(data))
    scopes = {"all", f"etf:{etf}", f"broker:{broker}"}
    if etf or broker:
        answer = {"halts": [halt for halt in answer["halts"] if halt["scope"] in scopes]}
    show(answer, output, _table)


@app.command()
def execution(
    portfolio_id: Annotated[
        str | None,
        typer.Argument(help="A portfolio, all of whose orders.", metavar="[ID]", show_default=False),
    ] = None,
    block: Annotated[str | None, typer.Option("--block", help="A block instead.", metavar="ID")] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="Decided on this day or later.", metavar="DATE")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="Decided on this day or before.", metavar="DATE")
    ] = None,
    tape: Annotated[
        str | None,
        typer.Option(
            "--tape",
            help="The market's trades as JSON, for the VWAP: [{etf, at, price, units}].",
            metavar="FILE",
        ),
    ] = None,
    data: Data = None,
    output: Output = None,
) -> int:
    """Report how well orders were executed: against the price when they were decided, and the market's VWAP.

    Positive is a cost. The shortfall has execution, what did not fill at the newest price, and brokerage.

    Example: kronos trading execution P-CUST_12345 --since 2026-01-01
    """
    from cli.execution import execution_table
    from worker.inputs import read_json

    asked = {"portfolio_id": portfolio_id, "block_id": block, "since": since, "until": until}
    given = {name: value for name, value in asked.items() if value is not None}
    if tape is not None:
        given["tape"] = read_json(tape)
    return _asked("orders.best_execution", given, data, output, execution_table)


@app.command()
def block(
    block_id: Annotated[str, typer.Argument(help="The block.", metavar="ID")],
    data: Data = None,
    output: Output = None,
) -> int:
    """Show how a block was traded: the intent, its slices, what they filled, and every client's part.

    Example: kronos trading block BLOCK-2026-03-04-VAS
    """
    from cli.blocks import block_table

    return _asked("orders.show_block", {"block_id": block_id}, data, output, block_table)


def _asked(name: str, given: Any, data: Any, output: Any, table: Any) -> int:
    """What an activity that reads answers, as a table for people."""
    from cli.activities import call_once
    from worker.local import LocalCaller

    return call_once(LocalCaller(name, _settings(data)), given, output, table)


def _settings(data: Any) -> "Settings":
    from worker.settings import load_settings

    return load_settings({"data": data})


def _scope(etf: str | None, broker: str | None) -> str:
    if etf and broker:
        raise typer.BadParameter("give --etf or --broker, not both; each is a halt of its own")
    return f"etf:{etf}" if etf else f"broker:{broker}" if broker else "all"


def _table(data: Any) -> str:
    if not data["halts"]:
        return "Trading is not halted."
    rows = [[halt["scope"], str(halt["since"])[:19], halt["by"], halt["reason"]] for halt in data["halts"]]
    return columns(["scope", "since", "by", "reason"], rows)
