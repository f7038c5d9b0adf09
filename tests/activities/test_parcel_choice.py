"""Which parcels sales take: the client's or the house's method, or those that an order names."""

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from activities.capital_gains import find_capital_gains
from activities.orders import await_fills, submit
from activities.parcel_methods import set_parcel_method
from adapters.market.snapshot import Snapshot
from payloads.capital_gains import FindCapitalGains
from payloads.orders import AwaitFills, SubmitOrders
from payloads.parcel_methods import SetParcelMethod
from store import fills, holdings, portfolios, snapshots
from store.database import Database
from store.order_holds import InsufficientUnits, UnknownParcel
from store.tables import Customer, Parcel, ParcelDisposal
from tests.support.trading import NOW, PORTFOLIO, Brokerage, open_brokerage

Open = Callable[..., Brokerage]


@pytest.fixture
def opened(database: Database, tenant: str, tmp_path: Path) -> Open:
    """Opens a brokerage of the test's own; keywords as `open_brokerage` takes them."""
    return lambda **given: open_brokerage(database, tenant, tmp_path, **given)


class Days:
    """Days on which a brokerage trades VAS at prices of the test's own."""

    def __init__(self, brokerage: Brokerage) -> None:
        self.brokerage, self._runs = brokerage, 0

    def trade(self, day: date, side: str, units: int, price: object, **given: Any) -> str:
        """One order, filled whole; its id."""
        brokerage = self.brokerage
        brokerage.clock.now = NOW + (day - NOW.date())
        prices = {"VAS": Decimal(str(price))}
        brokerage.exchange.load_prices(prices, f"{day}")
        units_of_price = np.array([[int(value * 10**8) for value in prices.values()]], dtype=np.int64)
        snapshot = Snapshot("test", True, (day,), tuple(prices), units_of_price)
        with brokerage.database.transaction() as tx:
            snapshots.save(
                tx, brokerage.tenant, snapshot.digest, source="test", as_of=day, simulated=True,
                content=snapshot.to_bytes(), created_at=brokerage.clock.now,
            )  # fmt: skip
        return self.order({"side": side, "units": units, "etf": "VAS", **given})

    def order(self, trade: dict[str, Any]) -> str:
        """One order at the prices of the day."""
        self._runs += 1
        run = f"run-{self._runs}"
        ask = SubmitOrders.model_validate({"portfolio_id": PORTFOLIO, "trades": [trade]})
        (sent,) = submit(ask, self.brokerage.context("orders", run)).model_dump()["orders"]
        report = await_fills(AwaitFills(portfolio_id=PORTFOLIO), self.brokerage.context("fills", run))
        assert report.model_dump()["status"] == "filled"
        return str(sent)

    def method(self, method: str | None) -> None:
        """What the client wants from now on."""
        self._runs += 1
        ask = SetParcelMethod.model_validate({"portfolio_id": PORTFOLIO, "method": method})
        set_parcel_method(ask, self.brokerage.context("method", f"run-{self._runs}"))

    def parcels(self) -> list[Parcel]:
        """What is left, oldest first."""
        read = self.brokerage.read
        rows: list[Parcel] = read(lambda tx: portfolios.parcels(tx, self.brokerage.tenant, PORTFOLIO))
        return rows

    def disposals(self) -> list[ParcelDisposal]:
        """What was sold, the earliest first."""
        read = self.brokerage.read
        rows: list[ParcelDisposal] = read(lambda tx: holdings.disposals(tx, self.brokerage.tenant, PORTFOLIO))
        return rows

    def methods(self, order: str) -> list[str | None]:
        """By what the parcels of an order's fills were chosen."""
        read = self.brokerage.read
        return [fill.parcels_by for fill in read(lambda tx: fills.of_order(tx, self.brokerage.tenant, order))]


def ages(rows: Sequence[Parcel]) -> list[tuple[date, int]]:
    return [(row.acquired, row.units) for row in rows]


OLD, DEAR, NEW = date(2026, 2, 9), date(2026, 9, 1), date(2027, 2, 2)
SOLD = date(2027, 3, 2)


def three_parcels(days: Days) -> None:
    """Ten units each: cheap and old, dear and young, cheap and young."""
    days.trade(OLD, "buy", 10, 50)
    days.trade(DEAR, "buy", 10, 95)
    days.trade(NEW, "buy", 10, 85)


@pytest.mark.parametrize(
    ("method", "sold"),
    [
        (None, {DEAR: 10, NEW: 2}),
        ("lowest_tax", {DEAR: 10, NEW: 2}),
        ("highest_cost", {DEAR: 10, NEW: 2}),
        ("fifo", {OLD: 10, DEAR: 2}),
        ("lifo", {NEW: 10, DEAR: 2}),
    ],
)
def test_a_sale_takes_parcels_by_the_clients_method(
    opened: Open, method: str | None, sold: dict[date, int]
) -> None:
    """Without one of the client's own, by the house's: the least tax."""
    days = Days(opened())
    three_parcels(days)
    days.method(method)
    order = days.trade(SOLD, "sell", 12, 90)
    found = {row.acquired: row.units for row in days.disposals()}
    assert found == sold
    assert days.methods(order) == [method or "lowest_tax"]


def test_a_discount_is_worth_more_than_a_high_cost(opened: Open) -> None:
    """A gain of 20 that is discounted is taxed less than one of 15 that is not."""
    days = Days(opened())
    days.trade(OLD, "buy", 10, 80)
    days.trade(DEAR, "buy", 10, 85)
    days.trade(SOLD, "sell", 10, 100)
    assert ages(days.parcels()) == [(DEAR, 10)]


def test_losses_of_the_year_before_count(opened: Open) -> None:
    """They are used up by gains without discount first, so that those cost nothing any more."""
    days = Days(opened())
    days.trade(OLD, "buy", 30, 100)
    days.method("fifo")
    days.trade(date(2026, 6, 2), "sell", 20, 40)
    days.method(None)
    days.trade(DEAR, "buy", 10, 70)
    days.trade(SOLD, "sell", 10, 102)
    assert ages(days.parcels()) == [(DEAR, 10)]
    days.trade(date(2027, 3, 3), "sell", 10, 102)
    assert [row.acquired for row in days.disposals()] == [
        OLD,
        OLD,
        DEAR,
    ]


def net_gain(rows: Sequence[tuple[date, date, Fraction]], brought: Fraction) -> tuple[Fraction, Fraction]:
    """A resident's net gain, and the losses left, of (bought, sold, gain): losses off undiscounted gains first."""
    short = sum((gain for bought, sold, gain in rows if gain > 0 and not a_year(bought, sold)), Fraction(0))
    long = sum((gain for bought, sold, gain in rows if gain > 0 and a_year(bought, sold)), Fraction(0))
    losses = brought - sum((gain for _, _, gain in rows if gain < 0), Fraction(0))
    off_short = min(losses, short)
    off_long = min(losses - off_short, long)
    return short - off_short + (long - off_long) / 2, losses - off_short - off_long


def a_year(bought: date, sold: date) -> bool:
    """Held for more than twelve months; no day of these tests is a leap day."""
    return sold > bought.replace(year=bought.year + 1)


def gain_of(row: ParcelDisposal) -> tuple[date, date, Fraction]:
    return row.acquired, row.disposed, Fraction(row.proceeds_cents - row.cost_base_cents)


@pytest.mark.parametrize("seed", range(8))
def test_no_other_choice_of_parcels_is_taxed_less(opened: Open, seed: int) -> None:
    """Of every way to sell whole units on a day, given what was sold before, to the cents of rounding."""
    draws = random.Random(seed)
    days = Days(opened())
    for day in (OLD, OLD + timedelta(days=60)):
        days.trade(day, "buy", draws.randint(2, 5), draws.randint(60, 140))
    days.trade(date(2026, 6, 15), "sell", 1, draws.randint(40, 100))
    for day in (DEAR, NEW):
        days.trade(day, "buy", draws.randint(2, 5), draws.randint(60, 140))
    brought = net_gain([gain_of(row) for row in days.disposals()], Fraction(0))[1]
    first_year = len(days.disposals())
    for day in (SOLD, SOLD + timedelta(days=90)):
        before, so_far = days.parcels(), [gain_of(row) for row in days.disposals()[first_year:]]
        units, price = draws.randint(1, 4), draws.randint(60, 140)
        days.trade(day, "sell", units, price)
        a_unit = Fraction(units * price * 100 - 1000, units)
        every = [
            net_gain([*so_far, *ways_gains(before, way, day, a_unit)], brought)
            for way in product(*(range(row.units + 1) for row in before))
            if sum(way) == units
        ]
        found, left = net_gain([gain_of(row) for row in days.disposals()[first_year:]], brought)
        assert found - min(net for net, _ in every) <= 4  # cents, by which rounded shares may differ
        if found == 0:
            assert max(rest for net, rest in every if net == 0) - left <= 4


def ways_gains(
    held: Sequence[Parcel], way: Sequence[int], day: date, a_unit: Fraction
) -> list[tuple[date, date, Fraction]]:
    """The gains of selling so many units of each parcel."""
    return [
        (row.acquired, day, units * (a_unit - Fraction(row.cost_base_cents, row.units)))
        for row, units in zip(held, way, strict=True)
        if units
    ]


@pytest.mark.parametrize("method", ["fifo", "lifo", "highest_cost"])
def test_the_books_hold_what_the_engine_answers(opened: Open, method: str) -> None:
    """Lines of a whole year, units, cost bases and proceeds, are those of tax.capital_gains."""
    days = Days(opened())
    days.method(method)
    for month, units in ((2, 7), (3, 11), (4, 5)):
        days.trade(date(2026, month, 5), "buy", units, 37 + month)
    bought = [
        {
            "id": row.parcel_id,
            "etf": "VAS",
            "units": row.units,
            "acquired": row.acquired,
            "cost_base": Decimal(row.cost_base_cents) / 100,
        }
        for row in days.parcels()
    ]
    sales = [(DEAR, 3, Decimal("51.37")), (date(2026, 10, 1), 9, Decimal("48.11"))]
    for day, units, price in sales:
        days.trade(day, "sell", units, price)
    asked = {
        "jurisdiction": "AU",
        "year": "2026-27",
        "method": method,
        "parcels": bought,
        "disposals": [
            {"etf": "VAS", "units": units, "date": day, "proceeds": units * price - 10}
            for day, units, price in sales
        ],
    }
    ask = FindCapitalGains.model_validate(asked)
    answered = find_capital_gains(ask, days.brokerage.context()).model_dump()
    lines = [
        (line["parcel"], line["units"], line["cost_base"], line["proceeds"]) for line in answered["lines"]
    ]
    booked = [
        (row.parcel_id, row.units, Decimal(row.cost_base_cents) / 100, Decimal(row.proceeds_cents) / 100)
        for row in days.disposals()
    ]
    assert sorted(booked) == sorted(lines)


def test_an_order_sells_the_parcels_that_it_names(opened: Open) -> None:
    """In the order given, over all of its fills, whatever the method."""
    days = Days(opened(behaviour={"rules": [{"does": "parts", "parts": 3, "seconds": 0.001}]}))
    three_parcels(days)
    old, _, new = (row.parcel_id for row in days.parcels())
    order = days.trade(SOLD, "sell", 13, 90, parcel_ids=[new, old])
    assert ages(days.parcels()) == [(OLD, 7), (DEAR, 10)]
    assert days.methods(order) == ["specific"] * 3


def test_parcels_that_are_named_must_be_there_and_enough(opened: Open) -> None:
    """The first that is not of the portfolio is named; so is what the named ones lack."""
    days = Days(opened())
    three_parcels(days)
    old = days.parcels()[0].parcel_id
    sell = {"side": "sell", "etf": "VAS"}
    with pytest.raises(UnknownParcel, match="no parcel nobodys") as unknown:
        days.order({**sell, "units": 1, "parcel_ids": [old, "nobodys"]})
    assert unknown.value.path == "trades[0].parcel_ids[1]"
    with pytest.raises(InsufficientUnits, match="hold 10") as short:
        days.order({**sell, "units": 11, "parcel_ids": [old]})
    assert short.value.path == "trades[0].parcel_ids"
    for wrong in ({"side": "buy", "parcel_ids": [old]}, {"parcel_ids": [old, old]}, {"parcel_ids": []}):
        with pytest.raises(ValidationError):
            days.order({**sell, "units": 1, **wrong})


def test_a_year_whose_rules_need_more_is_booked_by_cost(opened: Open) -> None:
    """From July 2027 values of 30 June 2027 are needed; the dearest is sold, and the fill says so."""
    days = Days(opened())
    three_parcels(days)
    order = days.trade(date(2027, 8, 2), "sell", 10, 120)
    assert days.methods(order) == ["highest_cost"]
    assert ages(days.parcels()) == [(OLD, 10), (NEW, 10)]


def test_who_lives_elsewhere_has_no_discount(opened: Open) -> None:
    """So the higher cost base is sold, where a resident would sell the older one."""
    brokerage = opened()
    with brokerage.database.transaction() as tx:
        client = tx.get_one(Customer, (brokerage.tenant, "C-1"))
        client.tax_residency = "NZ"
        tx.add(client)
    days = Days(brokerage)
    days.trade(OLD, "buy", 10, 80)
    days.trade(DEAR, "buy", 10, 85)
    days.trade(SOLD, "sell", 10, 100)
    assert ages(days.parcels()) == [(OLD, 10)]


def test_a_sale_worth_less_than_its_brokerage_is_booked(opened: Open) -> None:
    """Its proceeds are below nothing, and add up."""
    days = Days(opened())
    days.trade(OLD, "buy", 3, 2)
    days.trade(DEAR, "buy", 3, 2)
    days.trade(SOLD, "sell", 4, 2)
    assert sum(row.proceeds_cents for row in days.disposals()) == 4 * 200 - 1000
    assert sum(row.units for row in days.disposals()) == 4
