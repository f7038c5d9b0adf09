"""What units were worth on the day before the rules changed, in the units of that day."""

from datetime import date
from decimal import Decimal

import pytest

from engines.books import GAINS, SECURITIES, Booked, Line
from engines.tax.change_values import valued
from engines.tax.errors import MissingMarketValue
from engines.tax.year_gains import gains_of

SINCE = date(2027, 7, 1)
BOUGHT = date(2024, 3, 1)


def entry(sequence: int, kind: str, day: date, units: int, cents: int, *gained: Line) -> Booked:
    moved = Line(SECURITIES, cents, "VAS", "p", BOUGHT, units)
    return Booked(sequence, f"{kind}-{sequence}", kind, day, (moved, *gained))


def sale(sequence: int, day: date, units: int, cost: int, proceeds: int) -> Booked:
    gain = Line(GAINS, cost - proceeds, "VAS", "p", BOUGHT)
    return entry(sequence, "sale", day, -units, -cost, gain)


PURCHASE = entry(1, "purchase", BOUGHT, 10, 500_00)
SPLIT = entry(2, "split", date(2027, 9, 1), 20, 0)
SALE = sale(3, date(2028, 1, 4), 30, 500_00, 2100_00)


def worth(*entries: Booked) -> list[int | None]:
    gains = valued(gains_of(entries), entries, SINCE, {"VAS": Decimal("100.012")})
    return [gain.market_value for gain in gains]


def test_units_count_as_they_were_before_a_split() -> None:
    """Thirty units after a split of three for one were ten."""
    assert worth(PURCHASE, SPLIT, SALE) == [1000_12]


def test_a_split_before_the_change_changes_nothing() -> None:
    """Thirty they were on that day."""
    assert worth(PURCHASE, entry(2, "split", date(2026, 9, 1), 20, 0), SALE) == [3000_36]


def test_a_sale_before_the_change_has_no_value() -> None:
    """Its gain is not split."""
    assert worth(PURCHASE, sale(2, date(2027, 6, 30), 10, 500_00, 900_00)) == [None]


def test_units_of_another_etf_on_that_day_are_refused() -> None:
    """Exchanged since: their parcel did not hold any."""
    exchanged = entry(1, "merger", date(2027, 9, 1), 10, 500_00)
    with pytest.raises(MissingMarketValue, match="another ETF's"):
        worth(exchanged, sale(2, date(2028, 1, 4), 10, 500_00, 900_00))
