"""Which units to sell: what lies above target, and what a buffer needs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from engines.trading.orders import CENT, Portfolio, Terms, cash_effect


@dataclass(frozen=True, slots=True)
class Sales:
    """Units by ETF; of those `raised` more is sold than lies above target, because cash is short."""

    units: Mapping[str, int]
    raised: frozenset[str] = frozenset()


def investable(
    portfolio: Portfolio, terms: Terms, wanted: Mapping[str, Fraction], costs: Fraction = Fraction(0)
) -> Fraction:
    """The money of which target weights are shares: the whole less costs, the buffer left alone."""
    whole = portfolio.whole - costs
    weights = sum(wanted.values(), Fraction(0))
    return min(whole, (whole - Fraction(terms.buffer)) / weights) if weights else whole


def units_to_sell(
    portfolio: Portfolio, terms: Terms, wanted: Mapping[str, Fraction], unsold: Collection[str] = ()
) -> Sales:
    """Units that bring each holding down to its target, rounded towards holding on.

    Holdings without a target go whole; of those in `unsold` nothing is sold but for the buffer.
    """
    base = investable(portfolio, terms, wanted)
    surplus = {
        etf: _surplus_units(portfolio, etf, wanted, base)
        for etf in sorted(portfolio.positions)
        if etf not in unsold
    }
    return sales_of(portfolio, terms, wanted, surplus)


def sales_of(
    portfolio: Portfolio, terms: Terms, wanted: Mapping[str, Fraction], surplus: Mapping[str, int]
) -> Sales:
    """Sales of the units in `surplus`, and what the buffer needs beyond them.

    Orders below `min_trade`, or that would not bring in their own cost, are left out. Where cash would
    still fall short of the buffer more is sold, the most overweight first; what is worth less than
    `min_trade` as a whole stays.
    """
    sold = {
        etf: units
        for etf, units in surplus.items()
        if portfolio.worth(etf, units) >= terms.min_trade and _pays(portfolio, terms, etf, units)
    }
    base = investable(portfolio, terms, wanted)
    units = _sold_for_buffer(portfolio, terms, sold, _most_overweight_first(portfolio, wanted, base))
    return Sales(units, frozenset(etf for etf in units if units[etf] > sold.get(etf, 0)))


def _surplus_units(portfolio: Portfolio, etf: str, wanted: Mapping[str, Fraction], base: Fraction) -> int:
    held = portfolio.held(etf)
    if not held or etf not in wanted:
        return held
    surplus = portfolio.value(etf) - wanted[etf] * base
    return max(0, int(surplus // Fraction(portfolio.prices[etf])))


def _pays(portfolio: Portfolio, terms: Terms, etf: str, units: int) -> bool:
    """Whether selling brings in more than it costs."""
    value = portfolio.worth(etf, units)
    return value > terms.cost(value)


def _most_overweight_first(portfolio: Portfolio, wanted: Mapping[str, Fraction], base: Fraction) -> list[str]:
    held = [etf for etf, units in portfolio.positions.items() if units]
    return sorted(held, key=lambda etf: (wanted.get(etf, Fraction(0)) * base - portfolio.value(etf), etf))


def _sold_for_buffer(
    portfolio: Portfolio, terms: Terms, sold: Mapping[str, int], most_overweight_first: list[str]
) -> dict[str, int]:
    """`sold`, and more of it until cash reaches the buffer or nothing is left to sell."""
    more = dict(sold)
    for etf in most_overweight_first:
        short = Fraction(terms.buffer - portfolio.cash) - cash_effect(portfolio, terms, "sell", more)
        if short <= 0:
            break
        # A cent covers the rounding of value and cost.
        fixed = Fraction(CENT) + (0 if etf in more else Fraction(terms.brokerage))
        net_price = Fraction(portfolio.prices[etf]) * (1 - Fraction(terms.rate))
        units = more.get(etf, 0) + ceil((short + fixed) / net_price)
        units = max(units, ceil(Fraction(terms.min_trade) / Fraction(portfolio.prices[etf])))
        units = min(units, portfolio.held(etf))
        if portfolio.worth(etf, units) >= terms.min_trade and _pays(portfolio, terms, etf, units):
            more[etf] = units
    return more
