"""Units and cost bases under corporate actions: splits, exchanges and payments for all units.

    EngineError
    └── InvalidValue   a ratio or price that cannot be

Whole units alone are issued: of all units of a holder together the fraction that is left is paid in cash.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from engines.errors import InvalidValue
from engines.shares import largest_remainder


@dataclass(frozen=True, slots=True)
class Lot:
    """Units bought together, and their cost base in cents."""

    parcel_id: str
    units: int
    cost_cents: int


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What holders' lots become, in their order, and the cents that are paid for the fraction of a unit.

    A lot that comes to no unit has no cost base either, unless nothing at all was issued.
    """

    lots: tuple[Lot, ...]
    fraction_cents: int

    @property
    def units(self) -> int:
        """Units issued."""
        return sum(lot.units for lot in self.lots)


def exchanged(lots: Sequence[Lot], ratio: Fraction, price: Decimal | None) -> Exchanged:
    """The lots after `ratio` new units for each old one; `price` is what a whole new unit is paid at.

    New units go to the lots by largest remainder, ties to the first. The cost base stays with its lot;
    that of a lot which comes to nothing goes to the one with most units, so that none is lost.

    >>> after = exchanged([Lot("a", 3, 300), Lot("b", 14, 1400)], Fraction(1, 10), Decimal(100))
    >>> after.lots, after.fraction_cents
    ((Lot(parcel_id='a', units=0, cost_cents=0), Lot(parcel_id='b', units=1, cost_cents=1700)), 7000)
    """
    if ratio <= 0:
        raise InvalidValue("so many units become some units, not none", "ratio")
    exact = sum(lot.units for lot in lots) * ratio
    issued = int(exact)
    return Exchanged(_issued(lots, issued), _fraction_cents(exact - issued, price))


def payments(lots: Sequence[Lot], cents: int) -> list[int]:
    """`cents` shared among the lots by their units, by largest remainder; they add up to it exactly."""
    shares = largest_remainder(Decimal(cents).scaleb(-2), [Fraction(lot.units) for lot in lots])
    return [int(share.scaleb(2)) for share in shares]


def value_cents(units: int, price: Decimal) -> int:
    """What `units` are worth at `price`, to the cent, half up."""
    return int((units * price * 100).quantize(Decimal(1), ROUND_HALF_UP))


def _issued(lots: Sequence[Lot], issued: int) -> tuple[Lot, ...]:
    if issued == 0:
        return tuple(Lot(lot.parcel_id, 0, lot.cost_cents) for lot in lots)
    units = payments(lots, issued)
    largest = units.index(max(units))
    orphaned = sum(lot.cost_cents for lot, new in zip(lots, units, strict=True) if new == 0)
    return tuple(
        Lot(lot.parcel_id, new, (lot.cost_cents if new else 0) + (orphaned if place == largest else 0))
        for place, (lot, new) in enumerate(zip(lots, units, strict=True))
    )


def _fraction_cents(fraction: Fraction, price: Decimal | None) -> int:
    if fraction == 0:
        return 0
    if price is None:
        raise InvalidValue("a fraction of a unit is left over; say at what price a unit is paid", "price")
    if price <= 0:
        raise InvalidValue(f"a unit is paid at more than 0, not {price}", "price")
    return int(fraction * Fraction(price) * 100 + Fraction(1, 2))
