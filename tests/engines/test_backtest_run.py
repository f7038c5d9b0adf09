"""The segment engine against a day loop, closed forms, and what must hold for any prices."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.backtest.attribution import contributions
from engines.backtest.history import History
from engines.backtest.rules import CADENCES, Bands, Periodic, Rule, Static, period_starts
from engines.backtest.run import Run, WeightsDoNotSum, run
from engines.backtest.trades import Costs, CostsExceedValue, WithdrawalTooLarge
from tests.support.day_loop import day_loop

FIRST = date(2021, 1, 1)


def past(prices: list[list[float]] | np.ndarray, **more: object) -> History:
    """A history of daily prices; assets are called A, B, …"""
    table = np.array(prices, dtype=float)
    days = tuple(FIRST + timedelta(days=row) for row in range(len(table)))
    return History(days, tuple("ABCDEFGHIJ"[: table.shape[1]]), table, **more)


def random_past(days: int = 600, assets: int = 4, seed: int = 1) -> History:
    """Prices of a random walk with a volatility that drives weights out of their bands."""
    steps = np.random.default_rng(seed).standard_normal((days, assets)) * 0.03
    return past(100 * np.exp(np.cumsum(steps, axis=0)))


WEIGHTS = np.array([0.4, 0.3, 0.2, 0.1])


@pytest.mark.parametrize("rate", [0.0, 0.002])
@pytest.mark.parametrize("cadence", CADENCES)
def test_periodic_is_what_a_day_loop_finds(cadence: str, rate: float) -> None:
    """Every cadence, with and without costs, to 1e-12 of the value."""
    history = random_past()
    due = set(period_starts(history.dates, cadence))
    values, rows = day_loop(history.prices, WEIGHTS, lambda row, _: row in due, rate=rate)
    found = run(history, WEIGHTS, Periodic(sorted(due)), initial=1.0, costs=Costs(rate=rate))
    np.testing.assert_allclose(found.value, values, rtol=1e-12)
    assert found.rebalances == [history.dates[row] for row in rows]


@pytest.mark.parametrize("rate", [0.0, 0.002])
@pytest.mark.parametrize("allowed", [[0.05] * 4, list(0.25 * WEIGHTS), [0.05, 0.05, 0.05, 0.025]])
def test_bands_are_what_a_day_loop_finds(allowed: list[float], rate: float) -> None:
    """Absolute, relative and 5/25 bands, over histories longer than one look."""
    history = random_past(3000)
    values, rows = day_loop(
        history.prices,
        WEIGHTS,
        lambda _, now: any(abs(n - w) > a for n, w, a in zip(now, WEIGHTS, allowed, strict=True)),
        rate=rate,
    )
    found = run(history, WEIGHTS, Bands(WEIGHTS, np.array(allowed)), initial=1.0, costs=Costs(rate=rate))
    np.testing.assert_allclose(found.value, values, rtol=1e-11)
    assert found.rebalances == [history.dates[row] for row in rows]
    assert len(rows) > 3


def test_held_weights_drift_with_prices() -> None:
    """60/40, the first doubles: 1.6 of which 75% lies in it; nothing is traded after the first day."""
    found = run(past([[100, 50], [200, 50]]), np.array([0.6, 0.4]), Static(), initial=1000)
    assert found.value.tolist() == [1000, 1600]
    assert found.weights()[-1].tolist() == [0.75, 0.25]
    assert (found.rebalances, found.turnover) == ([], 0)


def test_at_exactly_the_band_nothing_happens() -> None:
    """50/50 drifts to 55/45 exactly: a band of five points is not left, one of 4.9 is."""
    history = past([[100, 100], [110, 90], [110, 90]])
    half = np.array([0.5, 0.5])
    assert run(history, half, Bands(half, np.array([0.05, 0.05])), initial=1).rebalances == []
    narrow = run(history, half, Bands(half, np.array([0.049, 0.049])), initial=1)
    assert narrow.rebalances == [history.dates[1]]
    assert narrow.turnover == pytest.approx(0.05, abs=1e-12)


def test_the_first_purchase_is_charged() -> None:
    """1,010 buys 1,000 at a cost of one percent."""
    found = run(past([[10.0], [10.0]]), np.array([1.0]), Static(), initial=1010, costs=Costs(rate=0.01))
    assert found.value == pytest.approx([1000, 1000], abs=1e-9)
    assert found.costs.sum() == pytest.approx(10, abs=1e-9)


def test_brokerage_is_charged_once_an_order() -> None:
    """Two orders at 10 to begin with; the third asset has no weight and no order."""
    history = past([[10.0, 20, 30], [10.0, 20, 30]])
    found = run(history, np.array([0.5, 0.5, 0]), Static(), initial=1020, costs=Costs(brokerage=10))
    assert found.value == pytest.approx([1000, 1000], abs=1e-9)


def test_a_portfolio_that_cannot_pay_its_brokerage_is_refused() -> None:
    """Two orders at 60 cannot be paid from 100."""
    with pytest.raises(CostsExceedValue):
        run(past([[10.0, 20], [10.0, 20]]), np.array([0.5, 0.5]), Static(), initial=100, costs=Costs(60))


PAYOUTS = np.array([[0, 0], [0, 0], [5.0, 0], [0, 0]])
PRICES = [[100, 100], [100, 100], [95, 100], [95, 100]]


def test_a_reinvested_distribution_leaves_the_value_alone() -> None:
    """The price falls by what is paid: the holder is as rich as before."""
    found = run(past(PRICES, payouts=PAYOUTS), np.array([0.5, 0.5]), Static(), initial=200)
    assert found.value == pytest.approx([200] * 4, abs=1e-12)


def test_a_distribution_in_cash_waits_for_the_next_rebalance() -> None:
    """5 lie in cash from the third day on; then all is halved again."""
    history = past([*PRICES, [190, 100], [190, 200]], payouts=np.vstack([PAYOUTS, np.zeros((2, 2))]))
    half = np.array([0.5, 0.5])
    found = run(history, half, Periodic([4]), initial=200, reinvest=False)
    assert found.value == pytest.approx([200, 200, 200, 200, 295, 295 * 1.5], abs=1e-9)
    assert found.weights()[3].sum() == pytest.approx(195 / 200)
    assert found.weights()[4] == pytest.approx([0.5, 0.5])


def test_a_band_counts_cash_in_the_whole() -> None:
    """52.5% of holdings but 51.2% of the whole is within two points."""
    payouts = np.array([[0, 0], [2.5, 2.5]])
    history = past([[100, 100], [105, 95]], payouts=payouts)
    half = np.array([0.5, 0.5])
    for reinvest, rebalanced in ((False, 0), (True, 1)):
        rule = Bands(half, np.array([0.024, 0.5]))
        assert len(run(history, half, rule, initial=200, reinvest=reinvest).rebalances) == rebalanced


def test_money_paid_in_is_invested_and_money_taken_out_is_sold() -> None:
    """A payment buys target weights, a withdrawal sells alike; the value counts both at once."""
    history = past([[100.0, 100], [200, 100], [200, 100], [200, 100]], flows={1: 100.0, 2: -80.0})
    found = run(history, np.array([0.5, 0.5]), Static(), initial=200)
    assert found.value == pytest.approx([200, 400, 320, 320])
    assert found.weights()[1] == pytest.approx([250 / 400, 150 / 400])
    assert found.weights()[2] == pytest.approx(found.weights()[1])


def test_cash_is_taken_out_before_anything_is_sold() -> None:
    """5 lie in cash, 3 are taken: no trade."""
    history = past(PRICES, payouts=PAYOUTS, flows={3: -3.0})
    found = run(history, np.array([0.5, 0.5]), Static(), initial=200, reinvest=False)
    assert found.value[-1] == pytest.approx(197)
    assert not found.trades[1:].any()


@pytest.mark.parametrize("rule", [Static(), Periodic([2])])
def test_taking_out_more_than_there_is_is_refused(rule: Rule) -> None:
    """Whether or not the day is one of rebalancing."""
    history = past([[100.0], [100], [100]], flows={2: -250.0})
    with pytest.raises(WithdrawalTooLarge):
        run(history, np.array([1.0]), rule, initial=200)


def test_weights_that_do_not_sum_are_refused() -> None:
    """0.9 leaves a tenth unsaid."""
    with pytest.raises(WeightsDoNotSum, match=r"0\.9"):
        run(past([[1.0, 1], [1, 1]]), np.array([0.5, 0.4]), Static(), initial=1)


def course(seed: int, rate: float, reinvest: bool) -> Run:
    """A rebalanced portfolio with costs, distributions, and money in and out."""
    base = random_past(200, seed=seed)
    payouts = np.zeros_like(base.prices)
    payouts[20::50] = 0.01 * base.prices[20::50]
    history = History(base.dates, base.assets, base.prices, payouts, {30: 50.0, 60: -20.0, 100: 5.0})
    rule = Bands(WEIGHTS, np.full(4, 0.04)) if seed % 2 else Periodic([40, 100, 160])
    return run(history, WEIGHTS, rule, initial=1000, costs=Costs(0.1, rate), reinvest=reinvest)


@given(st.integers(0, 1000), st.floats(0, 0.02), st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_cent_of_profit_belongs_to_an_asset(seed: int, rate: float, reinvest: bool) -> None:
    """What was put in and the contributions of all assets make the last value."""
    found = course(seed, rate, reinvest)
    put_in = found.initial + sum(found.flows.values())
    profit = sum(share.profit for share in contributions(found).values())
    assert put_in + profit == pytest.approx(found.value[-1], rel=1e-10)


@given(st.integers(0, 1000), st.floats(0, 0.02), st.booleans())
@settings(max_examples=60, deadline=None)
def test_after_a_rebalance_weights_are_the_target(seed: int, rate: float, reinvest: bool) -> None:
    """Also when costs were paid out of the portfolio."""
    found = course(seed, rate, reinvest)
    for row in found.starts[found.rebalanced]:
        assert found.weights()[row] == pytest.approx(WEIGHTS, abs=1e-9)
