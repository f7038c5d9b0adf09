"""Whole-unit orders that bring a portfolio to its target without spending more than there is.

    EngineError
    ├── MissingPrice     an ETF that is held or wanted has no price
    └── BufferTooLarge   the buffer is more than the whole portfolio

Sells stop above the target, buys stay below it, each by less than a unit where the money suffices and
the mode goes to the target. The plan does not depend on the order of its input: ETFs are taken by name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from engines.drift import check_target
from engines.errors import EngineError
from engines.trading.modes import MODES, TO_TARGET, Way, orders_of
from engines.trading.orders import NO_MONEY, Order, Portfolio, Terms, traded


class MissingPrice(EngineError):
    """An ETF that is held or wanted has no price."""


class BufferTooLarge(EngineError):
    """The buffer is more than the whole portfolio."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Orders, sells first, and the portfolio after them; weights are shares of the whole with cash.

    Of the ETFs in `raised` more is sold than lies above target, because cash is short of the buffer.
    """

    orders: tuple[Order, ...]
    cash_after: Decimal
    costs: Decimal
    weights_after: Mapping[str, Fraction]
    tracking_error: Fraction
    raised: frozenset[str] = frozenset()


def plan_trades(
    portfolio: Portfolio, target: Mapping[str, Decimal], terms: Terms, way: Way = TO_TARGET
) -> Plan:
    """The orders towards `target`, weights of the whole that add up to at most 1, in the way's mode.

    An ETF without a target is sold out. A first holding that would fall below `min_first_holding` is
    rounded up by a unit if the cash allows, else dropped and its weight shared out, the smallest first;
    neither raises a holding above `max_weight`, and what cannot be shared stays cash. Buys never touch
    the buffer.
    """
    _check(portfolio, target, terms)
    moves = MODES[way.mode](portfolio, target, terms, way)
    orders = orders_of(portfolio, terms, moves)
    return _outcome(portfolio, target, orders, moves.sold.raised)


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


def _outcome(
    portfolio: Portfolio,
    target: Mapping[str, Decimal],
    orders: tuple[Order, ...],
    raised: frozenset[str],
) -> Plan:
    after = traded(portfolio, orders)
    weights = _weights(after, {*target, *portfolio.positions})
    misses = (abs(weight - Fraction(target.get(etf, NO_MONEY))) for etf, weight in weights.items())
    return Plan(
        orders=orders,
        cash_after=after.cash,
        costs=sum((one.cost for one in orders), NO_MONEY),
        weights_after=weights,
        tracking_error=sum(misses, Fraction(0)) / 2,
        raised=raised,
    )


def _weights(portfolio: Portfolio, etfs: Iterable[str]) -> dict[str, Fraction]:
    whole = portfolio.whole
    return {etf: portfolio.value(etf) / whole if whole else Fraction(0) for etf in sorted(etfs)}
