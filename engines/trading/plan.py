"""Whole-unit orders that bring a portfolio to its target without spending more than there is.

    EngineError
    ├── MissingPrice     an ETF that is held or wanted has no price
    └── BufferTooLarge   the buffer is more than the whole portfolio

Sells stop above the target, buys stay below it, each by less than a unit where the money suffices. The
plan does not depend on the order of its input: ETFs are taken by name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from engines.drift import check_target
from engines.errors import EngineError
from engines.trading.buys import units_to_buy
from engines.trading.orders import NO_MONEY, Order, Portfolio, Side, Terms, cash_effect, order
from engines.trading.sells import units_to_sell


class MissingPrice(EngineError):
    """An ETF that is held or wanted has no price."""


class BufferTooLarge(EngineError):
    """The buffer is more than the whole portfolio."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Orders, sells first, and the portfolio after them; weights are shares of the whole with cash."""

    orders: tuple[Order, ...]
    cash_after: Decimal
    costs: Decimal
    weights_after: Mapping[str, Fraction]
    tracking_error: Fraction


def plan_trades(portfolio: Portfolio, target: Mapping[str, Decimal], terms: Terms) -> Plan:
    """The orders towards `target`, weights of the whole that add up to at most 1.

    An ETF without a target is sold out. A first holding that would fall below `min_first_holding` is
    rounded up by a unit if the cash allows, else dropped and its weight shared out, the smallest first;
    neither raises a holding above `max_weight`, and what cannot be shared stays cash. Buys never touch
    the buffer.
    """
    _check(portfolio, target, terms)
    wanted = {etf: Fraction(target[etf]) for etf in sorted(target) if target[etf] > 0}
    while True:
        sold = units_to_sell(portfolio, terms, wanted)
        money = Fraction(portfolio.cash - terms.buffer) + cash_effect(portfolio, terms, "sell", sold)
        bought = units_to_buy(portfolio, terms, wanted, sold, money)
        if not bought.too_small:
            break
        smallest = min(bought.too_small, key=lambda etf: (wanted[etf], etf))
        wanted = _shared_out(wanted, smallest, Fraction(terms.max_weight))
    sides: tuple[tuple[Side, Mapping[str, int]], ...] = (("sell", sold), ("buy", bought.units))
    orders = tuple(
        order(portfolio, terms, side, etf, units[etf]) for side, units in sides for etf in sorted(units)
    )
    return _outcome(portfolio, target, orders)


def _check(portfolio: Portfolio, target: Mapping[str, Decimal], terms: Terms) -> None:
    check_target(target)
    needed = {etf for etf, units in portfolio.positions.items() if units}
    needed |= {etf for etf, weight in target.items() if weight}
    for etf in sorted(needed):
        if etf not in portfolio.prices:
            raise MissingPrice(f"{etf} is held or wanted but has no price; give one", f"prices.{etf}")
    if terms.buffer > portfolio.whole:
        whole = f"{float(portfolio.whole):.2f}"
        raise BufferTooLarge(f"a buffer of {terms.buffer} exceeds the portfolio's {whole}", "buffer")


def _shared_out(wanted: Mapping[str, Fraction], dropped: str, most: Fraction) -> dict[str, Fraction]:
    """Targets without one of them, its weight shared by the others in proportion, none beyond `most`."""
    kept = {etf: weight for etf, weight in wanted.items() if etf != dropped}
    left = wanted[dropped]
    open_etfs = {etf for etf, weight in kept.items() if weight < most}
    while left and open_etfs:
        growth = 1 + left / sum((kept[etf] for etf in open_etfs), Fraction(0))
        grown = {etf: min(most, kept[etf] * growth) for etf in open_etfs}
        left -= sum((grown[etf] - kept[etf] for etf in open_etfs), Fraction(0))
        kept.update(grown)
        open_etfs = {etf for etf in open_etfs if kept[etf] < most}
    return kept


def _outcome(portfolio: Portfolio, target: Mapping[str, Decimal], orders: tuple[Order, ...]) -> Plan:
    cash = portfolio.cash + sum((one.cash_effect for one in orders), NO_MONEY)
    units = dict(portfolio.positions)
    for one in orders:
        units[one.etf] = units.get(one.etf, 0) + (one.units if one.side == "buy" else -one.units)
    weights = _weights(Portfolio(units, portfolio.prices, cash), {*target, *portfolio.positions})
    misses = (abs(weight - Fraction(target.get(etf, NO_MONEY))) for etf, weight in weights.items())
    return Plan(
        orders=orders,
        cash_after=cash,
        costs=sum((one.cost for one in orders), NO_MONEY),
        weights_after=weights,
        tracking_error=sum(misses, Fraction(0)) / 2,
    )


def _weights(portfolio: Portfolio, etfs: Iterable[str]) -> dict[str, Fraction]:
    whole = portfolio.whole
    return {etf: portfolio.value(etf) / whole if whole else Fraction(0) for etf in sorted(etfs)}
