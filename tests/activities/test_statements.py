"""Statements are drawn up from the ledger and past closing prices, and add up to the cent."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from activities.runner import ActivityFault, run
from activities.snapshots import keep
from adapters.market.snapshot import Snapshot
from engines.calendars import sessions_between
from payloads.base import cents
from store import cash, documents, ledger
from store.database import Database
from store.ledger import Posting
from store.tables import Book
from tests.activities.test_tax_reports import buy, pay, plain, year_of_bookings
from tests.support.databases import NOON
from tests.support.house import House
from tests.support.ledger import ACCOUNT, PORTFOLIO, about

APRIL = {"portfolio_id": PORTFOLIO, "every": "month", "period": "2025-04"}
TICKERS = ("NDQ", "VAS", "VGS")


def market(last: date, first: date = date(2024, 6, 3), doubled: bool = False) -> Snapshot:
    """Prices that rise by a tenth of a cent a session, from 50.005, 100.005 and 150.005 AUD."""
    sessions = sessions_between("XASX", first, last)
    steps = np.arange(len(sessions))[:, None] * 100_000
    units = steps + np.array([[5_000_500_000, 10_000_500_000, 15_000_500_000]])
    return Snapshot("tests", False, sessions, TICKERS, (units * (2 if doubled else 1)).astype(np.int64))


def priced(snapshot: Snapshot, etf: str, day: date) -> Decimal:
    return snapshot.closing(etf, max(session for session in snapshot.sessions if session <= day))


@pytest.fixture
def place(database: Database, tenant: str) -> House:
    """A client, their year, and a market that reaches its end."""
    found = House(database, tenant)
    found.register()
    year_of_bookings(found)
    with database.transaction() as tx:
        keep(tx, tenant, market(date(2025, 11, 14)), NOON)
    return found


def holds(found: dict[str, Any]) -> None:
    """Everything that must add up, does."""
    assert (
        found["opening"]["cash"] + sum(each["amount"] for each in found["cash"]) == found["closing"]["cash"]
    )
    assert (
        found["opening"]["cash"] + sum(each["amount"] for each in found["transactions"])
        == found["closing"]["cash"]
    )
    change = found["change"]
    added = change["paid_in"] - change["paid_out"] + change["income"] - change["withheld"] - change["fees"]
    assert change["opening"] + added + change["market"] == change["closing"]
    for end, value in (("opening", change["opening"]), ("closing", change["closing"])):
        assert (
            found[end]["cash"] + sum(each["value"] for each in found[end]["holdings"])
            == found[end]["value"]
            == value
        )
    for moves in found["units"]:
        assert moves["opening"] + moves["bought"] - moves["sold"] + moves["other"] == moves["closing"]
    assert sum(each["income"] for each in found["income"]) == change["income"]
    assert sum(each["paid"] for each in found["fees"]) == change["fees"]


def test_a_month_from_opening_to_closing(place: House) -> None:
    """April: two distributions, 200 VAS sold; holdings at the closes of 31 March and 30 April."""
    found = place("portfolio.statement", **APRIL)
    holds(found)
    assert (found["opening"]["on"], found["closing"]["on"]) == (date(2025, 3, 31), date(2025, 4, 30))
    prices = market(date(2025, 11, 14))
    assert found["closing"]["holdings"] == [
        {"etf": etf, "units": units, "price": price, "value": cents(price * units)}
        for etf, units in (("VAS", 1300), ("VGS", 300))
        for price in [priced(prices, etf, date(2025, 4, 30))]
    ]
    assert {each["kind"]: each["amount"] for each in found["cash"]} == {
        "distribution": Decimal("1516.65"),
        "sale": 19_000,
    }
    assert [(each["etf"], each["sold"], each["closing"]) for each in found["units"]] == [
        ("VAS", 200, 1300),
        ("VGS", 0, 300),
    ]
    assert [each["franking_credit"] for each in found["income"]] == [405, 0]
    assert (found["change"]["paid_in"], found["notes"]) == (0, [])


def test_closing_cash_is_the_ledgers(place: House) -> None:
    """The last statement ends with the balance that the store tells; each opens as the one before closed."""
    with place.database.reading() as tx:
        balance = cash.balance(tx, place.tenant, ACCOUNT)
    before = None
    for month in range(3, 11):
        found = place("portfolio.statement", step=f"{month}", **APRIL | {"period": f"2025-{month:02d}"})
        holds(found)
        if before is not None:
            assert found["opening"] == before
        before = found["closing"]
    assert before is not None
    assert before["cash"] == Decimal(balance).scaleb(-2)


def test_a_tax_year_with_all_that_is_in_it(place: House) -> None:
    """Twelve months in one: fees that were given back later stand, the fund's statement pays nothing."""
    found = place("portfolio.statement", portfolio_id=PORTFOLIO, every="year", period="2024-25")
    holds(found)
    assert (found["first"], found["last"]) == (date(2024, 7, 1), date(2025, 6, 30))
    assert found["change"]["fees"] == 275
    # By payment: 1,100.00 of July, and not the 1,440.00 that were paid in the next one.
    assert found["change"]["income"] == 1100 + Decimal("876.50") + 1350 + Decimal("166.65") + Decimal("12.34")
    july = place("portfolio.statement", step="july", **APRIL | {"period": "2025-07"})
    holds(july)
    assert july["change"]["fees"] == -55
    assert july["cash"] == [
        {"kind": "interest", "amount": 99},
        {"kind": "fee", "amount": 55},
        {"kind": "distribution", "amount": 1440},
    ]


def test_the_return_is_valued_on_every_day_that_money_came(database: Database, tenant: str) -> None:
    """Paid in before and during the month: linked by the values of that day, after fees."""
    place = House(database, tenant)
    place.register()
    prices = market(date(2025, 11, 14))
    with database.transaction() as tx:
        keep(tx, tenant, prices, NOON)
        plain(tx, tenant, "deposit", "D-1", date(2025, 3, 3), 20_000_00)
        buy(tx, tenant, "p", "VAS", date(2025, 3, 3), 100, 10_000_00)
        plain(tx, tenant, "deposit", "D-2", date(2025, 4, 12), 5_000_00)  # a Saturday
        plain(tx, tenant, "withdrawal", "W-1", date(2025, 4, 28), -1_000_00)
        plain(tx, tenant, "fee", "F-1", date(2025, 4, 29), -10_00)
    found = place("portfolio.statement", **APRIL)
    holds(found)

    def worth(day: date) -> Decimal:
        return 100 * priced(prices, "VAS", day)

    eve, middle, later, last = date(2025, 3, 31), date(2025, 4, 12), date(2025, 4, 28), date(2025, 4, 30)
    growth = (
        (10_000 + worth(middle))
        / (10_000 + worth(eve))
        * (15_000 + worth(later))
        / (15_000 + worth(middle))
        * (14_000 - 10 + worth(last))
        / (14_000 + worth(later))
    )
    assert found["performance"]["time_weighted_return"] == pytest.approx(float(growth - 1), abs=1e-12)
    assert (found["change"]["paid_in"], found["change"]["paid_out"]) == (5000, 1000)


def test_an_account_of_nothing_has_an_empty_statement(database: Database, tenant: str) -> None:
    """No holdings, so no prices are needed; no return, and it says so."""
    place = House(database, tenant)
    place.register()
    found = place("portfolio.statement", **APRIL)
    holds(found)
    assert (found["closing"]["value"], found["closing"]["priced"], found["transactions"]) == (0, None, [])
    assert found["performance"] is None
    assert found["notes"] == ["No return can be stated: nothing was invested for a day."]


def test_a_day_without_session_has_the_prices_of_the_one_before(place: House) -> None:
    """31 August 2025 was a Sunday."""
    found = place("portfolio.statement", **APRIL | {"period": "2025-08"})
    assert found["closing"]["priced"] == date(2025, 8, 29)
    assert found["notes"] == ["The closing prices for 2025-08-31 are those of 2025-08-29."]


def test_a_day_is_priced_by_the_first_snapshot_that_reaches_it(place: House) -> None:
    """A later one may state prices in other units: an earlier one that covers the day comes first."""
    before = place("portfolio.statement", **APRIL)["closing"]
    with place.database.transaction() as tx:
        keep(tx, place.tenant, market(date(2025, 11, 17), doubled=True), NOON)
    assert place("portfolio.statement", step="later", **APRIL)["closing"] == before
    with place.database.transaction() as tx:
        keep(tx, place.tenant, market(date(2025, 4, 30), doubled=True), NOON)
    assert place("portfolio.statement", step="first", **APRIL)["closing"]["holdings"][0]["price"] > 150


@pytest.mark.parametrize(
    ("last", "error", "says"),
    [
        (date(2025, 4, 28), None, ""),  # two sessions before the end: the catalogue allows it
        (date(2025, 4, 24), "StaleSnapshot", "ends on 2025-04-24, 3 sessions"),
        (None, "NoSnapshot", "no market snapshot is stored"),
    ],
)
def test_prices_that_are_too_old_value_nothing(
    database: Database, tenant: str, last: date | None, error: str | None, says: str
) -> None:
    """As orders are refused on them; Friday 25 April 2025 was a holiday."""
    place = House(database, tenant)
    place.register()
    with database.transaction() as tx:
        buy(tx, tenant, "p", "VAS", date(2025, 3, 3), 100, 10_000_00)
        if last is not None:
            keep(tx, tenant, market(last), NOON)
    if error is None:
        assert place("portfolio.statement", **APRIL)["closing"]["priced"] == last
        return
    with pytest.raises(ActivityFault, match=says) as refused:
        place("portfolio.statement", **APRIL)
    assert refused.value.type == error


def test_what_the_market_data_lack_is_named(database: Database, tenant: str) -> None:
    """An ETF that is in no snapshot, and days before the first session."""
    place = House(database, tenant)
    place.register()
    with database.transaction() as tx:
        keep(tx, tenant, market(date(2025, 11, 14)), NOON)
        buy(tx, tenant, "old", "VAS", date(2024, 1, 8), 100, 10_000_00)
    with pytest.raises(ActivityFault, match="begin on 2024-06-03") as refused:
        place("portfolio.statement", **APRIL | {"period": "2024-05"})
    assert refused.value.type == "NoSnapshot"
    with database.transaction() as tx:
        buy(tx, tenant, "other", "A200", date(2025, 4, 1), 100, 10_000_00)
    with pytest.raises(ActivityFault, match="A200") as refused:
        place("portfolio.statement", step="other", **APRIL)
    assert refused.value.type == "UnknownEtf"


@pytest.mark.parametrize(
    ("asked", "error", "path"),
    [
        ({"period": "2025-13"}, "UnknownPeriod", "period"),
        ({"period": "2025-00"}, "UnknownPeriod", "period"),
        ({"period": "0000-01"}, "UnknownPeriod", "period"),
        ({"every": "year", "period": "2025-27"}, "UnknownPeriod", "period"),
        ({"every": "year", "period": "9999-00"}, "UnknownPeriod", "period"),
        ({"period": "2025-4"}, "InvalidInput", "period"),
        ({"every": "week"}, "InvalidInput", "every"),
        ({"period": "2025-11"}, "PeriodNotOver", "period"),
        ({"every": "year", "period": "2025-26"}, "PeriodNotOver", "period"),
        ({"portfolio_id": "P-nobody"}, "UnknownPortfolio", "portfolio_id"),
    ],
)
def test_what_cannot_be_stated_is_refused_with_its_place(
    database: Database, tenant: str, asked: dict[str, Any], error: str, path: str
) -> None:
    """Months and years that there are not, and those with days to come."""
    place = House(database, tenant)
    place.register()
    with pytest.raises(ActivityFault) as refused:
        place("portfolio.statement", **APRIL | asked)
    assert (refused.value.type, refused.value.path) == (error, path)


@pytest.mark.parametrize(
    ("every", "now", "period"),
    [
        ("month", datetime(2025, 11, 30, 12, 59, tzinfo=UTC), "2025-10"),  # 23:59 in Sydney
        ("month", datetime(2025, 11, 30, 13, 0, tzinfo=UTC), "2025-11"),
        ("month", datetime(2026, 1, 15, tzinfo=UTC), "2025-12"),
        ("year", datetime(2025, 6, 30, 13, 59, tzinfo=UTC), "2023-24"),
        ("year", datetime(2025, 6, 30, 14, 0, tzinfo=UTC), "2024-25"),
    ],
)
def test_without_a_period_it_is_the_last_that_is_over(
    database: Database, tenant: str, every: str, now: datetime, period: str
) -> None:
    """By the day where the exchange is."""
    place = House(database, tenant)
    place.register()
    given = {"portfolio_id": PORTFOLIO, "every": every}
    assert run("portfolio.statement", given, place.context("s", now=now))["period"] == period


def test_a_statement_is_kept_once_for_what_it_says(place: House) -> None:
    """What is booked late for the month makes another version; the first one stays as it was."""
    first = place("portfolio.file_statement", **APRIL)
    assert (first["version"], first["new"], first["period"]) == (1, True, "2025-04")
    again = place("portfolio.file_statement", run_id="run-2", **APRIL)
    assert (again["document_id"], again["new"]) == (first["document_id"], False)
    with place.database.transaction() as tx:
        plain(tx, place.tenant, "interest", "late", date(2025, 4, 30), 1)
    second = place("portfolio.file_statement", run_id="run-3", **APRIL)
    assert (second["version"], second["closing"]) == (2, first["closing"] + Decimal("0.01"))
    assert place.facts().count("StatementFiled") == 2
    with place.database.reading() as tx:
        old = documents.document(tx, place.tenant, first["document_id"])
        assert documents.content(tx, old)["closing"]["value"] == first["closing"]
        with pytest.raises(documents.UnknownDocument):
            documents.document(tx, place.tenant, "D-nothing")


def test_a_reversed_distribution_takes_its_credit_back(place: House) -> None:
    """In the month of the reversal, with everything turned round."""
    pay(place, "VAS-EXTRA", "2025-09-02", "2025-09-10", "0.5", "1")
    with place.database.transaction() as tx:
        ledger.reverse(tx, place.tenant, ACCOUNT, "distribution:VAS-EXTRA", about("", "", date(2025, 10, 1)))
    paid = place("portfolio.statement", **APRIL | {"period": "2025-09"})
    back = place("portfolio.statement", step="back", **APRIL | {"period": "2025-10"})
    holds(paid)
    holds(back)
    [one], [other] = paid["income"], back["income"]
    assert (one["income"], one["franking_credit"]) == (600, Decimal("257.14"))
    assert (other["income"], other["franking_credit"]) == (-600, Decimal("-257.14"))
    assert back["cash"] == [{"kind": "distribution", "amount": -600}]
    assert one["date"] + timedelta(days=21) == other["date"]


def test_an_invoice_that_is_owed_takes_no_value_until_it_is_paid(place: House) -> None:
    """Charged in August, paid in September: the fee is August's invoice and September's fee."""
    with place.database.transaction() as tx:
        for name, day, lines in (
            ("invoice", date(2025, 8, 5), [Posting(Book.FEES, 110_00), Posting(Book.OWED, -110_00)]),
            ("fee_payment", date(2025, 9, 8), [Posting(Book.CASH, -110_00), Posting(Book.OWED, 110_00)]),
        ):
            ledger.post(tx, place.tenant, ACCOUNT, about(f"{name}:1", name, day), lines)
    august = place("portfolio.statement", **APRIL | {"period": "2025-08"})
    september = place("portfolio.statement", step="paid", **APRIL | {"period": "2025-09"})
    for found, charged, paid in ((august, 110, 0), (september, 0, 110)):
        holds(found)
        assert [(each["amount"], each["paid"]) for each in found["fees"]] == [(charged, paid)]
        assert found["change"]["fees"] == paid
    assert august["cash"] == []
