"""Slicing: an order in parts over the hours in which the market is open.

    EngineError
    └── NoTradingTime   the market is not open between the two moments

TWAP sends the same in the same time; VWAP follows a volume curve, the share of a session's volume that is
usually traded in each part of it. Time when the market is closed does not count, however long it is: two
sessions are one stretch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from math import lcm

from engines.calendars import sessions_within
from engines.errors import EngineError
from engines.shares import cents_by_weight
from engines.timetable import Session

START, END = Fraction(0), Fraction(1)


class NoTradingTime(EngineError):
    """The market is not open between the two moments."""


@dataclass(frozen=True, slots=True)
class Band:
    """Up to `until`, a share of the session's time, this `share` of its volume is traded, evenly."""

    until: Fraction
    share: Fraction


@dataclass(frozen=True, slots=True)
class Slice:
    """Units to be sent at a moment, to fill until the next slice's."""

    at: datetime
    until: datetime
    units: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a session in which the market may be traded, as shares of the session's time."""

    session: Session
    begins: Fraction
    ends: Fraction

    @property
    def seconds(self) -> Fraction:
        """How long it is."""
        return (self.ends - self.begins) * _length(self.session)

    def at(self, seconds: Fraction) -> datetime:
        """The moment so many seconds after its beginning, by the exchange's clocks, to the microsecond."""
        after = self.begins * _length(self.session) + seconds
        opens = self.session.opens_at
        moment = opens.astimezone(UTC) + timedelta(microseconds=round(after * 1_000_000))
        return moment.astimezone(opens.tzinfo)


def slices(
    units: int,
    stretches: Sequence[Stretch],
    count: int,
    curve: Sequence[Band] | None = None,
    least: int = 1,
) -> list[Slice]:
    """`units` in at most `count` parts over the stretches, each sent when its part of the time begins.

    Without a `curve` every part of the time weighs the same (TWAP); with one it weighs what the curve
    says is traded then (VWAP). Units go by largest remainder, ties to the first; parts without units are
    left out. Fewer parts are made where one would be smaller than `least`; what remains is one part.
    """
    for parts in range(min(count, max(1, units // least)), 0, -1):
        found = _in_parts(units, stretches, parts, curve)
        if parts == 1 or min(each.units for each in found) >= least:
            return found
    return []


def stretches_between(exchange: str, start: datetime, until: datetime) -> list[Stretch]:
    """When the exchange is open from `start` to `until`; NoTradingTime where it is not."""
    found = []
    for session in sessions_within(exchange, start, until):
        length = _length(session)
        begins = max(START, _seconds(session.opens_at, start) / length)
        ends = min(END, _seconds(session.opens_at, until) / length)
        if begins < ends:
            found.append(Stretch(session, begins, ends))
    if not found:
        raise NoTradingTime(
            f"{exchange} is not open between {start.isoformat()} and {until.isoformat()}", "until"
        )
    return found


def volume_until(curve: Sequence[Band], share: Fraction) -> Fraction:
    """The share of a session's volume that is traded in its first `share` of time."""
    done, before = Fraction(0), START
    for band in curve:
        inside = min(share, band.until) - before
        if inside <= 0:
            break
        done += band.share * inside / (band.until - before)
        before = band.until
    return done


def _in_parts(
    units: int, stretches: Sequence[Stretch], count: int, curve: Sequence[Band] | None
) -> list[Slice]:
    total = sum((stretch.seconds for stretch in stretches), Fraction(0))
    edges = [total * place / count for place in range(count + 1)]
    weigh = _by_time if curve is None else _by_volume(curve)
    weights = [_weight(stretches, begin, end, weigh) for begin, end in pairwise(edges)]
    shares = _by_largest_remainder(units, weights)
    found = [
        Slice(_moment(stretches, begin), _moment(stretches, end, ending=True), share)
        for (begin, end), share in zip(pairwise(edges), shares, strict=True)
    ]
    return [each for each in found if each.units]


def _by_time(stretch: Stretch, begins: Fraction, ends: Fraction) -> Fraction:
    return (ends - begins) * _length(stretch.session)


def _by_volume(curve: Sequence[Band]) -> Callable[[Stretch, Fraction, Fraction], Fraction]:
    return lambda stretch, begins, ends: volume_until(curve, ends) - volume_until(curve, begins)


def _weight(
    stretches: Sequence[Stretch],
    begin: Fraction,
    end: Fraction,
    weigh: Callable[[Stretch, Fraction, Fraction], Fraction],
) -> Fraction:
    """What the time from `begin` to `end`, seconds of open market, weighs."""
    weight, passed = Fraction(0), Fraction(0)
    for stretch in stretches:
        first, last = max(begin - passed, Fraction(0)), min(end - passed, stretch.seconds)
        if first < last:
            length = _length(stretch.session)
            weight += weigh(stretch, stretch.begins + first / length, stretch.begins + last / length)
        passed += stretch.seconds
    return weight


def _moment(stretches: Sequence[Stretch], seconds: Fraction, *, ending: bool = False) -> datetime:
    """The moment after so many seconds of open market; between two sessions the later's opening begins
    a part and the earlier's closing ends one."""
    left = seconds
    for stretch in stretches[:-1]:
        if left < stretch.seconds or (ending and left == stretch.seconds):
            return stretch.at(left)
        left -= stretch.seconds
    return stretches[-1].at(left)


def _by_largest_remainder(units: int, weights: Sequence[Fraction]) -> list[int]:
    common = lcm(*(weight.denominator for weight in weights))
    return cents_by_weight(units, [weight.numerator * (common // weight.denominator) for weight in weights])


def _length(session: Session) -> Fraction:
    return _seconds(session.opens_at, session.closes_at)


def _seconds(begin: datetime, end: datetime) -> Fraction:
    passed = end.astimezone(UTC) - begin.astimezone(UTC)
    return Fraction(passed.days * 86_400 + passed.seconds) + Fraction(passed.microseconds, 1_000_000)
