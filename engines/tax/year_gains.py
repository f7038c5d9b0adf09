"""The capital gains of a tax year as they were booked, parcel by parcel, discounted by the year's rules.

Which parcel was sold was decided when the sale was booked; here the gains are sorted and netted. A gain
without units is one of a fund's statement that took a cost base below nothing (CGT event E10, at the end
of the fund's year), or the money for a fraction of a unit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from engines.books import GAINS, SECURITIES, Booked, Line, standing
from engines.tax.gain_rules import GainRules, Piece, YearOfGains
from engines.tax.months import held_longer

Treatment = Literal["discounted", "short", "undiscounted", "loss", "none"]


@dataclass(frozen=True, slots=True)
class Gain:
    """What one entry brought on one parcel, in cents; `gain` is negative for a loss.

    `parcel` and `acquired` are None for the money of a fraction, which belongs to no parcel.
    """

    reference: str
    kind: str
    day: date
    etf: str
    parcel: str | None
    acquired: date | None
    units: int
    proceeds: int
    cost: int

    @property
    def gain(self) -> int:
        """Before losses and discount."""
        return self.proceeds - self.cost

    @property
    def days_held(self) -> int:
        """From the day of acquisition to that of disposal."""
        return 0 if self.acquired is None else (self.day - self.acquired).days


@dataclass(frozen=True, slots=True)
class Sorted:
    """A gain with its parts by the rules, in dollars, and how it is taxed."""

    gain: Gain
    ordinary: Decimal
    favoured: Decimal
    treatment: Treatment


def gains_of(entries: Iterable[Booked]) -> list[Gain]:
    """Every gain and loss of these entries that stand, in the order of days and of booking."""
    ordered = sorted(standing(entries), key=lambda entry: (entry.day, entry.sequence))
    return [gain for entry in ordered for gain in _gains(entry)]


def sort_gains(gains: Sequence[Gain], rules: GainRules) -> list[Sorted]:
    """Each gain in its parts."""
    return [_sorted(place, gain, rules) for place, gain in enumerate(gains)]


def settle(gains: Sequence[Gain], rules: GainRules, brought_forward: Decimal) -> YearOfGains:
    """The year's figures: losses off, then the discount."""
    return rules.settle(sort_gains(gains, rules), brought_forward)


def _gains(entry: Booked) -> list[Gain]:
    parcels: dict[str | None, list[Line]] = {}
    for line in entry.lines_of(GAINS):
        parcels.setdefault(line.parcel, []).append(line)
    return [_gain(entry, parcel, lines) for parcel, lines in parcels.items()]


def _gain(entry: Booked, parcel: str | None, lines: Sequence[Line]) -> Gain:
    """A parcel's gain; one without units is proceeds where it is above nothing, else cost."""
    gain = -sum(line.cents for line in lines)
    sold = [
        line for line in entry.lines_of(SECURITIES) if parcel and line.parcel == parcel and line.units < 0
    ]
    cost = -sum(line.cents for line in sold) if sold else max(-gain, 0)
    return Gain(
        reference=entry.reference,
        kind=entry.kind,
        day=entry.day,
        etf=lines[0].etf or "",
        parcel=parcel,
        acquired=lines[0].acquired,
        units=-sum(line.units for line in sold),
        proceeds=cost + gain,
        cost=cost,
    )


def _sorted(place: int, gain: Gain, rules: GainRules) -> Sorted:
    long = gain.acquired is not None and held_longer(gain.acquired, gain.day, rules.months_held)
    acquired = gain.acquired or gain.day
    piece = Piece(acquired, gain.day, _dollars(gain.proceeds), _dollars(gain.cost), long, None, place)
    parts = rules.parts(piece)
    return Sorted(gain, *parts, _treatment(gain, rules.discountable(parts), long))


def _treatment(gain: Gain, discountable: bool, long: bool) -> Treatment:
    if gain.gain <= 0:
        return "loss" if gain.gain else "none"
    if discountable:
        return "discounted"
    return "undiscounted" if long else "short"


def _dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
