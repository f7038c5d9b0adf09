"""Whole-unit orders that bring a portfolio to its target without spending more than there is.

    EngineError
    ├── MissingPrice     an ETF that is held or wanted has no price
    └── BufferTooLarge   the buffer is more than the whole portfolio

Sells stop above the target, buys stay below it, each by less than a unit, so nothing that is bought
ends above its target weight. What a buy needs includes its costs. The plan depends on no order of
its input: ETFs are taken by name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil

from engines.drift import check_target
from engines.errors import EngineError

CENT = Decimal("0.01")
NO_MONEY = Decimal(0)


class MissingPrice(EngineError):
    """An ETF that is held or wanted has no price."""


class BufferTooLarge(EngineError):
    """The buffer is more than the whole portfolio."""


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Units held, prices a unit (above 0) and cash (from 0 up)."""

    positions: Mapping[str, int]
    prices: Mapping[str, Decimal]
    cash: Decimal

    def held(self, etf: str) -> int:
        """Units held; 0 where none."""
        return self.positions.get(etf, 0)

    def value(self, etf: str) -> Fraction:
        """What the units held are worth."""
        units = self.held(etf)
        return units * Fraction(self.prices[etf]) if units else Fraction(0)

    @property
    def whole(self) -> Fraction:
        """Cash and everything held."""
        return Fraction(self.cash) + sum(map(self.value, self.positions), Fraction(0))


@dataclass(frozen=True, slots=True)
class Terms:
    """What orders cost (brokerage + rate·value) and what they must keep to; all money, 0 where none."""

    brokerage: Decimal = NO_MONEY
    rate: Decimal = NO_MONEY
    min_trade: Decimal = NO_MONEY
    buffer: Decimal = NO_MONEY
    min_first_holding: Decimal = NO_MONEY

    def cost(self, value: Fraction) -> Fraction:
        """What an order of this value costs, not yet rounded."""
        return Fraction(self.brokerage) + Fraction(self.rate) * value


@dataclass(frozen=True, slots=True)
class Order:
    """One order; value and cost in cents."""

    etf: str
    side: str
    units: int
    price: Decimal
    value: Decimal
    cost: Decimal

    @property
    def cash_effect(self) -> Decimal:
        """What it brings into the account (positive) or takes out."""
        return (self.value if self.side == "sell" else -self.value) - self.cost


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
    rounded up by a unit if the cash allows, else dropped and its weight shared out. Orders below
    `min_trade`, and sells that would not bring in their own cost, are left out. `buffer` stays cash:
    buys never touch it, and where cash is short of it the most overweight holdings are sold.
    """
    _check(portfolio, target, terms)
    wanted = {etf: Fraction(target[etf]) for etf in sorted(target) if target[etf] > 0}
    while True:
        attempt = _Attempt(portfolio, terms, wanted)
        orders = (*attempt.sells(), *attempt.buys())
        if not attempt.too_small:
            return _outcome(portfolio, target, orders)
        wanted = _shared_out(wanted, min(attempt.too_small, key=lambda etf: (wanted[etf], etf)))


def _check(portfolio: Portfolio, target: Mapping[str, Decimal], terms: Terms) -> None:
    check_target(target)
    needed = {etf for etf, units in portfolio.positions.items() if units}
    needed |= {etf for etf, weight in target.items() if weight}
    for etf in sorted(needed):
        if etf not in portfolio.prices:
            raise MissingPrice(f"{etf} is held or wanted but has no price; give one", f"prices.{etf}")
    if terms.buffer > portfolio.whole:
        raise BufferTooLarge(
            f"the buffer of {terms.buffer} is more than the portfolio's {float(portfolio.whole):.2f}",
            "buffer",
        )


def _shared_out(wanted: Mapping[str, Fraction], dropped: str) -> dict[str, Fraction]:
    kept = {etf: weight for etf, weight in wanted.items() if etf != dropped}
    whole = sum(kept.values(), Fraction(0))
    return {etf: weight * (whole + wanted[dropped]) / whole for etf, weight in kept.items()}


@dataclass(slots=True)
class _Attempt:
    """One way to reach `wanted`; `too_small` are first holdings that it could not make large enough."""

    portfolio: Portfolio
    terms: Terms
    wanted: Mapping[str, Fraction]
    too_small: list[str] = field(default_factory=list)
    _money: Fraction = Fraction(0)

    def sells(self) -> list[Order]:
        """Sales of what lies above target, and of what else the buffer needs; in order of name."""
        base = self._investable(Fraction(0))
        units = {etf: self._surplus_units(etf, base) for etf in sorted(self.portfolio.positions)}
        units = {etf: sold for etf, sold in units.items() if self._worth_selling(etf, sold)}
        short = Fraction(self.terms.buffer - self.portfolio.cash) - self._proceeds(units)
        if short > 0:
            units = self._sold_for_buffer(units, short, base)
        self._money = Fraction(self.portfolio.cash) + self._proceeds(units) - Fraction(self.terms.buffer)
        return [self._order(etf, "sell", sold) for etf, sold in sorted(units.items())]

    def buys(self) -> list[Order]:
        """Purchases of what lies below target, in order of name, with the money the sells left."""
        gaps = self._gaps()
        units = self._affordable(gaps)
        units = self._first_holdings_filled(units)
        if self.too_small:
            return []
        units = self._topped_up(units, gaps)
        return [self._order(etf, "buy", bought) for etf, bought in sorted(units.items()) if bought]

    def _investable(self, costs: Fraction) -> Fraction:
        """The money of which target weights are shares: the whole, less costs, the buffer left alone."""
        whole = self.portfolio.whole - costs
        weights = sum(self.wanted.values(), Fraction(0))
        return min(whole, (whole - Fraction(self.terms.buffer)) / weights) if weights else whole

    def _surplus_units(self, etf: str, base: Fraction) -> int:
        held = self.portfolio.held(etf)
        if etf not in self.wanted or not held:
            return held
        surplus = self.portfolio.value(etf) - self.wanted[etf] * base
        return max(0, int(surplus // Fraction(self.portfolio.prices[etf])))

    def _worth_selling(self, etf: str, units: int) -> bool:
        value = units * Fraction(self.portfolio.prices.get(etf, NO_MONEY))
        return units > 0 and value >= self.terms.min_trade and value > self.terms.cost(value)

    def _proceeds(self, units: Mapping[str, int]) -> Fraction:
        orders = (self._order(etf, "sell", sold) for etf, sold in units.items())
        return sum((Fraction(order.cash_effect) for order in orders), Fraction(0))

    def _sold_for_buffer(self, units: Mapping[str, int], short: Fraction, base: Fraction) -> dict[str, int]:
        """`units` and what else must be sold to fill the buffer, the most overweight first."""
        sold = dict(units)
        before = self._proceeds(units)
        for etf in self._most_overweight_first(base):
            still_short = short + before - self._proceeds(sold)
            if still_short <= 0:
                break
            fixed = Fraction(CENT) + (0 if etf in sold else Fraction(self.terms.brokerage))
            price = Fraction(self.portfolio.prices[etf]) * (1 - Fraction(self.terms.rate))
            more = ceil((still_short + fixed) / price)
            total = min(self.portfolio.held(etf), sold.get(etf, 0) + more)
            if self._worth_selling_at_all(etf, total):
                sold[etf] = total
        return sold

    def _worth_selling_at_all(self, etf: str, units: int) -> bool:
        value = units * Fraction(self.portfolio.prices[etf])
        return value > self.terms.cost(value)

    def _most_overweight_first(self, base: Fraction) -> list[str]:
        held = [etf for etf, units in self.portfolio.positions.items() if units]
        surplus = {etf: self.portfolio.value(etf) - self.wanted.get(etf, 0) * base for etf in held}
        return sorted(held, key=lambda etf: (-surplus[etf], etf))

    def _gaps(self) -> dict[str, Fraction]:
        """Money by which each ETF lies below its target, where a unit or a first holding fits."""
        before_costs = self._shortfalls(self._investable(Fraction(0)))
        moved = [*before_costs.values(), *map(abs, self._surpluses())]
        costs = sum(map(self.terms.cost, moved), Fraction(0))
        return self._shortfalls(self._investable(costs))

    def _surpluses(self) -> Iterable[Fraction]:
        base = self._investable(Fraction(0))
        for etf in self.portfolio.positions:
            units = self._surplus_units(etf, base)
            if self._worth_selling(etf, units):
                yield units * Fraction(self.portfolio.prices[etf])

    def _shortfalls(self, base: Fraction) -> dict[str, Fraction]:
        gaps = {etf: weight * base - self.portfolio.value(etf) for etf, weight in self.wanted.items()}
        return {
            etf: gap
            for etf, gap in gaps.items()
            if gap >= Fraction(self.portfolio.prices[etf]) or (gap > 0 and self._must_be_large(etf))
        }

    def _must_be_large(self, etf: str) -> bool:
        return self.terms.min_first_holding > 0 and not self.portfolio.held(etf)

    def _affordable(self, gaps: Mapping[str, Fraction]) -> dict[str, int]:
        """Units of each buy when all gaps shrink alike until money and costs suffice.

        Buys that come to nothing, or to less than `min_trade`, are dropped one at a time, the smallest
        first, because each one dropped leaves its brokerage to the others.
        """
        kept = dict(gaps)
        while kept:
            units = self._scaled(kept)
            idle = [
                etf
                for etf in kept
                if not self._must_be_large(etf)
                and (not units[etf] or self._value(etf, units[etf]) < self.terms.min_trade)
            ]
            if not idle:
                return units
            del kept[min(idle, key=lambda etf: (kept[etf], etf))]
        return {}

    def _scaled(self, gaps: Mapping[str, Fraction]) -> dict[str, int]:
        # A cent an order covers the rounding of its value and its cost.
        fixed = len(gaps) * Fraction(self.terms.brokerage + CENT)
        spendable = max(Fraction(0), (self._money - fixed) / (1 + Fraction(self.terms.rate)))
        scale = min(Fraction(1), spendable / sum(gaps.values(), Fraction(0)))
        return {etf: int(gap * scale // Fraction(self.portfolio.prices[etf])) for etf, gap in gaps.items()}

    def _first_holdings_filled(self, units: Mapping[str, int]) -> dict[str, int]:
        filled = dict(units)
        for etf in sorted(units):
            if not self._must_be_large(etf) or self._large_enough(etf, filled[etf]):
                continue
            rounded_up = {**filled, etf: filled[etf] + 1}
            if self._large_enough(etf, rounded_up[etf]) and self._spent(rounded_up) <= self._money:
                filled = rounded_up
            else:
                self.too_small.append(etf)
        return filled

    def _large_enough(self, etf: str, units: int) -> bool:
        return self._value(etf, units) >= max(self.terms.min_first_holding, self.terms.min_trade)

    def _topped_up(self, units: Mapping[str, int], gaps: Mapping[str, Fraction]) -> dict[str, int]:
        """`units` and, while money lasts, a unit more of what lies furthest below its target."""
        bought = dict(units)
        left = self._money - self._spent(bought)
        open_etfs = set(bought)
        while open_etfs:
            etf = min(open_etfs, key=lambda etf: (self._value(etf, bought[etf]) - gaps[etf], etf))
            more = bought[etf] + 1
            price = self._paid(etf, more) - self._paid(etf, bought[etf])
            if self._value(etf, more) > gaps[etf] or price > left:
                open_etfs.discard(etf)
                continue
            bought[etf] = more
            left -= price
        return bought

    def _value(self, etf: str, units: int) -> Fraction:
        return units * Fraction(self.portfolio.prices[etf])

    def _paid(self, etf: str, units: int) -> Fraction:
        return -Fraction(self._order(etf, "buy", units).cash_effect) if units else Fraction(0)

    def _spent(self, units: Mapping[str, int]) -> Fraction:
        return sum((self._paid(etf, bought) for etf, bought in units.items()), Fraction(0))

    def _order(self, etf: str, side: str, units: int) -> Order:
        value = units * self.portfolio.prices[etf]
        cost = self.terms.brokerage + self.terms.rate * value
        return Order(etf, side, units, self.portfolio.prices[etf], _cents(value), _cents(cost))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def _outcome(portfolio: Portfolio, target: Mapping[str, Decimal], orders: tuple[Order, ...]) -> Plan:
    cash = portfolio.cash + sum((order.cash_effect for order in orders), NO_MONEY)
    units = dict(portfolio.positions)
    for order in orders:
        units[order.etf] = units.get(order.etf, 0) + (order.units if order.side == "buy" else -order.units)
    weights = _weights(Portfolio(units, portfolio.prices, cash), {*target, *portfolio.positions})
    misses = (abs(weights[etf] - Fraction(target.get(etf, NO_MONEY))) for etf in weights)
    return Plan(
        orders=orders,
        cash_after=cash,
        costs=sum((order.cost for order in orders), NO_MONEY),
        weights_after=weights,
        tracking_error=sum(misses, Fraction(0)) / 2,
    )


def _weights(portfolio: Portfolio, etfs: Iterable[str]) -> dict[str, Fraction]:
    whole = portfolio.whole
    return {etf: portfolio.value(etf) / whole if whole else Fraction(0) for etf in sorted(etfs)}
