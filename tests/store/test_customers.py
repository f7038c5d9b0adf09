"""A client is one person, known once, whose data only their key opens."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from store import customers, portfolios
from store.customers import CustomerConflict, Progress, UnknownAgreement, UnknownCustomer
from store.database import Database
from store.portfolios import UnknownPortfolio
from store.tables import Account
from tests.support.people import ALEX, take_on
from tests.support.threads import at_once

HOUSE: dict[str, Any] = {
    "goal_id": "GOAL_002",
    "goal_name": "House for Zebedee",
    "target_cents": 15_000_000,
    "target_date": date(2029, 11, 15),
    "priority": "high",
    "flexibility": "flexible",
}


def test_a_new_client_gets_account_and_portfolio(database: Database, tenant: str) -> None:
    """Under ids made from theirs, empty and opened."""
    with database.transaction() as tx:
        done = take_on(tx, tenant)
        assert (done.account_id, done.portfolio_id, done.new) == ("A-C-1", "P-C-1", True)
        assert tx.get_one(Account, (tenant, "A-C-1")).currency == "AUD"
        assert portfolios.portfolio(tx, tenant, "P-C-1").state == "opened"
        assert customers.progress(tx, tenant, "C-1") == Progress(False, False, False, False, False, False, 0)


def test_the_same_person_is_found_again(database: Database, tenant: str) -> None:
    """Spaces and capitals in a name do not make another person."""
    with database.transaction() as tx:
        take_on(tx, tenant)
        again = take_on(tx, tenant, person={**ALEX, "name": "alex  EXAMPLE"})
    assert not again.new


@pytest.mark.parametrize("field", ["name", "date_of_birth"])
def test_another_person_under_the_same_id_is_refused(database: Database, tenant: str, field: str) -> None:
    """The error says which field, and shows neither person's data."""
    with database.transaction() as tx:
        take_on(tx, tenant)
        with pytest.raises(CustomerConflict) as raised:
            take_on(tx, tenant, person={**ALEX, field: "1999-09-09"})
    assert raised.value.path == f"customer.{field}"
    assert "1999" not in raised.value.message
    assert str(ALEX[field]) not in raised.value.message


def test_newer_details_replace_older_ones(database: Database, tenant: str) -> None:
    """What was not given this time stays."""
    with database.transaction() as tx:
        take_on(tx, tenant)
        person = {field: ALEX[field] for field in ("name", "date_of_birth", "email")}
        again = take_on(tx, tenant, person={**person, "email": "new@mail.example"})
        assert again.changed == ("email",)
        assert customers.personal(tx, tenant, "C-1") == {**ALEX, "email": "new@mail.example"}


def test_two_at_once_are_one_client(database: Database, tenant: str) -> None:
    """One of them is told that the client is new."""

    def register() -> bool:
        with database.transaction() as tx:
            return take_on(tx, tenant).new

    assert sorted(map(bool, at_once([register] * 4))) == [False, False, False, True]


def test_nothing_personal_stands_in_the_tables(database: Database, tenant: str) -> None:
    """Neither names nor birth dates, nor the names of goals."""
    with database.transaction() as tx:
        take_on(tx, tenant)
        customers.save_goals(tx, tenant, "C-1", [HOUSE])
        tables = [
            str(tx.execute(text(f"SELECT * FROM {table} WHERE tenant = :tenant"), {"tenant": tenant}).all())
            for table in ("customers", "goals", "accounts", "portfolios", "client_keys")
        ]
    for canary in ("Alex", "1980", "mail.example", "120000", "Zebedee"):
        assert canary not in "".join(tables)


def test_goals_come_back_in_the_order_given(database: Database, tenant: str) -> None:
    """Replaced as a whole; the same ones again change nothing."""
    car = {**HOUSE, "goal_id": "GOAL_001", "goal_name": "Car"}
    with database.transaction() as tx:
        take_on(tx, tenant)
        assert customers.save_goals(tx, tenant, "C-1", [HOUSE, car])
        assert customers.goals(tx, tenant, "C-1") == [HOUSE, car]
        assert not customers.save_goals(tx, tenant, "C-1", [HOUSE, car])
        assert customers.save_goals(tx, tenant, "C-1", [car])
        assert customers.goals(tx, tenant, "C-1") == [car]


def test_what_is_not_there_is_named(database: Database, tenant: str) -> None:
    """Customers, agreements and portfolios."""
    with database.transaction() as tx:
        take_on(tx, tenant)
        with pytest.raises(UnknownCustomer, match="C-9"):
            customers.personal(tx, tenant, "C-9")
        with pytest.raises(UnknownAgreement, match="AG-9"):
            customers.agreement(tx, tenant, "C-1", "AG-9")
        with pytest.raises(UnknownPortfolio, match="P-9"):
            portfolios.portfolio(tx, tenant, "P-9")


def test_tenants_may_use_the_same_ids(database: Database, tenant: str) -> None:
    """They are different people."""
    with database.transaction() as tx:
        take_on(tx, tenant)
        assert take_on(tx, f"{tenant}-other", person={**ALEX, "name": "Robin Other"}).new
        assert customers.personal(tx, tenant, "C-1")["name"] == "Alex Example"
