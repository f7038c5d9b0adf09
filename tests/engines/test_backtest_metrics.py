"""Figures of a course by hand, the table of its drawdowns, and bt's values on real prices."""

import gzip
import math
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engines.backtest.history import History
from engines.backtest.metrics import drawdowns, falls, measure, period_returns
from engines.backtest.rules import Bands, Periodic, Rule, Static, period_starts
from engines.backtest.run import run

STOCKS = Path(__file__).parents[3] / "shared" / "data" / "skfolio_BSD3" / "sp500_dataset.csv.gz"
DATES = [date(2021, 1, 1), date(2021, 7, 1), date(2022, 1, 1), date(2022, 7, 1), date(2023, 1, 1)]
# 100, 110, 99, 118.8, 106.92 over 730 days.
RETURNS = np.array([0.1, -0.1, 0.2, -0.1])


def test_figures_by_hand() -> None:
    """Four half-years; mean 2.5%, squared deviations 0.0675 together, shortfalls 0.02."""
    found = measure(DATES, RETURNS, periods_per_year=2)
    assert found.total_return == pytest.approx(0.0692)
    assert found.cagr == pytest.approx(math.sqrt(1.0692) - 1)
    assert found.volatility == pytest.approx(math.sqrt(0.0675 / 3 * 2))
    assert found.sharpe_ratio == pytest.approx(0.025 / math.sqrt(0.0675 / 3) * math.sqrt(2))
    assert found.sortino_ratio == pytest.approx(0.025 / math.sqrt(0.02 / 4) * math.sqrt(2))
    assert found.max_drawdown == pytest.approx(0.1)
    assert found.calmar_ratio == pytest.approx((math.sqrt(1.0692) - 1) / 0.1)
    assert (found.best_period, found.worst_period, found.years) == (0.2, -0.1, 2.0)


def test_the_risk_free_rate_is_taken_off_each_period() -> None:
    """5% a year is 2.5% a half-year: nothing is left of the mean."""
    found = measure(DATES, RETURNS, periods_per_year=2, risk_free=0.05)
    assert found.sharpe_ratio == pytest.approx(0, abs=1e-12)


def test_the_opening_counts_in_the_return_and_not_in_the_drawdown() -> None:
    """What the first purchase costs is lost, but no fall of the market."""
    found = measure(DATES, RETURNS, opening_return=-0.01)
    assert found.total_return == pytest.approx(0.99 * 1.0692 - 1)
    assert found.max_drawdown == pytest.approx(0.1)


def test_a_course_that_never_moves_has_no_ratios() -> None:
    """Nothing is divided by zero."""
    found = measure(DATES, np.zeros(4))
    assert (found.volatility, found.max_drawdown) == (0, 0)
    assert (found.sharpe_ratio, found.sortino_ratio, found.calmar_ratio) == (None, None, None)
    assert drawdowns(DATES, np.zeros(4)) == []


def test_one_return_has_no_deviation() -> None:
    """Two days are the least there can be; a year of such a day is beyond numbers."""
    found = measure([date(2021, 1, 1), date(2021, 1, 2)], np.array([9.0]))
    assert (found.volatility, found.cagr) == (0, None)


def test_a_flow_is_no_return() -> None:
    """100 grow to 110 and 50 are paid in; 160 grow to 176 and 76 are taken out."""
    returns = period_returns(np.array([100.0, 160, 100]), {1: 50.0, 2: -76.0})
    assert returns == pytest.approx([0.1, 0.1])


def test_drawdowns_by_hand() -> None:
    """Two falls of a tenth: the first is made good, the second is not; days count from the high."""
    first, second = drawdowns(DATES, RETURNS)
    assert (first.peak, first.trough, first.recovered) == (DATES[1], DATES[2], DATES[3])
    assert (second.peak, second.trough, second.recovered) == (DATES[3], DATES[4], None)
    assert [first.days, second.days] == [365, 184]
    assert [first.depth, second.depth] == pytest.approx([0.1, 0.1])


@given(arrays.arrays(np.float64, st.integers(1, 60), elements=st.floats(-0.5, 1.0)))
def test_every_day_below_a_high_lies_in_one_drawdown(returns: np.ndarray) -> None:
    """The table of all falls tells the same as the course: its depth, its days under water."""
    dates = [date.fromordinal(737000 + day) for day in range(len(returns) + 1)]
    below = falls(returns)
    table = drawdowns(dates, returns, most=1000)
    assert max((fall.depth for fall in table), default=0) == pytest.approx(below.max(), abs=1e-12)
    inside = {
        day
        for fall in table
        for day in range(
            fall.peak.toordinal() + 1, (fall.recovered or dates[-1]).toordinal() + (not fall.recovered)
        )
    }
    assert inside == {day.toordinal() for day, fall in zip(dates, below, strict=True) if fall > 1e-12}


def stocks() -> History:
    """The first ten stocks over the last 5,073 days."""
    with gzip.open(STOCKS, "rt") as lines:
        names = next(lines).strip().split(",")[1:11]
        rows = [line.split(",") for line in lines][-5073:]
    prices = np.array([[float(cell) for cell in row[1:11]] for row in rows])
    return History(tuple(date.fromisoformat(row[0][:10]) for row in rows), tuple(names), prices)


TENTHS = np.full(10, 0.1)
# Value over initial on row 2500 and at the end; bt 1.4.1 with integer_positions=False, run by
# benchmarks/backtest.py on the same days: RunOnce, RunMonthly, a band in points, RunIfOutOfBounds(0.25).
OF_BT = {
    "held": (9.353873637034425, 56.199555245576555, 0),
    "monthly": (3.4245881166087986, 18.189057111663622, 241),
    "band 5 points": (3.6246676415645966, 20.7129211533393, 32),
    "band 25% of target": (3.566214505264713, 19.48609954072537, 114),
}


def rule(name: str, history: History) -> Rule:
    """The rule of that name."""
    if name == "held":
        return Static()
    if name == "monthly":
        return Periodic(period_starts(history.dates, "monthly"))
    return Bands(TENTHS, np.full(10, 0.05 if "points" in name else 0.025))


@pytest.mark.skipif(not STOCKS.is_file(), reason="the shared prices are not here")
@pytest.mark.parametrize("name", OF_BT)
def test_values_are_those_of_bt(name: str) -> None:
    """To 1e-12 after twenty years."""
    history = stocks()
    found = run(history, TENTHS, rule(name, history), initial=1.0)
    between, last, rebalances = OF_BT[name]
    assert [found.value[2500], found.value[-1]] == pytest.approx([between, last], rel=1e-12)
    assert len(found.rebalances) == rebalances
