"""The exchanges whose sessions are known, by market code."""

from functools import cache
from importlib.metadata import version

from payloads.remembered import remembered


@cache
def known_exchanges() -> frozenset[str]:
    """Every market code that `calendar` and `session` take: XASX, XNYS, and aliases such as ASX."""
    return frozenset(remembered(f"exchanges-{version('exchange-calendars')}", _names))


def _names() -> list[str]:
    import exchange_calendars  # brings pandas, which takes a second

    return sorted(exchange_calendars.get_calendar_names(include_aliases=True))
