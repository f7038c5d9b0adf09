"""Purchases and sales for the 45-day rule, read off an account's books.

Units that were restated (a split) or carried over to another ETF without a disposal were neither bought
nor sold. After a split earlier trades are told in units of which later ones are told in too, as the rule
compares units of one ETF with each other only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from math import gcd

from engines.books import SECURITIES, Booked, Line, standing
from engines.tax.holding_period import Trade

SPLIT = "split"


@dataclass(slots=True)
class _History:
    """The trades of one ETF so far; `scale` of its parts make a unit of today."""

    trades: list[Trade] = field(default_factory=list)
    held: int = 0
    scale: int = 1

    def restate(self, more: int) -> None:
        """`held` units have become so many more (negative: fewer)."""
        if not self.held:
            return
        after = self.held + more
        common = gcd(self.held, after)
        self.trades = [replace(trade, units=trade.units * (after // common)) for trade in self.trades]
        self.scale *= self.held // common
        self.held = after

    def add(self, trade: Trade) -> None:
        self.trades.append(replace(trade, units=trade.units * self.scale))


def unit_trades(entries: Sequence[Booked]) -> list[Trade]:
    """Every purchase and sale in the books, those of an ETF in its common units.

    Units that came without a purchase of theirs (carried over, transferred) count as bought on the day
    that their parcel was acquired.
    """
    found: dict[str, _History] = {}
    for entry in sorted(standing(entries), key=lambda entry: (entry.day, entry.sequence)):
        moved = [line for line in entry.lines_of(SECURITIES) if line.units and line.etf]
        if entry.kind == SPLIT and not any(entry.disposes(line) for line in moved):
            _restate(found, moved)
            continue
        for line in moved:
            _trade(found, entry, line)
    return [trade for history in found.values() for trade in history.trades]


def _restate(found: dict[str, _History], moved: Sequence[Line]) -> None:
    for etf in {line.etf for line in moved}:
        if etf in found:
            found[etf].restate(sum(line.units for line in moved if line.etf == etf))


def _trade(found: dict[str, _History], entry: Booked, line: Line) -> None:
    assert line.etf is not None
    history = found.setdefault(line.etf, _History())
    history.held += line.units
    if line.units > 0:
        history.add(Trade(line.acquired or entry.day, line.etf, True, Decimal(line.units)))
    elif entry.disposes(line):
        history.add(Trade(entry.day, line.etf, False, Decimal(-line.units)))
