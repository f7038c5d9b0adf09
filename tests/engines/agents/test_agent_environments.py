"""The environments that agents learn in: gymnasium's rules, what a period brings, what a trade costs."""

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import given
from hypothesis import strategies as st

from engines.agents.environment import Environment, Lengths
from engines.agents.errors import HistoryTooShort
from engines.agents.experience import draw, experience, regime
from engines.agents.plug import (
    AllocationEnvironment,
    MovesEnvironment,
    PodEnvironment,
    PreferencesEnvironment,
)
from engines.agents.preferences import bounded_softmax
from engines.agents.task import Aim
from tests.support.lessons import SESSIONS_A_YEAR, daily_returns, small_experience, small_task

AIMS = list(Aim)


@pytest.mark.parametrize("kind", [AllocationEnvironment, MovesEnvironment, PreferencesEnvironment])
@pytest.mark.parametrize("aim", AIMS)
def test_gymnasiums_checker_finds_nothing(kind: type, aim: Aim) -> None:
    """Spaces, seeding and the answers of reset and step are as gymnasium wants them; warnings are errors."""
    check_env(kind(small_task(aim), small_experience()), skip_render_check=True)


@pytest.mark.parametrize("kind", [AllocationEnvironment, MovesEnvironment, PreferencesEnvironment])
def test_weights_stay_within_the_pods_bounds_whatever_is_asked(kind: type) -> None:
    """They drift with prices within a period, so the wanted ones are looked at."""
    place = kind(small_task(trade_cost=0.0), small_experience())
    place.reset(seed=3)
    place.action_space.seed(3)
    for _ in range(50):
        wanted = place._weights(place.action_space.sample())
        assert wanted.sum() == pytest.approx(1)
        assert (wanted >= -1e-12).all()
        assert (wanted <= 0.6 + 1e-12).all()


def test_an_environment_must_say_what_an_action_means() -> None:
    """One that does not cannot be made, rather than fail at its first step."""
    with pytest.raises(TypeError, match="_weights"):
        PodEnvironment(small_task(), small_experience())  # type: ignore[abstract]


def world(aim: Aim, **changes: object) -> Environment:
    made = Environment(small_task(aim, **changes), small_experience(), Lengths(200, 12, 3))
    made.reset(np.random.default_rng(0))
    made.tax_rate[:], made.share[:], made.years[:] = 0.3, 1.0, 3.0 + 1e-6
    return made


def test_a_trade_is_paid_for_once() -> None:
    """Costs are the only difference to a world without them, and they are rate x traded x periods a year."""
    dear, free = world(Aim.EXCESS_RETURN, trade_cost=0.01), world(Aim.EXCESS_RETURN, trade_cost=0.0)
    wanted = np.tile([0.6, 0.4, 0.0], (200, 1))
    traded = np.abs(wanted - dear.held).sum(axis=1)
    paid = free.step(wanted)[0] - dear.step(wanted)[0]
    assert paid == pytest.approx(0.01 * traded * 12)
    drifted = dear.held.copy()
    again = free.step(drifted)[0] - dear.step(drifted)[0]
    assert again == pytest.approx(np.zeros(200))


@pytest.mark.parametrize(
    ("aim", "expected"),
    [
        (Aim.EXCESS_RETURN, 0.6 * 0.08 + 0.4 * 0.12 - 0.05),
        (Aim.AFTER_TAX_INCOME, None),
        (Aim.PRESERVED_RETURN, None),
    ],
)
def test_rewards_average_the_static_objective(aim: Aim, expected: float | None) -> None:
    """Over every start day the mean reward of held weights is w'mu, income, less half of penalty x variance."""
    source = small_experience()
    task = small_task(aim, trade_cost=0.0, drawdown_penalty=0.0)
    made = Environment(task, source, Lengths(source.days, 1, 1))
    made.reset(np.random.default_rng(0))
    made.days = np.arange(source.days)[:, None]
    made.tax_rate[:], made.share[:], made.years[:] = 0.3, 1.0, 3.0
    weights = np.array([0.0, 0.6, 0.4])
    reward, _ = made.step(np.tile(weights, (source.days, 1)))
    returns = daily_returns()
    variance = (returns @ weights).var() * SESSIONS_A_YEAR
    of_return = float(weights @ np.linspace(0.04, 0.12, 3))
    wanted = {
        Aim.EXCESS_RETURN: of_return - 0.05,
        Aim.AFTER_TAX_INCOME: float(weights @ task.income) * 0.7 - 1.5 * variance,
        Aim.PRESERVED_RETURN: of_return - 1.5 * variance,
    }[aim]
    assert reward.mean() == pytest.approx(wanted, abs=1e-9)
    assert expected is None or wanted == pytest.approx(expected)


def test_the_differential_sharpe_ratio_is_the_slope_of_the_sharpe_ratio() -> None:
    """Against a finite difference: a little of a new return moves A / sqrt(B - A^2) by that much."""
    made = world(Aim.SHARPE_RATIO, trade_cost=0.0)
    weights = np.tile([0.2, 0.4, 0.4], (200, 1))
    gain, variance = made._outcome(weights)
    first = gain / 21 - 0.03 / 252
    second = variance / 21 + first**2
    a, b = made.mean, made.variance + made.mean**2

    def sharpe(step: float) -> np.ndarray:
        mean, square = a + step * (first - a), b + step * (second - b)
        return mean / np.sqrt(square - mean**2)

    slope = (sharpe(1e-6) - sharpe(-1e-6)) / 2e-6
    assert made.appraise(weights) == pytest.approx(slope * np.sqrt(252), rel=1e-4)


@pytest.mark.parametrize("aim", AIMS)
def test_all_allocations_are_appraised_as_each_one_is(aim: Aim) -> None:
    """What a step shows of every allocation is what each would have been rewarded with."""
    made = world(aim)
    every, _ = made.appraise_all()
    for number in (0, 7, len(made.task.allocations) - 1):
        one = made.appraise(np.tile(made.task.allocations[number], (200, 1)))
        assert every[:, number] == pytest.approx(one)


def test_a_draw_spreads_its_blocks_evenly_over_the_history() -> None:
    """As many blocks as days start once in each day's reach, and run on within a block."""
    source = small_experience()
    days = draw(np.random.default_rng(5), source, episodes=source.days // 4, periods=12, block=3)
    first = np.sort(days[:, ::3].ravel())
    assert np.abs(first - np.arange(len(first))).max() <= 1
    assert ((days[:, 1] - days[:, 0]) % source.days == 21).all()


def test_experience_averages_what_is_expected_and_varies_as_history_did() -> None:
    """Periods wrap around the end, so that no day counts more than another."""
    source = small_experience()
    assert source.gain.mean(axis=0) / 21 * 252 == pytest.approx(np.linspace(0.04, 0.12, 3))
    spread = source.spread.mean(axis=0).reshape(3, 3) / 21 * 252
    assert spread * 504 / 503 == pytest.approx(source.covariance)


def test_a_history_that_is_too_short_is_refused() -> None:
    """Two trailing windows are needed."""
    returns = daily_returns(days=100)
    with pytest.raises(HistoryTooShort, match="126 are needed"):
        experience(returns, returns[:, 0], np.zeros(3), 0.0, sessions=21, sessions_a_year=SESSIONS_A_YEAR)


def test_regimes_follow_trailing_volatility() -> None:
    """Calm below 1.1 times the usual, volatile up to 1.6 times, then a crisis."""
    assert regime(np.log([0.5, 1.0, 1.2, 1.5, 1.7, 4.0])).tolist() == [0, 0, 1, 1, 2, 2]


@given(
    st.lists(st.floats(-50, 50), min_size=4, max_size=4),
    st.lists(st.floats(0, 0.2), min_size=4, max_size=4),
    st.lists(st.floats(0.3, 1), min_size=4, max_size=4),
)
def test_bounded_softmax_keeps_its_bounds(
    preferences: list[float], lowest: list[float], highest: list[float]
) -> None:
    """Weights sum to 1 within bounds; of two with equal bounds the one preferred has at least as much."""
    low, high = np.array(lowest), np.array(highest)
    weights = bounded_softmax(np.array([preferences]), low, high)[0]
    assert weights.sum() == pytest.approx(1)
    assert (weights >= low - 1e-9).all()
    assert (weights <= high + 1e-9).all()
    order = np.argsort(preferences)
    same = bounded_softmax(np.array([preferences]), np.full(4, 0.05), np.full(4, 0.5))[0]
    assert (np.diff(same[order]) >= -1e-9).all()


def test_bounded_softmax_without_binding_bounds_is_softmax() -> None:
    """By hand: exp(1), exp(2), exp(0) over their sum."""
    wanted = np.exp([1, 2, 0]) / np.exp([1, 2, 0]).sum()
    assert bounded_softmax(np.array([[1.0, 2.0, 0.0]]), np.zeros(3), np.ones(3))[0] == pytest.approx(wanted)
