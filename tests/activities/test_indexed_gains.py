"""Gains from July 2027 are told from the books once prices of 30 June 2027 and consumer prices are there."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from activities.context import CatalogueFiles, Context
from activities.runner import ActivityFault, run
from activities.snapshots import keep
from store.database import Database
from tests.activities.test_statements import market
from tests.activities.test_tax_reports import BOUGHT, YEAR, buy, sell
from tests.support.contexts import catalogue_files
from tests.support.databases import NOON
from tests.support.house import House

ASK = YEAR | {"year": "2027-28"}
SOLD = date(2028, 1, 4)
QUARTERS = {"2027-04-01": 150, "2028-01-01": 165}


@pytest.fixture
def place(database: Database, tenant: str) -> House:
    """A client who bought ten units for 500 and sold them for 2,100 in January 2028."""
    found = House(database, tenant)
    found.register()
    with database.transaction() as tx:
        buy(tx, tenant, "p", "VAS", BOUGHT, 10, 500_00)
        sell(tx, tenant, "p", "VAS", BOUGHT, SOLD, 10, 500_00, 2100_00)
    return found


def close_of_june(place: House) -> None:
    """VAS at 100.012."""
    with place.database.transaction() as tx:
        keep(tx, place.tenant, market(date(2027, 6, 30), first=date(2027, 6, 21)), NOON)


def report(place: House, quarters: dict[str, int]) -> Any:
    """The year by a catalogue with these quarters."""
    files = dict(catalogue_files())
    values = [{"since": day, "value": value, "source": "a test"} for day, value in quarters.items()]
    index = files["tax_au"]["consumer_price_index"] | {"values": values}
    files["tax_au"] = files["tax_au"] | {"consumer_price_index": index}
    call = place.context("tax.report_year").call
    context = Context(call, CatalogueFiles(files), SimpleNamespace(**vars(place.services)), lambda: NOON)
    return run("tax.report_year", ASK, context, strict=True)


def refusal(place: House, quarters: dict[str, int]) -> tuple[str, str]:
    with pytest.raises(ActivityFault) as refused:
        report(place, quarters)
    return refused.value.type, str(refused.value)


def test_a_gain_across_the_change_is_split_and_indexed(place: House) -> None:
    """To 1,000.12 a gain of 500.12, halved; 1,100.13 by a tenth more, so 999.87 of the rest."""
    close_of_june(place)
    told = report(place, QUARTERS)
    gains = told["gains"]
    assert (gains["discountable_gains"], gains["short_gains"]) == (Decimal("500.12"), Decimal("999.87"))
    assert gains["net_capital_gain"] == Decimal("1249.93")
    assert gains["indexation"] == Decimal("100.01")
    assert told["totals"]["net_capital_gain"] == Decimal("1249.93")
    booked = [row for row in told["reconciliation"] if row["reported"] == 1600]
    assert len(booked) == 1


def test_a_quarter_that_is_not_published_is_named(place: House) -> None:
    """Nothing is projected."""
    close_of_june(place)
    kind, message = refusal(place, {"2027-04-01": 150})
    assert kind == "MissingPriceIndex"
    assert "2028-01-01" in message
    assert "consumer_price_index" in message


def test_without_prices_of_the_day_before_nothing_is_guessed(place: House) -> None:
    """No snapshot is kept that covers 30 June 2027."""
    kind, message = refusal(place, QUARTERS)
    assert kind == "NoSnapshot"
    assert "2027-06-30" in message


def test_a_year_without_gains_needs_neither(database: Database, tenant: str) -> None:
    """It is told as it is."""
    place = House(database, tenant)
    place.register()
    assert report(place, {})["totals"]["net_capital_gain"] == 0


def test_a_day_that_begins_no_quarter_is_refused(place: House) -> None:
    """An index is of a quarter."""
    assert "2027-05-01 does not begin a quarter" in refusal(place, {"2027-05-01": 150})[1]
