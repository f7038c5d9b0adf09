"""One code's rows made into a series of closes that means the same thing from end to end.

What is repaired is told as a warning; what nobody can settle but the vendor is an error, and keeps the
code out of a snapshot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from adapters.market.snapshot import PLACES
from adapters.market.vendor_files import Row
from engines import market_quality as quality
from engines.market_quality import Finding, Severity

MOST_MISSING = 10
"""So many sessions may lie between two prices; after a longer gap a series begins anew."""


MOST_UNITS = 1e17
"""The largest price that is kept, in units of 1e-8 AUD."""


@dataclass(frozen=True, slots=True)
class Series:
    """Rising days, closes in units of 1e-8 AUD of today's unit, and what was repaired on the way."""

    etf: str
    days: tuple[date, ...]
    units: NDArray[np.int64]
    splits: tuple[tuple[date, Fraction], ...]
    repairs: tuple[str, ...]


def cleaned(
    etf: str,
    rows: Sequence[Row],
    sessions: frozenset[date] | None,
    declared: dict[date, Fraction] | None,
    findings: list[Finding],
) -> Series:
    """The series of these rows; everything met is added to `findings`.

    `sessions` are the days on which there can be a price (None: any). `declared` are the vendor's splits
    by their first day: they settle those days (a ratio of 1 says that there was none); None means that
    prices are adjusted already and no split is looked for.
    """
    rows = _one_a_day(etf, rows, findings)
    rows = _on_sessions(etf, rows, sessions, findings)
    rows = _of_one_security(etf, rows, sessions, findings)
    days = [row.day for row in rows]
    units = np.array([row.units for row in rows], dtype=np.int64)
    if not days:
        return Series(etf, (), units, (), ())
    splits = [] if declared is None else _splits(etf, days, units, declared, findings)
    units = _in_todays_units(etf, days, units, splits, findings)
    kept = _without_spikes(etf, days, units, findings)
    days, units = [days[place] for place in kept], units[kept]
    _tell_what_is_odd(etf, days, units, findings)
    first_days = tuple((rows[split.place].day, split.ratio) for split in splits)
    repairs = tuple(f"{etf} split {_as_text(ratio)} on {day}" for day, ratio in first_days)
    return Series(etf, tuple(days), units, first_days, repairs)


def _one_a_day(etf: str, rows: Sequence[Row], findings: list[Finding]) -> list[Row]:
    """Rows in order of their days; a day that stands twice with two prices is an error."""
    ordered = sorted(rows, key=lambda row: row.day)
    kept: list[Row] = []
    same: list[date] = []
    differing: list[date] = []
    for row in ordered:
        if kept and kept[-1].day == row.day:
            (same if kept[-1] == row else differing).append(row.day)
        else:
            kept.append(row)
    if same:
        _add(findings, "DuplicateDay", etf, f"{_count(same, 'day')} twice with the same price", same)
    if differing:
        text = f"{_count(differing, 'day')} twice with different prices; keep the right one"
        _add(findings, "ConflictingDay", etf, text, differing, Severity.ERROR)
    if ordered != list(rows):
        _add(findings, "OutOfOrder", etf, "the days do not rise; they were sorted", [])
    return kept


def _on_sessions(
    etf: str, rows: list[Row], sessions: frozenset[date] | None, findings: list[Finding]
) -> list[Row]:
    if sessions is None:
        return rows
    closed = [row.day for row in rows if row.day not in sessions]
    if closed:
        _add(findings, "NotASession", etf, f"{_count(closed, 'day')} without a session left out", closed)
    return [row for row in rows if row.day in sessions]


def _of_one_security(
    etf: str, rows: list[Row], sessions: frozenset[date] | None, findings: list[Finding]
) -> list[Row]:
    """The rows after the last long gap or change of ISIN: a code may have named another fund before."""
    if not rows:
        return rows
    days = [row.day for row in rows]
    calendar = sorted(day for day in sessions if days[0] <= day <= days[-1]) if sessions else days
    close = np.array([row.units for row in rows]) / 10.0**PLACES
    start = 0
    for gap in quality.find_gaps(days, calendar):
        if gap.sessions <= MOST_MISSING:
            continue
        other = quality.is_other_security(close, gap)
        code = "ReusedCode" if other else "LongGap"
        why = ", and the price is another's: the code seems to name another security" if other else ""
        text = (
            f"no price for {gap.sessions} sessions from {days[gap.before]}{why}; kept from {days[gap.after]}"
        )
        _add(findings, code, etf, text, [days[gap.before], days[gap.after]])
        start = gap.after
    for place in range(1, len(rows)):
        before, after = rows[place - 1].isin, rows[place].isin
        if before and after and before != after:
            text = f"the ISIN changes from {before} to {after}; kept from {days[place]}"
            _add(findings, "ReusedCode", etf, text, [days[place]])
            start = max(start, place)
    return rows[start:]


def _splits(
    etf: str,
    days: list[date],
    units: NDArray[np.int64],
    declared: dict[date, Fraction],
    findings: list[Finding],
) -> list[quality.Split]:
    """The vendor's splits, and what looks like one where the vendor says nothing."""
    place = {day: number for number, day in enumerate(days)}
    told = [quality.Split(place[d], ratio) for d, ratio in declared.items() if place.get(d, 0) and ratio != 1]
    for day in declared:
        if not place.get(day, 0) and days[0] < day <= days[-1]:
            text = f"a split is declared on {day}, which has no price"
            _add(findings, "SplitWithoutPrice", etf, text, [day], Severity.ERROR)
    found = [
        split for split in quality.find_splits(units / 10.0**PLACES) if days[split.place] not in declared
    ]
    for split in found:
        day, ratio = days[split.place], _as_text(split.ratio)
        if split.believed:
            _add(findings, "Split", etf, f"the price moved on {day} as by a split {ratio}; adjusted", [day])
        else:
            text = (
                f"the price moved on {day} as by a split {ratio}, or so far by itself; say which in "
                f"splits.csv ({etf},{day},{ratio} or {etf},{day},1), or import with --adjusted"
            )
            _add(findings, "PossibleSplit", etf, text, [day], Severity.ERROR)
    return sorted([*told, *(split for split in found if split.believed)], key=lambda split: split.place)


def _in_todays_units(
    etf: str,
    days: list[date],
    units: NDArray[np.int64],
    splits: list[quality.Split],
    findings: list[Finding],
) -> NDArray[np.int64]:
    """Prices before each split, divided by its ratio; an error where that leaves no price that can be."""
    adjusted = quality.without_splits(units.astype(np.float64), splits)
    if adjusted.min() < 0.5 or adjusted.max() > MOST_UNITS:
        text = "the splits make earlier prices vanish or explode; see to splits.csv"
        _add(findings, "BadSplit", etf, text, [days[split.place] for split in splits], Severity.ERROR)
        return units
    return np.rint(adjusted).astype(np.int64) if splits else units


def _without_spikes(
    etf: str, days: list[date], units: NDArray[np.int64], findings: list[Finding]
) -> list[int]:
    spikes = quality.find_spikes(units / 10.0**PLACES)
    if spikes:
        text = f"{_count(spikes, 'bad print')} far from both neighbours left out, first {days[spikes[0]]}"
        _add(findings, "BadPrint", etf, text, [days[place] for place in spikes])
    return [place for place in range(len(days)) if place not in set(spikes)]


def _tell_what_is_odd(etf: str, days: list[date], units: NDArray[np.int64], findings: list[Finding]) -> None:
    close = units / 10.0**PLACES
    if large := quality.find_large_moves(close):
        worst = max(large, key=lambda place: abs(close[place] / close[place - 1] - 1))
        move = close[worst] / close[worst - 1] - 1
        text = f"{_count(large, 'move')} that no ordinary day makes, the largest {move:+.1%} on {days[worst]}"
        _add(findings, "LargeMove", etf, text, [days[place] for place in large])
    if frozen := quality.find_frozen(close):
        longest = max(frozen, key=lambda run: run[1] - run[0])
        text = (
            f"{_count(frozen, 'run')} of {quality.FROZEN} or more equal closes, the longest "
            f"{longest[1] - longest[0] + 1} days from {days[longest[0]]}"
        )
        _add(findings, "FrozenPrice", etf, text, [days[frozen[0][0]], days[frozen[-1][1]]])


def _add(
    findings: list[Finding],
    code: str,
    etf: str,
    text: str,
    days: Sequence[date],
    severity: Severity = Severity.WARNING,
) -> None:
    first, last = (min(days), max(days)) if days else (None, None)
    findings.append(Finding(code, severity, etf, text, first, last))


def _count(things: Sequence[object], noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"


def _as_text(ratio: Fraction) -> str:
    """A split's ratio as people write it, new to old: 15:1."""
    return f"{ratio.numerator}:{ratio.denominator}"
