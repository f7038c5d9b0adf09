"""A portfolio's risk from weights and returns, held against formulas of other libraries and by hand."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from engines.errors import InvalidValue
from engines.risk_measures import tail_loss
from engines.risk_report import Horizon, Report, report

HORIZON = Horizon(confidence=0.95, window=50, significance=0.05, periods_per_year=252)
WEIGHTS = np.array([0.5, 0.3, 0.1])


def returns(days: int = 400, seed: int = 5) -> np.ndarray:
    drawn = np.random.default_rng(seed).standard_t(5, size=(days, 3)) * 0.01
    drawn[:, 1] += 0.5 * drawn[:, 0]
    return drawn


def reported(**changes: Any) -> Report:
    return report(**{"weights": WEIGHTS, "returns": returns(), "horizon": HORIZON, **changes})


@pytest.mark.parametrize("method", ["historical", "normal", "cornish_fisher"])
def test_each_day_is_held_against_the_days_before_it_alone(method: Any) -> None:
    """Counted one by one with the VaR of every window; the whole past gives the VaR that is reported."""
    whole = returns() @ WEIGHTS
    days = range(HORIZON.window, len(whole))
    exceeded = [-whole[day] > tail_loss(whole[day - HORIZON.window : day], 0.95, method).var for day in days]
    found = reported().tails[method]
    assert (found.observations, found.exceptions) == (len(whole) - 50, sum(exceeded))
    assert found.loss == tail_loss(whole, 0.95, method)


def test_the_verdict_is_kupiecs() -> None:
    """As the likelihoods of binomial counts say."""
    found = reported().tails["historical"]
    rate = found.exceptions / found.observations
    ratio = 2 * (
        stats.binom.logpmf(found.exceptions, found.observations, rate)
        - stats.binom.logpmf(found.exceptions, found.observations, 0.05)
    )
    assert found.verdict.likelihood_ratio == pytest.approx(ratio)
    assert found.verdict.p_value == pytest.approx(stats.chi2.sf(ratio, 1))


def test_correlation_is_of_pairs_by_the_product_of_their_weights() -> None:
    """The pair that moves most alike is named; diversification is mean volatility over the portfolio's."""
    moved = returns()
    found, between = reported().correlation, np.corrcoef(moved, rowvar=False)
    heavy = {(0, 1): 0.15, (0, 2): 0.05, (1, 2): 0.03}
    mean = sum(share * between[pair] for pair, share in heavy.items()) / sum(heavy.values())
    assert found.mean == pytest.approx(mean)
    assert (found.pair, found.highest) == ((0, 1), pytest.approx(between[0, 1]))
    spread = (WEIGHTS * moved.std(axis=0, ddof=1)).sum() / (moved @ WEIGHTS).std(ddof=1)
    assert found.diversification == pytest.approx(spread)


def test_what_does_not_move_has_no_correlation() -> None:
    """One moving asset beside cash: nothing to compare, and nothing divided by zero."""
    moved = returns()
    moved[:, 1:] = 0
    found = reported(returns=moved)
    assert (found.correlation.mean, found.correlation.pair, found.correlation.diversification) == (None,) * 3
    assert found.volatility == pytest.approx(0.5 * moved[:, 0].std(ddof=1) * 252**0.5)
    still = reported(returns=np.zeros((60, 3)))
    assert (still.volatility, still.max_drawdown, still.tails["cornish_fisher"].exceptions) == (0, 0, 0)


def test_the_recent_drawdown_is_of_the_last_window() -> None:
    """A fall long ago is in the whole past alone."""
    moved = np.zeros((120, 3))
    moved[10, 0], moved[100, 0] = -0.4, -0.1
    found = reported(returns=moved)
    assert found.max_drawdown == pytest.approx(1 - 0.8 * 0.95)
    assert found.recent_drawdown == pytest.approx(0.05)


def test_concentration_is_the_sum_of_squares() -> None:
    """Cash is no holding."""
    assert reported().concentration == pytest.approx(0.35)


def test_too_short_a_past_is_refused() -> None:
    """A window without a day after it tests nothing."""
    with pytest.raises(InvalidValue, match="50 returns are too few"):
        reported(returns=returns(50))
    assert reported(returns=returns(51)).tails["normal"].observations == 1
