"""Holding periods that the law counts in months."""

from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache

ONE_DAY = timedelta(days=1)


def held_longer(acquired: date, disposed: date, months: int) -> bool:
    """Whether more than `months` whole months lie between the two days, both left out.

    Twelve months of a purchase on 28 February 2023 run from 1 March 2023 to 29 February 2024 (ITAA 1997
    section 115-25, TD 2002/10, Acts Interpretation Act 1901 section 2G; the same by Rev. Rul. 66-7).
    """
    return disposed > last_day(acquired, months)


# Portfolios have many parcels and few days on which they were bought.
@lru_cache(maxsize=4096)
def last_day(acquired: date, months: int) -> date:
    """The last day of the `months` that begin on the day after the purchase.

    >>> last_day(date(2023, 2, 28), 12), last_day(date(2024, 2, 29), 12)
    (datetime.date(2024, 2, 29), datetime.date(2025, 2, 28))
    """
    first = acquired + ONE_DAY
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    days = monthrange(year, month + 1)[1]
    # A month without that day ends with its own last one.
    return date(year, month + 1, first.day) - ONE_DAY if first.day <= days else date(year, month + 1, days)
