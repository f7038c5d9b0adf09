"""Fees accrue once for each day, are invoiced once, and are paid from settled cash or stay owed."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from store import billing, cash, ledger, portfolios
from store.database import Database
from store.ledger import About, Posting, Subject
from store.tables import Book
from tests.support.billing import INVESTED, Firm, open_firm
from tests.support.portfolios import open_portfolio
from tests.support.threads import at_once
from tests.support.trading import ACCOUNT, NOW, PORTFOLIO

# 100 VAS at 90.00 and 2,000.00 of cash: 11,000.00, below the 18,181.82 that cost more than the minimum.
A_DAY = Decimal(120) / 365


@pytest.fixture
def firm(database: Database, tenant: str, tmp_path: Path) -> Firm:
    """Managed since Thursday 29 January; today is Monday 2 February."""
    return open_firm(database, tenant, tmp_path)


def invoice(firm: Firm, **given: Any) -> dict[str, Any]:
    return firm("fees.invoice", portfolio_id=PORTFOLIO, **given)


def accrual(firm: Firm) -> list[tuple[date, date, int, Decimal]]:
    with firm.brokerage.database.reading() as tx:
        asked = billing.unbilled(tx, firm.brokerage.tenant, PORTFOLIO, date.max)
    return [(each.since, each.through, each.balance_cents, each.yearly) for each in asked.accruals]


def pay_in(firm: Firm, cents: int, reference: str) -> None:
    with firm.brokerage.database.transaction() as tx:
        about = {"reference": reference, "kind": "deposit", "currency": "AUD", "at": NOW}
        cash.book(tx, firm.brokerage.tenant, ACCOUNT, amount_cents=cents, **about)


def test_fees_accrue_from_the_day_of_the_investment(firm: Firm) -> None:
    """Five days by Monday, both ends counted, on the balance at the newest prices."""
    answer = firm("fees.accrue")
    money = {"portfolios": 1, "days": 5, "fee": Decimal("1.64")}
    assert answer == {"as_of": date(2026, 2, 2), **money, "unpriced": []}
    assert accrual(firm) == [(date(2026, 1, 29), date(2026, 2, 2), 11_000_00, Decimal(120))]
    assert firm.facts()[-1] == "FeesAccrued"


def test_a_day_accrues_once_whoever_asks(firm: Firm) -> None:
    """Another run on the same day finds nothing; the next day has one day more."""
    firm("fees.accrue")
    assert firm("fees.accrue", run_id="run-2")["days"] == 0
    assert firm("fees.accrue")["days"] == 5
    firm.pass_days(1)
    assert firm("fees.accrue", run_id="run-3")["days"] == 1
    assert [row[:2] for row in accrual(firm)][1] == (date(2026, 2, 3), date(2026, 2, 3))


def test_two_runs_at_once_accrue_each_day_once(firm: Firm) -> None:
    """The second waits for the first."""
    runs = [lambda n=n: firm("fees.accrue", run_id=f"run-{n}") for n in range(3)]
    assert sum(answer["days"] for answer in at_once(runs)) == 5


def test_a_day_to_come_accrues_nothing(firm: Firm) -> None:
    """Named with its place; so is a portfolio that is not there."""
    assert firm.refusal("fees.accrue", as_of="2026-02-03") == ("FutureDate", "as_of")
    assert firm.refusal("fees.accrue", portfolio_id="P-2") == ("UnknownPortfolio", "portfolio_id")
    assert firm("fees.accrue", as_of="2026-01-28")["days"] == 0


def test_whoever_is_not_invested_pays_nothing(firm: Firm) -> None:
    """Money on an account that waits to be invested is not charged."""
    open_portfolio(firm.brokerage.database, firm.brokerage.tenant, "C-2", 5_000_00)
    assert firm("fees.accrue")["portfolios"] == 1
    assert firm("fees.accrue", run_id="run-2", portfolio_id="P-C-2")["portfolios"] == 0


def test_an_etf_without_a_price_keeps_nobody_else_waiting(firm: Firm) -> None:
    """Its holder is named and accrues later; asked for that one alone, the ETF is told as missing."""
    place = firm.brokerage
    open_portfolio(place.database, place.tenant, "C-2", 5_000_00)
    with place.database.transaction() as tx:
        row = portfolios.portfolio(tx, place.tenant, "P-C-2")
        row.state, row.invested_at = "managed", INVESTED
        tx.add(row)
        bought = Subject("P-C-2", "NEWX", "lot-2", INVESTED.date(), 10)
        lines = [Posting(Book.SECURITIES, 1_000_00, bought), Posting(Book.CASH, -1_000_00)]
        about = About("bought", "purchase", INVESTED.date(), "AUD", NOW)
        ledger.post(tx, place.tenant, row.account_id, about, lines)
    answer = firm("fees.accrue")
    assert answer["unpriced"] == [{"portfolio_id": "P-C-2", "etfs": ["NEWX"]}]
    assert (answer["portfolios"], answer["days"], answer["fee"]) == (1, 5, Decimal("1.64"))
    assert firm.refusal("fees.accrue", portfolio_id="P-C-2") == ("UnknownEtf", "portfolio_id")


def test_an_invoice_asks_for_what_has_accrued_with_gst(firm: Firm) -> None:
    """January's three days: 120/365 · 3 = 0.99, and 0.10 of GST; February's wait for the next."""
    firm("fees.accrue", as_of="2026-01-31")
    firm("fees.accrue", run_id="run-2")
    answer = invoice(firm)
    assert {
        name: answer[name] for name in ("since", "until", "accrued", "hours", "gst", "total", "owed")
    } == {
        "since": date(2026, 1, 29),
        "until": date(2026, 1, 31),
        "accrued": Decimal("0.99"),
        "hours": 0,
        "gst": Decimal("0.10"),
        "total": Decimal("1.09"),
        "owed": Decimal("1.09"),
    }
    assert firm.books()["fees"] == -firm.books()["owed"] == Decimal("1.09")
    assert firm.books()["cash"] == 2000
    assert invoice(firm) == answer
    again = invoice(firm, step="again")
    assert (again["invoice_id"], again["total"], again["owed"]) == (None, 0, Decimal("1.09"))
    assert firm.facts().count("FeesInvoiced") == 1


def test_hours_are_invoiced_with_the_balance_fee(firm: Firm) -> None:
    """25 minutes of an adviser are 137.50; other work under the same reference is refused."""
    work = {"portfolio_id": PORTFOLIO, "reference": "W-1", "role": "adviser", "day": "2026-02-01"}
    assert firm("fees.record_hours", **work, minutes=25)["fee"] == Decimal("137.50")
    firm("fees.record_hours", step="twice", **work, minutes=25)
    assert firm.refusal("fees.record_hours", **work, minutes=26) == ("ReferenceConflict", "reference")
    other = work | {"reference": "W-2", "minutes": 1}
    assert firm.refusal("fees.record_hours", **other | {"role": "plumber"}) == ("UnknownRate", "role")
    assert firm.refusal("fees.record_hours", **other | {"day": "2025-01-01"}) == ("UnknownRate", "day")
    assert firm.refusal("fees.record_hours", **other | {"day": "2026-02-03"}) == ("FutureDate", "day")
    assert firm.refusal("fees.record_hours", **other | {"minutes": 0}) == ("InvalidInput", "minutes")
    firm("fees.accrue")
    answer = invoice(firm, final=True)
    assert (answer["accrued"], answer["hours"], answer["gst"], answer["total"]) == (
        Decimal("1.64"),
        Decimal("137.50"),
        Decimal("13.91"),
        Decimal("153.05"),
    )
    assert firm.facts().count("HoursRecorded") == 1


def test_an_invoice_is_paid_from_settled_cash(firm: Firm) -> None:
    """The books have the fee, nothing owed, and that much less cash; asked again, nothing more."""
    firm("fees.accrue")
    total = invoice(firm, final=True)["total"]
    answer = firm("fees.collect", account_id=ACCOUNT)
    assert (answer["collected"], answer["owed"], answer["cash"]) == (total, 0, 2000 - total)
    assert firm.books() == {
        "cash": 2000 - total,
        "securities": Decimal(8000),
        "fees": total,
        "capital": Decimal(-10_000),
    }
    assert firm("fees.collect", step="again", account_id=ACCOUNT)["collected"] == 0
    assert firm.facts().count("FeesCollected") == 1


def test_what_the_cash_does_not_cover_stays_owed(database: Database, tenant: str, tmp_path: Path) -> None:
    """Never an overdraft: the oldest invoice first, the rest when money comes in."""
    firm = open_firm(database, tenant, tmp_path, paid_in=Decimal("8001.00"))
    firm("fees.accrue", as_of="2026-01-31")
    first = invoice(firm)
    firm("fees.accrue", run_id="run-2")
    second = invoice(firm, step="second", final=True)
    assert (first["total"], second["total"], second["owed"]) == tuple(map(Decimal, ("1.09", "0.73", "1.82")))
    answer = firm("fees.collect", account_id=ACCOUNT)
    assert (answer["collected"], answer["owed"], answer["cash"]) == (1, Decimal("0.82"), 0)
    assert [each["invoice_id"] for each in answer["invoices"]] == [first["invoice_id"]]
    assert firm("fees.collect", step="nothing there", account_id=ACCOUNT)["collected"] == 0
    pay_in(firm, 5_00, "D-2")
    answer = firm("fees.collect", step="later", account_id=ACCOUNT)
    assert [each["amount"] for each in answer["invoices"]] == [Decimal("0.09"), Decimal("0.73")]
    assert (answer["owed"], firm.books()["cash"]) == (0, Decimal("4.18"))
    assert "owed" not in firm.books()


def test_what_is_waived_was_no_fee(database: Database, tenant: str, tmp_path: Path) -> None:
    """The fee is taken out again as far as it was not paid."""
    firm = open_firm(database, tenant, tmp_path, paid_in=Decimal("8000.40"))
    firm("fees.accrue")
    total = invoice(firm, final=True)["total"]
    firm("fees.collect", account_id=ACCOUNT)
    assert firm("fees.waive", account_id=ACCOUNT)["waived"] == total - Decimal("0.40")
    assert firm.books() == {
        "securities": Decimal(8000),
        "fees": Decimal("0.40"),
        "capital": Decimal("-8000.40"),
    }
    assert firm("fees.waive", step="again", account_id=ACCOUNT)["waived"] == 0
    assert firm.refusal("fees.collect", account_id="A-2") == ("UnknownAccount", "account_id")


def test_a_schedule_goes_by_the_mandate(database: Database, tenant: str, tmp_path: Path) -> None:
    """300,000 at the firm's discretion: 250,000 · 0.55% + 50,000 · 0.33% = 1,540 a year."""
    firm = open_firm(database, tenant, tmp_path, paid_in=Decimal(300_000), units=0, mandate="discretionary")
    firm("fees.accrue")
    assert accrual(firm)[0][3] == 1540
    found = firm("fees.standing", portfolio_id=PORTFOLIO)
    assert (found["schedule"], found["accrued"], found["owed"]) == ("management", Decimal("21.10"), 0)
    assert found["accrued_through"] == date(2026, 2, 2)
