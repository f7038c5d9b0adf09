"""`kronos portfolio`: what a client holds, and the reports that they are sent."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.group import group
from cli.options import Data, Definitions, Output
from cli.output import columns, fields, folded, percent, say, show
from cli.portfolio_performance import performance_tables

app = group("What clients hold, and their reports.", example="kronos portfolio show P-CUST_12345")

Page = Annotated[
    Path | None, typer.Option("--html", help="Also write it as a page to print.", metavar="FILE")
]


@app.command("show")
def show_(
    portfolio_id: Annotated[str, typer.Argument(help="The portfolio, such as P-CUST_12345.", metavar="ID")],
    data: Data = None,
    output: Output = None,
) -> None:
    """Show holdings at the newest prices, lots, cash, drift from the target, and performance.

    Returns are time- and money-weighted, by period and since the start, against the benchmark of the
    portfolio's risk category; the difference is told by asset class.

    Example: kronos portfolio show P-CUST_12345
    """
    from worker.portfolio_performance import portfolio_with_performance
    from worker.settings import load_settings

    show(portfolio_with_performance(load_settings({"data": data}), portfolio_id), output, portfolio_table)


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


@app.command()
def tax(
    portfolio_id: Annotated[str, typer.Argument(help="The portfolio, such as P-CUST_12345.", metavar="ID")],
    year: Annotated[str, typer.Option("--year", help="The tax year, such as 2025-26.", metavar="YEAR")],
    taxpayer: Annotated[
        str, typer.Option("--taxpayer", help="individual, company or super.", metavar="KIND")
    ] = "individual",
    losses: Annotated[
        str | None,
        typer.Option(
            "--losses",
            help="Losses brought forward by the last return; else those of earlier years in the books.",
            metavar="AMOUNT",
        ),
    ] = None,
    html: Page = None,
    data: Data = None,
    definitions: Definitions = None,
    output: Output = None,
) -> None:
    """Report a tax year: income by fund, franking credits, gains by parcel, cost bases, fees.

    Worked out from the ledger as it is now; what was sent to the client is in `documents`.

    Example: kronos portfolio tax P-CUST_12345 --year 2025-26 --html tax.html
    """
    from worker.reports import tax_year
    from worker.settings import load_settings

    settings = load_settings({"data": data, "definitions": definitions})
    _shown("tax_report", tax_year(settings, portfolio_id, year, taxpayer, losses), settings, html, output)


@app.command()
def statement(
    portfolio_id: Annotated[str, typer.Argument(help="The portfolio, such as P-CUST_12345.", metavar="ID")],
    month: Annotated[
        str | None, typer.Option("--month", help="A month, such as 2026-06.", metavar="MONTH")
    ] = None,
    year: Annotated[
        str | None, typer.Option("--year", help="A tax year, such as 2025-26.", metavar="YEAR")
    ] = None,
    html: Page = None,
    data: Data = None,
    definitions: Definitions = None,
    output: Output = None,
) -> None:
    """Draw up a month's or tax year's statement; by default that of the last month.

    Example: kronos portfolio statement P-CUST_12345 --month 2026-06
    """
    from worker.errors import BadSettings
    from worker.reports import period_statement
    from worker.settings import load_settings

    if month and year:
        raise BadSettings("a statement is of a month or of a tax year: give --month or --year")
    settings = load_settings({"data": data, "definitions": definitions})
    every, kind = ("year", "annual_statement") if year else ("month", "monthly_statement")
    _shown(kind, period_statement(settings, portfolio_id, every, year or month), settings, html, output)


@app.command("documents")
def documents_(
    portfolio_id: Annotated[str, typer.Argument(help="The portfolio, such as P-CUST_12345.", metavar="ID")],
    data: Data = None,
    output: Output = None,
) -> None:
    """List the reports and statements that were kept for a portfolio, the newest first.

    Example: kronos portfolio documents P-CUST_12345
    """
    from worker.reports import documents_of
    from worker.settings import load_settings

    show(documents_of(load_settings({"data": data}), portfolio_id), output, _documents)


@app.command("document")
def document_(
    document_id: Annotated[str, typer.Argument(help="The document, as `documents` lists it.", metavar="ID")],
    html: Page = None,
    data: Data = None,
    output: Output = None,
) -> None:
    """Show a report or statement as it was kept.

    Example: kronos portfolio document D-7XWAYZ3NGSLB45LA7NCE --html statement.html
    """
    from worker.reports import kept_document
    from worker.settings import load_settings

    settings = load_settings({"data": data})
    kept = kept_document(settings, document_id)
    _shown(kept["kind"], kept["content"], settings, html, output)


def _shown(kind: str, content: Any, settings: Any, html: Path | None, output: Any) -> None:
    """Print a report, and write its page where one is wanted."""
    from worker.reports import laid_out, write_page

    show(content, output, lambda report: report_text(laid_out(kind, report)))
    if html is not None:
        write_page(settings, kind, content, html)
        say(f"The page is {html}.")


def report_text(report: Any) -> str:
    """A report for a terminal: its tables under their titles."""
    lines = [report.title, *report.about, *report.warnings]
    for table in report.tables:
        figures = [header for header in table.headers if header not in table.words]
        lines += ["", table.title, columns(table.headers, table.rows, right=figures)]
    return "\n".join([*lines, *(["", "Notes"] if report.notes else []), *map(_note, report.notes)])


def _note(text: str) -> str:
    return folded(f"- {text}", 2)


def _documents(found: Any) -> str:
    names = ("document_id", "kind", "period", "version", "made_at")
    rows = [[each[name] for name in names] for each in found["documents"]]
    headers = [name.removesuffix("_id").replace("_", " ") for name in names]
    return columns(headers, rows, right=["version"]) if rows else "No documents."


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
    parts = (fields(about), holdings_table(portfolio), lots_table(portfolio), performance_tables(portfolio))
    return "\n\n".join(part for part in parts if part)


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
