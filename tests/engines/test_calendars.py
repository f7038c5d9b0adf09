"""Sessions and settlement days of exchanges."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal

import pytest

from engines.calendars import (
    NoOffset,
    NotASession,
    OutsideCalendar,
    UnknownExchange,
    last_session,
    next_edge,
    next_session,
    open_from,
    sessions_later,
    settlement_date,
)

SUMMER, WINTER = timezone(timedelta(hours=11)), timezone(timedelta(hours=10))


@pytest.mark.parametrize(
    ("traded", "days", "settles"),
    [
        (date(2024, 3, 28), 2, date(2024, 4, 3)),
        (date(2024, 12, 24), 2, date(2024, 12, 30)),
        (date(2025, 11, 14), 2, date(2025, 11, 18)),
        (date(2025, 11, 14), 1, date(2025, 11, 17)),
        (date(2025, 11, 14), 0, date(2025, 11, 14)),
    ],
)
def test_settlement_counts_sessions_and_leaves_out_holidays(traded: date, days: int, settles: date) -> None:
    """Published holidays of the ASX: Easter, Christmas, weekends."""
    assert settlement_date("XASX", traded, days) == settles


def test_a_trade_on_a_closed_day_is_refused() -> None:
    """The message names the next session."""
    with pytest.raises(NotASession, match="2025-11-17") as refused:
        settlement_date("XASX", date(2025, 11, 15), 2)
    assert refused.value.path == "trade_date"


@pytest.mark.parametrize(
    ("before", "session"),
    [
        (date(2025, 12, 27), date(2025, 12, 24)),  # Christmas and Boxing Day, then a Saturday
        (date(2025, 12, 29), date(2025, 12, 24)),
        (date(2025, 12, 30), date(2025, 12, 29)),
        (date(2025, 4, 28), date(2025, 4, 24)),  # Anzac Day on a Friday
    ],
)
def test_the_last_session_lies_strictly_before(before: date, session: date) -> None:
    """Holidays and weekends are no sessions."""
    assert last_session("XASX", before) == session


@pytest.mark.parametrize(
    ("after", "day"),
    [
        (date(2025, 11, 14), date(2025, 11, 17)),
        (date(2025, 11, 16), date(2025, 11, 17)),
        (date(2025, 4, 24), date(2025, 4, 28)),
        (datetime(2025, 11, 17, 9, 59, tzinfo=SUMMER), date(2025, 11, 17)),
        (datetime(2025, 11, 17, 10, 0, tzinfo=SUMMER), date(2025, 11, 18)),
        (datetime(2025, 11, 16, 22, 0, tzinfo=UTC), date(2025, 11, 17)),
        (datetime(2025, 11, 15, 12, 0, tzinfo=UTC), date(2025, 11, 17)),
    ],
)
def test_the_next_session_lies_strictly_after(after: date | datetime, day: date) -> None:
    """A later day than a date; a later opening than a moment, whatever its zone."""
    assert next_session("XASX", after).day == day


def test_times_carry_the_offset_of_their_own_day() -> None:
    """Sydney is eleven hours ahead in summer and ten in winter; it opens at ten and closes at four."""
    summer, winter = next_session("XASX", date(2025, 1, 13)), next_session("XASX", date(2025, 7, 14))
    assert summer.opens_at == datetime(2025, 1, 14, 10, 0, tzinfo=SUMMER)
    assert summer.closes_at == datetime(2025, 1, 14, 16, 0, tzinfo=SUMMER)
    assert winter.opens_at == datetime(2025, 7, 15, 10, 0, tzinfo=WINTER)
    assert winter.opens_at.utcoffset() == timedelta(hours=10)


@pytest.mark.parametrize("eve", [date(2024, 12, 24), date(2024, 12, 31)])
def test_christmas_and_new_years_eve_close_early(eve: date) -> None:
    """At ten past two."""
    assert next_session("XASX", eve - timedelta(days=1)).closes_at == datetime.combine(
        eve, datetime.min.time().replace(hour=14, minute=10), SUMMER
    )


def test_an_unknown_exchange_is_answered_with_near_names() -> None:
    """Whoever writes XASZ meant XASX."""
    with pytest.raises(UnknownExchange, match="XASX") as refused:
        next_session("XASZ", date(2025, 1, 1))
    assert refused.value.path == "exchange"


def test_a_calendar_that_the_library_cannot_build_is_unknown() -> None:
    """ASEX fails inside the library; the answer is one line."""
    with pytest.raises(UnknownExchange, match="cannot be worked out"):
        next_session("ASEX", date(2025, 1, 2))


@pytest.mark.parametrize("day", [date(1989, 12, 31), date(2051, 1, 1)])
def test_dates_outside_the_calendar_are_refused(day: date) -> None:
    """The message says how far it reaches."""
    with pytest.raises(OutsideCalendar, match="from 1990-01-02 to 2050-12-30") as refused:
        next_session("XASX", day)
    assert refused.value.path == "after"


def test_settlement_beyond_the_calendar_is_refused() -> None:
    """The trade's day is known, its settlement is not."""
    with pytest.raises(OutsideCalendar):
        settlement_date("XASX", date(2050, 12, 29), 5)


def test_a_moment_without_offset_is_refused() -> None:
    """Nobody can tell when nine o'clock is without a zone."""
    with pytest.raises(NoOffset):
        next_session("XASX", datetime(2025, 11, 17, 9, 0))  # noqa: DTZ001 - the point of the test


@pytest.mark.parametrize(
    ("after", "edge", "found"),
    [
        # The ASX trades from 10:00 to 16:00 in Sydney; 21 November 2026 is a Saturday.
        ("2026-11-20T09:00:00+11:00", "open", "2026-11-20T10:00:00+11:00"),
        ("2026-11-20T11:00:00+11:00", "open", "2026-11-23T10:00:00+11:00"),
        ("2026-11-20T11:00:00+11:00", "close", "2026-11-20T16:00:00+11:00"),
        ("2026-11-20T16:00:00+11:00", "close", "2026-11-23T16:00:00+11:00"),
        ("2026-11-21T00:00:00+00:00", "close", "2026-11-23T16:00:00+11:00"),
    ],
)
def test_the_next_opening_or_closing(after: str, edge: Literal["open", "close"], found: str) -> None:
    """Strictly after the moment; of a day that has begun the closing is still to come."""
    assert next_edge("XASX", datetime.fromisoformat(after), edge) == datetime.fromisoformat(found)


@pytest.mark.parametrize(
    ("after", "count", "later"),
    [
        ("2026-11-20T11:30:00+11:00", 0, "2026-11-20T11:30:00+11:00"),
        ("2026-11-20T11:30:00+11:00", 1, "2026-11-23T11:30:00+11:00"),
        ("2026-11-21T11:30:00+11:00", 1, "2026-11-23T11:30:00+11:00"),
        ("2026-12-24T11:30:00+11:00", 2, "2026-12-30T11:30:00+11:00"),
        ("2026-03-31T11:30:00+11:00", 4, "2026-04-08T11:30:00+10:00"),
    ],
)
def test_sessions_later_at_the_same_time_of_day(after: str, count: int, later: str) -> None:
    """Weekends and holidays do not count, and the end of daylight saving moves no clock."""
    assert sessions_later("XASX", datetime.fromisoformat(after), count) == datetime.fromisoformat(later)


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-11-20T09:59:59+11:00", "2026-11-20T10:00:00+11:00"),
        ("2026-11-20T10:00:00+11:00", "2026-11-20T10:00:00+11:00"),
        ("2026-11-20T15:59:59+11:00", "2026-11-20T15:59:59+11:00"),
        ("2026-11-20T16:00:00+11:00", "2026-11-23T10:00:00+11:00"),
        ("2026-12-24T14:10:00+11:00", "2026-12-29T10:00:00+11:00"),
    ],
)
def test_open_from_its_opening_until_just_before_its_close(moment: str, opening: str) -> None:
    """Outside of that the next opening, over weekends, half days and holidays."""
    assert open_from("XASX", datetime.fromisoformat(moment)) == datetime.fromisoformat(opening)
