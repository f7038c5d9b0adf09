"""A period of an account: what it began with, what happened, what it ended with; to the cent.

    cash at the end  = cash at the start + the movements of cash
    units at the end = units at the start + bought - sold + otherwise moved
    value at the end = value at the start + paid in - paid out + income - withheld - fees + the market's part

Cash counts trades from their day on, as the ledger does; settlement moves none of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from engines.books import (
    CAPITAL,
    COST_BASE,
    FEES,
    INCOME,
    MONEY,
    SECURITIES,
    WITHHELD,
    Booked,
    between,
    total,
    units_held,
)
from engines.performance import Flow, Performance, Valuation, measure

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both counted."""

    first: date
    last: date

    @property
    def eve(self) -> date:
        """The day whose end is the start."""
        return self.first - ONE_DAY


@dataclass(frozen=True, slots=True)
class Transaction:
    """An entry that moved cash or units, and the cash after it."""

    entry: Booked
    cents: int
    units: Mapping[str, int]
    balance: int


@dataclass(frozen=True, slots=True)
class UnitMoves:
    """Units of one ETF: closing = opening + bought - sold + other (splits, exchanges, transfers)."""

    etf: str
    opening: int
    bought: int
    sold: int
    other: int
    closing: int


@dataclass(frozen=True, slots=True)
class Change:
    """How the value came from one end to the other, in cents; `market` is what prices did."""

    opening: int
    paid_in: int
    paid_out: int
    income: int
    withheld: int
    fees: int
    market: int
    closing: int


def cash_at(entries: Sequence[Booked], day: date) -> int:
    """Cents of cash at the end of a day, trades counted from their day on."""
    return total([entry for entry in entries if entry.day <= day], *MONEY)


def transactions(entries: Sequence[Booked], period: Period) -> list[Transaction]:
    """What moved cash or units in the period, day by day, each with the cash after it."""
    balance = cash_at(entries, period.eve)
    found = []
    for entry in between(entries, period.first, period.last):
        cents, units = entry.into(*MONEY), _units(entry)
        balance += cents
        if cents or units:
            found.append(Transaction(entry, cents, units, balance))
    return found


def origins(entries: Sequence[Booked]) -> dict[str, str]:
    """What kind of thing each entry is about, by its reference: a reversal is about what it takes back."""
    kinds = {entry.reference: entry.kind for entry in entries}
    return {entry.reference: kinds[entry.reverses or entry.reference] for entry in entries}


def cash_movements(found: Sequence[Transaction], kinds: Mapping[str, str]) -> dict[str, int]:
    """Cents by kind of entry, in the order of their first; `kinds` as `origins` tells them."""
    moved: dict[str, int] = {}
    for each in found:
        if each.cents:
            kind = kinds[each.entry.reference]
            moved[kind] = moved.get(kind, 0) + each.cents
    return moved


def income_of(entries: Sequence[Booked], period: Period) -> list[Booked]:
    """What was paid or kept back in the period as income, day by day; fund's statements pay nothing."""
    kinds = origins(entries)
    return [
        entry
        for entry in between(entries, period.first, period.last)
        if kinds[entry.reference] != COST_BASE and (entry.into(INCOME) or entry.into(WITHHELD))
    ]


def unit_moves(entries: Sequence[Booked], found: Sequence[Transaction], period: Period) -> list[UnitMoves]:
    """Every ETF that was held at either end or moved between them, in alphabetical order."""
    opening, closing = units_held(entries, period.eve), units_held(entries, period.last)
    etfs = sorted({*opening, *closing, *(etf for each in found for etf in each.units)})
    return [_moves(etf, opening.get(etf, 0), closing.get(etf, 0), found) for etf in etfs]


def change(entries: Sequence[Booked], period: Period, opening: int, closing: int) -> Change:
    """How `opening` became `closing`, both the value of everything in cents."""
    here = between(entries, period.first, period.last)
    paid = [-entry.into(CAPITAL) for entry in here]
    paid_in, paid_out = sum(max(cents, 0) for cents in paid), -sum(min(cents, 0) for cents in paid)
    income = -total(income_of(entries, period), INCOME)
    withheld, fees = total(here, WITHHELD), total(here, FEES)
    market = closing - opening - paid_in + paid_out - income + withheld + fees
    return Change(opening, paid_in, paid_out, income, withheld, fees, market, closing)


def external_flows(entries: Sequence[Booked], period: Period) -> dict[date, int]:
    """Cents that were paid in (negative: taken out) by day; days on which they cancel are left out."""
    flows: dict[date, int] = {}
    for entry in between(entries, period.first, period.last):
        flows[entry.day] = flows.get(entry.day, 0) - entry.into(CAPITAL)
    return {day: cents for day, cents in flows.items() if cents}


def performance(values: Mapping[date, int], flows: Mapping[date, int]) -> Performance | None:
    """Both returns over days that were valued; None while nothing was invested for a day.

    Counts from the first day on which anything was there. What the engine of performance refuses
    (everything taken out in between) it refuses here.
    """
    days = [day for day in sorted(values) if values[day]]
    start = days[0] if days else None
    valued = [Valuation(day, values[day] / 100) for day in sorted(values) if start and day >= start]
    if len(valued) < 2:
        return None
    paid = [Flow(day, cents / 100) for day, cents in sorted(flows.items()) if day > valued[0].day]
    return measure(valued, paid)


def _units(entry: Booked) -> dict[str, int]:
    moved: dict[str, int] = {}
    for line in entry.lines_of(SECURITIES):
        if line.etf:
            moved[line.etf] = moved.get(line.etf, 0) + line.units
    return {etf: units for etf, units in moved.items() if units}


def _moves(etf: str, opening: int, closing: int, found: Sequence[Transaction]) -> UnitMoves:
    bought = sum(each.units.get(etf, 0) for each in found if each.entry.kind == "purchase")
    sold = -sum(each.units.get(etf, 0) for each in found if each.entry.kind == "sale")
    return UnitMoves(etf, opening, bought, sold, closing - opening - bought + sold, closing)
