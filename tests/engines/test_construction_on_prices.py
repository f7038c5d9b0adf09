"""Construction from 33 years of 20 US stocks, beside what PyPortfolioOpt and skfolio make of the same."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from engines.construction.construct import construct
from engines.construction.problem import Aim, Limits, Objective, Row, Universe

STOCKS = Path(__file__).resolve().parents[3] / "shared" / "data" / "skfolio_BSD3" / "sp500_dataset.csv.gz"
pytestmark = pytest.mark.skipif(not STOCKS.exists(), reason="the real prices are not beside this checkout")


@pytest.fixture(scope="module")
def stocks() -> Universe:
    """Yearly means and covariance of daily returns."""
    with gzip.open(STOCKS, "rt") as lines:
        closes = np.array([[float(price) for price in line.split(",")[1:]] for line in list(lines)[1:]])
    returns = closes[1:] / closes[:-1] - 1
    return Universe(returns.mean(axis=0) * 252, np.cov(returns, rowvar=False) * 252)


@pytest.mark.parametrize(
    ("objective", "target", "expected"),
    [
        ("min_variance", None, 0.02553726433014592),
        ("max_sharpe", None, 1.0021851859992958),
        ("max_utility", None, 0.15263439367362783),
        ("min_variance", 0.2, 0.031438640365168274),
    ],
)
def test_it_is_as_good_as_another_library(
    stocks: Universe, objective: Objective, target: float | None, expected: float
) -> None:
    """At most 20% each; PyPortfolioOpt 1.6.0 with Clarabel found the values."""
    rows = () if target is None else (Row(stocks.expected_returns, target, np.inf, "target_return", ""),)
    found = construct(stocks, Limits(max_weight=0.2, rows=rows), Aim(objective, 0.03, 4.0))
    assert found.value == pytest.approx(expected, rel=1e-6)
    assert found.gap == pytest.approx(0, abs=1e-10)


def test_risk_parity_is_as_another_library_has_it(stocks: Universe) -> None:
    """The variance of skfolio 1.12.2's risk budgeting; its weights are right to four digits."""
    weights = construct(stocks, Limits(), Aim("risk_parity")).weights
    assert weights @ stocks.covariance @ weights == pytest.approx(0.03172497716195387, rel=1e-4)


def test_five_of_twenty_are_proven_the_best(stocks: Universe) -> None:
    """From 10% to 30% each: fewer assets cost something, and no five others cost less."""
    few = construct(stocks, Limits(0.1, 0.3, 5), Aim("min_variance"))
    all_ = construct(stocks, Limits(max_weight=0.3), Aim("min_variance"))
    assert few.gap == pytest.approx(0, abs=1e-11)
    assert few.value is not None
    assert all_.value is not None
    assert few.value > all_.value
    assert (few.weights > 0).sum() <= 5
