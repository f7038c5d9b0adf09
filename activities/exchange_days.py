"""The day that the exchange's clocks show.

ActivityError
└── FutureDate   the day is still to come
"""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from activities.context import Context
from activities.errors import ActivityError
from payloads.files.trading import TradingFile


class FutureDate(ActivityError):
    """The day is still to come."""


def day_of(moment: datetime, context: Context) -> date:
    """The exchange's date of a moment."""
    zone = context.catalogue.read("trading", TradingFile).exchange.timezone
    return moment.astimezone(ZoneInfo(zone)).date()


def today(context: Context) -> date:
    """The exchange's date now."""
    return day_of(context.now(), context)


def begin_of(day: date, context: Context) -> datetime:
    """The moment at which the exchange's date becomes that day."""
    zone = context.catalogue.read("trading", TradingFile).exchange.timezone
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def hold_past(day: date, context: Context, path: str) -> date:
    """The day itself; FutureDate if it is still to come."""
    now = today(context)
    if day > now:
        raise FutureDate(f"{day} is still to come: it is {now} at the exchange", path)
    return day
