"""Alerts of risk in the log of a client: one an episode."""

from datetime import timedelta
from typing import Any

import pytest

from activities.runner import ActivityFault
from store import events
from store.database import Database
from tests.support.databases import NOON
from tests.support.house import House
from tests.support.ledger import PORTFOLIO

SECTOR = {"limit": "sector", "value": 0.4, "allowed": 0.25, "subject": "technology"}
FUND = {"limit": "etf", "value": 0.31, "allowed": 0.3, "subject": "NDQ"}
LOSS = {"etf": "VAS", "loss": 0.12}


@pytest.fixture
def house(database: Database, tenant: str) -> House:
    """A client, of whom nothing is told yet."""
    opened = House(database, tenant)
    opened.register()
    return opened


def told(house: House, *breaches: dict[str, Any], days_ago: int = 1, **more: Any) -> None:
    data = {"portfolio_id": PORTFOLIO, "breaches": list(breaches), "stop_losses": [], **more}
    record(house, "RiskLimitBreached", data, days_ago)


def record(house: House, name: str, data: dict[str, Any], days_ago: int = 1) -> None:
    with house.database.transaction() as tx:
        events.append(tx, house.tenant, "client:C-1", name, data, at=NOON - timedelta(days=days_ago))


def alert(house: House, *breaches: dict[str, Any], stop_losses: tuple[str, ...] = ()) -> tuple[Any, bool]:
    found = house(
        "risk.open_alert", portfolio_id=PORTFOLIO, breaches=list(breaches), stop_losses=list(stop_losses)
    )
    return found["alerted_on"], found["repeats"]


def test_what_nobody_was_told_of_is_new(house: House) -> None:
    """Nor does what was told of another portfolio count."""
    told(house, SECTOR, portfolio_id="P-OTHER")
    assert alert(house, SECTOR) == (None, False)


def test_the_same_breach_repeats_whatever_its_value_is_now(house: House) -> None:
    """Another limit, another subject or another position is new."""
    told(house, SECTOR, stop_losses=[LOSS])
    day = (NOON - timedelta(days=1)).date()
    assert alert(house, SECTOR | {"value": 0.5}) == (day, True)
    assert alert(house, SECTOR, stop_losses=("VAS",)) == (day, True)
    assert alert(house, SECTOR, FUND) == (day, False)
    assert alert(house, SECTOR | {"subject": "energy"}) == (day, False)
    assert alert(house, SECTOR, stop_losses=("VGS",)) == (day, False)
    assert alert(house) == (day, True)


def test_the_last_alert_counts(house: House) -> None:
    """It names everything that was broken then."""
    told(house, SECTOR, FUND, days_ago=3)
    told(house, FUND, days_ago=2)
    assert alert(house, FUND)[1]
    assert not alert(house, SECTOR)[1]


def test_an_episode_ends_once_everything_holds(house: House) -> None:
    """What breaks after that is told anew."""
    told(house, SECTOR, days_ago=3)
    record(house, "RiskWithinLimits", {"portfolio_id": PORTFOLIO}, days_ago=2)
    assert alert(house, SECTOR) == (None, False)
    told(house, SECTOR)
    assert alert(house, SECTOR)[1]


@pytest.mark.parametrize(("days", "repeats"), [(29, True), (30, False)])
def test_what_stays_broken_is_told_again_after_a_month(house: House, days: int, repeats: bool) -> None:
    """As long as risk.yaml says; the episode is the same."""
    told(house, SECTOR, days_ago=days)
    day, found = alert(house, SECTOR)
    assert (day is not None, found) == (True, repeats)


def test_an_unknown_portfolio_is_named(house: House) -> None:
    """Where it stands."""
    with pytest.raises(ActivityFault) as refused:
        house("risk.open_alert", portfolio_id="P-NONE", breaches=[])
    assert (refused.value.type, refused.value.path) == ("UnknownPortfolio", "portfolio_id")
