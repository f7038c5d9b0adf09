"""What units were worth on the day before the rules on gains changed, which splits a gain in two.

Units are counted as they were on that day: a split since made more or fewer of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from engines.books import SECURITIES, Booked
from engines.tax.errors import MissingMarketValue
from engines.tax.year_gains import Gain

SPLIT = "split"


def spans(gain: Gain, since: date) -> bool:
    """Whether the gain is on what was bought before the change and sold from it on."""
    return gain.acquired is not None and gain.acquired < since <= gain.day


def valued(
    gains: Sequence[Gain], entries: Sequence[Booked], since: date, prices: Mapping[str, Decimal]
) -> list[Gain]:
    """The gains, those that span the change with the value of their units by the `prices` of that day.

    MissingMarketValue for money on a parcel of which no units were sold, and for units that were another
    ETF's on that day.
    """
    return [
        replace(gain, market_value=_value_cents(gain, entries, since, prices)) if spans(gain, since) else gain
        for gain in gains
    ]


def _value_cents(gain: Gain, entries: Sequence[Booked], since: date, prices: Mapping[str, Decimal]) -> int:
    each = _units_then(gain, entries, since)
    if not gain.units or not each:
        what = "were another ETF's then" if gain.units else "are not sold with it"
        raise MissingMarketValue(
            f"{gain.reference} of {gain.day} is a gain on units bought before {since} that {what}; work it "
            "out with tax.capital_gains",
            "year",
        )
    assert gain.etf is not None  # units are of an ETF
    exact = Fraction(prices[gain.etf]) * gain.units * each * 100
    return int(exact + Fraction(1, 2))


def _units_then(gain: Gain, entries: Sequence[Booked], since: date) -> Fraction:
    """The units before the change that one unit sold was; 0 where its parcel had none."""
    held, each, before = 0, Fraction(1), 0
    for entry in sorted(entries, key=lambda entry: (entry.day, entry.sequence)):
        moved = sum(line.units for line in entry.lines_of(SECURITIES) if line.parcel == gain.parcel)
        if entry.kind == SPLIT and since <= entry.day <= gain.day and held and moved:
            each *= Fraction(held, held + moved)
        held += moved
        before = held if entry.day < since else before
    return each if before else Fraction(0)
