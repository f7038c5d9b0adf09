"""Slicing: whole units inside market hours, evenly by time or by the volume that is usually traded."""

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.calendars import NoOffset, OutsideCalendar
from engines.trading.slicing import Band, NoTradingTime, Slice, slices, stretches_between, volume_until

SYDNEY = timezone(timedelta(hours=11))
MONDAY = datetime(2026, 2, 2, tzinfo=SYDNEY)
CURVE = [
    Band(Fraction(1, 4), Fraction(2, 5)),
    Band(Fraction(3, 4), Fraction(1, 5)),
    Band(Fraction(1), Fraction(2, 5)),
]


def at(hours: float, day: int = 0) -> datetime:
    return MONDAY + timedelta(days=day, hours=hours)


def planned(
    units: int, start: datetime, until: datetime, count: int, *curve: Band, least: int = 1
) -> list[Slice]:
    return slices(units, stretches_between("XASX", start, until), count, list(curve) or None, least)


def shown(found: list[Slice]) -> list[tuple[str, int]]:
    return [(f"{each.at:%d %H:%M}", each.units) for each in found]


def test_the_same_in_the_same_time() -> None:
    """100 units over a day of six hours in six parts: the odd units go first."""
    assert shown(planned(100, at(10), at(16), 6)) == [
        ("02 10:00", 17),
        ("02 11:00", 17),
        ("02 12:00", 17),
        ("02 13:00", 17),
        ("02 14:00", 16),
        ("02 15:00", 16),
    ]


def test_nothing_is_sent_while_the_market_is_closed() -> None:
    """From Monday noon to Tuesday noon: four hours on Monday, two on Tuesday, nothing at night."""
    assert shown(planned(6, at(12), at(12, day=1), 6)) == [
        ("02 12:00", 1),
        ("02 13:00", 1),
        ("02 14:00", 1),
        ("02 15:00", 1),
        ("03 10:00", 1),
        ("03 11:00", 1),
    ]


def test_a_part_ends_at_the_close_and_the_next_begins_at_the_opening() -> None:
    """The moment between two sessions is the close for who ends there."""
    found = planned(2, at(10), at(16, day=1), 2)
    assert [f"{each.until:%d %H:%M}" for each in found] == ["02 16:00", "03 16:00"]
    assert [f"{each.at:%d %H:%M}" for each in found] == ["02 10:00", "03 10:00"]


def test_weekends_holidays_and_early_closes() -> None:
    """On 24 December 2025 the ASX closes at 14:10; then it is Christmas, and a weekend until Monday."""
    start, until = datetime(2025, 12, 24, 10, tzinfo=SYDNEY), datetime(2025, 12, 29, 14, 10, tzinfo=SYDNEY)
    assert shown(planned(4, start, until, 4)) == [
        ("24 10:00", 1),
        ("24 12:05", 1),
        ("29 10:00", 1),
        ("29 12:05", 1),
    ]


def test_the_volume_curve_is_followed() -> None:
    """40% in the first quarter of the time, 20% in the middle half, 40% in the last quarter."""
    assert shown(planned(100, at(10), at(16), 4, *CURVE)) == [
        ("02 10:00", 40),
        ("02 11:30", 10),
        ("02 13:00", 10),
        ("02 14:30", 40),
    ]


def test_of_a_part_of_the_day_only_its_volume_counts() -> None:
    """From 11:30 on 10% and 10% and 40% are left: of 60 units 10, 10 and 40."""
    assert [units for _, units in shown(planned(60, at(11.5), at(16), 3, *CURVE))] == [10, 10, 40]


def test_the_curve_is_even_inside_a_band() -> None:
    """Half of a band's time has half of its volume."""
    assert [volume_until(CURVE, Fraction(n, 8)) for n in (0, 1, 2, 4, 8)] == [
        0,
        Fraction(1, 5),
        Fraction(2, 5),
        Fraction(1, 2),
        1,
    ]


def test_parts_without_units_are_left_out_and_small_ones_become_fewer() -> None:
    """Three units never make six orders; with at least 30 each, 100 units make three."""
    assert len(planned(3, at(10), at(16), 6)) == 3
    assert [each.units for each in planned(100, at(10), at(16), 6, least=30)] == [34, 33, 33]
    assert [each.units for each in planned(100, at(10), at(16), 4, *CURVE, least=20)] == [50, 50]
    assert [each.units for each in planned(5, at(10), at(16), 4, least=10)] == [5]


def test_the_first_part_is_sent_at_once_when_the_market_is_open() -> None:
    """And at the opening when it is not."""
    assert shown(planned(1, at(12.25), at(16), 1)) == [("02 12:15", 1)]
    assert shown(planned(1, at(3), at(16), 1)) == [("02 10:00", 1)]


def test_daylight_saving_ends_between_two_sessions() -> None:
    """On 5 April 2026 the clocks go back; both sessions have six hours by the clock."""
    start = datetime(2026, 4, 2, 0, tzinfo=UTC)
    found = planned(12, start, start + timedelta(days=6), 12)
    assert [f"{each.at:%d %H:%M %z}" for each in found][:1] == ["02 11:00 +1100"]
    assert all(10 <= each.at.hour < 16 for each in found)


@pytest.mark.parametrize("hours", [(17, 20), (10, 10), (16, 16), (12, 11)])
def test_no_open_market_no_slices(hours: tuple[int, int]) -> None:
    """In the evening, and where no time passes."""
    with pytest.raises(NoTradingTime, match="XASX is not open between"):
        stretches_between("XASX", at(hours[0]), at(hours[1]))


def test_moments_say_where_they_are() -> None:
    """Without an offset, and beyond the calendar."""
    with pytest.raises(NoOffset):
        stretches_between("XASX", MONDAY.replace(tzinfo=None), at(16))
    with pytest.raises(OutsideCalendar) as caught:
        stretches_between("XASX", at(10), datetime(2199, 1, 1, tzinfo=UTC))
    assert caught.value.path == "until"


@given(st.integers(1, 10_000), st.integers(1, 40), st.integers(0, 300), st.integers(1, 5000), st.booleans())
def test_no_unit_is_lost_and_every_moment_is_in_market_hours(
    units: int, count: int, begin: int, length: int, by_volume: bool
) -> None:
    """Whatever the window: the parts add up, in order of time, each in a session."""
    start = at(10) + timedelta(minutes=begin)
    curve = CURVE if by_volume else []
    found = planned(units, start, start + timedelta(minutes=length), count, *curve)
    assert sum(each.units for each in found) == units
    assert len(found) <= count
    moments = [moment for each in found for moment in (each.at, each.until)]
    assert moments == sorted(moments)
    assert all(10 <= each.at.hour < 16 and each.at.weekday() < 5 for each in found)
