"""Distributions reach every holder to the cent, once, and move cost bases as the fund's statement says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session

from activities.runner import ActivityFault
from store import cash, ledger, ledger_proof, portfolios
from store.database import Database
from store.ledger import Posting
from store.tables import Book
from tests.support.house import House
from tests.support.ledger import ACCOUNT, MONDAY, PORTFOLIO, about, buy, deposit, lot, sell

ANNOUNCED: dict[str, Any] = {
    "portfolio_id": PORTFOLIO,
    "reference": "VAS-2025-11",
    "etf": "VAS",
    "ex_date": "2025-11-18",
    "payment_date": "2025-12-01",
    "amount": Decimal("0.7"),
    "franking": 1,
}
STATEMENT: dict[str, Any] = {
    "portfolio_id": PORTFOLIO,
    "reference": "VAS-AMIT",
    "etf": "VAS",
    "as_of": "2025-11-17",
    "per_unit": Decimal("-0.5"),
}


@pytest.fixture
def house(database: Database, tenant: str) -> House:
    """One client, who bought 1,000 units for 50,000.00 on the day before the ex-date."""
    return opened(database, tenant)


def opened(database: Database, tenant: str, **customer: Any) -> House:
    place = House(database, tenant)
    place.register(**customer)
    with database.transaction() as tx:
        deposit(tx, tenant, 100_000_00)
        buy(tx, tenant, "p", 1000, 50_000_00)
    return place


def in_books(place: House, look: Callable[[Session], Any]) -> Any:
    """What the store says; the ledger must prove whole."""
    with place.database.transaction() as tx:
        assert ledger_proof.verify(tx, place.tenant) == []
        return look(tx)


def balances(place: House) -> dict[Book, int]:
    found: dict[Book, int] = in_books(place, lambda tx: ledger.balances(tx, place.tenant, ACCOUNT))
    return found


def test_a_credit_that_the_fund_told_wins_over_the_franked_share(house: House) -> None:
    """54.0757 cents a unit, as a fund paid in 2012: not three sevenths of what is franked; zero is told too."""
    paid = house("distributions.pay", **ANNOUNCED, credit=Decimal("0.540757"))
    assert (paid["income"], paid["franking_credit"], paid["cash"]) == (700, Decimal("540.76"), 700)
    none = {**ANNOUNCED, "reference": "VAS-2025-12", "credit": 0}
    assert house("distributions.pay", step="none", **none)["franking_credit"] == 0
    with pytest.raises(ActivityFault) as refused:
        house("distributions.pay", step="wrong", **ANNOUNCED, credit=Decimal("-0.01"))
    assert refused.value.path == "credit"


def test_a_franked_distribution_is_paid_with_its_credit_beside(house: House) -> None:
    """The tax office's example: 700.00 fully franked carries 300.00; cash is settled at once."""
    before = in_books(house, lambda tx: cash.settled(tx, house.tenant, ACCOUNT))
    paid = house("distributions.pay", **ANNOUNCED)
    assert (paid["income"], paid["franking_credit"], paid["withheld"], paid["cash"]) == (700, 300, 0, 700)
    assert balances(house)[Book.INCOME] == -700_00
    assert in_books(house, lambda tx: cash.settled(tx, house.tenant, ACCOUNT)) == before + 700_00
    told = house.log()[-1]
    assert (told.name, told.data["franking_credit"], told.data["units"]) == ("DistributionPaid", 300, 1000)


def test_the_announcement_is_paid_once_whoever_asks(house: House) -> None:
    """Another run answers the same and books nothing; other figures under the reference are refused."""
    first, facts = house("distributions.pay", **ANNOUNCED), house.facts()
    assert house("distributions.pay", run_id="run-2", **ANNOUNCED) == first
    assert house.facts() == facts
    with pytest.raises(ActivityFault, match="was booked as"):
        house("distributions.pay", run_id="run-3", **ANNOUNCED | {"amount": Decimal("0.8")})


def test_a_foreign_resident_bears_tax_on_the_unfranked_part(database: Database, tenant: str) -> None:
    """700.00, two fifths unfranked: 30% of 280.00 is kept back; the credit is 420 * 3/7."""
    place = opened(database, tenant, tax_residency="NZ")
    paid = place("distributions.pay", **ANNOUNCED | {"franking": Decimal("0.6")})
    assert (paid["withheld"], paid["franking_credit"], paid["cash"]) == (84, 180, 616)
    assert balances(place)[Book.WITHHELD] == 84_00


def test_units_bought_on_the_ex_date_bring_nothing(house: House) -> None:
    """What is bought on the ex-date trades without the distribution; what is sold on it still has it."""
    with house.database.transaction() as tx:
        late = replace(lot("late", 500), acquired=MONDAY + timedelta(days=1))
        ledger.post(
            tx,
            house.tenant,
            ACCOUNT,
            about("buy:late", "purchase", MONDAY + timedelta(days=1)),
            [Posting(Book.SECURITIES, 100_00, late), Posting(Book.CASH, -100_00)],
        )
        gone = replace(lot("p"), units=-400)
        ledger.post(
            tx,
            house.tenant,
            ACCOUNT,
            about("sell:gone", "sale", MONDAY + timedelta(days=1)),
            [
                Posting(Book.SECURITIES, -20_000_00, gone),
                Posting(Book.GAINS, 0, lot("p")),
                Posting(Book.CASH, 20_000_00),
            ],
        )
    assert house("distributions.pay", **ANNOUNCED)["units"] == 1000


def test_units_are_taken_where_the_portfolio_says_so(house: House) -> None:
    """Whole units at the plan's price, a parcel at its cost from the payment date; the rest is cash."""
    house("portfolio.set_reinvestment", portfolio_id=PORTFOLIO, reinvest=True)
    asked = ANNOUNCED | {"reinvestment_price": Decimal("101.25")}
    paid = house("distributions.pay", **asked)
    assert (paid["reinvested_units"], paid["reinvested"], paid["cash"]) == (
        6,
        Decimal("607.5"),
        Decimal("92.5"),
    )
    new = in_books(house, lambda tx: portfolios.parcels(tx, house.tenant, PORTFOLIO))[-1]
    assert (new.units, new.cost_base_cents, new.acquired) == (6, 607_50, date(2025, 12, 1))
    # Whoever changes their mind afterwards is not booked anew.
    house("portfolio.set_reinvestment", "again", portfolio_id=PORTFOLIO, reinvest=False)
    assert house("distributions.pay", run_id="run-2", **asked) == paid


def test_without_an_offer_or_a_wish_all_is_cash(house: House) -> None:
    """A fund without a plan pays cash to those who want units, too."""
    house("portfolio.set_reinvestment", portfolio_id=PORTFOLIO, reinvest=True)
    assert house("distributions.pay", **ANNOUNCED)["cash"] == 700
    assert in_books(house, lambda tx: portfolios.positions(tx, house.tenant, PORTFOLIO)) == {"VAS": 1000}


def test_whoever_held_nothing_is_paid_nothing(house: House) -> None:
    """No entry and no fact."""
    facts = house.facts()
    paid = house("distributions.pay", **ANNOUNCED | {"ex_date": "2025-11-17"})
    assert (paid["units"], paid["income"], paid["cash"]) == (0, 0, 0)
    assert house.facts() == facts


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"franking": Decimal("1.1")}, "franking"),
        ({"reinvestment_price": 0}, "reinvestment_price"),
        ({"payment_date": "2025-11-17"}, ""),
        ({"reference": "two words"}, "reference"),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(house: House, wrong: dict[str, Any], path: str) -> None:
    """Before anything is looked up."""
    with pytest.raises(ActivityFault) as refused:
        house("distributions.pay", **ANNOUNCED | wrong)
    assert (refused.value.type, refused.value.path) == ("InvalidInput", path)


def test_a_year_without_rules_is_refused(house: House) -> None:
    """It says which years there are."""
    with pytest.raises(ActivityFault, match="no Australian tax rules of 2099-00") as refused:
        house("distributions.pay", **ANNOUNCED | {"payment_date": "2099-12-01"})
    assert refused.value.path == "payment_date"


def test_a_statement_moves_cost_bases_against_income(house: House) -> None:
    """0.50 a unit was paid and is no income: 500.00 less cost base, 500.00 less income."""
    done = house("distributions.adjust_cost_base", **STATEMENT)
    assert (done["cost_base"], done["gain"]) == (-500, 0)
    found = balances(house)
    assert (found[Book.SECURITIES], found[Book.INCOME]) == (49_500_00, 500_00)
    assert house("distributions.adjust_cost_base", run_id="run-2", **STATEMENT) == done
    with pytest.raises(ActivityFault, match="was booked as"):
        house("distributions.adjust_cost_base", run_id="run-3", **STATEMENT | {"per_unit": 1})


def test_below_a_cost_base_of_nothing_there_is_a_gain(house: House) -> None:
    """CGT event E10: 60,000.00 off a cost base of 50,000.00 leaves none, and a gain of 10,000.00."""
    done = house("distributions.adjust_cost_base", **STATEMENT | {"per_unit": -60})
    assert (done["cost_base"], done["gain"]) == (-50_000, 10_000)
    assert balances(house)[Book.GAINS] == -10_000_00


def test_the_share_of_units_sold_since_is_gain(house: House) -> None:
    """A tenth was sold after the statement's day: a tenth of the statement belongs to that sale."""
    with house.database.transaction() as tx:
        sold = replace(lot("p"), units=-100)
        ledger.post(
            tx,
            house.tenant,
            ACCOUNT,
            about("sell:later", "sale", MONDAY + timedelta(days=9)),
            [
                Posting(Book.SECURITIES, -5_000_00, sold),
                Posting(Book.GAINS, 0, lot("p")),
                Posting(Book.CASH, 5_000_00),
            ],
        )
    done = house("distributions.adjust_cost_base", **STATEMENT)
    assert (done["cost_base"], done["gain"]) == (-450, 50)


def test_a_wrong_statement_is_taken_back_once(house: House) -> None:
    """Everything is as before; the right statement has its own reference."""
    before = balances(house)
    house("distributions.adjust_cost_base", **STATEMENT)
    asked = {"portfolio_id": PORTFOLIO, "reference": "VAS-AMIT", "reason": "the fund sent another"}
    assert house("distributions.take_back_statement", **asked)["taken_back"]
    assert not house("distributions.take_back_statement", run_id="run-2", **asked)["taken_back"]
    assert {book: cents for book, cents in balances(house).items() if cents} == before
    right = STATEMENT | {"reference": "VAS-AMIT-2", "per_unit": Decimal("0.01")}
    assert house("distributions.adjust_cost_base", "right", **right)["cost_base"] == 10


def test_a_statement_whose_units_were_sold_since_stays(house: House) -> None:
    """Its part of the cost base has left with them."""
    house("distributions.adjust_cost_base", **STATEMENT)
    with house.database.transaction() as tx:
        sell(tx, house.tenant, "s", "p", 10, 495_00, 600_00)
    with pytest.raises(ActivityFault, match="were sold since"):
        house(
            "distributions.take_back_statement", portfolio_id=PORTFOLIO, reference="VAS-AMIT", reason="wrong"
        )


def test_holders_are_those_at_the_end_of_the_day(house: House) -> None:
    """Nobody held it the day before."""
    [holder] = house("holdings.holders", etf="VAS", on="2025-11-17")["holders"]
    assert (holder["portfolio_id"], holder["customer_id"], holder["units"]) == (PORTFOLIO, "C-1", 1000)
    assert house("holdings.holders", "before", etf="VAS", on="2025-11-16")["holders"] == []
    assert house("holdings.holders", "next", etf="VAS", on="2025-11-17", after=PORTFOLIO)["holders"] == []
