"""Regimes are what every path of the chain, summed, says; and they name the crises that there were."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from engines.covariance import BadReturns
from engines.market_model import regime_path, stationary
from engines.regimes import (
    RegimeModel,
    Spell,
    filtered,
    fit,
    log_likelihood,
    portfolio_returns,
    smoothed,
    spells,
)
from tests.support.real_prices import wide_closes

CHAIN = np.array([[0.98, 0.018, 0.002], [0.02, 0.97, 0.01], [0.005, 0.035, 0.96]])
MODEL = RegimeModel(CHAIN, np.array([0.001, 0.0, -0.004]), np.array([0.006, 0.012, 0.028]), 8.0)
SIX_DAYS = np.array([0.004, -0.01, -0.05, 0.03, 0.001, -0.002])


def every_path(returns: np.ndarray) -> dict[tuple[int, ...], float]:
    """The likelihood of each of the 3^n paths together with the returns, from scipy's t."""
    scale = MODEL.deviation * np.sqrt(6 / 8)
    density = stats.t.pdf(returns[:, None], 8, MODEL.mean, scale)
    found = {}
    for path in product(range(3), repeat=len(returns)):
        chance = stationary(CHAIN)[path[0]] * density[0, path[0]]
        for day in range(1, len(path)):
            chance *= CHAIN[path[day - 1], path[day]] * density[day, path[day]]
        found[path] = chance
    return found


def test_hindsight_is_the_sum_over_every_path() -> None:
    """Smoothed chances and likelihood of six days equal those of all 729 paths, added up."""
    paths = every_path(SIX_DAYS)
    whole = sum(paths.values())
    assert log_likelihood(SIX_DAYS, MODEL) == pytest.approx(np.log(whole))
    found = smoothed(SIX_DAYS, MODEL)
    for day in range(6):
        for regime in range(3):
            share = sum(chance for path, chance in paths.items() if path[day] == regime) / whole
            assert found[day, regime] == pytest.approx(share)


def test_a_day_knows_nothing_of_later_days() -> None:
    """Filtered chances of the first days stay as they are whatever follows; on the last both agree."""
    whole = filtered(SIX_DAYS, MODEL)
    for days in range(1, 7):
        assert filtered(SIX_DAYS[:days], MODEL) == pytest.approx(whole[:days])
        assert smoothed(SIX_DAYS[:days], MODEL)[-1] == pytest.approx(whole[days - 1])


def drawn(days: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Regimes and returns drawn from the model."""
    generator = np.random.default_rng(seed)
    path = regime_path(CHAIN, generator.random(days))
    shocks = generator.standard_t(8, days) * np.sqrt(6 / 8)
    return path, MODEL.mean[path] + MODEL.deviation[path] * shocks


def test_drawn_regimes_are_found_again() -> None:
    """Of days drawn from the model, nine in ten are told right with hindsight, most on the day itself."""
    path, returns = drawn(6000, 3)
    assert (smoothed(returns, MODEL).argmax(axis=1) == path).mean() > 0.88
    assert (filtered(returns, MODEL).argmax(axis=1) == path).mean() > 0.8


def test_fitting_finds_the_parameters_drawn_from() -> None:
    """From a start that is off, likelihood rises every round to deviations within a tenth of the true ones."""
    _, returns = drawn(4000, 5)
    off = RegimeModel(np.full((3, 3), 0.05) + 0.85 * np.eye(3), np.zeros(3), MODEL.deviation * 1.2, 8.0)
    found = fit(returns, off, tolerance=1e-6)
    assert found.converged
    assert (np.diff(found.log_likelihoods) > -1e-6).all()
    assert found.model.deviation == pytest.approx(MODEL.deviation, rel=0.1)
    assert np.diag(found.model.transition) == pytest.approx(np.diag(CHAIN), abs=0.02)
    assert found.log_likelihoods[-1] >= log_likelihood(returns, MODEL) - 1


def test_fitted_regimes_rise_in_deviation() -> None:
    """Whatever the order of the start: the calm one comes first, and its row of the chain with it."""
    _, returns = drawn(1500, 7)
    upside_down = RegimeModel(CHAIN[::-1, ::-1], np.zeros(3), MODEL.deviation[::-1], 8.0)
    found = fit(returns, upside_down, rounds=5)
    assert (np.diff(found.model.deviation) > 0).all()
    assert found.model.transition.sum(axis=1) == pytest.approx([1, 1, 1])


def test_real_crises_are_named() -> None:
    """The S&P 500: October 2008 and March 2020 are crises on the day, the summer of 2017 is calm."""
    days, _, closes = wide_closes("skfolio_BSD3/sp500_index.csv.gz")
    yearly = RegimeModel(CHAIN, np.zeros(3), np.array([0.09, 0.19, 0.43]) / np.sqrt(252), 8.0)
    chances = filtered(np.diff(np.log(closes[:, 0])), yearly)
    on = {day: chances[place - 1] for place, day in enumerate(days) if place}
    assert on["2008-10-15"][2] > 0.95
    assert on["2020-03-20"][2] > 0.95
    assert on["2017-06-01"][0] > 0.9


def test_spells_are_runs_of_days() -> None:
    """Each run of the same likeliest regime, its first and last place."""
    chances = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.7, 0.3]])
    assert spells(chances) == [Spell(0, 0, 1), Spell(1, 2, 2), Spell(0, 3, 3)]


def test_a_portfolio_is_set_back_to_its_weights_each_day() -> None:
    """Half in what doubles and half in what halves earns a quarter a day."""
    prices = np.array([[1.0, 8.0], [2.0, 4.0], [4.0, 2.0]])
    assert portfolio_returns(prices, [0.5, 0.5]) == pytest.approx(np.log([1.25, 1.25]))


@pytest.mark.parametrize(
    ("returns", "words"),
    [
        (np.array([]), "0 rows of returns are too few"),
        (np.array([0.01, np.nan]), "row 1, column 0 is nan"),
        (np.zeros((3, 2)), "one series"),
    ],
)
def test_what_is_no_series_is_refused(returns: np.ndarray, words: str) -> None:
    """Nothing, no numbers, or several assets at once."""
    with pytest.raises(BadReturns, match=words):
        filtered(returns, MODEL)


def test_too_few_days_are_not_fitted() -> None:
    """Twenty days a regime at least."""
    with pytest.raises(BadReturns, match="60 are needed"):
        fit(np.zeros(59), MODEL)
