"""Yearly figures from daily prices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.estimates import estimate, max_drawdown, total_returns, volatility


def test_past_and_prior_count_by_their_years() -> None:
    """One year of prices that doubled daily rate counts one part, nine years of prior nine parts."""
    daily = 0.0002
    prices = (1 + daily) ** np.arange(253.0)[:, None]
    found = estimate(prices, np.array([0.0]), np.array([0.02]), prior_years=9, sessions_per_year=252)
    assert found.expected_return[0] == pytest.approx(((1 + daily) ** 252 - 1 + 9 * 0.02) / 10)


def test_distributions_count_beside_prices() -> None:
    """A price that stands still earns its yield."""
    found = estimate(
        np.ones((253, 1)), np.array([0.04]), np.array([0.0]), prior_years=0, sessions_per_year=252
    )
    assert found.expected_return[0] == pytest.approx((1 + 0.04 / 252) ** 252 - 1)


def test_known_distributions_take_the_place_of_the_yield() -> None:
    """A price that falls by what it paid has not moved; the yearly yield is not added once more."""
    prices = np.array([[100.0], [100.0], [98.0], [98.0]])
    paid = np.array([[9.0], [0.0], [2.0], [0.0]])
    found = estimate(
        prices,
        np.array([0.04]),
        np.array([0.0]),
        prior_years=0,
        sessions_per_year=252,
        distributions=paid,
    )
    assert found.returns == pytest.approx(np.zeros((3, 1)))
    assert total_returns(prices) == pytest.approx(np.array([[0.0], [-0.02], [0.0]]))


def test_covariance_is_the_sample_covariance_of_a_year() -> None:
    """The same as numpy's over simple returns, times the sessions."""
    prices = np.exp(np.random.default_rng(1).normal(0, 0.01, (50, 3)).cumsum(axis=0))
    found = estimate(prices, np.zeros(3), np.zeros(3), prior_years=1, sessions_per_year=250)
    returns = np.diff(prices, axis=0) / prices[:-1]
    assert found.covariance == pytest.approx(np.cov(returns.T) * 250)


def test_volatility_of_many_portfolios_at_once() -> None:
    """Each row is a portfolio; two uncorrelated halves have 1/√2 of the volatility."""
    assert volatility(np.array([[1.0, 0.0], [0.5, 0.5]]), np.eye(2) * 0.04) == pytest.approx(
        [0.2, 0.2 / 2**0.5]
    )


@pytest.mark.parametrize(
    ("returns", "fall"),
    [([0.1, -0.5, 0.2], 0.5), ([-0.1, -0.1], 0.19), ([0.1, 0.2], 0.0), ([-0.2, 0.5, -0.1], 0.2)],
)
def test_the_deepest_fall_is_from_the_highest_value_so_far(returns: list[float], fall: float) -> None:
    """The value before the first day counts as a high; without a fall it is zero."""
    assert max_drawdown(np.array([1.0]), np.array(returns)[:, None]) == pytest.approx([fall])


@given(st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=40))
def test_drawdown_is_what_a_plain_loop_finds(returns: list[float]) -> None:
    """Walking the path day by day gives the same fall."""
    value = high = 1.0
    worst = 0.0
    for day in returns:
        value *= 1 + day
        high = max(high, value)
        worst = max(worst, 1 - value / high)
    assert max_drawdown(np.array([1.0]), np.array(returns)[:, None])[0] == pytest.approx(worst)
