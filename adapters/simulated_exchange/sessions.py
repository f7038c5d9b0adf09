"""When the simulated venue matches orders."""

from datetime import UTC, datetime
from typing import Literal

from engines.calendars import open_from

Sessions = Literal["always_open", "XASX"]


def matching_from(sessions: Sessions, moment: datetime) -> datetime:
    """The first moment from `moment` on at which the venue matches orders: `moment` itself when open."""
    return moment if sessions == "always_open" else open_from(sessions, moment).astimezone(UTC)
