"""Cost base adjustments by a managed fund's annual statement (AMIT), parcel by parcel.

Formula: Income Tax Assessment Act 1997, sections 104-107A (CGT event E10) to 104-107H: each unit's cost
base moves by the net amount of the statement; below zero it stops, and the excess is a capital gain.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class HeldThen:
    """A parcel on the day of the statement; `cost_cents` and `units_now` are what is left of it today.

    `sold_since` are the units that were sold between the two.
    """

    parcel_id: str
    units: int
    units_now: int
    sold_since: int
    cost_cents: int


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Cents by which a parcel's cost base moves, and the gain (negative: less gain) that it brings now."""

    parcel_id: str
    cost_cents: int
    gain_cents: int

    @property
    def total_cents(self) -> int:
        """The parcel's share of the statement."""
        return self.cost_cents - self.gain_cents


def adjustments(parcels: Sequence[HeldThen], per_unit: Decimal) -> list[Adjustment]:
    """What dollars `per_unit` (negative: less cost base) come to for each parcel; the shares lose no cent.

    What falls on units that were sold since is gain (or less of it) at once, as is what would take a
    cost base below zero.
    """
    units = sum(parcel.units for parcel in parcels)
    found, left = [], statement_cents(units, per_unit)
    for parcel in parcels:
        share = round(Fraction(left * parcel.units, units))
        found.append(_adjusted(parcel, share))
        units, left = units - parcel.units, left - share
    return found


def statement_cents(units: int, per_unit: Decimal) -> int:
    """What a statement comes to for all units together, to the cent."""
    return int((units * per_unit * 100).quantize(Decimal(1), ROUND_HALF_UP))


def _adjusted(parcel: HeldThen, cents: int) -> Adjustment:
    whole = parcel.units_now + parcel.sold_since
    kept = round(Fraction(cents * parcel.units_now, whole)) if whole else 0
    cost = max(kept, -parcel.cost_cents)
    return Adjustment(parcel.parcel_id, cost, cost - cents)
