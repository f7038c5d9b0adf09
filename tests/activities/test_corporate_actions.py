"""Corporate actions move units and cost bases, never value; what is shown can be made anew from the ledger."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from activities.runner import ActivityFault
from activities.snapshots import default_snapshot, keep, newest_stored
from store import cash, halts, ledger, ledger_proof, portfolios
from store.database import Database
from store.tables import ParcelDisposal
from tests.support.databases import NOON, new_tenant
from tests.support.house import House
from tests.support.ledger import ACCOUNT, MONDAY, PORTFOLIO, about, buy, deposit, sell

TUESDAY = "2025-11-18"
SPLIT: dict[str, Any] = {
    "portfolio_id": PORTFOLIO,
    "reference": "VAS-1",
    "action": "split",
    "etf": "VAS",
    "effective_date": TUESDAY,
    "ratio": {"new_units": 3, "old_units": 1},
}
CONSOLIDATION = SPLIT | {"ratio": {"new_units": 1, "old_units": 30}, "price": Decimal("1500.00")}
MERGER = SPLIT | {
    "action": "merger",
    "new_etf": "A200",
    "ratio": {"new_units": 3, "old_units": 4},
    "price": 80,
}
RENAMED = {key: SPLIT[key] for key in SPLIT if key != "ratio"} | {"action": "code_change", "new_etf": "A200"}
DELISTED = {key: SPLIT[key] for key in SPLIT if key != "ratio"} | {
    "action": "delisting",
    "price": Decimal("60.005"),
}


def opened(database: Database, tenant: str) -> House:
    place = House(database, tenant)
    place.register()
    with database.transaction() as tx:
        deposit(tx, tenant, 100_000_00)
        buy(tx, tenant, "a", 700, 35_000_00)
        buy(tx, tenant, "b", 311, 16_000_01)
    return place


@pytest.fixture
def house(database: Database, tenant: str) -> House:
    """A client with 700 units for 35,000.00 and 311 for 16,000.01."""
    return opened(database, tenant)


def held(place: House) -> list[tuple[str, int, int, date]]:
    """Parcels; what is shown must be what the ledger makes."""
    with place.database.transaction() as tx:
        assert ledger_proof.verify(tx, place.tenant) == []
        found = portfolios.parcels(tx, place.tenant, PORTFOLIO)
        return [(each.etf, each.units, each.cost_base_cents, each.acquired) for each in found]


def disposals(tx: Session, place: House) -> list[tuple[int, int, int]]:
    found = tx.exec(select(ParcelDisposal).where(ParcelDisposal.tenant == place.tenant))
    return sorted((each.units, each.cost_base_cents, each.proceeds_cents) for each in found)


def test_a_split_changes_units_alone(house: House) -> None:
    """Cost base and dates stay, nothing is disposed of; a second run books nothing."""
    done = house("corporate_actions.apply", **SPLIT)
    assert (done["units_before"], done["units_after"], done["cash"], done["gain"]) == (1011, 3033, 0, 0)
    assert held(house) == [("VAS", 2100, 35_000_00, MONDAY), ("VAS", 933, 16_000_01, MONDAY)]
    with house.database.reading() as tx:
        assert disposals(tx, house) == []
    facts = house.facts()
    assert house("corporate_actions.apply", run_id="run-2", **SPLIT) == done
    assert house.facts() == facts


def test_a_consolidation_pays_the_fraction_that_is_left(house: House) -> None:
    """1,011 / 30 = 33.7: 33 units, and 0.7 * 1,500.00 in cash, all of it gain."""
    with house.database.reading() as tx:
        before = cash.settled(tx, house.tenant, ACCOUNT)
    done = house("corporate_actions.apply", **CONSOLIDATION)
    assert (done["units_after"], done["cash"], done["gain"]) == (33, 1050, 1050)
    assert [each[1:3] for each in held(house)] == [(23, 35_000_00), (10, 16_000_01)]
    with house.database.reading() as tx:
        assert cash.settled(tx, house.tenant, ACCOUNT) == before + 1_050_00
        assert disposals(tx, house) == []


def test_a_consolidation_can_be_taken_back(house: House) -> None:
    """Every unit and cent is where it was."""
    before = held(house)
    house("corporate_actions.apply", **CONSOLIDATION)
    with house.database.transaction() as tx:
        ledger.reverse(tx, house.tenant, ACCOUNT, "split:VAS-1", about("", ""))
    assert held(house) == before


def test_too_few_units_for_one_are_sold(house: House) -> None:
    """1,011 of one for 2,000 are 0.5055 of a unit: both parcels are disposed of for it."""
    asked = SPLIT | {"ratio": {"new_units": 1, "old_units": 2000}, "price": 100_000}
    done = house("corporate_actions.apply", **asked)
    assert (done["units_after"], done["cash"], done["gain"]) == (0, 50_550, Decimal("-450.01"))
    assert held(house) == []
    with house.database.reading() as tx:
        assert disposals(tx, house) == [(311, 16_000_01, 15_550_00), (700, 35_000_00, 35_000_00)]


def test_a_new_code_keeps_everything_and_the_target(house: House) -> None:
    """Units, cost base and date; the weight that was aimed at goes along."""
    house("portfolio.set_target", portfolio_id=PORTFOLIO, weights={"VAS": 0.6, "VGS": 0.4}, snapshot="a" * 64)
    house("corporate_actions.apply", **RENAMED)
    assert held(house) == [("A200", 700, 35_000_00, MONDAY), ("A200", 311, 16_000_01, MONDAY)]
    with house.database.reading() as tx:
        target = portfolios.portfolio(tx, house.tenant, PORTFOLIO).target
    assert target == {"A200": Decimal("0.6"), "VGS": Decimal("0.4")}


def test_a_merger_with_rollover_carries_cost_base_and_date_over(house: House) -> None:
    """1,011 * 3/4 = 758.25: 758 units, and a quarter of 80.00 in cash."""
    done = house("corporate_actions.apply", **MERGER)
    assert (done["etf"], done["units_before"], done["units_after"]) == ("A200", 1011, 758)
    assert (done["cash"], done["gain"]) == (20, 20)
    assert held(house) == [("A200", 525, 35_000_00, MONDAY), ("A200", 233, 16_000_01, MONDAY)]


def test_a_merger_without_rollover_is_a_sale_and_a_purchase(house: House) -> None:
    """758 units at 80.00 and 20.00 in cash are the proceeds; the new parcels begin that day at 80.00."""
    done = house("corporate_actions.apply", **MERGER | {"rollover": False})
    assert (done["cash"], done["gain"]) == (20, 758 * 80 + 20 - Decimal("51000.01"))
    day = date(2025, 11, 18)
    assert held(house) == [("A200", 525, 42_000_00, day), ("A200", 233, 18_640_00, day)]
    with house.database.reading() as tx:
        assert sum(proceeds for _, _, proceeds in disposals(tx, house)) == 60_660_00


def test_a_delisting_pays_all_units_out(house: House) -> None:
    """1,011 * 60.005 = 60,665.055 is 60,665.06, shared by units; the rest is gain."""
    done = house("corporate_actions.apply", **DELISTED)
    assert (done["units_after"], done["cash"]) == (0, Decimal("60665.06"))
    assert done["gain"] == Decimal("60665.06") - Decimal("51000.01")
    assert held(house) == []
    with house.database.reading() as tx:
        assert disposals(tx, house) == [(311, 16_000_01, 18_661_56), (700, 35_000_00, 42_003_50)]


def test_a_suspension_moves_nothing(house: House) -> None:
    """No entry and no fact."""
    before, facts = held(house), house.facts()
    asked = {key: SPLIT[key] for key in SPLIT if key != "ratio"} | {"action": "suspension"}
    done = house("corporate_actions.apply", **asked)
    assert (done["units_before"], done["units_after"]) == (1011, 1011)
    assert (held(house), house.facts()) == (before, facts)


def test_units_traded_on_the_day_are_refused(house: House) -> None:
    """They may be of after the split already."""
    with pytest.raises(ActivityFault) as refused:
        house("corporate_actions.apply", **SPLIT | {"effective_date": "2025-11-17"})
    assert (refused.value.type, refused.value.path) == ("TradedSince", "effective_date")


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        (SPLIT | {"ratio": None}, ""),
        (SPLIT | {"ratio": {"new_units": 0, "old_units": 1}}, "ratio.new_units"),
        (SPLIT | {"new_etf": "A200"}, ""),
        (RENAMED | {"new_etf": "VAS"}, ""),
        (MERGER | {"rollover": False, "price": None}, ""),
        (DELISTED | {"price": None}, ""),
        (DELISTED | {"price": -1}, "price"),
        (SPLIT | {"action": "spin_off"}, "action"),
    ],
)
def test_what_is_incomplete_is_refused(house: House, asked: dict[str, Any], path: str) -> None:
    """At its place, before anything is looked up."""
    with pytest.raises(ActivityFault) as refused:
        house("corporate_actions.apply", **asked)
    assert (refused.value.type, refused.value.path) == ("InvalidInput", path)


def test_a_fraction_without_a_price_is_refused(house: House) -> None:
    """Nothing is booked."""
    with pytest.raises(ActivityFault, match="at what price") as refused:
        house("corporate_actions.apply", **CONSOLIDATION | {"price": None})
    assert (refused.value.type, refused.value.path) == ("InvalidValue", "price")


@settings(max_examples=25, deadline=None)
@given(
    ratio=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    sold=st.integers(0, 699),
    action=st.sampled_from(["split", "merger"]),
    rollover=st.booleans(),
)
def test_nothing_is_lost_whatever_the_ratio(
    database: Database, ratio: tuple[int, int], sold: int, action: str, rollover: bool
) -> None:
    """Cost base + gain = cost base before + cash, units are whole, and the ledger proves."""
    place = opened(database, new_tenant())
    if sold:
        with database.transaction() as tx:
            sell(tx, place.tenant, "s", "a", sold, sold * 50_00, sold * 51_00)
    before = held(place)
    terms = {"new_units": ratio[0], "old_units": ratio[1]}
    asked = (MERGER | {"rollover": rollover} if action == "merger" else SPLIT) | {"price": 77, "ratio": terms}
    done = place("corporate_actions.apply", **asked | {"effective_date": "2025-11-19"})
    after = held(place)
    costs = [sum(each[2] for each in parcels) for parcels in (before, after)]
    assert costs[1] == costs[0] + 100 * (done["gain"] - done["cash"])
    exact = Fraction(sum(each[1] for each in before) * ratio[0], ratio[1])
    assert sum(each[1] for each in after) == exact.numerator // exact.denominator


@pytest.mark.parametrize(
    "otherwise",
    [
        SPLIT | {"ratio": {"new_units": 2, "old_units": 1}},
        SPLIT | {"effective_date": "2025-11-19"},
        SPLIT | {"price": 100},
    ],
)
def test_what_was_booked_otherwise_is_refused(house: House, otherwise: dict[str, Any]) -> None:
    """Whoever corrects a mistyped announcement under its own reference must not be told that all is well."""
    done = house("corporate_actions.apply", **SPLIT)
    with pytest.raises(ActivityFault, match="3 for 1") as refused:
        house("corporate_actions.apply", "again", **otherwise)
    assert (refused.value.type, refused.value.path) == ("ReferenceConflict", "reference")
    assert house("corporate_actions.apply", "the same", **SPLIT) == done


def checked(house: House, action: dict[str, Any]) -> dict[str, Any]:
    asked = {key: value for key, value in action.items() if key != "portfolio_id"}
    return house("corporate_actions.check", f"{asked}", **asked)


@pytest.mark.parametrize(
    ("day", "begins"), [(TUESDAY, "2025-11-17T13:00:00+00:00"), ("2026-07-01", "2026-06-30T14:00:00+00:00")]
)
def test_an_action_takes_effect_at_midnight_where_the_exchange_is(
    house: House, day: str, begins: str
) -> None:
    """Midnight UTC is an hour after the opening in Sydney's summer."""
    found = checked(house, SPLIT | {"effective_date": day})
    assert (found["etf"], found["effective_at"].isoformat()) == ("VAS", begins)


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        (SPLIT | {"ratio": None}, ("InvalidInput", "")),
        (SPLIT | {"etf": "ZZZ"}, ("UnknownEtf", "etf")),
        (RENAMED | {"new_etf": "ZZZ"}, ("UnknownEtf", "new_etf")),
    ],
)
def test_what_nobody_could_book_is_refused_when_it_is_announced(
    house: House, asked: dict[str, Any], fault: tuple[str, str]
) -> None:
    """An ETF that left the universe and is held can still be acted on; a new one must be in it."""
    with pytest.raises(ActivityFault) as refused:
        checked(house, asked)
    assert (refused.value.type, refused.value.path) == fault
    with house.database.transaction() as tx:
        buy(tx, house.tenant, "c", 5, 500_00, etf="GONE")
    assert checked(house, RENAMED | {"etf": "GONE"})["etf"] == "A200"


def test_an_etf_is_found_in_the_universe_or_on_the_books(house: House) -> None:
    """Any other is a slip of the pen, for which nobody would be paid."""
    assert house("holdings.find_etf", etf="VAS")["name"] is not None
    with pytest.raises(ActivityFault, match="did you mean") as refused:
        house("holdings.find_etf", "unknown", etf="VSA")
    assert (refused.value.type, refused.value.path) == ("UnknownEtf", "etf")
    with house.database.transaction() as tx:
        buy(tx, house.tenant, "c", 5, 500_00, etf="GONE")
    assert house("holdings.find_etf", "held", etf="GONE") == {"etf": "GONE", "name": None}


def test_prices_before_a_split_are_stated_in_todays_units(house: House) -> None:
    """A third of each, distributions too; others stay; once; a snapshot of after the split stays as it is."""
    context = house.context("restate")
    with house.database.transaction() as tx:
        snapshot = default_snapshot(context.catalogue)
        keep(tx, house.tenant, snapshot, NOON - timedelta(days=1))
    day = (snapshot.as_of + timedelta(days=1)).isoformat()
    asked = {"etf": "VAS", "effective_date": day, "ratio": {"new_units": 3, "old_units": 1}}
    assert house("corporate_actions.restate_prices", **asked)["restated"]
    made = newest_stored(context)
    assert made is not None
    assert made.prices(["VAS"])[-1] * 3 == pytest.approx(snapshot.prices(["VAS"])[-1], abs=1e-7)
    assert (made.prices(["VGS"]) == snapshot.prices(["VGS"])).all()
    assert house("corporate_actions.restate_prices", "again", **asked) == {
        "snapshot": made.digest,
        "restated": False,
    }
    past = asked | {"etf": "VGS", "effective_date": snapshot.as_of.isoformat()}
    assert not house("corporate_actions.restate_prices", "past", **past)["restated"]


def test_an_etf_is_halted_and_resumed(house: House) -> None:
    """By the halts that every order is held against."""
    asked = {"etf": "VAS", "reason": "split VAS-1"}
    assert house("trading.halt", **asked) == {"etf": "VAS", "halted": True, "changed": True}
    assert not house("trading.halt", "by another", **asked)["changed"]
    with house.database.reading() as tx:
        assert [halted.scope for halted in halts.current(tx, house.tenant)] == ["etf:VAS"]
    assert house("trading.halted") == {"etfs": ["VAS"]}
    assert house("trading.resume", **asked) == {"etf": "VAS", "halted": False, "changed": True}
    assert not house("trading.resume", "again", **asked)["changed"]
    with house.database.reading() as tx:
        assert halts.current(tx, house.tenant) == []
    assert house("trading.halted") == {"etfs": []}


def test_what_is_halted_is_told_of_the_universe_alone(house: House) -> None:
    """What the house does not trade, it need not leave out; a halt of everything or of a broker names no ETF."""
    with house.database.transaction() as tx:
        for scope in ("etf:VGS", "etf:ZZZ", "etf:VAS", "broker:simulated", "all"):
            halts.halt(tx, house.tenant, scope, by="kim", reason="test", now=datetime(2026, 7, 1, tzinfo=UTC))
    assert house("trading.halted") == {"etfs": ["VAS", "VGS"]}


def test_a_distribution_is_reinvested_under_the_code_of_its_payment(house: House) -> None:
    """Held as VAS before the ex-date, paid when the fund goes by A200; asked again, nothing changes."""
    house("portfolio.set_reinvestment", portfolio_id=PORTFOLIO, reinvest=True)
    house("corporate_actions.apply", **RENAMED)
    paid = {
        "portfolio_id": PORTFOLIO,
        "reference": "VAS-D",
        "etf": "VAS",
        "ex_date": TUESDAY,
        "payment_date": "2025-11-20",
        "amount": 1,
        "franking": 0,
        "reinvestment_price": 100,
    }
    first = house("distributions.pay", **paid)
    assert first["reinvested_units"] == 10
    assert house("distributions.pay", run_id="run-2", **paid) == first
    assert {etf for etf, *_ in held(house)} == {"A200"}
    assert sum(units for _, units, *_ in held(house)) == 1021
