"""What funds do reaches every client's books on a real installation, to the cent."""

from datetime import date
from pathlib import Path
from typing import Any

from payloads import plain_json
from store import customers, events, ledger, ledger_proof, portfolios
from store.cents import from_cents as cents
from store.ledger import About, Posting, Subject
from store.tables import Book
from tests.support.asking import over
from tests.support.databases import NOON
from tests.support.people import take_on
from tests.support.town import PROJECT, Town, town
from worker.reports import documents_of, kept_document
from worker.services import opened

BOUGHT = date(2025, 3, 3)


def holding(place: Town, customer_id: str, units: int, cents: int) -> None:
    """A client who bought so many VAS."""
    tenant, portfolio_id, account_id = place.settings.tenant, f"P-{customer_id}", f"A-{customer_id}"
    with opened(place.settings) as services, services.database.transaction() as tx:
        take_on(tx, tenant, customer_id)
        bought = Subject(portfolio_id, "VAS", f"L-{customer_id}", BOUGHT, units)
        lines = [Posting(Book.SECURITIES, cents, bought), Posting(Book.CAPITAL, -cents)]
        ledger.post(tx, tenant, account_id, About("transfer", "transfer", BOUGHT, "AUD", NOON), lines)


def example(name: str, **changes: Any) -> Any:
    """The example's input a year earlier, so that nothing is waited for."""
    text = (PROJECT / f"examples/{name}.json").read_text(encoding="utf-8").replace("2026-", "2025-")
    return plain_json.loads(text) | changes


def done(place: Town, workflow: str, run: str, given: Any) -> Any:
    """The output of a run that is started and ends well."""
    place.answer("start", workflow, "--input", "-", "--id", run, given=given)
    ended = place.until(run, over)
    assert ended["state"] == "completed", ended["error"]
    return ended["output"]


def books(place: Town, customer_id: str) -> dict[str, int]:
    """Cents by book; the whole ledger must prove."""
    tenant = place.settings.tenant
    with opened(place.settings) as services, services.database.transaction() as tx:
        assert ledger_proof.verify(tx, tenant) == []
        assert customers.customer(tx, tenant, customer_id)
        return {
            book.value: cents
            for book, cents in ledger.balances(tx, tenant, f"A-{customer_id}").items()
            if cents
        }


def reports_tell_of_it(place: Town) -> None:
    """The distribution of 1 July is income of the year before, and cash of July.

    853.20 less 47.10 deferred; 597.24 of it franked carry 255.96.
    """
    held = {"portfolio_id": "P-C-1"}
    taxed = done(place, "tax_year_end", "taxed", held | {"year": "2024-25"})
    assert (taxed["status"], taxed["outstanding_statements"]) == ("reported", [])
    kept = kept_document(place.settings, taxed["document_id"])["content"]
    assert (kept["totals"]["income"], kept["totals"]["credits_allowed"]) == (cents(806_10), cents(255_96))
    stated = done(place, "statements", "stated", held | {"every": "month", "period": "2025-07"})
    told = kept_document(place.settings, stated["document_id"])["content"]
    assert (told["opening"]["cash"], told["closing"]["cash"]) == (0, cents(853_20))
    listed = documents_of(place.settings, "P-C-1")["documents"]
    assert [each["kind"] for each in listed] == ["monthly_statement", "tax_report"]
    with opened(place.settings) as services, services.database.reading() as tx:
        told = {event.name for event in events.read(tx, place.settings.tenant)}
        assert {"tax_document_ready", "statement_ready", "TaxYearReported"} <= told


def test_what_a_fund_does_reaches_all_holders(tmp_path: Path) -> None:
    """0.8532 a unit for 1,000 and 333 units; 0.0471 a unit off the cost bases; three units for one.

    Paid again, nothing changes.
    """
    with town(tmp_path / "data") as place:
        holding(place, "C-1", 1000, 90_000_00)
        holding(place, "C-2", 333, 30_000_00)
        place.start_worker()
        paid = done(place, "distributions", "paid", example("distributions"))
        assert (paid["clients"], paid["income"], paid["cash"]) == (2, 1137.32, 1137.32)
        moved = done(place, "fund_statement", "moved", example("fund_statement"))
        assert (moved["clients"], moved["cost_base"], moved["gain"]) == (2, -62.78, 0)
        first = {
            "cash": 853_20,
            "securities": 90_000_00 - 47_10,
            "income": -853_20 + 47_10,
            "capital": -90_000_00,
        }
        assert books(place, "C-1") == first
        assert books(place, "C-2")["cash"] == 284_12
        assert done(place, "distributions", "repeated", example("distributions"))["cash"] == 1137.32
        assert books(place, "C-1") == first
        reports_tell_of_it(place)
        split = done(place, "corporate_actions", "split", example("corporate_actions"))
        assert (split["clients"], split["cash"], split["gain"]) == (2, 0, 0)
        assert books(place, "C-1") == first
        with opened(place.settings) as services, services.database.reading() as tx:
            assert portfolios.positions(tx, place.settings.tenant, "P-C-1") == {"VAS": 3000}
