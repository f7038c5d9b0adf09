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


@app.command()
def verify(
    portfolio_id: Annotated[
        str | None, typer.Argument(help="One portfolio; by default all.", metavar="[ID]", show_default=False)
    ] = None,
    data: Data = None,
    output: Output = None,
) -> int:
    """Prove that the ledger adds up, and that units, lots and disposals are what it makes of them.

    Exit code 1 when they are not; the rows are named. `kronos portfolio rebuild` mends them.

    Example: kronos portfolio verify
    """
    from worker.ledger import verify_ledger
    from worker.settings import load_settings

    proof = verify_ledger(load_settings({"data": data}), portfolio_id)
    show(proof, output, lambda found: _findings(found["findings"], "The ledger adds up."))
    return 0 if proof["whole"] else 1


@app.command()
def rebuild(
    portfolio_id: Annotated[str, typer.Argument(help="The portfolio, such as P-CUST_12345.", metavar="ID")],
    data: Data = None,
    output: Output = None,
) -> None:
    """Make a portfolio's units, lots and disposals anew from the ledger; says what was wrong with them.

    Example: kronos portfolio rebuild P-CUST_12345
    """
    from worker.ledger import rebuild_portfolio
    from worker.settings import load_settings

    done = rebuild_portfolio(load_settings({"data": data}), portfolio_id)
    show(done, output, lambda answer: _findings(answer["mended"], "Nothing was wrong."))


def _findings(found: Any, none: str) -> str:
    rows = [[each["row"], each["problem"]] for each in found]
    return columns(["row", "problem"], rows) if rows else none


def portfolio_table(portfolio: Any) -> str:
    """A portfolio for people; simulated prices are called so."""
    names = (
        "portfolio_id",
        "customer_id",
        "state",
        "mandate",
        "risk_category",
        "cash",
        "unsettled_cash",
        "value",
    )
    about = {name.replace("_", " "): portfolio[name] for name in names}
    fees = portfolio["fees"]
    about |= {"fees accrued": fees["accrued"], "fees owed": fees["owed"]}
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
