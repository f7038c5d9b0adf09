"""Paths against closed forms; requirements against the very paths that they were found on."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines import paths
from engines.goal_requirements import least_of, required_return
from engines.goal_simulation import percentile_of, plan, simulate
from engines.paths import Bootstrap, Growth, Historical, HistoryTooShort, Lognormal, remembered

MONTHLY = 1.005
YEARLY = MONTHLY**12 - 1


def table(growth: Growth, months: int) -> np.ndarray:
    """All rows, months by paths."""
    return np.array([row.copy() for row in growth.months(months)])


def certain(yearly: float) -> Lognormal:
    """One path without volatility."""
    return Lognormal(yearly, 0.0, 1, seed=0)


def test_a_year_of_lognormal_months_grows_as_said() -> None:
    """Mean 1+μ and deviation of the log, each within four standard errors of 100,000 paths."""
    paths = 100_000
    year = table(Lognormal(0.07, 0.2, paths, seed=3), 12).prod(axis=0)
    logs = np.log(year)
    assert abs(year.mean() - 1.07) < 4 * year.std() / np.sqrt(paths)
    assert abs(logs.mean() - (np.log(1.07) - 0.02)) < 4 * 0.2 / np.sqrt(paths)
    assert abs(logs.std() - 0.2) < 4 * 0.2 / np.sqrt(2 * paths)


def test_the_same_seed_gives_the_same_rows() -> None:
    """At every call, and a longer walk begins with the shorter one."""
    growth = Lognormal(0.07, 0.2, 50, seed=3)
    np.testing.assert_array_equal(table(growth, 5), table(growth, 9)[:5])
    assert (table(growth, 5) != table(replace(growth, seed=4), 5)).all()


def test_growth_that_is_remembered_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row by row, however often it is walked and whatever is done to a row; too much is drawn anew."""
    drawn = Lognormal(0.05, 0.1, 20, 3)
    rows = [row.copy() for row in drawn.months(7)]
    kept = remembered(drawn, 7)
    for _ in range(2):
        for expected, row in zip(rows, kept.months(7), strict=True):
            assert (row == expected).all()
            row *= 2
    monkeypatch.setattr(paths, "MOST_REMEMBERED", 139)
    assert remembered(drawn, 7) is drawn


def test_blocks_are_pieces_of_the_history() -> None:
    """Within a block each month is followed by its successor; every block can be drawn."""
    returns = np.arange(10) / 100
    rows = np.round((table(Bootstrap(returns, 3, 2000, seed=1), 7) - 1) * 100).astype(int)
    assert (np.diff(rows[:3], axis=0) == 1).all()
    assert (np.diff(rows[3:6], axis=0) == 1).all()
    assert set(rows[0]) == set(range(8))


def test_historical_runs_every_window() -> None:
    """Five months of history have three windows of three."""
    growth = Historical(np.array([1.0, 2, 3, 4, 5]), 3)
    assert growth.paths == 3
    assert table(growth, 3).T.tolist() == [[2, 3, 4], [3, 4, 5], [4, 5, 6]]


@pytest.mark.parametrize("make", [lambda r: Bootstrap(r, 4, 10, 0), lambda r: Historical(r, 4)])
def test_too_short_a_history_is_refused(make) -> None:  # type: ignore[no-untyped-def]
    """Three months are no block and no window of four."""
    with pytest.raises(HistoryTooShort):
        make(np.zeros(3))


def test_percentiles_are_those_of_numpy() -> None:
    """Linear interpolation; one value is all of its percentiles."""
    values = np.random.default_rng(1).random(997)
    asked = (0, 5, 25, 50, 75, 95, 100)
    assert percentile_of(values, asked) == pytest.approx(np.percentile(values, asked), abs=1e-15)
    assert percentile_of(np.array([3.0]), asked).tolist() == [3.0] * 7


def test_contributions_grow_as_an_annuity() -> None:
    """500 at the end of each of 360 months at half a percent: 500·(1.005^360 - 1)/0.005."""
    found = simulate(plan(initial=0, months=360, monthly_contribution=500), certain(YEARLY))
    assert found.final[0] == pytest.approx(500 * (MONTHLY**360 - 1) / 0.005, rel=1e-12)
    assert found.success is None


def test_indexed_contributions_grow_as_a_growing_annuity() -> None:
    """C·((1+r)^n - (1+g)^n)/(r - g), the first of them not yet grown."""
    g = 1.03 ** (1 / 12) - 1
    found = simulate(plan(initial=0, months=120, monthly_contribution=100, inflation=0.03), certain(YEARLY))
    assert found.final[0] == pytest.approx(100 * (MONTHLY**120 - (1 + g) ** 120) / (0.005 - g), rel=1e-11)


def test_the_fee_is_taken_monthly_and_compounds_to_the_year() -> None:
    """(1.05 · 0.99)^10."""
    found = simulate(plan(initial=100, months=120, annual_fee=0.01), certain(0.05))
    assert found.final[0] == pytest.approx(100 * (1.05 * 0.99) ** 10, rel=1e-12)


@pytest.mark.parametrize(("held", "success"), [(1000.0, True), (999.99, False)])
def test_the_last_withdrawal_decides(held: float, success: bool) -> None:
    """Ten of 100 at the start of ten years without growth need 1,000; the balance ends at nothing."""
    found = simulate(plan(initial=held, months=120, withdrawal=100), certain(0.0))
    assert found.success is not None
    assert found.success.tolist() == [success]
    assert found.final[0] == pytest.approx(0, abs=1e-9)


def test_indexed_withdrawals_and_target_grow_by_the_month() -> None:
    """With returns equal to inflation, n real withdrawals of a and a real target t need n·a + t."""
    asked = {
        "months": 24,
        "withdrawal": 10.0,
        "withdrawn_every": 1,
        "withdrawal_indexed": True,
        "inflation": 0.06,
    }
    enough = simulate(plan(initial=24 * 10 + 50, target=50.0, **asked), certain(0.06)).success
    short = simulate(plan(initial=24 * 10 + 49.99, target=50.0, **asked), certain(0.06)).success
    assert enough is not None
    assert short is not None
    assert (bool(enough[0]), bool(short[0])) == (True, False)


def test_required_return_of_a_single_sum() -> None:
    """100 to 200 in ten years: 2^(1/10) - 1, more by what the fee takes."""
    for fee in (0.0, 0.01):
        found = required_return(plan(initial=100, months=120, target=200, annual_fee=fee))
        assert found == pytest.approx(2**0.1 / (1 - fee) - 1, abs=1e-10)


@pytest.mark.parametrize(
    "asked",
    [
        {"initial": 0.0, "target": 5.0},
        {"initial": 5.0},
        {"initial": 1.0, "monthly_contribution": 9.0, "target": 5.0},
    ],
)
def test_there_may_be_no_required_return(asked: dict[str, float]) -> None:
    """Nothing put in, nothing asked, or reached by the last contribution alone."""
    assert required_return(plan(months=12, **asked)) is None


def test_contributions_cannot_pay_for_the_first_day() -> None:
    """A withdrawal at once comes before any contribution."""
    found = simulate(plan(initial=5, months=12, withdrawal=10), certain(0.0))
    assert found.enough is not None
    assert least_of(found.enough, 0.8) is None


def test_a_crash_too_deep_for_a_number_leaves_nothing_of_what_was_there_at_first() -> None:
    """After a hundred years of a volatility of 500% no initial amount is enough, however large."""
    asked = plan(initial=10, months=1200, target=100)
    found = simulate(asked, Lognormal(0.05, 5.0, 50, 0))
    assert found.enough_at_first is not None
    assert least_of(found.enough_at_first, 0.8) is None


@given(
    seed=st.integers(0, 100),
    initial=st.floats(100, 5000),
    withdrawal=st.sampled_from([0.0, 20.0]),
    every=st.sampled_from([1, 12]),
    inflation=st.sampled_from([0.0, 0.04]),
    wanted=st.sampled_from([0.5, 0.8, 1.0]),
)
@settings(max_examples=60, deadline=None)
def test_the_required_contribution_is_just_enough(
    seed: int, initial: float, withdrawal: float, every: int, inflation: float, wanted: float
) -> None:
    """On the same paths it satisfies the share wanted, and a thousandth less does not."""
    growth = Lognormal(0.06, 0.15, 200, seed)
    asked = {
        "initial": initial, "months": 60, "target": 6000.0, "withdrawal": withdrawal, "withdrawn_every": every,
        "withdrawal_indexed": True, "inflation": inflation,
    }  # fmt: skip

    def share(contribution: float) -> float:
        success = simulate(plan(monthly_contribution=contribution, **asked), growth).success
        assert success is not None
        return float(success.mean())

    found = simulate(plan(**asked), growth)
    assert found.enough is not None
    least = least_of(found.enough, wanted)
    assert least is not None
    assert share(least * (1 + 1e-9) + 1e-9) >= wanted
    assert least == 0 or share(least * 0.999) < wanted
    again = simulate(plan(monthly_contribution=7.0, **asked), growth).enough
    assert again == pytest.approx(found.enough, rel=1e-7, abs=1e-6)
