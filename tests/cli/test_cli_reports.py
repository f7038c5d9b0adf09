"""Tax reports and statements at the command line: tables, pages to print, documents as they were kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from cli.portfolio import report_text
from payloads import plain_json
from store import customers
from tests.activities.test_tax_reports import YEAR, year_of_bookings
from tests.support.databases import NOON
from tests.support.house import House
from tests.support.ledger import PORTFOLIO
from tests.support.market import store_default
from tests.support.servers import Kronos
from worker import reports
from worker.settings import Settings, load_settings
from worker.storage import open_database


@dataclass(frozen=True, slots=True)
class Place:
    """An installation with one client, whose year is reported; `kept` is the tax report's document."""

    settings: Settings
    kronos: Kronos
    kept: str


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One for all tests, on a file."""
    data = tmp_path_factory.mktemp("reports")
    settings = load_settings({"data": data})
    database = open_database(settings)
    house = House(database, settings.tenant)
    house.register(name="Alex <Example>")
    year_of_bookings(house)
    with database.transaction() as tx:
        store_default(tx, settings.tenant)
    kept = house("tax.file_report", **YEAR)["document_id"]
    yield Place(settings, Kronos({"KRONOS_DATA": str(data)}), kept)
    database.close()


class Cells(HTMLParser):
    """The text of a page's cells, and whatever it would load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.loaded: list[str] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "td"
        self.loaded += [str(value) for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.cells.append(data)


def test_a_tax_year_as_a_table_and_as_a_page(place: Place, tmp_path: Path) -> None:
    """The same figures in both; the page has the client's name, loads nothing and runs nothing."""
    file = tmp_path / "tax.html"
    done = place.kronos(
        "portfolio", "tax", PORTFOLIO, "--year", "2024-25", "--html", str(file), "-o", "table"
    )
    assert (done.code, done.err) == (0, f"The page is {file}.\n")
    lines = [line.split() for line in done.out.splitlines()]
    assert [
        "VAS",
        "old",
        "100",
        "2023-08-07",
        "2025-05-06",
        "638",
        "10,500.50",
        "9,000.00",
        "1,500.50",
        "discounted",
    ] in lines
    assert ["income", "3,357.41", "0.00", "1,100.00", "1,440.00", "3,697.41"] in lines
    page = file.read_text(encoding="utf-8")
    found = Cells(page)
    assert {"3,697.41", "1,500.50", "discounted"} <= set(found.cells)
    assert found.loaded == []
    assert "<script" not in page
    assert "Alex &lt;Example&gt;" in page
    assert "Alex" not in done.out


def test_what_cannot_be_reported_ends_with_its_code(place: Place) -> None:
    """2 for a year that is none, 1 for one without rules; month and year at once are refused."""
    wrong = place.kronos("portfolio", "tax", PORTFOLIO, "--year", "2025")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err.startswith("error: InvalidInput at year: ")
    unknown = place.kronos("portfolio", "tax", PORTFOLIO, "--year", "2018-19")
    assert unknown.code == 1
    assert unknown.err.startswith("error: UnknownTaxYear at year: ")
    both = place.kronos("portfolio", "statement", PORTFOLIO, "--month", "2025-04", "--year", "2024-25")
    assert both.code == 2


def test_a_statement_of_a_month_in_tables(place: Place) -> None:
    """Opening cash, what moved it, and closing cash stand below one another and add up."""
    found = reports.period_statement(place.settings, PORTFOLIO, "month", "2025-04")
    laid = reports.laid_out("monthly_statement", found)
    [cash] = [table for table in laid.tables if table.title == "Cash"]
    amounts = [Decimal(row[1].replace(",", "")) for row in cash.rows]
    assert [row[0] for row in cash.rows] == ["opening cash", "distribution", "sale", "closing cash"]
    assert sum(amounts[:-1]) == amounts[-1]
    text = report_text(laid)
    assert "Simulated prices" in text
    assert "-200 VAS" in text


def test_documents_are_listed_and_shown_as_they_were_kept(place: Place) -> None:
    """JSON of the document is what was filed, whatever the books say now."""
    [listed] = reports.documents_of(place.settings, PORTFOLIO)["documents"]
    assert (listed["document_id"], listed["kind"], listed["period"]) == (place.kept, "tax_report", "2024-25")
    shown = place.kronos("portfolio", "document", place.kept, "-o", "json")
    assert shown.code == 0, shown.err
    assert plain_json.loads(shown.out)["totals"]["income"] == Decimal("3697.41")
    nothing = place.kronos("portfolio", "document", "D-NOTHING")
    assert (nothing.code, nothing.err.split(":")[1]) == (1, " UnknownDocument at document_id")


def test_an_erased_client_has_no_name_on_the_page(tmp_path: Path) -> None:
    """The ledger can still be reported; the person is gone, and so is what was kept for them."""
    settings = load_settings({"data": tmp_path / "data"})
    database = open_database(settings)
    house = House(database, settings.tenant)
    house.register()
    year_of_bookings(house)
    kept = house("tax.file_report", **YEAR)["document_id"]
    with database.transaction() as tx:
        customers.erase(tx, settings.tenant, "C-1", at=NOON, actor="tests")
    database.close()
    found: dict[str, Any] = reports.tax_year(settings, PORTFOLIO, "2024-25", "individual", None)
    reports.write_page(settings, "tax_report", found, tmp_path / "tax.html")
    page = (tmp_path / "tax.html").read_text(encoding="utf-8")
    assert "client C-1" in page
    assert "Alex" not in page
    with pytest.raises(reports.CustomerErased):
        reports.kept_document(settings, kept)
