"""Fees, a wrong trade and a closed account on the real installation, with the books checked to the cent."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select
from temporalio.client import Client

from store import customers, event_proof, ledger, ledger_proof, portfolios
from store.ledger import About, Posting, Subject
from store.tables import Agreement, Book, Order
from store.trade_errors import HOUSE_ACCOUNT
from tests.support import asking
from tests.support.asking import over
from tests.support.portfolios import open_portfolio
from tests.support.town import Town, town
from worker import client as house
from worker.services import opened

TODAY = datetime.now(UTC)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("billing") / "data") as running:
        with opened(running.settings) as services:
            for customer in ("PAYS", "LEAVES"):
                open_portfolio(services.database, "main", customer, 20_000_00)
            with services.database.transaction() as tx:
                row = portfolios.portfolio(tx, "main", "P-PAYS")
                # Nine days ago with today's, whatever the time is in Sydney.
                row.state, row.mandate, row.invested_at = (
                    "managed",
                    "discretionary",
                    TODAY - timedelta(days=9),
                )
                row.managed_at, row.target = row.invested_at, {"VAS": 1.0}
                client = customers.customer(tx, "main", "PAYS")
                client.identity_status = "verified"
                about = {
                    "agreement_id": "AG-1",
                    "customer_id": "PAYS",
                    "portfolio_id": "P-PAYS",
                    "actor": "tests",
                }
                signed = Agreement(tenant="main", **about, sent_at=TODAY, signed_at=TODAY)
                tx.add_all([row, client, signed])
                lot = Subject("P-PAYS", "VAS", "lot", TODAY.date() - timedelta(days=400), 50)
                cost = [Posting(Book.SECURITIES, 8_000_00, lot), Posting(Book.CASH, -8_000_00)]
                about = About("bought", "purchase", TODAY.date() - timedelta(days=400), "AUD", TODAY)
                ledger.post(tx, "main", "A-PAYS", about, cost)
        running.start_worker()
        yield running


def begin(place: Town, workflow: str, run: str, **given: Any) -> None:
    async def start(client: Client) -> None:
        plan = await house.check(place.settings, workflow, given)
        await house.start(client, place.settings, plan, given, run)

    asking.ask(place.settings, start)


def ran(place: Town, workflow: str, run: str, **given: Any) -> dict[str, Any]:
    """The status of a run that is over."""
    begin(place, workflow, run, **given)
    return place.until(run, over)


def books(place: Town, account_id: str) -> dict[str, Decimal]:
    """What stands in each book; ledger and log must prove whole."""
    with opened(place.settings) as services, services.database.transaction() as tx:
        assert event_proof.verify(tx, "main") == []
        assert ledger_proof.verify(tx, "main") == []
        found = ledger.balances(tx, "main", account_id)
    return {book.value: Decimal(cents).scaleb(-2) for book, cents in found.items() if cents}


def test_fees_accrue_are_invoiced_and_paid(place: Town) -> None:
    """Ten days of 120.00 a year are 3.29, and 0.33 of GST; a reader sees what is owed."""
    accrued = ran(place, "fee_accrual", "accrual")["output"]
    assert (accrued["portfolios"], accrued["days"], accrued["fee"]) == (1, 10, 3.29)
    shown = place.answer("portfolio", "show", "P-PAYS")["fees"]
    assert (shown["accrued"], shown["owed"], shown["last_invoice"]) == (3.29, 0, None)
    paid = ran(place, "fee_billing", "bill", portfolio_id="P-PAYS", through=accrued["as_of"])["output"]
    assert paid["status"] == "paid"
    assert books(place, "A-PAYS") == {
        "cash": Decimal("11996.38"),
        "securities": Decimal(8000),
        "fees": Decimal("3.62"),
        "capital": Decimal(-20_000),
    }
    shown = place.answer("portfolio", "show", "P-PAYS")["fees"]
    assert (shown["accrued"], shown["last_invoice"]["total"], shown["last_invoice"]["open"]) == (0, 3.62, 0)


def test_a_sale_that_nobody_wanted_is_taken_back(place: Town) -> None:
    """The client has their units at their old cost and no gain; the firm has the difference."""
    before = books(place, "A-PAYS")
    sold = ran(place, "sale", "sale", portfolio_id="P-PAYS", amount=13_000, reason="nobody knows")
    assert sold["error"] is None
    assert sold["output"]["status"] == "filled"
    assert "gains" in books(place, "A-PAYS")
    with opened(place.settings) as services, services.database.reading() as tx:
        order = tx.exec(select(Order).where(Order.portfolio_id == "P-PAYS")).one().client_order_id
    wrong = {"portfolio_id": "P-PAYS", "order": order, "intended_units": 0}
    done = ran(place, "trade_error", "error", **wrong, reported_by="sam", reason="the wrong button")
    assert (done["output"]["status"], done["output"]["left"]) == ("corrected", 0)
    after = books(place, "A-PAYS")
    assert after.pop("cash") + after.pop("unsettled", Decimal(0)) == before.pop("cash")
    assert after == before
    # Bought and sold at one price: what is lost is the brokerage of both.
    assert done["output"]["difference"] == -20
    assert books(place, HOUSE_ACCOUNT)["gains"] == 20


def test_a_closed_account_ends_at_zero_and_stays_so(place: Town) -> None:
    """Its savings plan ends, its cash is paid out, and what comes after is refused by name."""
    begin(place, "savings_plan", "plan", portfolio_id="P-LEAVES", amount=25)
    place.until("plan", lambda status: (status["waits_for"] or "").startswith("plan_"))
    closed = ran(place, "account_closure", "closure", portfolio_id="P-LEAVES")
    assert (closed["output"]["status"], closed["output"]["capital"]) == ("closed", 0)
    assert place.until("plan", over)["output"]["status"] == "ended"
    assert books(place, "A-LEAVES") == {}
    assert place.answer("portfolio", "show", "P-LEAVES")["state"] == "closed"
    for workflow, given in (("deposit", {"amount": 5}), ("account_closure", {})):
        late = ran(place, workflow, f"late-{workflow}", portfolio_id="P-LEAVES", **given)
        assert late["error"]["type"] == "AccountClosed"
