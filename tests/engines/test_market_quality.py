"""Splits are told from crashes, bad prints from wild days, gaps from reused codes."""

import csv
from datetime import date, timedelta
from fractions import Fraction
from math import log

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engines.market_quality import (
    Gap,
    Split,
    find_frozen,
    find_gaps,
    find_large_moves,
    find_spikes,
    find_splits,
    is_other_security,
    usual_moves,
)
from tests.support.real_prices import real_file, wide_closes

ORDINARY = 0.008  # the standard deviation of a day's move


def walk(days: int = 300, seed: int = 1, size: float = ORDINARY) -> np.ndarray:
    """Prices of an ordinary fund."""
    return 100 * np.exp(np.random.default_rng(seed).normal(0, size, days).cumsum())


@given(
    st.integers(0, 500),
    st.integers(2, 297),
    st.sampled_from(["2", "3", "5", "10", "15", "1/2", "1/10", "1/4"]),
)
def test_a_split_of_an_ordinary_fund_is_found(seed: int, place: int, ratio: str) -> None:
    """Whatever the ordinary move of its day, on whatever day it comes; from three on it is believed too."""
    close = walk(seed=seed)
    assume(abs(log(close[place] / close[place - 1])) < 2 * ORDINARY)
    close[place:] /= float(Fraction(ratio))
    (found,) = find_splits(close)
    assert (found.place, found.ratio) == (place, Fraction(ratio))
    assert found.believed or ratio in ("2", "1/2")


@pytest.mark.parametrize("fall", [0.1, 0.25, 0.45])
def test_a_crash_is_no_split(fall: float) -> None:
    """A fund that loses up to 45 percent in a day lost it; the day is told as a large move beyond a fifth."""
    close = walk()
    close[150:] *= 1 - fall
    assert find_splits(close) == []
    assert find_large_moves(close) == ([150] if fall > 0.2 else [])


def test_a_small_ratio_in_a_wild_series_is_not_believed() -> None:
    """A share that moves by three percent a day may halve: it is found, and left to the vendor's list."""
    close = walk(size=0.03)
    close[150:] *= 0.5
    (split,) = find_splits(close)
    assert (split.place, split.ratio, split.believed) == (150, Fraction(2), False)


def asx(code: str) -> tuple[list[str], np.ndarray]:
    """Days and closes of one real ASX series."""
    with real_file(f"asx_backtester_MIT/{code}.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["Close"] != "null"]
    return [row["Date"] for row in rows], np.array([float(row["Close"]) for row in rows])


def test_the_real_consolidation_of_bbus_is_found() -> None:
    """Ten units became one on 2021-08-09, in the vendor's own prices."""
    days, close = asx("BBUS")
    (split,) = find_splits(close)
    assert (days[split.place], split.ratio, split.believed) == ("20210809", Fraction(1, 10), True)


def test_ivvs_split_of_fifteen_for_one_does_not_read_as_a_crash() -> None:
    """The real series, its last 100 prices divided by 15 as from 2022-12-13 elsewhere."""
    _, close = asx("IVV")
    assert find_splits(close) == []
    close[-100:] /= 15
    assert find_splits(close) == [Split(len(close) - 100, Fraction(15), True)]


@pytest.mark.parametrize("code", ["BBOZ", "VAS", "IVV"])
def test_the_real_spring_of_2020_has_neither_split_nor_bad_print(code: str) -> None:
    """Falls and rebounds of a tenth in a day are the market's own."""
    _, close = asx(code)
    assert (find_splits(close), find_spikes(close), find_large_moves(close)) == ([], [], [])


def test_no_split_is_believed_in_adjusted_prices_of_real_stocks() -> None:
    """Twenty stocks over 32 years, but one: RRC traded at a third of a cent in 1990, rounded to tenths."""
    _, names, closes = wide_closes("skfolio_BSD3/sp500_dataset.csv.gz")
    believed = {
        name
        for name, close in zip(names, closes.T, strict=True)
        if any(split.believed for split in find_splits(close))
    }
    assert believed <= {"RRC"}


def test_a_bad_print_is_told_from_a_fall() -> None:
    """A price that is gone the day after is none of the market's; one that stays is."""
    close = walk()
    close[100] *= 10
    close[200:] *= 0.7
    assert find_spikes(close) == [100]
    assert find_splits(close) == []


def test_gaps_are_counted_in_sessions() -> None:
    """Days on which the exchange was closed are no gap."""
    sessions = [date(2026, 1, 5) + timedelta(days=count) for count in range(10)]
    days = [sessions[0], sessions[1], sessions[4], sessions[9]]
    assert find_gaps(days, sessions) == [Gap(1, 2, 2), Gap(2, 3, 4)]
    assert find_gaps(sessions, sessions) == []


def test_a_price_of_another_order_after_a_long_gap_is_another_security() -> None:
    """A hundred sessions may move an ordinary fund by a third, not to a fifth."""
    close = walk()
    gap = Gap(149, 150, 100)
    assert not is_other_security(close, gap)
    close[150:] /= 5
    assert is_other_security(close, gap)


def test_ten_equal_closes_are_a_frozen_price() -> None:
    """Nine are not; a run at the end counts."""
    close = walk()
    close[50:60] = 7.0
    close[100:109] = 8.0
    close[-12:] = 9.0
    assert find_frozen(close) == [(50, 59), (288, 299)]


@pytest.mark.parametrize("days", [0, 1, 2, 3])
def test_short_series_have_no_findings(days: int) -> None:
    """Nothing to compare is nothing found."""
    close = walk(days)
    assert (find_splits(close), find_spikes(close), find_large_moves(close), find_frozen(close)) == ([],) * 4
    assert len(usual_moves(close)) == max(days - 1, 0)
