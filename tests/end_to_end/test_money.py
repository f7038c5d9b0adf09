"""Money in and out of accounts, on the real installation, with the books checked to the cent."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from temporalio.client import Client

from store import cash, event_proof, ledger, ledger_proof
from tests.support import asking
from tests.support.asking import over
from tests.support.portfolios import open_portfolio
from tests.support.town import Town, onboard, town
from worker import business_events
from worker import client as house
from worker.services import opened


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("money") / "data") as running:
        with opened(running.settings) as services:
            for customer in ("PAYS", "BOUNCES", "TWICE", "no.refused", "SAVES"):
                open_portfolio(services.database, "main", customer, 100_00)
        running.start_worker()
        yield running


def books(place: Town, customer: str) -> tuple[int, list[str]]:
    """Cents on the account and the kinds of its entries; ledger and log must prove whole."""
    with opened(place.settings) as services, services.database.transaction() as tx:
        assert event_proof.verify(tx, "main") == []
        assert ledger_proof.verify(tx, "main") == []
        kinds = [entry.kind for entry in ledger.entries(tx, "main", f"A-{customer}")]
        return cash.balance(tx, "main", f"A-{customer}"), kinds


def begin(place: Town, workflow: str, run: str, **given: Any) -> None:
    """Start a run, as the command does, from within the test."""

    async def start(client: Client) -> None:
        plan = await house.check(place.settings, workflow, given)
        await house.start(client, place.settings, plan, given, run)

    asking.ask(place.settings, start)


def tell(place: Town, run: str, name: str, **payload: Any) -> None:
    """What the bank reports to a run."""
    asking.ask(place.settings, lambda client: house.signal(client, run, name, payload))


def waits_for(place: Town, run: str, signal: str) -> None:
    place.until(run, lambda status: (status["waits_for"] or "").startswith(signal))


def test_a_deposit_is_announced_once_and_taken_back_when_it_bounces(place: Town) -> None:
    """A client begins to pay in; the bank reports the money twice, then takes it back."""
    begun = {"portfolio_id": "P-BOUNCES", "amount": Decimal("5000.50")}
    event = business_events.emit(place.settings, "deposit_initiated", begun, None)["event_id"]
    run, paid = f"deposit:{event}", {"amount": Decimal("5000.50"), "reference": "PAY-1"}
    begin(place, "deposit", "again", **begun)
    for each in ("again", run):
        waits_for(place, each, "money_arrived")
    tell(place, run, "money_arrived", **paid)
    waits_for(place, run, "debit_failed")
    tell(place, "again", "money_arrived", **paid)
    assert place.until("again", over)["output"] == {"status": "booked_before", "reference": "PAY-1"}
    assert books(place, "BOUNCES") == (5100_50, ["deposit", "deposit"])
    announced = place.answer("events", "list", "--name", "deposit_received")["events"]
    assert [each["data"] for each in announced] == [{**begun, **paid, "amount": 5000.5}]
    assert asking.until(lambda: asking.runs(place.settings, "WorkflowType = 'automated_investment'"))
    tell(place, run, "debit_failed", reference="PAY-1", reason="insufficient funds")
    returned = {"status": "returned", "reference": "PAY-1", "amount": 5000.5, "cash": 100}
    assert place.until(run, over)["output"] == returned
    assert books(place, "BOUNCES") == (100_00, ["deposit", "deposit", "reversal"])


def test_a_cancelled_deposit_books_nothing_and_takes_nothing_back(place: Town) -> None:
    """While it waits for the money nothing is booked; after that, what is booked stays."""
    for run in ("early", "late"):
        begin(place, "deposit", run, portfolio_id="P-PAYS", amount=7)
        waits_for(place, run, "money_arrived")
    tell(place, "late", "money_arrived", amount=7, reference="PAY-2")
    waits_for(place, "late", "debit_failed")
    for run in ("early", "late"):
        asking.ask(place.settings, lambda client, run=run: house.cancel(client, run))
        assert place.until(run, over)["state"] == "cancelled"
    assert books(place, "PAYS") == (107_00, ["deposit", "deposit"])


def stop(place: Town, run: str) -> None:
    asking.ask(place.settings, lambda client: house.cancel(client, run))
    assert place.until(run, over)["state"] == "cancelled"


def test_two_withdrawals_at_once_pay_what_there_is(place: Town) -> None:
    """One after the other: the second finds too little, and says how much there is."""
    for run in ("one", "two"):
        begin(place, "withdrawal", run, portfolio_id="P-TWICE", amount=60)
    ended = [place.until(run, over) for run in ("one", "two")]
    [paid] = [status["output"] for status in ended if status["state"] == "completed"]
    [error] = [status["error"] for status in ended if status["state"] == "failed"]
    assert (paid["status"], paid["amount"], paid["cash"]) == ("paid", 60, 40)
    assert error["type"] == "WithdrawalFailed"
    assert "about 40.00" in error["message"]
    assert books(place, "TWICE") == (40_00, ["deposit", "withdrawal"])


def test_a_payment_that_the_bank_refuses_is_held_and_goes_back(place: Town) -> None:
    """While it is held the money is off the account; given up, it is there again."""
    begin(place, "withdrawal", "refused", portfolio_id="P-no.refused", amount=60)
    held = place.until("refused", lambda status: status["state"] == "held")
    assert held["error"]["type"] == "PayoutRefused"
    assert books(place, "no.refused") == (40_00, ["deposit", "withdrawal"])
    stop(place, "refused")
    assert books(place, "no.refused") == (100_00, ["deposit", "withdrawal", "reversal"])


def settle(place: Town, customer_id: str) -> None:
    """Pay for the purchases of a client, as if their day had come."""
    now = datetime.now(UTC)
    with opened(place.settings) as services, services.database.transaction() as tx:
        due = (now + timedelta(days=30)).date()
        assert cash.settle_due(tx, place.settings.tenant, f"A-{customer_id}", due, at=now, actor="tests")


def test_what_is_sold_for_a_withdrawal_waits_until_it_is_settled(place: Town) -> None:
    """Nothing leaves before; cancelled meanwhile, the proceeds stay and the lease is given back."""
    place.until(onboard(place, "SELLS"), over)
    settle(place, "SELLS")
    before, _ = books(place, "SELLS")
    begin(place, "withdrawal", "sells", portfolio_id="P-SELLS", amount=5000)
    place.until("sells", lambda status: status["state"] == "waiting" and status["path"][-1:] == ["standing"])
    brought, kinds = books(place, "SELLS")
    assert before < 5000_00 <= brought
    assert "withdrawal" not in kinds
    begin(place, "withdrawal", "queued", portfolio_id="P-SELLS", amount=1)
    place.until("queued", lambda status: "lease P-SELLS" in (status["waits_for"] or ""))
    stop(place, "sells")
    assert place.until("queued", over)["state"] == "completed"
    assert books(place, "SELLS") == (brought - 100, [*kinds, "withdrawal"])


def test_a_savings_plan_begins_a_deposit_that_outlives_it(place: Town) -> None:
    """Of one month: the plan is done once it has asked, the money is booked when it comes."""
    begin(place, "savings_plan", "plan", portfolio_id="P-SAVES", amount=25, months=1)
    assert place.until("plan", over)["output"] == {"status": "completed", "months": 1}
    mine = "WorkflowType = 'deposit' AND KronosPortfolio = 'P-SAVES'"
    [run] = asking.until(lambda: asking.runs(place.settings, mine))
    waits_for(place, run, "money_arrived")
    tell(place, run, "money_arrived", amount=25, reference="PLAN-1")
    waits_for(place, run, "debit_failed")
    assert books(place, "SAVES") == (125_00, ["deposit", "deposit"])
