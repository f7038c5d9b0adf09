"""The 45-day rule: which share of a distribution's franking credit was earned by units at risk.

Units count as sold last bought first. A unit keeps its credit when it was at risk for the days needed
between the day after its purchase and as many days after it went ex distribution, the days of purchase
and of sale left out (former ITAA 1936 sections 160APHI and 160APHO; ATO, "Holding period rule").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from engines.tax.errors import NothingHeld, OversoldUnits

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Trade:
    """A purchase or sale of units."""

    day: date
    etf: str
    buys: bool
    units: Decimal


@dataclass(frozen=True, slots=True)
class Spell:
    """Units bought on one day and sold on another, or not yet."""

    units: Decimal
    bought: date
    sold: date | None

    def entitled(self, ex_date: date) -> bool:
        """Whether the units earn a distribution: bought before it fell due, sold not before."""
        return self.bought < ex_date and (self.sold is None or self.sold >= ex_date)

    def days_at_risk(self, last_day: date) -> int:
        """Days held after the purchase and before the sale, to `last_day` at the latest."""
        last = last_day if self.sold is None else min(last_day, self.sold - ONE_DAY)
        return max(0, (last - self.bought).days)


def spells(trades: Sequence[Trade], etf: str) -> list[Spell]:
    """How long the units of one ETF were held, sales taken from the last purchases first.

    Trades of one day count as purchases first. Selling what was not bought is refused.
    """
    held: list[Spell] = []
    ended: list[Spell] = []
    ours = [(place, trade) for place, trade in enumerate(trades) if trade.etf == etf]
    for place, trade in sorted(ours, key=lambda row: (row[1].day, not row[1].buys)):
        if trade.buys:
            held.append(Spell(trade.units, trade.day, None))
        else:
            ended += _sold(held, trade, place)
    return [*ended, *held]


def share_at_risk(held: Sequence[Spell], ex_date: date, days_needed: int, path: str) -> Fraction:
    """The share of units entitled at `ex_date` that were at risk for `days_needed` days.

    Units still held count as held on. `path` is where the distribution was given.
    """
    last_day = ex_date + timedelta(days=days_needed)
    entitled = [spell for spell in held if spell.entitled(ex_date)]
    units = sum(spell.units for spell in entitled)
    if not units:
        raise NothingHeld(
            f"by the trades no unit was held when the distribution fell due on {ex_date}; "
            "give every purchase, or days_held",
            path,
        )
    kept = sum(spell.units for spell in entitled if spell.days_at_risk(last_day) >= days_needed)
    return Fraction(kept) / Fraction(units)


def _sold(held: list[Spell], sale: Trade, place: int) -> list[Spell]:
    """Take the sale's units off the end of `held`; the spells that it ends."""
    left = sale.units
    ended: list[Spell] = []
    while left:
        if not held:
            raise OversoldUnits(
                f"{sale.etf}: {left} of {sale.units} units sold on {sale.day} were never bought; "
                "trades must start with the first purchase",
                f"trades[{place}].units",
            )
        last = held.pop()
        taken = min(left, last.units)
        ended.append(Spell(taken, last.bought, sale.day))
        if last.units > taken:
            held.append(Spell(last.units - taken, last.bought, None))
        left -= taken
    return ended
