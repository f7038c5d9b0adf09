"""The orders of many portfolios at once: what `plan_trades` answers for each, in columns.

Everything is computed for all portfolios together, money in whole ten-thousandths and cents where it is
rounded, the rest in floats. Wherever a float lies too near to a point at which the answer would change,
and for what is rare (selling for a buffer, first holdings with a least value), the portfolio is planned by
`plan_trades` itself: so the answers are the same, and not only nearly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engines.trading.orders import Order, Portfolio, Terms, order
from engines.trading.plan import plan_trades

Whole: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

MILLION = 1_000_000
PARTS = 10_000  # of a dollar: prices have at most four places
PARTS_OF_A_CENT = 100
NEAR = 1e-7


@dataclass(frozen=True, slots=True)
class Portfolios:
    """Portfolios as rows over the same ETFs, which stand in the order of their names.

    `units` held, `cash` in cents, `target` in millionths of the whole; one price an ETF, of at most four
    decimal places.
    """

    etfs: tuple[str, ...]
    prices: tuple[Decimal, ...]
    units: Whole
    cash: Whole
    target: Whole

    def one(self, row: int) -> tuple[Portfolio, dict[str, Decimal]]:
        """A row as a portfolio and its target."""
        held = dict(zip(self.etfs, map(int, self.units[row]), strict=True))
        prices = dict(zip(self.etfs, self.prices, strict=True))
        weights = (Decimal(int(each)).scaleb(-6) for each in self.target[row])
        cash = Decimal(int(self.cash[row])).scaleb(-2)
        return Portfolio(held, prices, cash), dict(zip(self.etfs, weights, strict=True))


@dataclass(frozen=True, slots=True)
class Plans:
    """Units to sell and to buy by portfolio and ETF, cash after and costs in cents.

    `exact` says which were planned one by one.
    """

    sold: Whole
    bought: Whole
    cash_after: Whole
    costs: Whole
    exact: Flags

    def orders(self, portfolios: Portfolios, row: int, terms: Terms) -> tuple[Order, ...]:
        """The orders of one portfolio, sells first."""
        portfolio, _ = portfolios.one(row)
        sells = [order(portfolio, terms, "sell", *each) for each in _named(portfolios.etfs, self.sold[row])]
        buys = [order(portfolio, terms, "buy", *each) for each in _named(portfolios.etfs, self.bought[row])]
        return (*sells, *buys)


def plan_many(portfolios: Portfolios, terms: Terms) -> Plans:
    """What `plan_trades` answers for every portfolio; its errors, too, for the first that has one."""
    planned = _Planning(portfolios, terms)
    sold = planned.sells()
    bought = planned.buys(sold)
    for row in np.flatnonzero(planned.doubtful):
        sold[row], bought[row] = _singly(portfolios, int(row), terms)
    costs = (planned.cost(sold) + planned.cost(bought)).sum(axis=1)
    moved = (planned.cents(sold) - planned.cents(bought)).sum(axis=1)
    return Plans(sold, bought, portfolios.cash + moved - costs, costs, planned.doubtful)


def _named(etfs: Sequence[str], units: Whole) -> list[tuple[str, int]]:
    return [(etf, int(count)) for etf, count in zip(etfs, units, strict=True) if count]


def _singly(portfolios: Portfolios, row: int, terms: Terms) -> tuple[list[int], list[int]]:
    portfolio, target = portfolios.one(row)
    found = {(each.side, each.etf): each.units for each in plan_trades(portfolio, target, terms).orders}
    return (
        [found.get(("sell", etf), 0) for etf in portfolios.etfs],
        [found.get(("buy", etf), 0) for etf in portfolios.etfs],
    )


def _in_parts(amount: Decimal, of: int) -> int:
    parts = amount * of
    if parts != parts.to_integral_value():
        raise ValueError(f"{amount} has more places than can be planned for many portfolios at once")
    return int(parts)


class _Planning:
    """The steps of sells.py and buys.py, each for all portfolios; `doubtful` grows on the way."""

    def __init__(self, portfolios: Portfolios, terms: Terms) -> None:
        if list(portfolios.etfs) != sorted(set(portfolios.etfs)):
            raise ValueError("the ETFs stand in the order of their names, each once")
        self.held, self.target = portfolios.units, portfolios.target
        self.weights = portfolios.target / MILLION
        self.price_parts = np.array([_in_parts(price, PARTS) for price in portfolios.prices], dtype=np.int64)
        self.prices = self.price_parts / PARTS
        self.rate = float(terms.rate)
        self.brokerage = _in_parts(terms.brokerage, 100)
        self.least = _in_parts(terms.min_trade, PARTS)
        self.buffer = _in_parts(terms.buffer, 100)
        self.cash = portfolios.cash
        self.values = self.held * self.prices
        self.whole = portfolios.cash / 100 + self.values.sum(axis=1)
        total = portfolios.target.sum(axis=1)
        wanted_first = (portfolios.target > 0) & (self.held == 0)
        first: Flags = wanted_first.any(axis=1) & (terms.min_first_holding > 0)
        # What is refused is refused by the planning of one, which says why.
        refused = (total > MILLION) | (self.buffer / 100 > self.whole - NEAR) | (portfolios.cash < 0)
        self.doubtful: Flags = first | refused
        self.weight_sum = total / MILLION

    def worth(self, units: Whole) -> Whole:
        """Ten-thousandths of a dollar, exactly."""
        return units * self.price_parts

    def cents(self, units: Whole) -> Whole:
        """The value of orders, half up."""
        return (self.worth(units) + PARTS_OF_A_CENT // 2) // PARTS_OF_A_CENT

    def cost(self, units: Whole, rows: Any = slice(None)) -> Whole:
        """What orders cost in cents, half up; no units, no order."""
        if not self.rate:
            return np.where(units > 0, self.brokerage, 0)
        exact = self.brokerage + self.rate * self.worth(units) / PARTS_OF_A_CENT
        self.doubtful[rows] |= (np.abs(exact - np.floor(exact) - 0.5) < NEAR).any(axis=1)
        return np.where(units > 0, np.floor(exact + 0.5), 0).astype(np.int64)

    def sells(self) -> Whole:
        """Units above target, and everything that has none; a buffer that is still short is a doubt."""
        base = self._investable(np.zeros(len(self.cash)))
        surplus = (self.values - self.weights * base[:, None]) / self.prices
        within = (self.held > 0) & (self.target > 0)
        units = np.where(within, np.maximum(self._floor(surplus, within & (surplus > 0.5)), 0), self.held)
        worth = self.worth(units)
        pays = worth * (1 - self.rate) / PARTS_OF_A_CENT - self.brokerage
        self._doubt((np.abs(pays) < NEAR) & (self.rate > 0) & (units > 0))
        sold = np.where((worth >= self.least) & (pays > 0), units, 0)
        self.money = self.cash - self.buffer + (self.cents(sold) - self.cost(sold)).sum(axis=1)
        self.doubtful |= self.money < 0
        return sold

    def buys(self, sold: Whole) -> Whole:
        """Units below target that the money buys; what is left goes to what is furthest below."""
        gaps, kept = self._shortfalls(self._investable(np.zeros(len(self.cash))))
        moved = np.where(kept, gaps, 0) + self.worth(sold) / PARTS
        orders = kept.sum(axis=1) + (sold > 0).sum(axis=1)
        costs = orders * self.brokerage / 100 + self.rate * moved.sum(axis=1)
        gaps, kept = self._shortfalls(self._investable(costs))
        units, kept = self._affordable(gaps, kept)
        return self._topped_up(gaps, kept, units)

    def _investable(self, costs: Floats) -> Floats:
        whole = self.whole - costs
        shares = np.where(self.weight_sum > 0, self.weight_sum, 1)
        spread = (whole - self.buffer / 100) / shares
        base: Floats = np.where(self.weight_sum > 0, np.minimum(whole, spread), whole)
        return base

    def _shortfalls(self, base: Floats) -> tuple[Floats, Flags]:
        gaps = self.weights * base[:, None] - self.values
        self._doubt((np.abs(gaps - self.prices) < NEAR * np.maximum(1, self.prices)) & (self.target > 0))
        return gaps, (gaps >= self.prices) & (self.target > 0)

    def _affordable(self, gaps: Floats, kept: Flags) -> tuple[Whole, Flags]:
        """All gaps shrink alike; what comes to nothing or too little is dropped, the smallest gap first."""
        kept = kept.copy()
        units = np.zeros_like(self.held)
        rows = np.flatnonzero(kept.any(axis=1))
        while len(rows):
            inside, wanted = kept[rows], np.where(kept[rows], gaps[rows], 0)
            found = self._scaled(wanted, inside, rows)
            idle = inside & ((found == 0) | (self.worth(found) < self.least))
            units[rows] = np.where(inside, found, 0)
            order_of = np.where(idle, gaps[rows], np.inf)
            smallest = order_of.argmin(axis=1)
            two = np.partition(order_of, 1, axis=1)[:, :2] if order_of.shape[1] > 1 else None
            busy = idle.any(axis=1)
            if two is not None:
                with np.errstate(invalid="ignore"):
                    self.doubtful[rows] |= busy & (two[:, 1] - two[:, 0] < NEAR)
            kept[rows[busy], smallest[busy]] = False
            units[rows[busy]] = 0
            rows = rows[busy & kept[rows].any(axis=1)]
        return units, kept

    def _scaled(self, wanted: Floats, inside: Flags, rows: Whole) -> Whole:
        """Units when all gaps shrink alike; where rounding takes too much, with a cent less an order."""
        found = self._shrunk(wanted, inside, rows, self.brokerage)
        paid = np.where(inside, self.cents(found) + self.cost(found, rows), 0).sum(axis=1)
        dear = np.flatnonzero(paid > self.money[rows])
        found[dear] = self._shrunk(wanted[dear], inside[dear], rows[dear], self.brokerage + 1)
        return found

    def _shrunk(self, wanted: Floats, inside: Flags, rows: Whole, fixed: int) -> Whole:
        spendable = np.maximum(0, (self.money[rows] - inside.sum(axis=1) * fixed) / 100 / (1 + self.rate))
        scale = np.minimum(1, spendable / np.maximum(wanted.sum(axis=1), NEAR))
        return self._floor(wanted * scale[:, None] / self.prices, inside, rows)

    def _topped_up(self, gaps: Floats, kept: Flags, units: Whole) -> Whole:
        bought = units.copy()
        missing = np.where(kept, gaps - self.worth(units) / PARTS, -np.inf)
        sequence = np.argsort(-missing, axis=1, kind="stable")
        ranked = np.take_along_axis(missing, sequence, axis=1)
        with np.errstate(invalid="ignore"):
            self._doubt((ranked[:, :-1] - ranked[:, 1:] < NEAR) & np.isfinite(ranked[:, 1:]))
        most = self._floor(gaps / self.prices, kept)
        rows = np.arange(len(bought))
        for place in range(bought.shape[1]):
            etf = sequence[:, place]
            turn = kept[rows, etf]
            paid = self.cents(bought) + self.cost(bought)
            left = self.money - paid.sum(axis=1) + paid[rows, etf]
            count = np.minimum(most[rows, etf], self._most_units(etf, left))
            bought[rows, etf] = np.where(turn, np.maximum(bought[rows, etf], count), bought[rows, etf])
        return bought

    def _most_units(self, etf: Whole, left: Whole) -> Whole:
        """The most units that one order buys for so many cents, its cost included."""
        price = self.price_parts[etf]
        exact = self._units_for(left - self.brokerage, price)
        value = (exact * price + PARTS_OF_A_CENT // 2) // PARTS_OF_A_CENT
        cost = self.brokerage + self.rate * exact * price / PARTS_OF_A_CENT
        self.doubtful |= (np.abs(cost - np.floor(cost) - 0.5) < NEAR) & (self.rate > 0)
        fits = np.where(exact > 0, value + np.floor(cost + 0.5).astype(np.int64), 0) <= left
        most: Whole = np.where(fits, exact, self._units_for(left - self.brokerage - 1, price))
        return most

    def _units_for(self, cents: Whole, price: Whole) -> Whole:
        if not self.rate:
            whole: Whole = np.maximum(0, cents * PARTS_OF_A_CENT // price)
            return whole
        found = cents * PARTS_OF_A_CENT / (price * (1 + self.rate))
        self.doubtful |= np.abs(found - np.rint(found)) < NEAR
        return np.maximum(0, np.floor(found)).astype(np.int64)

    def _floor(self, exact: Floats, counts: Flags, rows: Any = slice(None)) -> Whole:
        """Rounded down; where that matters, a number next to a whole one is a doubt."""
        near = np.abs(exact - np.rint(exact)) < NEAR * np.maximum(1, np.abs(exact))
        self.doubtful[rows] |= (near & counts & (np.rint(exact) > 0)).any(axis=1)
        return np.floor(exact).astype(np.int64)

    def _doubt(self, where: Flags) -> None:
        self.doubtful |= where.any(axis=1)
