"""`kronos trading`: halting and resuming."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.group import group
from cli.options import Data, Output
from cli.output import columns, show

if TYPE_CHECKING:
    from worker.settings import Settings

app = group("Halt and resume trading.", example="kronos trading show")

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
