"""`kronos portfolio`: what a client holds."""

from typing import Annotated, Any

import typer

from cli.group import group
from cli.options import Data, Output
from cli.output import columns, fields, percent, show

app = group("What clients hold.", example="kronos portfolio show P-CUST_12345")


@app.command("show")
def show_(
    portfolio_id: Annotated[str, typer.Argument(help="The portfolio, such as P-CUST_12345.", metavar="ID")],
    data: Data = None,
    output: Output = None,
) -> None:
    """Show holdings at the newest prices, lots, cash, and drift from the target.

    Example: kronos portfolio show P-CUST_12345
    """
    from worker.records import show_portfolio
    from worker.settings import load_settings

    show(show_portfolio(load_settings({"data": data}), portfolio_id), output, portfolio_table)


def portfolio_table(portfolio: Any) -> str:
    """A portfolio for people; simulated prices are called so."""
    names = ("portfolio_id", "customer_id", "state", "mandate", "risk_category", "cash", "value")
    about = {name.replace("_", " "): portfolio[name] for name in names}
    if portfolio["prices_as_of"]:
        simulated = ", simulated" if portfolio["prices_simulated"] else ""
        about["prices"] = f"closing {portfolio['prices_as_of']}{simulated}"
    return f"{fields(about)}\n\n{holdings_table(portfolio)}\n\n{lots_table(portfolio)}".rstrip()


def holdings_table(portfolio: Any) -> str:
    """One line an ETF, the largest first."""
    headers = ("etf", "units", "price", "value", "weight", "target", "drift")
    rows = [
        [
            holding["etf"],
            holding["units"],
            holding["price"],
            holding["value"],
            *(percent(holding[name]) for name in ("weight", "target", "drift")),
        ]
        for holding in portfolio["holdings"]
    ]
    return columns(headers, rows, right=headers[1:]) if rows else "No holdings."


def lots_table(portfolio: Any) -> str:
    """One line for each lot that is held, the oldest first; nothing where there is none."""
    headers = ("lot", "etf", "units", "acquired", "cost base")
    rows = [
        [lot[name] for name in ("id", "etf", "units", "acquired", "cost_base")]
        for lot in portfolio["parcels"]
    ]
    return columns(headers, rows, right=("units", "cost base")) if rows else ""
