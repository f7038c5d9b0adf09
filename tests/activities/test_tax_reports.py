"""A client's tax year is told as the ledger has it, to the cent, and kept once for what it says."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import Session, col

from activities.runner import ActivityFault
from store import cash, documents, ledger
from store.database import Database
from store.ledger import Posting, Subject
from store.tables import SAME_ENTRY, Book, LedgerEntry, LedgerPosting
from tests.support.databases import NOON
from tests.support.house import House
from tests.support.ledger import ACCOUNT, PORTFOLIO, about

YEAR = {"portfolio_id": PORTFOLIO, "year": "2024-25"}
BOUGHT = date(2023, 8, 7)


def buy(tx: Session, tenant: str, parcel: str, etf: str, day: date, units: int, cents: int) -> None:
    bought = Subject(PORTFOLIO, etf, parcel, day, units)
    lines = [Posting(Book.SECURITIES, cents, bought), Posting(Book.UNSETTLED, -cents, settles_on=day)]
    ledger.post(tx, tenant, ACCOUNT, about(f"buy:{parcel}", "purchase", day), lines)


def sell(
    tx: Session,
    tenant: str,
    parcel: str,
    etf: str,
    bought: date,
    day: date,
    units: int,
    cost: int,
    proceeds: int,
) -> None:
    sold = Subject(PORTFOLIO, etf, parcel, bought, -units)
    lines = [
        Posting(Book.SECURITIES, -cost, sold),
        Posting(Book.GAINS, cost - proceeds, Subject(PORTFOLIO, etf, parcel, bought)),
        Posting(Book.UNSETTLED, proceeds, settles_on=day),
    ]
    ledger.post(tx, tenant, ACCOUNT, about(f"sell:{parcel}:{day}", "sale", day), lines)


def plain(tx: Session, tenant: str, kind: str, reference: str, day: date, cents: int) -> None:
    cash.book(
        tx,
        tenant,
        ACCOUNT,
        reference=reference,
        kind=kind,
        amount_cents=cents,
        currency="AUD",
        at=NOON,
        effective=day,
    )


def pay(place: House, reference: str, ex_date: str, paid: str, amount: str, franking: str) -> None:
    place(
        "distributions.pay",
        step=reference,
        portfolio_id=PORTFOLIO,
        reference=reference,
        etf=reference[:3],
        ex_date=ex_date,
        payment_date=paid,
        amount=Decimal(amount),
        franking=Decimal(franking),
    )


def year_of_bookings(place: House) -> None:
    """A deposit, purchases, sales, distributions around both ends of the year, statements, interest, fees."""
    tenant = place.tenant
    with place.database.transaction() as tx:
        plain(tx, tenant, "deposit", "D-1", BOUGHT, 300_000_00)
        buy(tx, tenant, "old", "VAS", BOUGHT, 1000, 90_000_00)
        buy(tx, tenant, "vgs", "VGS", date(2024, 9, 2), 300, 39_000_01)
        buy(tx, tenant, "late", "VAS", date(2025, 3, 20), 500, 50_000_00)
    pay(place, "VAS-2024-06", "2024-07-01", "2024-07-16", "1.1", "0.8")  # income of the year before
    pay(place, "VAS-2024-12", "2025-01-02", "2025-01-17", "0.8765", "0.75")
    pay(place, "VAS-2025-03", "2025-04-01", "2025-04-16", "0.9", "0.7")
    pay(place, "VGS-2025-03", "2025-04-01", "2025-04-16", "0.5555", "0")
    with place.database.transaction() as tx:
        sell(tx, tenant, "late", "VAS", date(2025, 3, 20), date(2025, 4, 22), 200, 20_000_00, 19_000_00)
        sell(tx, tenant, "old", "VAS", BOUGHT, date(2025, 5, 6), 100, 9_000_00, 10_500_50)
        sell(tx, tenant, "vgs", "VGS", date(2024, 9, 2), date(2025, 6, 30), 50, 6_500_00, 7_000_33)
        plain(tx, tenant, "interest", "I-1", date(2024, 12, 31), 12_34)
        plain(tx, tenant, "interest", "I-2", date(2025, 7, 1), 99_00)
        plain(tx, tenant, "fee", "F-1", date(2025, 6, 30), -220_00)
        plain(tx, tenant, "fee", "F-2", date(2025, 6, 29), -55_00)
        ledger.reverse(tx, tenant, ACCOUNT, "F-2", about("", "", date(2025, 7, 3)))
    pay(place, "VAS-2025-06", "2025-07-01", "2025-07-16", "1.2", "0.8")  # of the year, paid after it
    place(
        "distributions.adjust_cost_base",
        step="amit",
        portfolio_id=PORTFOLIO,
        reference="VAS-AMIT-2025",
        etf="VAS",
        as_of="2025-06-30",
        per_unit=Decimal("-0.1234"),
    )


@pytest.fixture
def place(database: Database, tenant: str) -> House:
    """A client and their year."""
    return with_year(database, tenant)


def with_year(database: Database, tenant: str, **client: Any) -> House:
    found = House(database, tenant)
    found.register(**client)
    year_of_bookings(found)
    return found


def in_ledger(place: House, book: Book, first: date, last: date) -> Decimal:
    """What the ledger booked on the year's days, asked of the database."""
    query = (
        select(func.coalesce(func.sum(col(LedgerPosting.amount_cents)), 0))
        .join(LedgerEntry, SAME_ENTRY)
        .where(
            col(LedgerEntry.tenant) == place.tenant,
            col(LedgerPosting.book) == book,
            col(LedgerEntry.effective) >= first,
            col(LedgerEntry.effective) <= last,
        )
    )
    with place.database.reading() as tx:
        return Decimal(int(tx.scalar(query) or 0)).scaleb(-2)


def sums(rows: Sequence[Any], field: str) -> Decimal:
    return sum((Decimal(row[field]) for row in rows), Decimal(0))


def test_the_year_in_sums(place: House) -> None:
    """By hand: 876.50 + 1,350.00 + 166.65 + 1,440.00 distributed, 12.34 interest, 148.08 deferred."""
    found = place("tax.report_year", **YEAR)["totals"]
    assert found["distributions"] == Decimal("876.50") + 1350 + Decimal("166.65") + 1440
    assert (found["interest"], found["other_income"], found["attributed"]) == (Decimal("12.34"), 0, 0)
    assert found["tax_deferred"] == Decimal("148.08")
    assert found["income"] == Decimal("3833.15") + Decimal("12.34") - Decimal("148.08")
    assert found["fees"] == 220
    assert found["cost_base_moves"] == Decimal("-148.08")


def test_the_gains_schedule_by_parcel(place: House) -> None:
    """1,000.00 lost, 500.33 short, 1,500.50 discounted: losses off the short gain first, then half."""
    found = place("tax.report_year", **YEAR)["gains"]
    assert [
        (line["parcel"], line["gain"], line["treatment"], line["days_held"]) for line in found["lines"]
    ] == [
        ("late", -1000, "loss", 33),
        ("old", Decimal("1500.50"), "discounted", 638),
        ("vgs", Decimal("500.33"), "short", 301),
    ]
    assert (found["short_gains"], found["discountable_gains"]) == (Decimal("500.33"), Decimal("1500.50"))
    left = Decimal("1500.50") - (1000 - Decimal("500.33"))
    assert found["discount"] == Decimal("500.42")  # half of 1,000.83, half up
    assert found["net_capital_gain"] == left - Decimal("500.42")
    assert found["losses_carried_forward"] == 0


def test_every_figure_leads_back_to_the_ledger(place: House) -> None:
    """The ledger's sums of the year's days, asked of the database, less what is named, are the report's."""
    report = place("tax.report_year", **YEAR)
    books = {Book(line["book"]): line for line in report["reconciliation"]}
    signs = {Book.INCOME: -1, Book.GAINS: -1, Book.WITHHELD: 1, Book.FEES: 1}
    for book, line in books.items():
        assert line["ledger"] == signs[book] * in_ledger(place, book, date(2024, 7, 1), date(2025, 6, 30))
        assert (
            line["reported"]
            == line["ledger"] - line["taken_back"] - line["of_other_years"] + line["from_other_years"]
        )
    assert (books[Book.INCOME]["of_other_years"], books[Book.INCOME]["from_other_years"]) == (1100, 1440)
    assert books[Book.FEES]["taken_back"] == 55
    assert books[Book.INCOME]["reported"] == report["totals"]["income"]
    assert books[Book.GAINS]["reported"] == sums(report["gains"]["lines"], "gain")
    assert report["totals"]["distributions"] == sums(report["distributions"], "income")
    for fund in report["funds"]:
        own = [paid for paid in report["distributions"] if paid["etf"] == fund["etf"]]
        for field in ("franked", "unfranked", "franking_credit", "credit_allowed", "credit_denied"):
            assert fund[field] == sums(own, field)


def test_the_45_day_rule_denies_what_was_sold_too_soon(place: House) -> None:
    """Of a company, which no small holder's limit protects: 200 of 1,500 units were held for 32 days."""
    found = place("tax.report_year", **YEAR, taxpayer="company")
    march = next(each for each in found["distributions"] if each["reference"] == "distribution:VAS-2025-03")
    # 1,350.00 franked by 0.7 is 945.00, and carries 945 * 3/7.
    assert march["franking_credit"] == 405
    assert march["credit_denied"] == Decimal("54.00")  # 405 * 200/1500
    assert march["credit_allowed"] + march["credit_denied"] == march["franking_credit"]
    assert found["totals"]["credits_denied"] == 54
    # An individual with credits of less than 5,000 keeps them all.
    assert place("tax.report_year", step="again", **YEAR)["totals"]["credits_denied"] == 0


def test_the_next_year_has_what_this_one_left(place: House) -> None:
    """The distribution of June paid in July is of the year before; a loss that was carried is brought."""
    with place.database.transaction() as tx:
        sell(tx, place.tenant, "old", "VAS", BOUGHT, date(2025, 6, 3), 100, 9_000_00, 1_000_00)
    first = place("tax.report_year", **YEAR)["gains"]
    assert first["losses_carried_forward"] == 8000 + 1000 - Decimal("2000.83")
    following = place("tax.report_year", step="next", **YEAR | {"year": "2025-26"})
    assert following["gains"]["losses_brought_forward"] == first["losses_carried_forward"]
    assert following["distributions"] == []
    assert following["totals"]["interest"] == 99
    assert following["complete"] is False
    told = place("tax.report_year", step="told", **YEAR | {"year": "2025-26", "losses_brought_forward": 7})
    assert told["gains"]["losses_brought_forward"] == 7


def test_a_non_resident_has_neither_credits_nor_discount(database: Database, tenant: str) -> None:
    """What was kept back is told; credits are denied whole."""
    found = with_year(database, tenant, tax_residency="NZ")("tax.report_year", **YEAR)
    assert found["totals"]["credits_allowed"] == 0
    assert found["totals"]["credits_denied"] == found["totals"]["franking_credits"] > 0
    assert found["totals"]["withheld"] == sums(found["distributions"], "withheld") > 0
    assert found["gains"]["discount"] == 0
    assert "undiscounted" in [line["treatment"] for line in found["gains"]["lines"]]
    assert any("non-resident" in note for note in found["notes"])


def test_an_empty_year_is_told_as_empty(database: Database, tenant: str) -> None:
    """No bookings, no gains, nothing outstanding: zeros, and no notes."""
    place = House(database, tenant)
    place.register()
    found = place("tax.report_year", **YEAR)
    assert set(found["totals"].values()) == {0}
    assert (found["notes"], found["gains"]["lines"], found["complete"]) == ([], [], True)
    assert place("tax.statements_outstanding", **YEAR)["anything"] is False


def test_the_funds_that_are_waited_for(place: House) -> None:
    """VAS told; VGS did not, until its statement comes, though it moves nothing."""
    found = place("tax.statements_outstanding", portfolio_id=PORTFOLIO)
    assert (found["year"], found["outstanding"], found["anything"]) == ("2024-25", ["VGS"], True)
    assert (found["first"], found["last"]) == (date(2024, 7, 1), date(2025, 6, 30))
    told = {
        "portfolio_id": PORTFOLIO,
        "reference": "VGS-AMIT",
        "etf": "VGS",
        "as_of": "2025-06-30",
        "per_unit": 0,
    }
    moved = place("distributions.adjust_cost_base", **told)
    assert (moved["cost_base"], moved["gain"]) == (0, 0)
    assert place("distributions.adjust_cost_base", run_id="run-2", **told)["cost_base"] == 0
    assert place("tax.statements_outstanding", step="then", **YEAR)["outstanding"] == []
    assert place("tax.report_year", **YEAR)["complete"] is True


def test_the_year_of_a_moment_is_that_of_the_exchange(place: House) -> None:
    """At 14:00 UTC on 30 June it is 1 July in Sydney; a year that is named comes first."""
    for moment, year in (
        ("2025-06-30T13:59:59Z", "2024-25"),
        ("2025-06-30T14:00:00Z", "2025-26"),
        ("2025-07-01T00:00:00+10:00", "2025-26"),
    ):
        ask = {"portfolio_id": PORTFOLIO, "at": moment}
        assert place("tax.statements_outstanding", step=moment, **ask)["year"] == year
    assert place("tax.statements_outstanding", **YEAR, at="2020-01-01T00:00:00Z")["year"] == "2024-25"


def test_a_report_is_kept_once_for_what_it_says(place: House) -> None:
    """The same figures are the same document; a statement that comes late makes another version."""
    first = place("tax.file_report", **YEAR)
    assert (first["version"], first["new"], first["outstanding_statements"]) == (1, True, ["VGS"])
    assert place("tax.file_report", **YEAR) == first
    again = place("tax.file_report", run_id="run-2", **YEAR)
    assert (again["document_id"], again["version"], again["new"]) == (first["document_id"], 1, False)
    assert place.facts().count("TaxReportFiled") == 1
    place(
        "distributions.adjust_cost_base",
        step="vgs",
        portfolio_id=PORTFOLIO,
        reference="VGS-AMIT",
        etf="VGS",
        as_of="2025-06-30",
        per_unit=Decimal("0.01"),
    )
    second = place("tax.file_report", run_id="run-3", **YEAR)
    assert (second["version"], second["new"], second["outstanding_statements"]) == (2, True, [])
    with place.database.reading() as tx:
        kept = documents.of_portfolio(tx, place.tenant, PORTFOLIO)
        assert sorted(row.version for row in kept) == [1, 2]
        newest = documents.newest(tx, place.tenant, documents.Subject(PORTFOLIO, "tax_report", "2024-25"))
        assert newest is not None
        said = documents.content(tx, newest)
        assert said["totals"]["assessable_income"] == second["assessable_income"]
        # Figures of a person: nothing of them is in plain text.
        assert b"assessable" not in newest.content


@pytest.mark.parametrize(
    ("asked", "error", "path"),
    [
        ({"year": "2018-19"}, "UnknownTaxYear", "year"),
        ({"year": "2025-27"}, "UnknownTaxYear", "year"),
        ({"year": "2025"}, "InvalidInput", "year"),
        ({"portfolio_id": "P-nobody"}, "UnknownPortfolio", "portfolio_id"),
        ({"losses_brought_forward": -1}, "InvalidInput", "losses_brought_forward"),
        ({"losses_brought_forward": Decimal("0.005")}, "InvalidInput", "losses_brought_forward"),
        ({"taxpayer": "trust"}, "InvalidInput", "taxpayer"),
        ({"surplus": 1}, "InvalidInput", "surplus"),
    ],
)
def test_what_cannot_be_reported_is_refused_with_its_place(
    place: House, asked: dict[str, Any], error: str, path: str
) -> None:
    """Years without rules, unknown portfolios, misspelt fields."""
    with pytest.raises(ActivityFault) as refused:
        place("tax.report_year", **YEAR | asked)
    assert (refused.value.type, refused.value.path) == (error, path)


def test_a_year_that_is_not_over_is_not_filed(place: House) -> None:
    """It is reported so far, and nothing is kept."""
    with pytest.raises(ActivityFault, match="goes on until 2026-06-30") as refused:
        place("tax.file_report", **YEAR | {"year": "2025-26"})
    assert (refused.value.type, refused.value.path) == ("YearNotOver", "year")


def test_a_late_statement_on_units_sold_meanwhile_is_of_the_year_of_their_sale(place: House) -> None:
    """250 VGS on 30 June, 100 sold in August, 25.00 off: 15.00 off what is left, 10.00 more gain in August."""
    with place.database.transaction() as tx:
        sell(tx, place.tenant, "vgs", "VGS", date(2024, 9, 2), date(2025, 8, 4), 100, 13_000_00, 13_000_00)
    before = place("tax.report_year", step="before", **YEAR)
    place(
        "distributions.adjust_cost_base",
        step="late",
        portfolio_id=PORTFOLIO,
        reference="VGS-LATE",
        etf="VGS",
        as_of="2025-06-30",
        per_unit=Decimal("-0.1"),
    )
    after = place("tax.report_year", step="after", **YEAR)
    assert after["gains"] == before["gains"]
    assert after["totals"]["income"] == before["totals"]["income"] - 25
    following = place("tax.report_year", step="following", **YEAR | {"year": "2025-26"})
    told = [
        (line["gain"], line["disposed"], line["treatment"])
        for line in following["gains"]["lines"]
        if line["gain"]
    ]
    assert told == [(10, date(2025, 8, 4), "short")]
    for report, named in ((after, (10, 0)), (following, (0, 10))):
        [gains] = [line for line in report["reconciliation"] if line["book"] == "gains"]
        assert (gains["of_other_years"], gains["from_other_years"]) == named
        assert gains["reported"] == gains["ledger"] - gains["taken_back"] - named[0] + named[1]


def test_money_of_a_correction_is_a_gain_of_no_etf(place: House) -> None:
    """What is booked on gains alone is told as it is, and reconciled."""
    before = place("tax.report_year", step="before", **YEAR)["totals"]["net_capital_gain"]
    day = date(2025, 5, 7)
    with place.database.transaction() as tx:
        lines = [Posting(Book.GAINS, -8_00), Posting(Book.CASH, 8_00)]
        ledger.post(tx, place.tenant, ACCOUNT, about("correction:1", "correction", day), lines)
    found = place("tax.report_year", **YEAR)
    told = [line for line in found["gains"]["lines"] if line["kind"] == "correction"]
    assert [(line["etf"], line["parcel"], line["gain"], line["treatment"]) for line in told] == [
        (None, None, 8, "short")
    ]
    # The year's losses are more than its short gains: 8.00 more of those leave 8.00 more to be halved.
    assert found["totals"]["net_capital_gain"] == before + 4
