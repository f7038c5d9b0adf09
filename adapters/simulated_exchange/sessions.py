"""When the simulated venue matches orders."""

from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

Sessions = Literal["always_open", "XASX"]


def matching_from(sessions: Sessions, moment: datetime) -> datetime:
    """The first moment from `moment` on at which the venue matches orders: `moment` itself when open."""
    if sessions == "always_open":
        return moment
    # Imported here: pandas and the calendars take half a second that an always open venue need not pay.
    import pandas

    calendar = _calendar(sessions)
    minute = pandas.Timestamp(moment).floor("min")
    if calendar.is_open_on_minute(minute):
        return moment
    opening: datetime = calendar.next_open(minute).to_pydatetime()
    return opening.astimezone(UTC)


@cache
def _calendar(exchange: str) -> Any:
    import exchange_calendars

    return exchange_calendars.get_calendar(exchange)
