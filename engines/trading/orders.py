"""Portfolios, what orders cost, and orders themselves.

Sums are exact fractions until an order is made; its value and cost are cents, half up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Literal

from engines.group_limits import GroupLimit

CENT = Decimal("0.01")
NO_MONEY = Decimal(0)

Side = Literal["buy", "sell"]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Units held, prices a unit (above 0) and cash (from 0 up)."""

    positions: Mapping[str, int]
    prices: Mapping[str, Decimal]
    cash: Decimal

    def held(self, etf: str) -> int:
        """Units held; 0 where none."""
        return self.positions.get(etf, 0)

    def worth(self, etf: str, units: int) -> Fraction:
        """What so many units are worth; nothing needs no price."""
        return units * Fraction(self.prices[etf]) if units else Fraction(0)

    def value(self, etf: str) -> Fraction:
        """What the units held are worth."""
        return self.worth(etf, self.held(etf))

    @property
    def whole(self) -> Fraction:
        """Cash and everything held."""
        return Fraction(self.cash) + sum(map(self.value, self.positions), Fraction(0))


@dataclass(frozen=True, slots=True)
class Terms:
    """What orders cost (brokerage + rate·value) and what they must keep to; money, 0 where none.

    No order is worth less than `min_trade`; `buffer` stays cash; a holding that is bought for the
    first time is worth `min_first_holding` or more. `max_weight` is the share of the whole above which
    neither rounding up nor weight shared out may raise a holding; `groups` say so of several together.
    """

    brokerage: Decimal = NO_MONEY
    rate: Decimal = NO_MONEY
    min_trade: Decimal = NO_MONEY
    buffer: Decimal = NO_MONEY
    min_first_holding: Decimal = NO_MONEY
    max_weight: Decimal = Decimal(1)
    groups: tuple[GroupLimit, ...] = ()

    def cost(self, value: Fraction) -> Fraction:
        """What an order of this value costs, not yet rounded."""
        return Fraction(self.brokerage) + Fraction(self.rate) * value


@dataclass(frozen=True, slots=True)
class Order:
    """One order; value and cost in cents."""

    etf: str
    side: Side
    units: int
    price: Decimal
    value: Decimal
    cost: Decimal

    @property
    def cash_effect(self) -> Decimal:
        """What it brings into the account (positive) or takes out (negative)."""
        return (self.value if self.side == "sell" else -self.value) - self.cost


def order(portfolio: Portfolio, terms: Terms, side: Side, etf: str, units: int) -> Order:
    """The order for so many units at the portfolio's price."""
    price = portfolio.prices[etf]
    cost = terms.brokerage + terms.rate * units * price
    return Order(etf, side, units, price, _cents(units * price), _cents(cost))


def cash_effect(portfolio: Portfolio, terms: Terms, side: Side, units: Mapping[str, int]) -> Fraction:
    """What orders for `units` by ETF bring into the account; no units, no order."""
    orders = (order(portfolio, terms, side, etf, count) for etf, count in units.items() if count)
    return sum((Fraction(one.cash_effect) for one in orders), Fraction(0))


def traded(portfolio: Portfolio, orders: Iterable[Order]) -> Portfolio:
    """The portfolio once the orders have been filled at their prices."""
    units, cash = dict(portfolio.positions), portfolio.cash
    for one in orders:
        units[one.etf] = units.get(one.etf, 0) + (one.units if one.side == "buy" else -one.units)
        cash += one.cash_effect
    return Portfolio(units, portfolio.prices, cash)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
