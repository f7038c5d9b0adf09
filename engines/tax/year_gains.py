"""The capital gains of a tax year as they were booked, parcel by parcel, discounted by the year's rules.

Which parcel was sold was decided when the sale was booked; here the gains are sorted and netted. A gain
without units is the money for a fraction of a unit, or a fund's statement's: what it takes off a cost base
below nothing is gained at the end of the fund's year (CGT event E10); what it moves of units that were sold
before it came belongs to their sale, and to its year.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from engines.books import COST_BASE, GAINS, SECURITIES, Booked, Line, standing
from engines.tax.gain_rules import GainRules, Piece, YearOfGains
from engines.tax.months import held_longer

Treatment = Literal["discounted", "short", "undiscounted", "loss", "none"]


@dataclass(frozen=True, slots=True)
class Gain:
    """What one entry brought on one parcel, in cents; `gain` is negative for a loss.

    `parcel` and `acquired` are None for money that belongs to no parcel, `etf` too where it belongs to
    none: of a fraction, of a correction. `market_value` is what the units were worth on the day before a
    change of rules, where the rules ask for it. `booked` is the day for which it was booked, `day` that of
    the gain.
    """

    reference: str
    kind: str
    booked: date
    day: date
    etf: str | None
    parcel: str | None
    acquired: date | None
    units: int
    proceeds: int
    cost: int
    market_value: int | None = None

    @property
    def gain(self) -> int:
        """Before losses and discount."""
        return self.proceeds - self.cost

    @property
    def days_held(self) -> int:
        """From the day of acquisition to that of disposal."""
        return 0 if self.acquired is None else (self.day - self.acquired).days


class Move(NamedTuple):
    """A line that moved units of a parcel, and its entry."""

    entry: Booked
    line: Line


Moves = Mapping[str, Sequence[Move]]
"""By parcel, in the order in which they were booked."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """A gain with its parts by the rules, in dollars, and how it is taxed."""

    gain: Gain
    ordinary: Decimal
    favoured: Decimal
    treatment: Treatment


def gains_of(entries: Sequence[Booked]) -> list[Gain]:
    """Every gain and loss of the entries that stand, by their days."""
    ordered = sorted(standing(entries), key=lambda entry: (entry.day, entry.sequence))
    moves = _moves_of_parcels(entries)
    found = [gain for entry in ordered for gain in _gains(entry, moves)]
    return sorted(found, key=lambda gain: gain.day)


def sort_gains(gains: Sequence[Gain], rules: GainRules) -> list[Sorted]:
    """Each gain in its parts."""
    return [_sorted(place, gain, rules) for place, gain in enumerate(gains)]


def settle(gains: Sequence[Gain], rules: GainRules, brought_forward: Decimal) -> YearOfGains:
    """The year's figures: losses off, then the discount."""
    return rules.settle(sort_gains(gains, rules), brought_forward)


def _moves_of_parcels(entries: Sequence[Booked]) -> Moves:
    """Every line that moved units of a parcel, with its entry, those that were taken back too."""
    moves: dict[str, list[Move]] = {}
    for entry in entries:
        for line in entry.lines_of(SECURITIES):
            if line.parcel and line.units:
                moves.setdefault(line.parcel, []).append(Move(entry, line))
    return moves


def _gains(entry: Booked, moves: Moves) -> list[Gain]:
    gained: dict[str | None, list[Line]] = {}
    for line in entry.lines_of(GAINS):
        gained.setdefault(line.parcel, []).append(line)
    held: dict[str | None, list[Line]] = {}
    for line in entry.lines_of(SECURITIES):
        held.setdefault(line.parcel, []).append(line)
    return [
        part
        for parcel, lines in gained.items()
        for part in _parts(_gain(entry, lines, held.get(parcel, [])), entry, held.get(parcel, []), moves)
    ]


def _gain(entry: Booked, lines: Sequence[Line], held: Sequence[Line]) -> Gain:
    """What an entry brought on one parcel, of which it has `lines` of gains and `held` of securities."""
    gain = -sum(line.cents for line in lines)
    sold = [line for line in held if line.parcel and line.units < 0]
    cost = -sum(line.cents for line in sold) if sold else max(-gain, 0)
    return Gain(
        reference=entry.reference,
        kind=entry.kind,
        booked=entry.day,
        day=entry.day,
        etf=lines[0].etf,
        parcel=lines[0].parcel,
        acquired=lines[0].acquired,
        units=-sum(line.units for line in sold),
        proceeds=cost + gain,
        cost=cost,
    )


def _parts(gain: Gain, entry: Booked, held: Sequence[Line], moves: Moves) -> list[Gain]:
    """A statement's gain on a parcel, that on units sold before it came on the days of their sales."""
    if entry.kind != COST_BASE or gain.parcel is None:
        return [gain]
    before = [move for move in moves.get(gain.parcel, ()) if move.entry.sequence < entry.sequence]
    taken_back = {move.entry.reverses for move in before}
    left = sum(move.line.units for move in before)
    sales = [
        (move.entry.day, -move.line.units)
        for move in before
        if move.entry.day > entry.day
        and move.entry.reference not in taken_back
        and move.entry.reverses is None
        and move.entry.disposes(move.line)
    ]
    sold = sum(units for _, units in sales)
    if not sold:
        return [gain]
    moved = sum(line.cents for line in held)
    excess = moved - round(Fraction((moved - gain.gain) * left, left + sold))
    parts, rest = [_without_units(gain, entry.day, excess)], gain.gain - excess
    for day, units in sales:
        part = round(Fraction(rest * units, sold))
        parts.append(_without_units(gain, day, part))
        rest, sold = rest - part, sold - units
    return [part for part in parts if part.gain]


def _without_units(gain: Gain, day: date, cents: int) -> Gain:
    """So many cents of a gain on a day: proceeds where it is above nothing, else cost."""
    return replace(gain, day=day, proceeds=max(cents, 0), cost=max(-cents, 0))


def _sorted(place: int, gain: Gain, rules: GainRules) -> Sorted:
    long = gain.acquired is not None and held_longer(gain.acquired, gain.day, rules.months_held)
    acquired = gain.acquired or gain.day
    worth = None if gain.market_value is None else _dollars(gain.market_value)
    piece = Piece(acquired, gain.day, _dollars(gain.proceeds), _dollars(gain.cost), long, worth, place)
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
