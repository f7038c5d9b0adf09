"""The market model's regimes and moments are those of its parameters."""

import numpy as np
import pytest

from engines.market_model import (
    FundModel,
    Regimes,
    distributed,
    regime_path,
    simulate_log_returns,
    stationary,
)

TWO = np.array([[0.9, 0.1], [0.3, 0.7]])


def test_the_long_run_share_of_two_regimes() -> None:
    """For two states the share of the first is b/(a+b), with a and b the chances of leaving each."""
    assert stationary(TWO) == pytest.approx([0.75, 0.25])


def test_draws_decide_the_path() -> None:
    """It starts in the first regime, moves when the draw passes the chance to stay, and stays otherwise."""
    assert regime_path(TWO, np.array([0.5, 0.95, 0.5, 0.1, 0.0])).tolist() == [0, 0, 1, 1, 0]


def test_moments_are_the_parameters() -> None:
    """Over a long path volatility, growth and correlation are those asked for, whatever the regimes do."""
    regimes = Regimes(TWO, np.array([0.5, 2.0]), np.array([[1.0], [-3.0]]))
    funds = FundModel(
        price_return=np.array([0.05, 0.0]),
        loadings=np.array([[0.1], [0.1]]),
        group=np.array([0, 1]),
        group_volatility=np.array([0.0, 0.1]),
        own_volatility=np.array([0.05, 0.0]),
    )
    returns = simulate_log_returns(regimes, funds, days=200_000, days_a_year=252, tail_degrees=8, seed=7)
    expected = np.sqrt([0.1**2 + 0.05**2, 0.1**2 + 0.1**2])
    assert returns.std(axis=0) * np.sqrt(252) == pytest.approx(expected, rel=0.03)
    # Five standard errors of the mean over nearly 800 years.
    assert returns.mean(axis=0) * 252 == pytest.approx(np.log1p([0.05, 0.0]) - expected**2 / 2, abs=0.025)
    assert np.corrcoef(returns.T)[0, 1] == pytest.approx(0.01 / expected.prod(), abs=0.03)


def test_what_accrues_is_paid_and_nothing_else() -> None:
    """Three days' share after three days, two after two; the rest of the path still carries its own."""
    goes_ex = np.array([[False], [False], [True], [False], [True], [False]])
    found = distributed(np.array([0.252]), goes_ex, days_a_year=252)
    assert found.paid[:, 0] == pytest.approx([0, 0, 0.003, 0, 0.002, 0])
    assert found.accrued[:, 0] == pytest.approx([0.001, 0.002, 0, 0.001, 0, 0.001])


def test_a_payment_neither_adds_to_a_return_nor_takes_from_it() -> None:
    """A bare price that stands still returns its yield every day, ex or not."""
    goes_ex = np.arange(60)[:, None] % 20 == 19
    found = distributed(np.array([0.05]), goes_ex, days_a_year=252)
    price, paid = 100 * (1 + found.accrued), 100 * found.paid
    returns = (price[1:] + paid[1:]) / price[:-1] - 1
    assert returns == pytest.approx(0.05 / 252, rel=0.01)
