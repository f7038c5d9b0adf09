"""Ways to bring a portfolio back: what may be bought and sold on the way to its target.

    full               everything above its target is sold down to it, everything below is bought up to it
    band_edge          only what lies beyond its band is traded, to the nearer edge; the rest stays as it is
    cash_flows_first   cash alone buys what lies below; sales only for the buffer, or where something would
                       still lie beyond its band: then as in full
    buy_only           cash alone buys, and nothing is sold

Drift is a holding's share of the whole, cash included, less its target; at exactly its band it is inside.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil

from engines.drift import Band
from engines.trading.buys import units_to_buy, units_within
from engines.trading.orders import Order, Portfolio, Side, Terms, cash_effect, order, traded
from engines.trading.sells import Sales, sales_of, units_to_sell


class Mode(StrEnum):
    """What may be traded."""

    FULL = "full"
    BAND_EDGE = "band_edge"
    CASH_FLOWS_FIRST = "cash_flows_first"
    BUY_ONLY = "buy_only"


NO_BAND = Band(absolute=Decimal(0))


@dataclass(frozen=True, slots=True)
class Way:
    """A mode, the bands it looks at, and ETFs of which nothing is to be sold or bought.

    What cash below the buffer needs is sold all the same, but not where nothing may be sold.
    """

    mode: Mode
    band: Band = NO_BAND
    unsold: frozenset[str] = frozenset()
    unbought: frozenset[str] = frozenset()


TO_TARGET = Way(Mode.FULL)
NO_SALES = Sales({})


@dataclass(frozen=True, slots=True)
class Moves:
    """What is sold, and the units that are bought."""

    sold: Sales
    bought: Mapping[str, int]


Target = Mapping[str, Decimal]


def orders_of(portfolio: Portfolio, terms: Terms, moves: Moves) -> tuple[Order, ...]:
    """The orders, sells first, each side by name."""
    sides: tuple[tuple[Side, Mapping[str, int]], ...] = (("sell", moves.sold.units), ("buy", moves.bought))
    return tuple(
        order(portfolio, terms, side, etf, units[etf]) for side, units in sides for etf in sorted(units)
    )


def drifts(portfolio: Portfolio, target: Target) -> dict[str, Fraction]:
    """By ETF that is held or wanted, its share of the whole less its target; an empty portfolio holds 0."""
    whole = portfolio.whole
    held = {etf for etf, units in portfolio.positions.items() if units}
    return {
        etf: (portfolio.value(etf) / whole if whole else Fraction(0)) - Fraction(target.get(etf, Decimal(0)))
        for etf in sorted(held | {etf for etf, weight in target.items() if weight})
    }


def beyond_bands(portfolio: Portfolio, target: Target, band: Band) -> dict[str, Fraction]:
    """The drifts that are larger than their band."""
    return {
        etf: drift
        for etf, drift in drifts(portfolio, target).items()
        if abs(drift) > _width(band, target, etf)
    }


def _full(portfolio: Portfolio, target: Target, terms: Terms, way: Way) -> Moves:
    return _towards(portfolio, target, terms, way, lambda wanted: _sales(portfolio, terms, wanted, way))


def _buy_only(portfolio: Portfolio, target: Target, terms: Terms, way: Way) -> Moves:
    return _towards(portfolio, target, terms, way, lambda _: NO_SALES)


def _cash_flows_first(portfolio: Portfolio, target: Target, terms: Terms, way: Way) -> Moves:
    flows = _towards(portfolio, target, terms, way, lambda wanted: sales_of(portfolio, terms, wanted, {}))
    after = traded(portfolio, orders_of(portfolio, terms, flows))
    left = beyond_bands(after, target, way.band)
    return _full(portfolio, target, terms, way) if left else flows


def _band_edge(portfolio: Portfolio, target: Target, terms: Terms, way: Way) -> Moves:
    wanted = _wanted(target)
    beyond = beyond_bands(portfolio, target, way.band)
    units = _units_to_edges(portfolio, target, way.band, beyond, portfolio.whole)
    costs = sum((terms.cost(portfolio.worth(etf, abs(count))) for etf, count in units.items()), Fraction(0))
    base = portfolio.whole - costs
    units = _units_to_edges(portfolio, target, way.band, beyond, base)
    surplus = {etf: -count for etf, count in units.items() if count < 0 and etf not in way.unsold}
    sold = sales_of(portfolio, terms, wanted, surplus)
    gaps = {etf: portfolio.worth(etf, count) for etf, count in units.items() if count > 0}
    unbought = set(way.unbought)
    while True:
        kept = {etf: gap for etf, gap in gaps.items() if etf not in unbought}
        bought = units_within(portfolio, terms, kept, _money(portfolio, terms, sold), base)
        if not bought.too_small:
            return Moves(sold, bought.units)
        unbought.update(bought.too_small)


MODES: Mapping[Mode, Callable[[Portfolio, Target, Terms, Way], Moves]] = {
    Mode.FULL: _full,
    Mode.BAND_EDGE: _band_edge,
    Mode.CASH_FLOWS_FIRST: _cash_flows_first,
    Mode.BUY_ONLY: _buy_only,
}


def _towards(
    portfolio: Portfolio,
    target: Target,
    terms: Terms,
    way: Way,
    sales: Callable[[Mapping[str, Fraction]], Sales],
) -> Moves:
    """Sales, and purchases towards the target; a first holding that stays too small is dropped."""
    wanted = _wanted(target)
    while True:
        sold = sales(wanted)
        money = _money(portfolio, terms, sold)
        bought = units_to_buy(portfolio, terms, wanted, sold.units, money, way.unbought)
        if not bought.too_small:
            return Moves(sold, bought.units)
        smallest = min(bought.too_small, key=lambda etf: (wanted[etf], etf))
        wanted = _shared_out(wanted, smallest, terms)


def _sales(portfolio: Portfolio, terms: Terms, wanted: Mapping[str, Fraction], way: Way) -> Sales:
    return units_to_sell(portfolio, terms, wanted, way.unsold)


def _wanted(target: Target) -> dict[str, Fraction]:
    return {etf: Fraction(target[etf]) for etf in sorted(target) if target[etf] > 0}


def _money(portfolio: Portfolio, terms: Terms, sold: Sales) -> Fraction:
    """What may be spent once everything is sold."""
    return Fraction(portfolio.cash - terms.buffer) + cash_effect(portfolio, terms, "sell", sold.units)


def _width(band: Band, target: Target, etf: str) -> Fraction:
    return Fraction(band.around(target.get(etf, Decimal(0))))


def _units_to_edges(
    portfolio: Portfolio, target: Target, band: Band, beyond: Mapping[str, Fraction], base: Fraction
) -> dict[str, int]:
    """Units to buy, or to sell where negative, that bring each to its band of `base`, never past the target.

    A part of a unit is rounded up, so that the band is reached.
    """
    units = {}
    for etf, drift in beyond.items():
        price, aim = Fraction(portfolio.prices[etf]), Fraction(target.get(etf, Decimal(0)))
        side = 1 if drift < 0 else -1
        to_target = side * (aim * base - portfolio.value(etf))
        to_edge = to_target - _width(band, target, etf) * base
        units[etf] = side * max(0, min(ceil(to_edge / price), int(to_target // price)))
    return units


def _shared_out(wanted: Mapping[str, Fraction], dropped: str, terms: Terms) -> dict[str, Fraction]:
    """Targets without one of them, its weight shared by the others in proportion, none beyond `max_weight`.

    What belongs to a limited group gets none of it.
    """
    kept = {etf: weight for etf, weight in wanted.items() if etf != dropped}
    left, most = wanted[dropped], Fraction(terms.max_weight)
    limited = {etf for group in terms.groups for etf in group.shares}
    open_etfs = {etf for etf, weight in kept.items() if weight < most and etf not in limited}
    while left and open_etfs:
        growth = 1 + left / sum((kept[etf] for etf in open_etfs), Fraction(0))
        grown = {etf: min(most, kept[etf] * growth) for etf in open_etfs}
        left -= sum((grown[etf] - kept[etf] for etf in open_etfs), Fraction(0))
        kept.update(grown)
        open_etfs = {etf for etf in open_etfs if kept[etf] < most}
    return kept
