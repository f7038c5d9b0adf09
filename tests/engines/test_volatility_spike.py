"""When the market's volatility is said to have risen sharply."""

import statistics

import numpy as np
import pytest

from engines.volatility_spike import TooFewSessions, shaken

HOUSE = {"recent": 21, "usual": 252, "limit": 1.75, "sessions_per_year": 252}


def returns_of(calm: int, wild: int) -> np.ndarray:
    """Calm sessions of 0.5% up and down, then wild ones of 4%."""
    return np.array([0.005 * (-1) ** n for n in range(calm)] + [0.04 * (-1) ** n for n in range(wild)])


def test_volatilities_are_sample_deviations_of_a_year() -> None:
    """Held against the standard library's deviation of the last 21 and the last 252 returns."""
    rng = np.random.default_rng(7)
    returns = rng.normal(0, 0.01, 400)
    found = shaken(returns, **HOUSE)
    assert found.volatility == pytest.approx(statistics.stdev(returns[-21:].tolist()) * 252**0.5, rel=1e-12)
    assert found.usual == pytest.approx(statistics.stdev(returns[-252:].tolist()) * 252**0.5, rel=1e-12)
    assert not found.spike


def test_a_rise_is_a_spike_on_its_first_session_only() -> None:
    """However long the market stays wild after it."""
    spikes = [day for day in range(15) if shaken(returns_of(300, day), **HOUSE).spike]
    assert len(spikes) == 1


def test_exactly_the_limit_is_no_spike() -> None:
    """The deviations of 2 and 4 returns that alternate have an exact quotient of 1."""
    flat = np.array([0.01, -0.01] * 5)
    same = shaken(
        flat,
        recent=4,
        usual=8,
        limit=float(np.std(flat[-4:], ddof=1) / np.std(flat[-8:], ddof=1)),
        sessions_per_year=252,
    )
    assert not same.spike


def test_a_market_that_does_not_move_has_no_spike() -> None:
    """Zero is not more than any multiple of zero."""
    found = shaken(np.zeros(300), **HOUSE)
    assert (found.volatility, found.usual, found.spike) == (0.0, 0.0, False)


@pytest.mark.parametrize("sessions", [0, 1, 252])
def test_too_few_sessions_are_refused(sessions: int) -> None:
    """One more than the longer past is needed: a spike is a rise since the session before."""
    with pytest.raises(TooFewSessions, match="253 are needed"):
        shaken(np.zeros(sessions), **HOUSE)
