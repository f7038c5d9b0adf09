"""Measures of risk: closed forms, an independent library, and the real data."""

import gzip
from math import isclose, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from engines.errors import InvalidValue
from engines.risk_measures import Method, RiskMeasures, measure, tail_loss
from engines.var_backtest import kupiec

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
STOCKS = SHARED / "skfolio_BSD3" / "sp500_index.csv.gz"
MONTHS = np.array([0.031, -0.012, 0.004, 0.021, -0.047, 0.018, 0.009, -0.023, 0.036, 0.002, -0.008, 0.014])
METHODS: tuple[Method, ...] = ("historical", "normal", "cornish_fisher")


def measured(returns: Any, **changed: Any) -> RiskMeasures:
    """The measures, at 95% and 252 periods a year unless changed."""
    asked: dict[str, Any] = {
        "confidence": 0.95, "method": "historical", "periods_per_year": 252.0, "risk_free": 0.0,
    }  # fmt: skip
    return measure(np.array(returns, dtype=float), **{**asked, **changed})


@pytest.mark.parametrize(
    ("name", "expected", "source"),
    [
        ("volatility", 0.08155031910087504, "empyrical-reloaded 0.7.1"),
        ("sharpe_ratio", 0.1839355157083504, "empyrical-reloaded 0.7.1"),
        ("sortino_ratio", 0.25644772685564265, "empyrical-reloaded 0.7.1"),
        ("max_drawdown", 0.047000000000000076, "empyrical-reloaded 0.7.1"),
        ("calmar_ratio", 0.9094916552955822, "empyrical-reloaded 0.7.1"),
        ("skewness", -0.6721765127293201, "scipy 1.17"),
        ("excess_kurtosis", -0.09370413925440557, "scipy 1.17"),
    ],
)
def test_measures_are_those_of_other_libraries(name: str, expected: float, source: str) -> None:
    """Monthly returns, three percent risk-free a year."""
    found = measured(MONTHS, periods_per_year=12, risk_free=0.03)
    assert getattr(found, name) == pytest.approx(expected, abs=1e-12), source


def test_historical_tail_is_interpolated_and_its_last_loss_counts_in_part() -> None:
    """12 months at 90%: 1.1 steps into the order, and 1.2 months beyond."""
    found = tail_loss(MONTHS, 0.9, "historical")
    assert found.var == pytest.approx(0.0219, abs=1e-12)
    assert found.cvar == pytest.approx((0.047 + 0.2 * 0.023) / 1.2, abs=1e-12)


def test_a_tail_of_less_than_one_period_is_its_worst() -> None:
    """Of 12 months the worst one percent is in the worst month."""
    assert tail_loss(MONTHS, 0.99, "historical").cvar == pytest.approx(0.047, abs=1e-12)


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_cornish_fisher_cvar_is_the_mean_of_quantiles_beyond(confidence: float) -> None:
    """The closed form against the integral of the quantiles."""
    s, k = stats.skew(MONTHS), stats.kurtosis(MONTHS)

    def quantile(share: float) -> float:
        z = stats.norm.ppf(share)
        bent = z + (z**2 - 1) * s / 6 + (z**3 - 3 * z) * k / 24 - (2 * z**3 - 5 * z) * s**2 / 36
        return float(-(MONTHS.mean() + MONTHS.std(ddof=1) * bent))

    found = tail_loss(MONTHS, confidence, "cornish_fisher")
    beyond, _ = integrate.quad(quantile, 0, 1 - confidence, epsabs=1e-13, limit=200)
    assert found.var == pytest.approx(quantile(1 - confidence), abs=1e-12)
    assert found.cvar == pytest.approx(beyond / (1 - confidence), abs=1e-9)


def test_normal_tail_is_that_of_the_normal_law() -> None:
    """z·s - mean, and s·φ(z)/(1-c) - mean."""
    mean, spread, z = MONTHS.mean(), MONTHS.std(ddof=1), stats.norm.ppf(0.95)
    found = tail_loss(MONTHS, 0.95, "normal")
    assert found.var == pytest.approx(z * spread - mean, abs=1e-12)
    assert found.cvar == pytest.approx(spread * stats.norm.pdf(z) / 0.05 - mean, abs=1e-12)


def test_returns_that_never_move_have_no_ratios() -> None:
    """No deviation, no drawdown, no moments: null, and never a division by what rounding left."""
    found = measured([0.1, 0.1, 0.1])
    assert (found.volatility, found.max_drawdown) == (0, 0)
    assert found.sharpe_ratio is found.sortino_ratio is found.calmar_ratio is None
    assert found.skewness is found.excess_kurtosis is None
    assert measured([0.1, 0.1, 0.1], method="cornish_fisher").tail.var == pytest.approx(-0.1)


def test_losing_everything_is_a_drawdown_of_one() -> None:
    """And a compound return of -100% a year."""
    found = measured([0.1, -1.0, 0.5])
    assert (found.max_drawdown, found.calmar_ratio) == (1, -1)


@pytest.mark.parametrize(
    ("returns", "path"),
    [
        ([], "returns"),
        ([0.01], "returns"),
        ([0.01, float("nan")], "returns[1]"),
        ([0.0, 0.1, -1.5], "returns[2]"),
        ([900.0] * 200, "returns"),
    ],
)
def test_returns_that_cannot_be_are_refused(returns: list[float], path: str) -> None:
    """The path names the first."""
    with pytest.raises(InvalidValue) as refused:
        measured(returns)
    assert refused.value.path == path


@given(
    st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=60),
    st.floats(0.5, 0.995),
    st.sampled_from(METHODS[:2]),
)
def test_the_mean_beyond_is_never_below_the_quantile(
    returns: list[float], confidence: float, method: Method
) -> None:
    """By any series, for historical and normal tails."""
    found = tail_loss(np.array(returns), confidence, method)
    assert found.cvar >= found.var - 1e-12


@given(st.lists(st.floats(-0.3, 0.5), min_size=2, max_size=60), st.floats(0.1, 3))
def test_tails_grow_with_the_position(returns: list[float], scale: float) -> None:
    """Twice the returns are twice the VaR, CVaR and volatility."""
    one, more = measured(returns), measured(np.array(returns) * scale)
    for small, large in (
        (one.volatility, more.volatility),
        (one.tail.var, more.tail.var),
        (one.tail.cvar, more.tail.cvar),
    ):
        assert isclose(large, small * scale, rel_tol=1e-9, abs_tol=1e-12)


@pytest.mark.parametrize(("exceptions", "confidence"), [(0, 0.99), (7, 0.99), (250, 0.95), (12, 0.95)])
def test_kupiec_is_the_ratio_of_two_binomial_likelihoods(exceptions: int, confidence: float) -> None:
    """Against scipy's binomial and chi-squared laws."""
    found = kupiec(250, exceptions, confidence, significance=0.05)
    under = stats.binom.logpmf(exceptions, 250, 1 - confidence)
    best = stats.binom.logpmf(exceptions, 250, exceptions / 250)
    assert found.likelihood_ratio == pytest.approx(2 * (best - under), abs=1e-9)
    assert found.p_value == pytest.approx(stats.chi2.sf(found.likelihood_ratio, 1), abs=1e-9)
    assert found.rejected == (found.p_value < 0.05)


def test_exactly_as_many_exceptions_as_expected_are_never_rejected() -> None:
    """The ratio is 0 then."""
    found = kupiec(100, 5, 0.95, significance=0.05)
    assert (found.likelihood_ratio, found.rejected) == (pytest.approx(0, abs=1e-12), False)


def test_more_exceptions_than_observations_are_refused() -> None:
    """It says where."""
    with pytest.raises(InvalidValue, match="at most") as refused:
        kupiec(10, 11, 0.95, significance=0.05)
    assert refused.value.path == "exceptions"


@pytest.mark.skipif(not STOCKS.exists(), reason="the real prices are not beside this checkout")
def test_a_normal_var_of_real_prices_fails_its_own_test() -> None:
    """Fat tails: at 99% a year's normal VaR of the S&P 500 is exceeded about twice as often as it says."""
    with gzip.open(STOCKS, "rt") as lines:
        closes = np.array([float(line.rsplit(",", 1)[1]) for line in list(lines)[1:]])
    returns = closes[1:] / closes[:-1] - 1
    year = 250
    exceptions = sum(
        -returns[day] > tail_loss(returns[day - year : day], 0.99, "normal").var
        for day in range(year, len(returns))
    )
    observations = len(returns) - year
    assert kupiec(observations, exceptions, 0.99, significance=0.05).rejected
    assert exceptions / observations > 0.015
    assert measured(returns).max_drawdown > 0.5
    assert measured(returns).volatility == pytest.approx(returns.std(ddof=1) * sqrt(252))
