"""A snapshot cut from vendor data: the same sessions for every code, each with a price."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from adapters.market.cleaning import MOST_MISSING, Series, cleaned
from adapters.market.snapshot import Snapshot
from adapters.market.vendor_files import VendorData
from engines import calendars
from engines.market_quality import Finding, Severity


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a cut should be: up to `sessions` of them that end at `as_of` (None: the last day there is).

    A code with fewer than `least_sessions` of its own is left out with an error. `calendar` is the
    exchange whose days count, `adjusted` whether splits are in the prices already.
    """

    source: str
    calendar: str
    sessions: int
    least_sessions: int
    as_of: date | None = None
    adjusted: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """The snapshot, None when nothing could be kept; everything found; codes that errors kept out."""

    snapshot: Snapshot | None
    findings: tuple[Finding, ...]
    left_out: tuple[str, ...]

    @property
    def errors(self) -> list[Finding]:
        """Findings that keep something out."""
        return [finding for finding in self.findings if finding.severity == Severity.ERROR]


def cut(data: VendorData, wanted: Wanted, progress: Callable[[str], None] = lambda code: None) -> Cut:
    """A snapshot of all codes without an error, and what was found; `progress` hears of each code.

    Only what the snapshot can hold is looked at: a wild day of ten years ago keeps nothing out of it, and a
    split after its day changes no price of it.
    """
    findings = list(data.findings)
    last_days = {code: max(row.day for row in rows) for code, rows in data.rows.items() if rows}
    as_of = wanted.as_of or max(last_days.values(), default=None)
    if as_of is None:
        return Cut(None, tuple(findings), ())
    sessions = known_sessions(wanted.calendar, (row.day for rows in data.rows.values() for row in rows))
    start = _start(sessions, as_of, wanted.sessions + MOST_MISSING)
    series = []
    for code, rows in data.rows.items():
        progress(code)
        declared = None if wanted.adjusted else data.splits.get(code, {})
        inside = [row for row in rows if start <= row.day <= as_of]
        one = cleaned(code, inside, sessions, declared, findings)
        _check_span(one, last_days.get(code), as_of, wanted, findings)
        series.append(one)
    out = {finding.etf for finding in findings if finding.severity == Severity.ERROR and finding.etf}
    kept = [one for one in series if one.etf not in out]
    snapshot = _joined(kept, as_of, data, sessions, wanted, findings) if kept else None
    return Cut(snapshot, tuple(findings), tuple(sorted(out)))


def _start(sessions: frozenset[date], as_of: date, count: int) -> date:
    """The first of the last `count` sessions up to `as_of`."""
    return min(sorted(day for day in sessions if day <= as_of)[-count:], default=as_of)


def known_sessions(calendar: str, days: Iterable[date]) -> frozenset[date]:
    """The sessions of the exchange from the first to the last of `days`.

    Before the calendar begins, every weekday in `days` counts as a session.
    """
    days = set(days)
    if not days:
        return frozenset()
    inside = calendars.sessions_between(calendar, min(days), max(days))
    begins = calendars.sessions_between(calendar, date.min, date.max)[0]
    return frozenset(inside) | {day for day in days if day < begins and day.weekday() < 5}


def _check_span(one: Series, last: date | None, as_of: date, wanted: Wanted, findings: list[Finding]) -> None:
    """Errors of a series without a price on the cut's day, or too short; `last` is its last day anywhere."""
    if not one.days or one.days[-1] < as_of:
        text = f"there is no price on {as_of}; the last one is of {one.days[-1] if one.days else last}"
        findings.append(Finding("NoPrice", Severity.ERROR, one.etf, text, last, as_of))
    elif len(one.days) < wanted.least_sessions:
        text = f"{len(one.days)} prices are too few; {wanted.least_sessions} are needed"
        findings.append(Finding("TooFewRows", Severity.ERROR, one.etf, text, one.days[0], as_of))


def _joined(
    series: Sequence[Series],
    as_of: date,
    data: VendorData,
    sessions: frozenset[date],
    wanted: Wanted,
    findings: list[Finding],
) -> Snapshot:
    youngest = max(series, key=lambda one: one.days[0])
    start = youngest.days[0]
    days = sorted(day for day in sessions if start <= day <= as_of)[-wanted.sessions :]
    if len(days) < wanted.sessions and any(one.days[0] < start for one in series):
        text = f"its history begins on {start} and shortens the snapshot to {len(days)} sessions"
        findings.append(Finding("ShortHistory", Severity.WARNING, youngest.etf, text, start, as_of))
    repairs = [text for one in series for text in one.repairs]
    columns = [_filled(one, days, findings, repairs) for one in series]
    return Snapshot(
        wanted.source,
        False,
        tuple(days),
        tuple(one.etf for one in series),
        np.column_stack(columns),
        distributed=_distributed(series, days, data),
        notes=tuple(repairs),
    )


def _filled(
    one: Series, days: Sequence[date], findings: list[Finding], repairs: list[str]
) -> NDArray[np.int64]:
    """A price on each day: the last one before it where there is none."""
    place = np.searchsorted(_ordinals(one.days), _ordinals(days), side="right") - 1
    missing = [day for day, at in zip(days, place.tolist(), strict=True) if one.days[at] != day]
    if missing:
        text = f"{len(missing)} sessions without a price have that of the session before, first {missing[0]}"
        findings.append(Finding("Gap", Severity.WARNING, one.etf, text, missing[0], missing[-1]))
        repairs.append(f"{one.etf} filled on {len(missing)} sessions from {missing[0]} to {missing[-1]}")
    filled: NDArray[np.int64] = one.units[place]
    return filled


def _distributed(
    series: Sequence[Series], days: Sequence[date], data: VendorData
) -> NDArray[np.int64] | None:
    """What a unit of today paid on its ex-days; one that falls on no session counts on the next."""
    if not data.distributions:
        return None
    table = np.zeros((len(days), len(series)), dtype=np.int64)
    ordered = _ordinals(days)
    for column, one in enumerate(series):
        for day, units in data.distributions.get(one.etf, {}).items():
            row = int(np.searchsorted(ordered, day.toordinal()))
            if day >= days[0] and row < len(days):
                since = [float(ratio) for first, ratio in one.splits if first > day]
                table[row, column] += round(units / float(np.prod(since)))
    return table


def _ordinals(days: Sequence[date]) -> NDArray[np.int64]:
    return np.fromiter((day.toordinal() for day in days), dtype=np.int64, count=len(days))
