"""Reports for clients: worked out now, or read as they were kept; laid out for a terminal or as a page."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlmodel import Session

from activities.runner import ActivityFault
from store import customers, documents, portfolios
from store.vault import CustomerErased
from worker.errors import BadInput
from worker.local import LocalCaller
from worker.report_page import report_page
from worker.report_tables import Report
from worker.settings import Settings
from worker.statement_tables import statement
from worker.storage import existing_database
from worker.tax_report_tables import tax_report

LAYOUTS = {"tax_report": tax_report, "monthly_statement": statement, "annual_statement": statement}


def tax_year(
    settings: Settings, portfolio_id: str, year: str, taxpayer: str, losses: str | None
) -> dict[str, Any]:
    """The report of a tax year as the books are now; `losses` brought forward as decimal text."""
    given = {"portfolio_id": portfolio_id, "year": year, "taxpayer": taxpayer}
    return _called("tax.report_year", settings, given | {"losses_brought_forward": losses})


def period_statement(settings: Settings, portfolio_id: str, every: str, period: str | None) -> dict[str, Any]:
    """The statement of a month or tax year as the books are now; without a period of the last one."""
    given = {"portfolio_id": portfolio_id, "every": every, "period": period}
    return _called("portfolio.statement", settings, given)


def documents_of(settings: Settings, portfolio_id: str) -> dict[str, Any]:
    """What was kept for a portfolio, the newest first."""
    with _reading(settings) as tx:
        portfolios.portfolio(tx, settings.tenant, portfolio_id)
        found = [_about(row) for row in documents.of_portfolio(tx, settings.tenant, portfolio_id)]
    return {"documents": found}


def kept_document(settings: Settings, document_id: str) -> dict[str, Any]:
    """A document with its content; UnknownDocument, CustomerErased."""
    with _reading(settings) as tx:
        row = documents.document(tx, settings.tenant, document_id)
        return {**_about(row), "content": documents.content(tx, row)}


def laid_out(kind: str, content: Any, client: str | None = None) -> Report:
    """A report of a kind in tables, for the client named."""
    return LAYOUTS[kind](content, client)


def write_page(settings: Settings, kind: str, content: Any, file: Path) -> None:
    """Write a report as a page to print, with its client's name on it; that of an erased client has none."""
    with _reading(settings) as tx:
        try:
            name = str(customers.personal(tx, settings.tenant, content["customer_id"])["name"])
        except CustomerErased:
            name = None
    file.write_text(report_page(laid_out(kind, content, name)), encoding="utf-8")


def _called(activity: str, settings: Settings, given: dict[str, Any]) -> dict[str, Any]:
    try:
        return LocalCaller(activity, settings).call(given)
    except ActivityFault as fault:
        if fault.type == "InvalidInput":
            raise BadInput(fault.message, fault.path, fault.type) from fault
        raise


@contextmanager
def _reading(settings: Settings) -> Iterator[Session]:
    database = existing_database(settings)
    try:
        with database.reading() as tx:
            yield tx
    finally:
        database.close()


def _about(row: Any) -> dict[str, Any]:
    names = ("document_id", "portfolio_id", "customer_id", "kind", "period", "version", "made_at", "digest")
    return {name: getattr(row, name) for name in names}
