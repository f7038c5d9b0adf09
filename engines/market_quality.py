"""What is wrong with a series of closing prices: splits, gaps, reused codes, wild and frozen prices.

Everything found is a `Finding`: data for people and for what repairs the series. A daily move is
measured in usual moves of its time (u): 1.4826 times the median absolute log return of the forty days
around it, which a few wild days do not touch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from math import log

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Rules of thumb of the checks, in usual moves (u) or as stated.
IMPLAUSIBLE = 8.0  # u: no ordinary day of its time
BELIEVED = 60.0  # u: a split this far from an ordinary day is taken for one without asking
SPLIT_ROOM = 4.0  # u: how far an ordinary day may take the price from the split's ratio
LEAST_ROOM = 0.02  # log return: the least of that room
LEAST_SPLIT = 0.38  # log return: what is smaller than 3:2 is told from a bad day by a splits file only
LARGE_MOVE = 0.2  # log return
CAME_BACK = 0.25  # share of a spike that is left the day after
FROZEN = 10  # days with the same close
CHANCE = 0.01  # that a run of equal closes is one of chance
LEAST_USUAL = 0.001  # log return: of a series that hardly moves
AROUND = 41  # days of which the usual move is the median

RATIOS = (Fraction(3, 2), Fraction(5, 2), *map(Fraction, (*range(2, 21), 25, 30, 40, 50, 100)))


class Severity(StrEnum):
    """An error keeps a series out; a warning was repaired or should be looked at."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: where, when (first to last day), and what was or should be done."""

    code: str
    severity: Severity
    etf: str
    text: str
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """From the day at `place` on a unit stands for 1/ratio of one before: 15 for 15:1, 1/10 for 1:10.

    `believed` when the move is so far from an ordinary day that nothing else explains it.
    """

    place: int
    ratio: Fraction
    believed: bool = True


def usual_moves(close: Floats) -> Floats:
    """The usual move around each day but the first, as a log return; never below a tenth of a percent."""
    sizes = np.abs(np.diff(np.log(close)))
    if len(sizes) == 0:
        return sizes
    window = min(AROUND, len(sizes))
    medians = np.median(sliding_window_view(sizes, window), axis=1)
    before = (len(sizes) - len(medians)) // 2
    around = np.pad(medians, (before, len(sizes) - len(medians) - before), mode="edge")
    usual: Floats = np.maximum(1.4826 * around, LEAST_USUAL)
    return usual


def find_splits(close: Floats) -> list[Split]:
    """Days on which the price moved as a split of whole numbers moves it, and as no ordinary day does.

    A single share may halve by itself, so that a small ratio in a wild series is found, not believed;
    the vendor's list of splits settles it.
    """
    moves = np.diff(np.log(close))
    if not (np.abs(moves) > LEAST_SPLIT).any():
        return []  # of nearly all series: the usual moves need not be known
    usual = usual_moves(close)
    spiked = {place for spike in find_spikes(close) for place in (spike, spike + 1)}
    found = []
    for step in np.flatnonzero(np.abs(moves) > np.maximum(IMPLAUSIBLE * usual, LEAST_SPLIT)).tolist():
        ratio = _nearest_ratio(float(moves[step]), max(SPLIT_ROOM * float(usual[step]), LEAST_ROOM))
        if ratio is not None and step + 1 not in spiked:
            believed = abs(log(ratio)) >= BELIEVED * usual[step]
            found.append(Split(step + 1, ratio, bool(believed)))
    return found


def without_splits(close: Floats, splits: Sequence[Split]) -> Floats:
    """Prices before each split in units of today: divided by every ratio that came after them."""
    adjusted = close.copy()
    for split in splits:
        adjusted[: split.place] /= float(split.ratio)
    return adjusted


def find_spikes(close: Floats) -> list[int]:
    """Places of single prices far from both neighbours, which agree: bad prints.

    A market that falls and rebounds leaves more than a quarter of the move behind, or moves by less than
    a fifth, or does so among other wild days.
    """
    moves = np.diff(np.log(close))
    if not (np.abs(moves) > LARGE_MOVE).any():
        return []
    usual = usual_moves(close)
    there, back = moves[:-1], moves[1:]
    far = np.abs(there) > np.maximum(IMPLAUSIBLE * usual[:-1], LARGE_MOVE)
    returned = np.abs(there + back) < CAME_BACK * np.abs(there)
    return (np.flatnonzero(far & returned) + 1).tolist()


def find_large_moves(close: Floats) -> list[int]:
    """Places of days whose price moved by more than a fifth, and more than any ordinary day of its time."""
    moves = np.abs(np.diff(np.log(close)))
    if not (moves > LARGE_MOVE).any():
        return []
    return (np.flatnonzero(moves > np.maximum(IMPLAUSIBLE * usual_moves(close), LARGE_MOVE)) + 1).tolist()


def find_frozen(close: Floats) -> list[tuple[int, int]]:
    """Runs of ten or more equal closes that chance does not make: places of the first and last day.

    A fund that often closes where it closed before (cash, to the cent) has such runs; only those of which
    fewer than one in a hundred series like it would have one are told.
    """
    if len(close) < FROZEN:
        return []
    still = np.diff(close) == 0
    starts = [0, *(np.flatnonzero(~still) + 1).tolist()]
    ends = [*(start - 1 for start in starts[1:]), len(close) - 1]
    least = max(FROZEN, 1 + _longest_by_chance(float(still.mean()), len(close)))
    return [(a, b) for a, b in zip(starts, ends, strict=True) if b - a + 1 >= least]


def _longest_by_chance(share: float, days: int) -> float:
    """How many days without a move follow each other, of `share` of all, in one series of a hundred."""
    if not 0 < share < 1:
        return 0.0
    return log(CHANCE / days) / log(share)


@dataclass(frozen=True, slots=True)
class Gap:
    """Sessions without a price between two days that have one: places of the two, and how many."""

    before: int
    after: int
    sessions: int


def find_gaps(days: Sequence[date], sessions: Sequence[date]) -> list[Gap]:
    """Gaps in rising `days`, each of which is one of the rising `sessions`."""
    number = {day: count for count, day in enumerate(sessions)}
    places = np.array([number[day] for day in days])
    missing = np.diff(places) - 1
    return [Gap(place, place + 1, int(missing[place])) for place in np.flatnonzero(missing > 0).tolist()]


def is_other_security(close: Floats, gap: Gap) -> bool:
    """Whether the price after a long gap is so far from that before that the code names something else.

    Farther than four usual moves times the root of that many sessions, and by a third at least: codes
    of delisted funds are given to new ones.
    """
    move = abs(float(np.log(close[gap.after] / close[gap.before])))
    usual = float(np.median(usual_moves(close)))
    return move > max(SPLIT_ROOM * usual * float(np.sqrt(gap.sessions)), LEAST_SPLIT)


def _nearest_ratio(move: float, room: float) -> Fraction | None:
    """The split's ratio nearest to a log return, None when none is within `room`."""
    candidates = [ratio for plain in RATIOS for ratio in (plain, 1 / plain)]
    nearest = min(candidates, key=lambda ratio: abs(move + log(ratio)))
    return nearest if abs(move + log(nearest)) <= room else None
