"""Trades become cash on their settlement day, on every account, once."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from activities.runner import ActivityFault, run
from store import cash
from store.database import Database
from tests.support.house import House
from tests.support.ledger import ACCOUNT, buy, deposit, sell

LATER = datetime(2025, 12, 1, 1, tzinfo=UTC)


@pytest.fixture
def house(database: Database, tenant: str) -> House:
    """A house with one client, who bought and sold; a purchase settles two days before the sale."""
    opened = House(database, tenant)
    opened.register()
    with database.transaction() as tx:
        deposit(tx, tenant, 100_000)
        buy(tx, tenant, "p", 10, 50_000)
        sell(tx, tenant, "s", "p", 4, 20_000, 26_000)
    return opened


def settled(house: House, as_of: str, now: datetime = LATER) -> dict[str, Any]:
    return run("cash.settle", {"as_of": as_of}, house.context("cash.settle", now=now), strict=True)


def test_a_day_to_come_is_refused(house: House) -> None:
    """At the exchange: what settles tomorrow is nobody's cash today."""
    with pytest.raises(ActivityFault) as refused:
        settled(house, "2025-11-19", datetime(2025, 11, 18, 12, tzinfo=UTC))
    assert (refused.value.type, refused.value.path) == ("FutureDate", "as_of")
    assert settled(house, "2025-11-19", datetime(2025, 11, 18, 13, tzinfo=UTC))["trades"] == 1


def test_what_is_due_becomes_cash(house: House) -> None:
    """What is not due yet stays unsettled; the client's log says which trades settled."""
    answer = settled(house, "2025-11-19")
    assert answer == {"as_of": date(2025, 11, 19), "accounts": 1, "trades": 1, "amount": Decimal("-500")}
    with house.database.reading() as tx:
        assert cash.unsettled(tx, house.tenant, ACCOUNT) == 26_000
        assert cash.settled(tx, house.tenant, ACCOUNT) == 50_000
    told = house.log()[-1]
    assert (told.name, told.data["trades"]) == ("TradesSettled", [{"reference": "buy:p", "amount": -500}])


def test_whoever_tries_again_is_told_the_same(house: House) -> None:
    """A worker that died after it settled everything changes nothing the second time."""
    first = settled(house, "2025-11-30")
    facts = house.facts()
    assert settled(house, "2025-11-30") == first
    assert first["trades"] == 2
    assert house.facts() == facts


def test_nothing_due_is_nothing_done(house: House) -> None:
    """No fact, no entry."""
    facts = house.facts()
    answer = settled(house, "2025-11-18")
    assert (answer["accounts"], answer["trades"], answer["amount"]) == (0, 0, 0)
    assert house.facts() == facts
