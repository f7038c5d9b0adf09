"""Spans of time as definitions write them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.durations import DurationError, Months, Sessions, add_months, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("0s", timedelta(0)),
        ("30s", timedelta(seconds=30)),
        ("0.5s", timedelta(milliseconds=500)),
        ("1.000001s", timedelta(seconds=1, microseconds=1)),
        ("5m", timedelta(minutes=5)),
        ("2h", timedelta(hours=2)),
        ("30d", timedelta(days=30)),
        ("1w", timedelta(days=7)),
        ("5bd", Sessions(5)),
    ],
)
def test_durations_are_read(text: str, span: object) -> None:
    """A whole number and a unit; only seconds have decimals."""
    assert parse_duration(text) == span


@pytest.mark.parametrize(
    "text",
    [
        "",
        "30",
        "d",
        "30 d",
        " 30d",
        "30d ",
        "030d",
        "-30d",
        "1.5h",
        "1.5bd",
        "30D",
        "30days",
        "1d12h",
        "٣d",
        "1.0000001s",
        "9999999999d",
        "999999999w",
        "30d\n",
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(DurationError):
        parse_duration(text)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(0), "0s"),
        (timedelta(days=14), "2w"),
        (timedelta(days=30), "30d"),
        (timedelta(hours=36), "36h"),
        (timedelta(minutes=90), "90m"),
        (timedelta(milliseconds=1500), "1.5s"),
        (timedelta(hours=-36), "-36h"),
        (Sessions(5), "5bd"),
    ],
)
def test_durations_are_written_in_the_largest_unit_that_fits(span: timedelta | Sessions, text: str) -> None:
    """36 hours are 36h, not a day and a half."""
    assert format_duration(span) == text


@given(st.timedeltas(timedelta(0), timedelta(days=11_000)))
def test_what_is_written_is_read_back(span: timedelta) -> None:
    """Exactly, to the microsecond."""
    assert parse_duration(format_duration(span)) == span


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 3, 31), -13, date(2025, 2, 28)),
        (datetime(2026, 1, 31, 9, tzinfo=UTC), 1, datetime(2026, 2, 28, 9, tzinfo=UTC)),
    ],
)
def test_months_are_calendar_months(day: date, months: int, later: date) -> None:
    """The 31st becomes the last day of a shorter month."""
    assert add_months(day, Months(months)) == later


@pytest.mark.parametrize("months", [-1, 12 * 10_000])
def test_months_do_not_leave_the_calendar(months: int) -> None:
    """There is no year 0 and no year 10000."""
    with pytest.raises(OverflowError):
        add_months(date(1, 1, 1), Months(months))


@given(st.dates(date(1000, 1, 1), date(9000, 1, 1)), st.integers(-1000, 1000))
def test_months_move_the_month_by_as_many(day: date, months: int) -> None:
    """Independent of days: the count of months since year 0 grows by the number added."""
    later = add_months(day, Months(months))
    assert later.year * 12 + later.month == day.year * 12 + day.month + months
    assert later.day <= day.day
