"""Alerts of risk in the log of a client: one an episode."""

from datetime import timedelta
from itertools import count
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
LOOKS = count()
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


def alert(house: House, *breaches: dict[str, Any], stop_losses: tuple[str, ...] = (), **more: Any) -> Any:
    """What raising it answers, in a run of its own: whether it is new, and when it was told first."""
    losing = [LOSS | {"etf": etf} for etf in stop_losses]
    about = {"breaches": list(breaches), "stop_losses": losing, "worst_scenario": "crisis_2008"}
    found = house("risk.raise_alert", run_id=f"look-{next(LOOKS)}", portfolio_id=PORTFOLIO, **about, **more)
    return found["raised"], found["alerted_on"]


def alerts(house: House) -> list[str]:
    with house.database.reading() as tx:
        names = [event.name for event in events.read(tx, house.tenant, stream="client:C-1")]
    return [name for name in names if name.startswith("Risk")]


YESTERDAY, TODAY = (NOON - timedelta(days=1)).date(), NOON.date()


def test_what_nobody_was_told_of_is_new_and_recorded(house: House) -> None:
    """What was told of another portfolio does not count."""
    told(house, SECTOR, portfolio_id="P-OTHER")
    assert alert(house, SECTOR) == (True, TODAY)
    assert alerts(house) == ["RiskLimitBreached"] * 2
    assert alert(house, SECTOR) == (False, TODAY)
    assert alerts(house) == ["RiskLimitBreached"] * 2


@pytest.mark.parametrize(
    ("breaches", "stop_losses"),
    [([SECTOR | {"value": 0.5}], ()), ([SECTOR], ("VAS",)), ([], ("VAS",)), ([], ())],
)
def test_what_the_open_alert_named_is_not_told_again(
    house: House, breaches: list[dict[str, Any]], stop_losses: tuple[str, ...]
) -> None:
    """Whatever its value is now; but it is where it is asked for."""
    told(house, SECTOR, stop_losses=[LOSS])
    assert alert(house, *breaches, stop_losses=stop_losses) == (False, YESTERDAY)
    assert alert(house, *breaches, stop_losses=stop_losses, again=True) == (True, TODAY)


@pytest.mark.parametrize(
    ("breaches", "stop_losses"),
    [([SECTOR, FUND], ()), ([SECTOR | {"subject": "energy"}], ()), ([SECTOR], ("VAS", "VGS"))],
)
def test_anything_else_is_new(
    house: House, breaches: list[dict[str, Any]], stop_losses: tuple[str, ...]
) -> None:
    """Another limit, another subject or another position."""
    told(house, SECTOR, stop_losses=[LOSS])
    assert alert(house, *breaches, stop_losses=stop_losses) == (True, TODAY)


def test_the_last_alert_counts(house: House) -> None:
    """It named everything that was broken then."""
    told(house, SECTOR, FUND, days_ago=3)
    told(house, FUND, days_ago=1)
    assert alert(house, FUND) == (False, YESTERDAY)
    assert alert(house, SECTOR) == (True, TODAY)


def test_an_episode_ends_once(house: House) -> None:
    """A step that is made again answers the same; what breaks after that is told anew."""
    told(house, SECTOR)
    looks = [house("risk.end_alert", run_id=run_id, portfolio_id=PORTFOLIO) for run_id in ("a", "a", "b")]
    assert [look["ended"] for look in looks] == [True, True, False]
    assert alerts(house) == ["RiskLimitBreached", "RiskWithinLimits"]
    assert alert(house, SECTOR) == (True, TODAY)


@pytest.mark.parametrize(("days", "raised"), [(29, False), (30, True)])
def test_what_stays_broken_is_told_again_after_a_month(house: House, days: int, raised: bool) -> None:
    """As long as risk.yaml says."""
    told(house, SECTOR, days_ago=days)
    assert alert(house, SECTOR)[0] is raised


@pytest.mark.parametrize("activity", ["risk.raise_alert", "risk.end_alert"])
def test_an_unknown_portfolio_is_named(house: House, activity: str) -> None:
    """Where it stands."""
    more = {"breaches": [], "worst_scenario": "x"} if activity == "risk.raise_alert" else {}
    with pytest.raises(ActivityFault) as refused:
        house(activity, portfolio_id="P-NONE", **more)
    assert (refused.value.type, refused.value.path) == ("UnknownPortfolio", "portfolio_id")
