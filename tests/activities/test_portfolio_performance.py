"""A portfolio's performance from the ledger and stored prices, held against figures reckoned apart."""

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from activities.runner import ActivityFault
from activities.snapshots import keep
from adapters.market.snapshot import Snapshot
from engines import performance
from store import cash, ledger
from store.database import Database
from store.ledger import About, Posting, Subject
from store.tables import Book, Portfolio
from tests.support.databases import NOON
from tests.support.house import House
from tests.support.ledger import ACCOUNT, PORTFOLIO

# Business days from 2024-11-01; money comes in on the tenth of them.
SESSIONS = [date.fromordinal(date(2024, 11, 1).toordinal() + n) for n in range(600)]
SESSIONS = [day for day in SESSIONS if day.weekday() < 5][:400]
TICKERS = ("BILL", "VAF", "VIF", "VAS", "VGS", "VAP")
OPENED, BOUGHT_MORE, SOLD = 10, 120, 300


def prices() -> np.ndarray:
    draw = np.random.default_rng(3)
    growth = draw.normal(
        [0.0001, 0.0002, 0.0002, 0.0004, 0.0005, 0.0003], [1e-5, 0.002, 0.002, 0.01, 0.01, 0.012], (400, 6)
    )
    found: np.ndarray = np.round(50 * np.cumprod(1 + growth, axis=0), 2)
    return found


def cents_of(etf: str, place: int, units: int) -> int:
    return round(prices()[place, TICKERS.index(etf)] * 100) * units


class Bookkeeper:
    """Books trades at a day's closing prices, with 10.00 of brokerage each, in one account."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.values = [0.0] * 400
        self.flows: dict[date, float] = {}

    def _post(self, kind: str, place: int, name: str, postings: list[Posting]) -> None:
        about = About(f"{kind}:{name}", kind, SESSIONS[place], "AUD", NOON)
        with self.house.database.transaction() as tx:
            ledger.post(tx, self.house.tenant, ACCOUNT, about, postings)

    def pay(self, place: int, cents: int) -> None:
        self._post("deposit", place, str(place), [Posting(Book.CASH, cents), Posting(Book.CAPITAL, -cents)])
        self.flows[SESSIONS[place]] = cents / 100
        self._grow(place, cents / 100)

    def buy(self, place: int, etf: str, units: int) -> None:
        cost = cents_of(etf, place, units) + 1000
        lot = Subject(PORTFOLIO, etf, f"{etf}.{place}", SESSIONS[place], units)
        self._post("purchase", place, f"{etf}.{place}", [
            Posting(Book.SECURITIES, cost, lot), Posting(Book.UNSETTLED, -cost, settles_on=SESSIONS[place]),
        ])  # fmt: skip
        self._hold(place, etf, units, cost)

    def sell(self, place: int, etf: str, units: int, of: int, cost: int) -> None:
        proceeds = cents_of(etf, place, units) - 1000
        lot = Subject(PORTFOLIO, etf, f"{etf}.{of}", SESSIONS[of])
        sold = Subject(PORTFOLIO, etf, f"{etf}.{of}", SESSIONS[of], -units)
        self._post("sale", place, f"{etf}.{place}", [
            Posting(Book.SECURITIES, -cost, sold), Posting(Book.GAINS, cost - proceeds, lot),
            Posting(Book.UNSETTLED, proceeds, settles_on=SESSIONS[place]),
        ])  # fmt: skip
        self._hold(place, etf, -units, -proceeds)

    def fee(self, place: int, cents: int) -> None:
        self._post("fee", place, str(place), [Posting(Book.CASH, -cents), Posting(Book.FEES, cents)])
        self._grow(place, -cents / 100)

    def _hold(self, place: int, etf: str, units: int, cost: int) -> None:
        for later in range(place, 400):
            self.values[later] += cents_of(etf, later, units) / 100 - cost / 100

    def _grow(self, place: int, money: float) -> None:
        for later in range(place, 400):
            self.values[later] += money


@pytest.fixture
def house(database: Database, tenant: str) -> House:
    """A client with a moderate portfolio, and market data."""
    opened = House(database, tenant)
    opened.register()
    with database.transaction() as tx:
        keep(
            tx,
            tenant,
            Snapshot("tests", True, tuple(SESSIONS), TICKERS, np.round(prices() * 1e8).astype(np.int64)),
            NOON,
        )
        row = tx.get_one(Portfolio, (tenant, PORTFOLIO))
        row.risk_category = "moderate"
        row.target = {"VAS": 0.6, "VAF": 0.3}
        tx.add(row)
    return opened


@pytest.fixture
def books(house: House) -> Bookkeeper:
    """Money in, three funds bought, more money, a sale, a fee."""
    kept = Bookkeeper(house)
    kept.pay(OPENED, 100_000_00)
    for etf, units in (("VAS", 900), ("VGS", 500), ("VAF", 400)):
        kept.buy(OPENED, etf, units)
    kept.pay(BOUGHT_MORE, 20_000_00)
    kept.buy(BOUGHT_MORE, "VGS", 300)
    kept.sell(SOLD, "VAS", 300, OPENED, 15_000_00)
    kept.fee(SOLD + 5, 250_00)
    return kept


def measured(house: House, **given: Any) -> dict[str, Any]:
    return house("portfolio.measure_performance", portfolio_id=PORTFOLIO, **given)


def test_the_time_weighted_return_links_what_lies_between_payments(house: House, books: Bookkeeper) -> None:
    """Money in counts from the morning: growth to the evening before it, and on from there."""
    found = measured(house)
    values = books.values
    growth = values[BOUGHT_MORE - 1] / 100_000
    growth *= values[399] / (values[BOUGHT_MORE - 1] + 20_000)
    (whole,) = (each for each in found["periods"] if each["period"] == "since start")
    assert whole["time_weighted_return"] == pytest.approx(growth - 1, abs=1e-12)
    days = (SESSIONS[399] - SESSIONS[OPENED]).days
    assert whole["time_weighted_yearly"] == pytest.approx(growth ** (365 / days) - 1, abs=1e-12)
    assert found["value"] == Decimal(str(round(values[399], 2)))
    assert (found["begins"], found["ends"]) == (SESSIONS[OPENED], SESSIONS[399])


def test_the_money_weighted_return_is_the_xirr_of_what_was_paid(house: House, books: Bookkeeper) -> None:
    """100,000 and 20,000 paid in, the last value taken out."""
    (whole,) = (each for each in measured(house)["periods"] if each["period"] == "since start")
    ends = [
        performance.Valuation(SESSIONS[OPENED], 0),
        performance.Valuation(SESSIONS[399], books.values[399]),
    ]
    expected = performance.money_weighted_return(ends, books.flows)
    assert whole["money_weighted_yearly"] == pytest.approx(expected, abs=1e-9)
    days = (SESSIONS[399] - SESSIONS[OPENED]).days
    assert (1 + whole["money_weighted_return"]) ** (365 / days) - 1 == pytest.approx(expected, abs=1e-9)


def test_effects_add_up_to_the_active_return(house: House, books: Bookkeeper) -> None:
    """By class and altogether; the benchmark is the mix of the category, brought back every day."""
    found = measured(house)
    weights = np.array([0.1, 0.25, 0.15, 0.2, 0.25, 0.05])
    daily = prices()[1:] / prices()[:-1] - 1
    benchmark = np.prod(1 + daily[OPENED - 1 :] @ weights) - 1
    (whole,) = (each for each in found["periods"] if each["period"] == "since start")
    assert whole["benchmark_return"] == pytest.approx(benchmark, abs=1e-12)
    assert found["effects"]["total"] == pytest.approx(whole["active_return"], abs=1e-12)
    for name in ("allocation", "selection", "interaction", "total"):
        assert sum(each[name] for each in found["by_class"]) == pytest.approx(
            found["effects"][name], abs=1e-12
        )
    costs = {each["asset_class"]: each for each in found["by_class"]}["costs"]
    assert costs["total"] == pytest.approx(-250 / books.values[SOLD + 4], rel=0.2)


def test_only_periods_that_are_covered_are_told(house: House, books: Bookkeeper) -> None:
    """A year and a half: no three years; short ones have no yearly figures."""
    periods = measured(house)["periods"]
    assert [each["period"] for each in periods] == [
        "1 month",
        "3 months",
        "6 months",
        "1 year",
        "since start",
    ]
    assert [each["time_weighted_yearly"] is None for each in periods] == [True, True, True, False, False]
    month = periods[0]
    place = SESSIONS.index(month["begins"])
    assert month["time_weighted_return"] == pytest.approx(
        books.values[399] / books.values[place] - 1, abs=1e-12
    )


def test_the_target_can_be_the_benchmark(house: House, books: Bookkeeper) -> None:
    """What is not in ETFs is cash without return."""
    found = measured(house, benchmark="target")
    assert found["benchmark"]["weights"] == {"VAS": 0.6, "VAF": 0.3}
    shares = {each["asset_class"]: each["benchmark_weight"] for each in found["by_class"]}
    assert shares["cash"] == pytest.approx(0.1)
    assert found["effects"]["total"] == pytest.approx(found["periods"][-1]["active_return"], abs=1e-12)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"benchmark": "moderat"}, ("UnknownBenchmark", "benchmark")),
        ({}, ("TooLittleHistory", "portfolio_id")),
    ],
)
def test_what_cannot_be_measured_is_said(
    house: House, given: dict[str, str], expected: tuple[str, str]
) -> None:
    """No such benchmark; money that came in after the newest prices."""
    with house.database.transaction() as tx:
        cash.book(
            tx, house.tenant, ACCOUNT, reference="d", kind="deposit", amount_cents=100, currency="AUD",
            at=NOON, effective=date(2027, 1, 4),
        )  # fmt: skip
    with pytest.raises(ActivityFault) as refused:
        measured(house, **given)
    assert (refused.value.type, refused.value.path) == expected
