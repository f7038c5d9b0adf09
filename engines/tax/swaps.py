"""Losses realised by swaps: what is sold, what is bought in its place, and when to look again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from engines.tax.harvests import Block, Candidate
from engines.tax.rules import NOTHING, cents

Reason = Block | Literal["no_replacement", "ex_date", "too_small"]


@dataclass(frozen=True, slots=True)
class Terms:
    """Brokerage of an order, the least worth of a first holding, and the ex-dates to wait for by ETF."""

    brokerage: Decimal
    least_holding: Decimal
    ex_dates: Mapping[str, date]


@dataclass(frozen=True, slots=True)
class Looked:
    """A candidate, why it is left alone (None: it is not), and the day on which that is over, if ever."""

    candidate: Candidate
    reason: Reason | None
    free_on: date | None


@dataclass(frozen=True, slots=True)
class Swap:
    """Whole parcels of one ETF sold, in their order, and units of another bought with what they bring."""

    sold: str
    parcels: tuple[str, ...]
    units_sold: int
    bought: str
    units_bought: int
    loss: Decimal
    net_benefit: Decimal


def planned(
    candidates: Sequence[Candidate], prices: Mapping[str, Decimal], terms: Terms
) -> tuple[list[Looked], list[Swap]]:
    """Every candidate with its fate, and the swaps of those that nothing stands against, by ETF sold."""
    looked = [_looked(one, terms) for one in candidates]
    swaps = []
    for sold, own in _by_etf_sold(looked, None):
        swap = _swap(own, prices, terms)
        if swap.units_bought * prices[swap.bought] < terms.least_holding:
            looked = [_too_small(one, sold) for one in looked]
        else:
            swaps.append(swap)
    return looked, swaps


def put_off(looked: Sequence[Looked], prices: Mapping[str, Decimal], terms: Terms) -> dict[str, int]:
    """Units by ETF that swaps would buy today, were it not for an ex-date."""
    units: dict[str, int] = {}
    for _, own in _by_etf_sold(looked, "ex_date"):
        swap = _swap(own, prices, terms)
        units[swap.bought] = units.get(swap.bought, 0) + swap.units_bought
    return units


def bought_with(money: Decimal, price: Decimal, brokerage: Decimal) -> int:
    """Whole units that money buys, brokerage included."""
    return max(0, int((money - brokerage) // price))


def _by_etf_sold(looked: Sequence[Looked], reason: Reason | None) -> list[tuple[str, list[Candidate]]]:
    """The candidates with that fate by what is sold, in alphabetical order."""
    found: dict[str, list[Candidate]] = {}
    for one in looked:
        if one.reason == reason:
            found.setdefault(one.candidate.parcel.etf, []).append(one.candidate)
    return sorted(found.items())


def _looked(one: Candidate, terms: Terms) -> Looked:
    if one.blocked_by is not None:
        return Looked(one, one.blocked_by, one.free_on)
    if one.replacement is None:
        return Looked(one, "no_replacement", None)
    if one.replacement in terms.ex_dates:
        return Looked(one, "ex_date", terms.ex_dates[one.replacement])
    return Looked(one, None, None)


def _too_small(one: Looked, sold: str) -> Looked:
    small = one.reason is None and one.candidate.parcel.etf == sold
    return replace(one, reason="too_small") if small else one


def _swap(own: Sequence[Candidate], prices: Mapping[str, Decimal], terms: Terms) -> Swap:
    first = own[0]
    assert first.replacement is not None  # those without one are left alone
    units = sum(int(one.parcel.units) for one in own)
    proceeds = cents(units * prices[first.parcel.etf]) - terms.brokerage
    return Swap(
        sold=first.parcel.etf,
        parcels=tuple(one.parcel.id for one in own),
        units_sold=units,
        bought=first.replacement,
        units_bought=bought_with(proceeds, prices[first.replacement], terms.brokerage),
        loss=sum((one.loss for one in own), NOTHING),
        net_benefit=sum((one.net_benefit for one in own), NOTHING),
    )
