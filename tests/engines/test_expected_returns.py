"""Expected returns by their closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.covariance import BadReturns, sample
from engines.errors import InvalidValue
from engines.expected_returns import equilibrium, historical, shrunk
from tests.support.real_prices import us_stock_returns

RETURNS = np.random.default_rng(11).normal([0.0002, 0.0005, 0.0003], [0.01, 0.02, 0.015], (500, 3))


def test_history_is_the_mean_compounded() -> None:
    """A mean of one percent a month is 12.68% a year."""
    assert historical(np.array([[0.03], [-0.01]]), periods_per_year=12) == pytest.approx([1.01**12 - 1])


def test_bayes_stein_is_jorions_formula() -> None:
    """Written out with the inverse, as the paper has it."""
    rows, assets = RETURNS.shape
    means, ones = RETURNS.mean(axis=0), np.ones(assets)
    inverse = np.linalg.inv(np.cov(RETURNS.T) * (rows - 1) / (rows - assets - 2))
    target = (ones @ inverse @ means) / (ones @ inverse @ ones)
    share = (assets + 2) / (assets + 2 + rows * (means - target) @ inverse @ (means - target))
    found = shrunk(RETURNS, periods_per_year=252)
    assert found.intensity == pytest.approx(share)
    assert found.expected == pytest.approx((1 + (1 - share) * means + share * target) ** 252 - 1)
    assert found.target == pytest.approx((1 + target) ** 252 - 1)


def test_on_real_prices_shrinking_draws_means_together() -> None:
    """A year of twenty stocks: the spread of expectations falls by most of itself, their order stays."""
    returns = us_stock_returns(252)
    past, found = historical(returns, periods_per_year=252), shrunk(returns, periods_per_year=252)
    assert 0.2 < found.intensity < 1
    assert np.ptp(found.expected) < (1 - found.intensity / 2) * np.ptp(past)
    assert (np.argsort(past) == np.argsort(found.expected)).all()


def test_one_asset_stays_as_it_is() -> None:
    """It is its own target."""
    one = RETURNS[:, :1]
    assert shrunk(one, periods_per_year=252).expected == pytest.approx(historical(one, periods_per_year=252))


@given(st.integers(0, 10_000))
def test_shrunk_means_lie_between_their_own_and_the_target(seed: int) -> None:
    """Whatever the returns: pulled, never past the target."""
    returns = np.random.default_rng(seed).standard_t(4, (30, 4)) / 100
    found = shrunk(returns, periods_per_year=1)
    past = historical(returns, periods_per_year=1)
    low, high = np.minimum(past, found.target), np.maximum(past, found.target)
    assert ((low - 1e-12 <= found.expected) & (found.expected <= high + 1e-12)).all()
    assert 0 < found.intensity <= 1


def test_the_market_earns_its_premium_in_equilibrium() -> None:
    """The market's own weights earn the risk-free rate and the premium: w'π = r + premium."""
    covariance, weights = sample(RETURNS).matrix * 252, np.array([0.5, 0.2, 0.3])
    found = equilibrium(
        covariance @ weights,
        market_variance=weights @ covariance @ weights,
        risk_free=0.04,
        market_premium=0.05,
    )
    assert weights @ found == pytest.approx(0.09)


def test_equilibrium_is_what_others_compute() -> None:
    """PyPortfolioOpt 1.6.0 `market_implied_prior_returns`, risk aversion 2.5, risk-free 4%."""
    covariance = np.array(
        [
            [6.063727619824955e-05, 2.3770159055556218e-07, 5.9893449224417655e-06, 1.9527430717325634e-05],
            [2.3770159055556218e-07, 6.686150459960628e-05, 9.292416818419539e-07, 1.6442088577233038e-05],
            [5.9893449224417655e-06, 9.292416818419539e-07, 4.7132272583494556e-05, -5.995226198909118e-06],
            [1.9527430717325634e-05, 1.6442088577233038e-05, -5.995226198909118e-06, 7.398777377914343e-05],
        ]
    )
    weights = np.array([0.2, 0.3, 0.1, 0.4])
    variance = weights @ covariance @ weights
    found = equilibrium(
        covariance @ weights, market_variance=variance, risk_free=0.04, market_premium=2.5 * variance
    )
    expected = [0.04005152168123998, 0.040066939378242676, 0.040009479445669564, 0.04009458424902101]
    assert found == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(
    ("returns", "words"),
    [
        (RETURNS[:5], "5 rows of returns are too few; 6 are needed"),
        (np.column_stack([RETURNS, RETURNS[:, 0]]), "copy each other"),
        (np.where(RETURNS[1, 1] == RETURNS, np.nan, RETURNS), "row 1, column 1"),
    ],
)
def test_means_that_cannot_be_shrunk_are_refused(returns: np.ndarray, words: str) -> None:
    """Too few rows for the assets, assets that copy each other, values that are no numbers."""
    with pytest.raises(BadReturns, match=words):
        shrunk(returns, periods_per_year=252)


def test_a_market_that_stands_still_prices_nothing() -> None:
    """No variance, no beta."""
    with pytest.raises(InvalidValue, match="does not move"):
        equilibrium(np.zeros(2), market_variance=0.0, risk_free=0.04, market_premium=0.05)
