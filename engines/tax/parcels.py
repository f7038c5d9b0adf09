"""Parcels, disposals, and how many units of which parcel a disposal took.

Inside the engines units are whole numbers of `PARTS` a unit and money whole cents, so that every
division of a parcel is exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

from engines.tax.errors import OversoldUnits

PLACES = 8
PARTS: int = 10**PLACES
"""The parts of a unit: units have at most `PLACES` decimals."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Units bought together; cost base and market value are of the whole parcel."""

    id: str
    etf: str
    units: Decimal
    acquired: date
    cost_base: Decimal
    market_value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Disposal:
    """Units sold together; the proceeds are of all of them. `parcel_ids` in the order to be taken."""

    etf: str
    units: Decimal
    day: date
    proceeds: Decimal
    parcel_ids: tuple[str, ...] | None = None


class Taken(NamedTuple):
    """Parts of units that one disposal took from one parcel, both by their places."""

    disposal: int
    parcel: int
    parts: int


# Many parcels have as many units as another, and each is asked for more than once.
@lru_cache(maxsize=4096)
def in_parts(units: Decimal) -> int:
    """Units as a whole number of parts."""
    return int(units * PARTS)


@lru_cache(maxsize=4096)
def in_units(parts: int) -> Decimal:
    """Parts as units, written without needless zeros."""
    whole, rest = divmod(parts, PARTS)
    return Decimal(whole) if not rest else Decimal(parts).scaleb(-PLACES).normalize()


def in_cents(amount: Decimal) -> int:
    """Money as whole cents, half up."""
    return int((amount * 100).to_integral_value(ROUND_HALF_UP))


def by_day(disposals: Sequence[Disposal]) -> list[int]:
    """Places of the disposals in the order of their days, those of one day in the order given."""
    return sorted(range(len(disposals)), key=lambda place: disposals[place].day)


def oversold(disposal: Disposal, place: int, missing: int, held: str = "held on that day") -> OversoldUnits:
    """The error of a disposal for which `missing` parts are not there."""
    return OversoldUnits(
        f"{disposal.etf}: {in_units(missing)} of {disposal.units} units sold on {disposal.day} were not "
        f"{held}; parcels must cover every disposal, and those bought after it do not count",
        f"disposals[{place}].units",
    )
