"""Wash sales: losses that are not allowed because the same was bought around the sale.

Units are sold first in, first out; purchases of a day come before its sales. A loss on units is
disallowed as far as the same units, or substantially identical ones, were bought within the window before or
after the sale and are still held: oldest replacement first, every unit replaces once, and never one out
of the purchase that was sold (Rev. Rul. 56-602). The loss moves into the replacement's basis, and the days
that the sold units were held are added to its holding period (Internal Revenue Code sections 1091 and
1223(3), Publication 550).
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from engines.errors import InvalidValue
from engines.shares import cents_by_weight
from engines.tax.errors import OversoldUnits
from engines.tax.parcels import in_cents, in_parts, in_units

# Holding periods of replacements reach back before the first purchase, and calendars end somewhere.
FIRST_YEAR, LAST_YEAR = 1900, 2999


@dataclass(frozen=True, slots=True)
class Trade:
    """A purchase or sale; the price is of a unit, the fees of the whole trade."""

    id: str
    day: date
    etf: str
    buys: bool
    units: Decimal
    price: Decimal
    fees: Decimal

    @property
    def money(self) -> int:
        """What it cost, or brought (negative if the fees were more), in whole cents."""
        return in_cents(self.units * self.price + (self.fees if self.buys else -self.fees))


@dataclass(frozen=True, slots=True)
class Rule:
    """Days before and after a sale, and groups of ETFs that are substantially identical."""

    window: timedelta
    equivalents: Sequence[frozenset[str]]

    def same(self, one: str, other: str) -> bool:
        """Whether two ETFs are the same, or substantially identical."""
        return one == other or any({one, other} <= group for group in self.equivalents)


@dataclass(frozen=True, slots=True)
class Lot:
    """Units of one purchase, in parts of units, with a basis in cents.

    `acquired` is the day that counts for the holding period.
    """

    bought: Trade
    parts: int
    basis: int
    acquired: date
    replaces: bool = False

    def split(self, parts: int) -> tuple["Lot", "Lot | None"]:
        """So many parts, and what is left, if any; the basis is shared half up to the cent."""
        if parts == self.parts:
            return self, None
        basis = (2 * self.basis * parts + self.parts) // (2 * self.parts)
        first = replace(self, parts=parts, basis=basis)
        return first, replace(self, parts=self.parts - parts, basis=self.basis - basis)


@dataclass(frozen=True, slots=True)
class Sale:
    """One sale: its gain (negative for a loss), and how its loss is split, in money of whole cents."""

    id: str
    gain: Decimal
    disallowed: Decimal
    allowed: Decimal
    replaced_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeldLot:
    """Units that are left of one purchase."""

    id: str
    etf: str
    units: Decimal
    basis: Decimal
    acquired: date


@dataclass(frozen=True, slots=True)
class WashSales:
    """Every sale in the order of its day, and the lots that are left, by purchase."""

    sales: tuple[Sale, ...]
    lots: tuple[HeldLot, ...]


def wash_sales(trades: Sequence[Trade], rule: Rule) -> WashSales:
    """The sales of some trades; OversoldUnits where they sell what was not bought by then.

    A sale of several lots counts as one: its losses are first set against its gains, and what is left of
    them lies on the lots with losses in proportion.
    """
    book = _Book(trades, rule)
    for place, trade in enumerate(trades):
        if not FIRST_YEAR <= trade.day.year <= LAST_YEAR:
            raise InvalidValue(
                f"a trade on {trade.day} was mistaken; give a day from {FIRST_YEAR} to {LAST_YEAR}",
                f"trades[{place}].date",
            )
    order = sorted(range(len(trades)), key=lambda place: trades[place].day)
    sales = tuple(book.sell(place) for place in order if not trades[place].buys)
    return WashSales(sales, tuple(book.left()))


class _Book:
    """Lots by purchase, the oldest first; sales take from them, losses are moved into them."""

    def __init__(self, trades: Sequence[Trade], rule: Rule) -> None:
        self._trades, self._rule = trades, rule
        self._bought = sorted((trade for trade in trades if trade.buys), key=lambda trade: trade.day)
        self._days = [trade.day for trade in self._bought]
        self._lots = {
            trade.id: [Lot(trade, in_parts(trade.units), trade.money, trade.day)] for trade in self._bought
        }
        self._held: dict[str, deque[Trade]] = {}
        for trade in self._bought:
            self._held.setdefault(trade.etf, deque()).append(trade)

    def left(self) -> Iterator[HeldLot]:
        """What is held at the end."""
        for lots in self._lots.values():
            for lot in lots:
                yield HeldLot(
                    lot.bought.id, lot.bought.etf, in_units(lot.parts), _money(lot.basis), lot.acquired
                )

    def sell(self, place: int) -> Sale:
        """One sale, and what it does to the lots that replace what it sold."""
        sale = self._trades[place]
        sold = self._taken(sale, place)
        proceeds = _signed_shares(sale.money, [lot.parts for lot in sold])
        gains = [money - lot.basis for money, lot in zip(proceeds, sold, strict=True)]
        disallowed, replaced_by = 0, []
        for lot, loss in zip(sold, _losses(gains), strict=True):
            for id, moved in self._moved(sale, lot, loss):
                disallowed += moved
                replaced_by.append(id)
        loss = max(0, -sum(gains))
        return Sale(
            id=sale.id,
            gain=_money(sum(gains)),
            disallowed=_money(disallowed),
            allowed=_money(loss - disallowed),
            replaced_by=tuple(dict.fromkeys(replaced_by)),
        )

    def _taken(self, sale: Trade, place: int) -> list[Lot]:
        """The oldest lots of the sale's units, taken off the book."""
        held, missing, taken = self._held.get(sale.etf, deque()), in_parts(sale.units), []
        while missing:
            if not held or held[0].day > sale.day:
                raise OversoldUnits(
                    f"{sale.etf}: {in_units(missing)} of {sale.units} units sold on {sale.day} were never "
                    "bought; trades must start with the first purchase",
                    f"trades[{place}].units",
                )
            lots = self._lots[held[0].id]
            first, rest = lots[0].split(min(missing, lots[0].parts))
            lots[:1] = [] if rest is None else [rest]
            taken.append(first)
            missing -= first.parts
            if not lots:
                held.popleft()
        return taken

    def _moved(self, sale: Trade, sold: Lot, loss: int) -> Iterator[tuple[str, int]]:
        """Move the loss on some units into what replaces them; each replacement, and how much it took."""
        parts_left, loss_left = sold.parts, loss
        for bought in self._replacements(sale):
            lots = self._lots[bought.id]
            at = next((at for at, lot in enumerate(lots) if not lot.replaces), None)
            if at is None or bought.id == sold.bought.id or not loss_left:
                continue
            first, rest = lots[at].split(min(parts_left, lots[at].parts))
            moved = (2 * loss_left * first.parts + parts_left) // (2 * parts_left)
            lots[at : at + 1] = [_washed(first, moved, sale, sold), *([] if rest is None else [rest])]
            parts_left -= first.parts
            loss_left -= moved
            yield bought.id, moved

    def _replacements(self, sale: Trade) -> Iterator[Trade]:
        """Purchases of the same within the window, the oldest first."""
        first = bisect_left(self._days, sale.day - self._rule.window)
        last = bisect_right(self._days, sale.day + self._rule.window)
        return (bought for bought in self._bought[first:last] if self._rule.same(bought.etf, sale.etf))


def _washed(lot: Lot, moved: int, sale: Trade, sold: Lot) -> Lot:
    """A replacement with the loss in its basis, held for as long as what it replaces in addition."""
    held = sale.day - sold.acquired
    return replace(lot, basis=lot.basis + moved, acquired=lot.acquired - held, replaces=True)


def _losses(gains: Sequence[int]) -> list[int]:
    """The loss on each lot, after gains on others of the same sale; nothing if the gains are more."""
    net = max(0, -sum(gains))
    losses = [max(0, -gain) for gain in gains]
    return cents_by_weight(net, losses) if net else [0] * len(gains)


def _signed_shares(whole: int, weights: Sequence[int]) -> list[int]:
    """`whole` cents, which may be below nothing, by weights."""
    sign = -1 if whole < 0 else 1
    return [sign * part for part in cents_by_weight(abs(whole), weights)]


def _money(whole_cents: int) -> Decimal:
    return Decimal(whole_cents).scaleb(-2)
