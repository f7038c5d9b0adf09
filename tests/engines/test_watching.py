"""What is measured of many portfolios at once is what a loop over them finds."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.watching import Fault, Kept, Market, Measured, Portfolios, measure

TODAY = 740_000
ETFS = 5
PRICES = np.array([10.0, 25.5, 101.37, 0.52, np.nan])
_root = np.random.Generator(np.random.PCG64(5)).normal(0, 0.01, (40, ETFS))
PODS = 3
CEILINGS = (0.08, 0.2, math.nan)  # nobody says what the third may have
MARKET = Market(PRICES, np.cov(_root, rowvar=False), 252, 0.17, 10.0, CEILINGS, 1.0)
NOBODY = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Line:
    """One ETF of a portfolio."""

    etf: int
    units: int
    cost: int = 0
    target: float = 0.0
    pod: tuple[float, ...] = NOBODY


@dataclass(frozen=True)
class One:
    """A portfolio as a person would write it down."""

    lines: tuple[Line, ...] = ()
    cash: int = 0
    capital: int = 0
    rate: float = math.nan
    goals: tuple[int, ...] = ()
    kept: tuple[float, float, float] = field(default=(math.nan, math.nan, math.nan))
    regime: float = math.nan


def columns(ones: list[One]) -> Portfolios:
    lines = [line for one in ones for line in one.lines]

    def whole(numbers: list[int]) -> Any:
        return np.array(numbers, dtype=np.int64)

    return Portfolios(
        offsets=np.cumsum([0, *(len(one.lines) for one in ones)]),
        etf=whole([line.etf for line in lines]),
        units=whole([line.units for line in lines]),
        cost=whole([line.cost for line in lines]),
        target=np.array([line.target for line in lines], dtype=np.float64),
        pod=np.array([line.pod for line in lines], dtype=np.float32).reshape(len(lines), PODS),
        cash=whole([one.cash for one in ones]),
        capital=whole([one.capital for one in ones]),
        marginal_rate=np.array([one.rate for one in ones], dtype=np.float64),
        goal_offsets=np.cumsum([0, *(len(one.goals) for one in ones)]),
        goal_day=whole([TODAY + days for one in ones for days in one.goals]),
    )


def sweep(ones: list[One]) -> Measured:
    kept = [[*one.kept, one.regime] for one in ones]
    columns_kept = np.array(kept, dtype=np.float64).reshape(len(ones), 4).T
    return measure(columns(ones), MARKET, Kept(*columns_kept), TODAY)


def by_hand(one: One) -> Mapping[str, float]:
    """Every metric of one portfolio, straight from the words of metrics.yaml."""
    nothing = math.nan
    held = [line for line in one.lines if line.units]
    value = one.cash / 100 + sum(line.units * PRICES[line.etf] for line in held)
    value = value if value > 0 else nothing
    share = {line: line.units * PRICES[line.etf] / value if line.units else 0 / value for line in one.lines}

    def deviation(part: Mapping[Line, float]) -> float:
        if math.isnan(value):
            return nothing
        pairs = ((a, b) for a in part for b in part)
        return math.sqrt(sum(part[a] * part[b] * MARKET.covariance[a.etf, b.etf] for a, b in pairs))

    pods = {
        pod: deviation(mine) / sum(mine.values()) * math.sqrt(252)
        for pod in range(PODS)
        if (mine := {line: share[line] * line.pod[pod] for line in held if line.pod[pod]})
        if not math.isnan(value)
    }
    above = [pods[pod] - ceiling for pod, ceiling in enumerate(CEILINGS) if pod in pods and ceiling < 1]
    apart = [abs(share[line] - line.target) for line in one.lines]
    aimed = any(line.target for line in one.lines)
    losses = [max(1 - line.units * PRICES[line.etf] / (line.cost / 100), 0.0) for line in held if line.cost]
    saved = [(line.cost / 100 - line.units * PRICES[line.etf]) * one.rate - 10 for line in held]
    ahead = [days for days in one.goals if days >= 0]
    before, peak, capital = one.kept
    carried = peak * (before + (one.capital - capital) / 100) / before
    highest = value if math.isnan(carried) or carried <= 0 else max(carried, value)
    return {
        "portfolio_drift": sum(apart) / 2 if aimed else nothing,
        "largest_drift": worst(apart) if aimed else nothing,
        "pod_volatility": max(pods.values(), default=nothing),
        "pod_volatility_excess": max(above, default=nothing),
        "position_loss": worst(losses) if losses else nothing,
        "market_volatility": 0.17,
        "var_95": NormalDist().inv_cdf(0.95) * deviation({line: share[line] for line in held}),
        "drawdown": nothing if math.isnan(value) else 1 - value / highest,
        "cash_share": one.cash / 100 / value,
        "days_to_goal": min(ahead) if ahead else nothing,
        "harvest_benefit": sum(part if math.isnan(part) else max(part, 0.0) for part in saved)
        if held
        else nothing,
        "regime_changed": float(not math.isnan(one.regime) and one.regime != 1.0),
    }


def worst(numbers: list[float]) -> float:
    return math.nan if any(math.isnan(number) for number in numbers) else max(numbers)


line = st.builds(
    Line,
    etf=st.integers(0, ETFS - 1),
    units=st.integers(0, 10_000),
    cost=st.integers(0, 10**8),
    target=st.sampled_from([0.0, 0.1, 0.25]),
    pod=st.sampled_from([NOBODY, (1.0, 0.0, 0.0), (0.25, 0.75, 0.0), (0.0, 0.5, 0.5)]),
)
portfolio = st.builds(
    One,
    lines=st.lists(line, max_size=7, unique_by=lambda line: line.etf).map(tuple),
    cash=st.integers(-100_00, 10**8),
    capital=st.integers(0, 10**8),
    rate=st.sampled_from([math.nan, 0.0, 0.325, 0.45]),
    goals=st.lists(st.integers(-100, 9000), max_size=3).map(tuple),
    kept=st.just((math.nan,) * 3)
    | st.tuples(st.floats(100, 1e6), st.floats(100, 1e6), st.integers(0, 10**8).map(float)),
    regime=st.sampled_from([math.nan, 0.0, 1.0]),
)


@given(st.lists(portfolio, max_size=12))
def test_all_at_once_is_as_one_by_one(ones: list[One]) -> None:
    """Every metric to 1e-12 of itself, missing where a loop finds none."""
    found = sweep(ones).metrics
    for place, one in enumerate(ones):
        for name, expected in by_hand(one).items():
            number = found[name][place] if name in found else math.nan
            assert number == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True), name


def test_what_cannot_be_measured_is_named_and_touches_no_other() -> None:
    """Empty, without a price, in debt; the one between them is measured as if it were alone."""
    good = One((Line(0, 10, 200_00, 0.5),), cash=100_00, rate=0.3, goals=(5,))
    ones = [One(), One((Line(4, 3),), cash=5), good, One((Line(0, 1),), cash=-50_00), One()]
    found = sweep(ones)
    assert [Fault(fault).name for fault in found.faults] == [
        "WORTHLESS",
        "UNPRICED",
        "NONE",
        "WORTHLESS",
        "WORTHLESS",
    ]
    alone = sweep([good]).metrics
    for name, numbers in found.metrics.items():
        assert numbers[2] == alone[name][0]
    assert alone["position_loss"] == [0.5]
    assert alone["harvest_benefit"] == [20.0]
    missing = {"portfolio_drift", "largest_drift", "var_95", "drawdown", "cash_share", "position_loss"}
    assert all(np.isnan(found.metrics[name][[0, 1]]).all() for name in missing)


def test_an_etf_without_a_price_that_is_only_wanted_is_no_fault() -> None:
    """Nothing is held of it: it counts as not bought yet."""
    found = sweep([One((Line(0, 10, target=0.5), Line(4, 0, target=0.5)))])
    assert found.faults[0] == Fault.NONE
    assert found.metrics["portfolio_drift"][0] == 0.5


def test_what_is_paid_in_or_out_is_neither_gain_nor_loss() -> None:
    """A tenth below the peak stays a tenth below it when the client doubles the money, or takes half."""
    below = (900.0, 1000.0, 1000_00.0)
    doubled = One(cash=1800_00, capital=1900_00, kept=below)
    halved = One(cash=450_00, capital=550_00, kept=below)
    found = sweep([doubled, halved, One(cash=1100_00, capital=1000_00, kept=below)])
    assert found.metrics["drawdown"] == pytest.approx([0.1, 0.1, 0.0], abs=1e-12)
    assert list(found.kept.peak) == [2000.0, 500.0, 1100.0]


def test_a_value_that_is_missing_once_leaves_the_peak() -> None:
    """The day without a price is as if it had not been."""
    found = sweep([One((Line(4, 3),), kept=(900.0, 1000.0, 7.0))])
    assert (found.kept.value[0], found.kept.peak[0], found.kept.capital[0]) == (900.0, 1000.0, 7.0)


def test_a_regime_that_changed_is_told_once() -> None:
    """From what was kept; where nothing was, nothing has changed."""
    ones = [One(cash=100, regime=0.0), One(cash=100, regime=1.0), One(cash=100)]
    found = sweep(ones)
    assert [found.of(place)["regime_changed"] for place in range(3)] == [True, False, False]
    assert list(found.kept.regime) == [1.0, 1.0, 1.0]


def test_where_no_regime_is_told_apart_none_changes() -> None:
    """The metric is missing, and what was known before is kept."""
    unknown = replace(MARKET, regime=math.nan)
    kept = Kept(*np.array([[1.0], [1.0], [1.0], [2.0]]))
    found = measure(columns([One(cash=100)]), unknown, kept, TODAY)
    assert ("regime_changed" in found.metrics, list(found.kept.regime)) == (False, [2.0])
