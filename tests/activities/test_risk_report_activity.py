"""The risk of a portfolio in the store, and the hedge proposed for it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from activities.runner import ActivityFault
from activities.snapshots import default_snapshot
from engines.risk_measures import max_drawdown, tail_loss
from store import halts
from store.database import Database
from tests.support.contexts import catalogue_files, pure_context
from tests.support.house import House
from tests.support.ledger import PORTFOLIO, buy, deposit
from tests.support.market import store_default

SNAPSHOT = default_snapshot(pure_context().catalogue)


@pytest.fixture
def house(database: Database, tenant: str) -> House:
    """A client who holds 100 VAS, bought for far more than they are worth, and cash."""
    opened = House(database, tenant)
    opened.register()
    with database.transaction() as tx:
        store_default(tx, tenant)
        deposit(tx, tenant, 30_000_00)
        buy(tx, tenant, "p", 100, 20_000_00)
    return opened


def reported(house: House) -> dict[str, Any]:
    found: dict[str, Any] = house("risk.report", portfolio_id=PORTFOLIO)
    return found


def test_weights_are_of_the_whole_and_losses_of_the_days_of_the_snapshot(house: House) -> None:
    """VAS beside cash, which neither gains nor loses."""
    found, price = reported(house), SNAPSHOT.closing("VAS")
    weight = price * 100 / (price * 100 + 10_000)
    assert found["weights"] == {"VAS": pytest.approx(weight)}
    prices = SNAPSHOT.prices(["VAS"])[:, 0]
    fund = next(each for each in catalogue_files()["universe"]["etfs"] if each["etf"] == "VAS")
    paid = SNAPSHOT.distributions(["VAS"])
    assert paid is not None
    whole = float(weight) * ((prices[1:] + paid[1:, 0]) / prices[:-1] - 1)
    assert found["days"] == len(whole)
    for method in ("historical", "normal", "cornish_fisher"):
        assert found["tails"][method]["var"] == pytest.approx(tail_loss(whole, 0.95, method).var)
        assert found["tails"][method]["observations"] == len(whole) - 252
    assert found["max_drawdown"] == pytest.approx(max_drawdown(whole))
    assert found["measures"]["max_drawdown"] == pytest.approx(max_drawdown(whole[-252:]))
    assert found["liquidity"]["lowest"] == float(fund["liquidity"])
    assert found["concentration"]["largest"] == "VAS"


def test_limits_are_those_of_the_house(house: House) -> None:
    """So that `risk.check_limits` takes them with the measures as they are."""
    found = reported(house)
    assert found["limits"] == {
        name: Decimal(str(figure["value"])) for name, figure in catalogue_files()["risk"]["limits"].items()
    }
    checked = house("risk.check_limits", **{name: found[name] for name in ("weights", "limits", "measures")})
    assert [(each["limit"], each["subject"]) for each in checked["breaches"]] == [("etf", "VAS")]


def test_a_position_far_below_its_cost_is_named(house: House) -> None:
    """Its loss is a share of what it cost."""
    [found] = reported(house)["stop_losses"]
    assert (found["etf"], found["loss"]) == ("VAS", pytest.approx(1 - SNAPSHOT.closing("VAS") / 200))


def test_a_hedge_moves_the_most_where_one_fund_is_all_there_is(house: House) -> None:
    """The rest of VAS still weighs two fifths: the breach that stays is named."""
    found = house("risk.propose_hedge", portfolio_id=PORTFOLIO)
    assert (found["hedge"], found["moved"], found["within"]) == ("raise_cash", Decimal("0.60"), False)
    assert sum(found["weights"].values()) == 1
    assert [(each["limit"], each["subject"]) for each in found["breaches"]] == [("etf", "VAS")]


def test_a_position_that_is_left_has_no_weight(house: House) -> None:
    """All that was held goes: the first sleeve takes its place."""
    found = house("risk.propose_hedge", portfolio_id=PORTFOLIO, exits=["VAS"])
    assert set(found["weights"]) <= {"AAA", "BILL", "VGB"}
    assert found["exits"] == ["VAS"]


def test_a_hedge_buys_nothing_that_is_halted(house: House) -> None:
    """The rest of the sleeve takes its share."""
    with house.database.transaction() as tx:
        halts.halt(tx, house.tenant, "etf:BILL", by="kim", reason="merged", now=datetime.now(UTC))
    found = house("risk.propose_hedge", portfolio_id=PORTFOLIO, exits=["VAS"])
    assert (found["hedge"], found["weights"]) == ("raise_cash", {"AAA": 1})


@pytest.mark.parametrize(
    ("given", "error", "path"),
    [
        ({"portfolio_id": "P-NOBODY"}, "UnknownPortfolio", "portfolio_id"),
        ({"portfolio_id": PORTFOLIO, "exits": ["VGS"]}, "NotHeld", "exits[0]"),
    ],
)
def test_what_is_not_there_is_refused(house: House, given: dict[str, Any], error: str, path: str) -> None:
    """By type, and where in the input."""
    with pytest.raises(ActivityFault) as refused:
        house("risk.propose_hedge", **given)
    assert (refused.value.type, refused.value.path) == (error, path)


def test_cash_alone_is_no_risk_to_report(database: Database, tenant: str) -> None:
    """Nothing held, nothing measured."""
    house = House(database, tenant)
    house.register()
    with database.transaction() as tx:
        store_default(tx, tenant)
        deposit(tx, tenant, 100_00)
    with pytest.raises(ActivityFault) as refused:
        reported(house)
    assert refused.value.type == "NothingHeld"


def test_a_hedge_sells_what_is_above_its_limit_and_leaves_the_rest_alone(
    database: Database, tenant: str
) -> None:
    """28% are technology where 25% may be: a twentieth is moved, most of it out of NDQ."""
    opened = House(database, tenant)
    opened.register()
    with database.transaction() as tx:
        store_default(tx, tenant)
        deposit(tx, tenant, 100_000_00)
        for place, (etf, worth) in enumerate({"NDQ": 28, "VAS": 24, "VGS": 24, "VAF": 24}.items()):
            units = int(worth * 1000 / SNAPSHOT.closing(etf))
            cost = int(SNAPSHOT.closing(etf) * units * 100)
            buy(tx, tenant, f"p{place}", units, cost, etf=etf)
    found = opened("risk.propose_hedge", portfolio_id=PORTFOLIO)
    assert found["within"]
    assert found["moved"] == Decimal("0.05")
    before = opened("risk.report", portfolio_id=PORTFOLIO)["weights"]
    assert found["weights"]["NDQ"] / before["NDQ"] < found["weights"]["VGS"] / before["VGS"]
    assert found["weights"]["VGS"] > Decimal("0.97") * before["VGS"]
