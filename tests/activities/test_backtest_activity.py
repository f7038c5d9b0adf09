"""backtest.run through the door that workers use: fields, metrics by hand, and refusals by name."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from activities.runner import ActivityFault, run
from activities.snapshots import default_snapshot
from payloads.catalogue import catalogue
from tests.support.contexts import pure_context

DATES = ["2024-01-30", "2024-01-31", "2024-02-01", "2024-02-02"]
PRICES = {"dates": DATES, "columns": {"VAS": [100, 110, 120, 120], "VAF": [50, 50, 50, 45]}}
GIVEN: dict[str, Any] = {
    "prices": PRICES,
    "weights": {"VAS": 0.6, "VAF": 0.4},
    "mode": "static",
    "initial": 1000,
}


def answer(**changed: Any) -> dict[str, Any]:
    """The output for GIVEN with changes, None takes a field away."""
    given = {name: value for name, value in (GIVEN | changed).items() if value is not None}
    return run("backtest.run", given, pure_context(), strict=True)


def refusal(**changed: Any) -> tuple[str, str]:
    """Type and place of the refusal."""
    with pytest.raises(ActivityFault) as refused:
        answer(**changed)
    return refused.value.type, refused.value.path


def table(**columns: list[Any]) -> dict[str, Any]:
    """The prices with other columns."""
    return {"dates": DATES, "columns": PRICES["columns"] | columns}


def test_it_is_pure_and_runs_on_the_compute_role() -> None:
    """Given prices it reaches for nothing; it may be long for a workflow's own task."""
    entry = catalogue()["backtest.run"]
    assert (entry.effect, entry.role) == ("pure", "compute")


def test_held_without_costs() -> None:
    """600 grow to 720, 400 fall to 360; the way down from 1,120 is the one drawdown."""
    found = answer()
    assert found["value"] == pytest.approx([1000, 1060, 1120, 1080], abs=1e-9)
    assert (found["rebalances"], found["turnover"]) == ([], 0)
    assert found["metrics"]["total_return"] == pytest.approx(0.08)
    assert found["metrics"]["max_drawdown"] == pytest.approx(40 / 1120)
    assert found["metrics"]["cagr"] == pytest.approx(1.08 ** (365 / 3) - 1)
    (fall,) = found["drawdowns"]
    assert (fall["peak"], fall["trough"], fall["recovered"]) == (date(2024, 2, 1), date(2024, 2, 2), None)
    assert [(trade["etf"], float(trade["value"])) for trade in found["trades"]] == [
        ("VAS", 600),
        ("VAF", 400),
    ]
    assert {etf: float(c["profit"]) for etf, c in found["contributions"].items()} == {"VAS": 120, "VAF": -40}


def test_periodic_trades_on_the_first_session_of_the_month() -> None:
    """1,120 on 1 February is brought back to 672 and 448."""
    found = answer(mode="periodic", cadence="monthly")
    assert found["rebalances"] == [date(2024, 2, 1)]
    assert found["value"] == pytest.approx([1000, 1060, 1120, 672 + 448 * 0.9], abs=1e-9)
    assert found["turnover"] == pytest.approx(48 / 1120)


def test_a_cadence_may_be_said_otherwise() -> None:
    """A month is monthly, annual is yearly."""
    monthly = answer(mode="periodic", cadence="monthly")
    assert answer(mode="periodic", cadence="month") == monthly
    assert answer(mode="periodic", cadence="annual") == answer(mode="periodic", cadence="yearly") != monthly


@pytest.mark.parametrize(
    ("band", "days"),
    [
        (0.04, [date(2024, 2, 1)]),  # 64.3%
        ({"absolute": 0.04}, [date(2024, 2, 1)]),
        ({"relative": 0.05}, [date(2024, 1, 31), date(2024, 2, 1), date(2024, 2, 2)]),  # VAF: two points
        ({"relative": 0.05, "floor": 0.05}, [date(2024, 2, 2)]),  # 66.7% on the last day
        ({"absolute": 0.04, "relative": 0.25}, [date(2024, 2, 1)]),
        (0.05, [date(2024, 2, 2)]),
    ],
)
def test_bands_are_those_of_rebalancing_check(band: Any, days: list[date]) -> None:
    """A number is points of the whole; relative, floor and the smaller of two as there."""
    assert answer(mode="band", band=band)["rebalances"] == days


def test_a_cadence_says_when_bands_are_looked_at() -> None:
    """Two points are left on 31 January, seen on 1 February."""
    assert answer(mode="band", band=0.02, cadence="monthly")["rebalances"] == [date(2024, 2, 1)]


def test_a_snapshot_gives_its_own_prices() -> None:
    """Without a database: the simulated default, which the answer calls simulated."""
    digest = run("market.quote", {"snapshot": DEFAULT, "etfs": ["VAS"]}, pure_context())["snapshot"]
    found = answer(prices=None, snapshot=digest, start="2024-01-01", end="2024-12-31")
    assert found["simulated"]
    assert found["dates"][0].year == found["dates"][-1].year == 2024
    assert len(found["value"]) == len(found["dates"]) > 200


def _default() -> str:
    return default_snapshot(pure_context().catalogue).digest


@pytest.mark.parametrize("start", ["2024-01-03", "2024-03-01"])
def test_what_a_snapshots_etfs_paid_counts(start: str) -> None:
    """Cash pays each month: units grow by payment over price, told by hand; an ex-day that opens counts not."""
    snapshot = default_snapshot(pure_context().catalogue)
    paid = snapshot.distributions(["AAA"])
    assert paid is not None
    prices, units = snapshot.prices(["AAA"])[:, 0], 1.0
    inside = [n for n, day in enumerate(snapshot.sessions) if start <= day.isoformat() <= "2024-12-31"]
    for row in inside[1:]:
        units *= 1 + paid[row, 0] / prices[row]
    earned = units * prices[inside[-1]] / prices[inside[0]] - 1
    asked: dict[str, Any] = {"prices": None, "snapshot": DEFAULT, "weights": {"AAA": 1}, "start": start}
    found = answer(**asked, end="2024-12-31")
    assert found["metrics"]["total_return"] == pytest.approx(earned, rel=1e-9)
    assert earned > 0.02


def test_distributions_that_are_given_stand_in_the_place_of_the_snapshots() -> None:
    """Nothing is counted twice."""
    asked: dict[str, Any] = {
        "prices": None,
        "snapshot": DEFAULT,
        "weights": {"AAA": 1},
        "start": "2024-01-03",
    }
    one = [{"date": "2024-06-04", "etf": "AAA", "amount": 0.01}]
    prices = default_snapshot(pure_context().catalogue).prices(["AAA"])
    found = answer(**asked, end="2024-12-31", distributions=one)
    days = found["dates"]
    sessions = default_snapshot(pure_context().catalogue).sessions
    first, ex, last = (prices[sessions.index(day), 0] for day in (days[0], date(2024, 6, 4), days[-1]))
    assert found["value"][-1] == pytest.approx(1000 / first * (1 + 0.01 / ex) * last, rel=1e-9)


DEFAULT = _default()


def test_one_asset_is_fine() -> None:
    """It is its own price."""
    assert answer(weights={"VAS": 1})["value"] == pytest.approx([1000, 1100, 1200, 1200])


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"prices": {"dates": DATES[:1], "columns": {"VAS": [1], "VAF": [1]}}}, ("TooFewRows", "prices.dates")),
        ({"prices": {"dates": [], "columns": {"VAS": [], "VAF": []}}}, ("TooFewRows", "prices.dates")),
        ({"prices": table(VAS=[1, 2, 3])}, ("PricesDoNotMatch", "prices.columns.VAS")),
        ({"prices": table(VAF=[1, 2, 0, 4])}, ("BadPrice", "prices.columns.VAF[2]")),
        ({"prices": table(VAF=[1, -2, 3, 4])}, ("BadPrice", "prices.columns.VAF[1]")),
        ({"prices": table(VAF=[1, 1e300, 3, 4])}, ("BadPrice", "prices.columns.VAF[1]")),
        ({"distributions": [{"date": d, "etf": "VAS", "amount": 10**12} for d in DATES[1:]] * 12}, ("ResultOutOfRange", "")),
        ({"prices": table(VAF=[1, None, 3, 4])}, ("InvalidInput", "prices.columns.VAF[1]")),
        ({"prices": table(VAF=[1, float("nan"), 3, 4])}, ("InvalidInput", "prices.columns.VAF[1]")),
        ({"prices": PRICES | {"dates": [*DATES[:2], DATES[3], DATES[2]]}}, ("DatesOutOfOrder", "prices.dates[3]")),
        ({"prices": PRICES | {"dates": [*DATES[:3], DATES[2]]}}, ("DatesOutOfOrder", "prices.dates[3]")),
        ({"prices": PRICES | {"dates": [*DATES[:3], "2099-01-01"]}}, ("FutureDate", "prices.dates[3]")),
        ({"weights": {"VAS": 0.6, "VAF": 0.3}}, ("WeightsDoNotSum", "weights")),
        ({"weights": {"VAS": 0.6, "VAF": 0.5}}, ("WeightsDoNotSum", "weights")),
        ({"weights": {"VAS": 0.6, "VAX": 0.4}}, ("UnknownEtf", "weights.VAX")),
        ({"weights": {"VAS": 1.5, "VAF": -0.5}}, ("InvalidInput", "weights.VAS")),
        ({"weights": {}}, ("InvalidInput", "weights")),
        ({"mode": "periodic"}, ("InvalidInput", "cadence")),
        ({"mode": "band"}, ("InvalidInput", "band")),
        ({"mode": "sometimes"}, ("InvalidInput", "mode")),
        ({"mode": "periodic", "cadence": "hourly"}, ("InvalidInput", "cadence")),
        ({"initial": 0}, ("InvalidInput", "initial")),
        ({"prices": None}, ("InvalidInput", "prices")),
        ({"snapshot": DEFAULT}, ("InvalidInput", "prices")),
        ({"prices": None, "snapshot": "0" * 64}, ("UnknownSnapshot", "snapshot")),
        ({"start": "2025-01-01"}, ("TooFewRows", "prices.dates")),
        ({"flows": [{"date": "2024-01-30", "amount": 5}]}, ("NoSuchDay", "flows[0].date")),
        ({"flows": [{"date": "2024-02-01", "amount": -5000}]}, ("WithdrawalTooLarge", "flows")),
        ({"distributions": [{"date": "2024-02-03", "etf": "VAS", "amount": 1}]}, ("NoSuchDay", "distributions[0].date")),
        ({"distributions": [{"date": "2024-02-01", "etf": "VGS", "amount": 1}]}, ("BadDistribution", "distributions[0].etf")),
        ({"costs": {"brokerage": 600}}, ("CostsExceedValue", "costs")),
    ],
)  # fmt: skip
def test_bad_input_is_refused_by_name_and_place(changed: dict[str, Any], expected: tuple[str, str]) -> None:
    """Each says what is wrong and where."""
    assert refusal(**changed) == expected


def test_a_total_loss_has_no_yearly_return() -> None:
    """A payment whose costs are more than all that was held: less than nothing is left of it."""
    prices = table(VAS=[1e6, 0.01, 0.01, 0.01], VAF=[1e6, 0.01, 0.01, 0.01])
    flows = [{"date": DATES[2], "amount": 5000}]
    assert answer(prices=prices, flows=flows, costs={"rate": 0.5})["metrics"]["cagr"] is None


def test_today_in_the_east_is_not_the_future() -> None:
    """Sydney's session of the next day may be over before UTC's midnight."""
    context = pure_context(now=lambda: datetime(2024, 2, 1, 20, tzinfo=UTC))
    assert run("backtest.run", GIVEN, context)["value"]


def test_tax_is_counted_when_asked_for() -> None:
    """48 of VAS, bought at 100 and sold at 120 within the year: a gain of 8."""
    assert answer()["taxes"] is None
    found = answer(mode="periodic", cadence="monthly", tax={"marginal_rate": 0.39})["taxes"]
    (year,) = found["years"]
    assert year["year"] == "2023-24"
    assert (float(year["other_gains"]), float(year["tax"])) == (8.0, 3.12)
    assert found["total"] == year["tax"]
