"""Which units to buy with the money there is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from engines.trading.orders import CENT, Portfolio, Terms, cash_effect
from engines.trading.sells import investable


@dataclass(frozen=True, slots=True)
class Purchases:
    """Units by ETF; `too_small` are first holdings that could not be made large enough."""

    units: Mapping[str, int]
    too_small: tuple[str, ...]


def units_to_buy(
    portfolio: Portfolio,
    terms: Terms,
    wanted: Mapping[str, Fraction],
    sold: Mapping[str, int],
    money: Fraction,
    unbought: Collection[str] = (),
) -> Purchases:
    """Units by ETF that `money` buys, costs included, none of them above its target.

    Of those in `unbought` nothing is bought.
    """
    base = _after_costs(portfolio, terms, wanted, sold)
    gaps = _shortfalls(portfolio, terms, wanted, base)
    open_gaps = {etf: gap for etf, gap in gaps.items() if etf not in unbought}
    return units_within(portfolio, terms, open_gaps, money, base)


def units_within(
    portfolio: Portfolio, terms: Terms, gaps: Mapping[str, Fraction], money: Fraction, base: Fraction
) -> Purchases:
    """Units by ETF that `money` buys, costs included, none of them worth more than its gap.

    The gaps shrink alike until money suffices, units are rounded down, and what is left goes to the
    largest gap. Only a first holding that falls below its least value is rounded up, by one unit, if the
    money allows and neither `max_weight` of `base` nor what a group may weigh of it is passed.
    """
    units = _affordable(portfolio, terms, gaps, money)
    units, too_small = _first_holdings_filled(portfolio, terms, units, money, base)
    return Purchases(_topped_up(portfolio, terms, units, gaps, money), too_small)


def _after_costs(
    portfolio: Portfolio, terms: Terms, wanted: Mapping[str, Fraction], sold: Mapping[str, int]
) -> Fraction:
    """The money of which targets are shares once all orders have paid their costs."""
    before_costs = _shortfalls(portfolio, terms, wanted, investable(portfolio, terms, wanted))
    moved = [*before_costs.values(), *(portfolio.worth(etf, units) for etf, units in sold.items())]
    costs = sum(map(terms.cost, moved), Fraction(0))
    return investable(portfolio, terms, wanted, costs)


def _shortfalls(
    portfolio: Portfolio, terms: Terms, wanted: Mapping[str, Fraction], base: Fraction
) -> dict[str, Fraction]:
    """Gaps that a unit fits into, and every gap of a first holding that must reach its least value."""
    gaps = {etf: weight * base - portfolio.value(etf) for etf, weight in wanted.items()}
    return {
        etf: gap
        for etf, gap in gaps.items()
        if gap >= Fraction(portfolio.prices[etf]) or (gap > 0 and _must_be_large(portfolio, terms, etf))
    }


def _must_be_large(portfolio: Portfolio, terms: Terms, etf: str) -> bool:
    return terms.min_first_holding > 0 and not portfolio.held(etf)


def _affordable(
    portfolio: Portfolio, terms: Terms, gaps: Mapping[str, Fraction], money: Fraction
) -> dict[str, int]:
    """Units of each buy when all gaps shrink alike until money and costs suffice.

    Buys that come to nothing, or to less than `min_trade`, are dropped one at a time, the smallest
    first, because each one dropped leaves its brokerage to the others.
    """
    kept = dict(gaps)
    while kept:
        units = _scaled(portfolio, terms, kept, money)
        idle = [
            etf
            for etf, count in units.items()
            if not _must_be_large(portfolio, terms, etf)
            and (not count or portfolio.worth(etf, count) < terms.min_trade)
        ]
        if not idle:
            return units
        del kept[min(idle, key=lambda etf: (kept[etf], etf))]
    return {}


def _scaled(
    portfolio: Portfolio, terms: Terms, gaps: Mapping[str, Fraction], money: Fraction
) -> dict[str, int]:
    units = _shrunk(portfolio, terms, gaps, money, terms.brokerage)
    if -cash_effect(portfolio, terms, "buy", units) <= money:
        return units
    # A cent an order covers the rounding of its value and its cost.
    return _shrunk(portfolio, terms, gaps, money, terms.brokerage + CENT)


def _shrunk(
    portfolio: Portfolio, terms: Terms, gaps: Mapping[str, Fraction], money: Fraction, fixed: Decimal
) -> dict[str, int]:
    """Units when each order costs `fixed`, and its rate."""
    spendable = max(Fraction(0), (money - len(gaps) * Fraction(fixed)) / (1 + Fraction(terms.rate)))
    scale = min(Fraction(1), spendable / sum(gaps.values(), Fraction(0)))
    return {etf: int(gap * scale // Fraction(portfolio.prices[etf])) for etf, gap in gaps.items()}


def _first_holdings_filled(
    portfolio: Portfolio, terms: Terms, units: Mapping[str, int], money: Fraction, base: Fraction
) -> tuple[dict[str, int], tuple[str, ...]]:
    """`units` with first holdings rounded up to their least value; and those that cannot be.

    No rounding up passes what one holding, or a group, may be worth of `base`.
    """
    filled, too_small = dict(units), []
    least = max(terms.min_first_holding, terms.min_trade)
    ceiling = Fraction(terms.max_weight) * base
    for etf in sorted(units):
        if not _must_be_large(portfolio, terms, etf) or portfolio.worth(etf, filled[etf]) >= least:
            continue
        rounded_up = {**filled, etf: filled[etf] + 1}
        affordable = -cash_effect(portfolio, terms, "buy", rounded_up) <= money
        large_enough = least <= portfolio.worth(etf, rounded_up[etf]) <= ceiling
        if affordable and large_enough and _within_groups(portfolio, terms, etf, rounded_up, base):
            filled = rounded_up
        else:
            too_small.append(etf)
    return filled, tuple(too_small)


def _within_groups(
    portfolio: Portfolio, terms: Terms, etf: str, bought: Mapping[str, int], base: Fraction
) -> bool:
    """Whether every group that the ETF belongs to weighs no more than it may."""
    held = {one: portfolio.held(one) + count for one, count in bought.items()} | {
        one: units for one, units in portfolio.positions.items() if one not in bought
    }
    worth = {one: float(portfolio.worth(one, units)) for one, units in held.items()}
    return all(group.of(worth) <= group.most * float(base) for group in terms.groups if etf in group.shares)


def _topped_up(
    portfolio: Portfolio,
    terms: Terms,
    units: Mapping[str, int],
    gaps: Mapping[str, Fraction],
    money: Fraction,
) -> dict[str, int]:
    """`units`, and what the money left still buys of whatever lies furthest below its target."""
    bought = dict(units)
    missing = {etf: gaps[etf] - portfolio.worth(etf, count) for etf, count in units.items()}
    for etf in sorted(bought, key=lambda etf: (-missing[etf], etf)):
        others = {other: count for other, count in bought.items() if other != etf}
        left = money + cash_effect(portfolio, terms, "buy", others)
        within_target = int(gaps[etf] // Fraction(portfolio.prices[etf]))
        affordable = _most_units(portfolio, terms, etf, left)
        bought[etf] = max(bought[etf], min(within_target, affordable))
    return bought


def _most_units(portfolio: Portfolio, terms: Terms, etf: str, money: Fraction) -> int:
    """The most units that one order buys for `money`, its cost included."""
    unit = Fraction(portfolio.prices[etf]) * (1 + Fraction(terms.rate))
    exact = max(0, int((money - Fraction(terms.brokerage)) // unit))
    if -cash_effect(portfolio, terms, "buy", {etf: exact}) <= money:
        return exact
    # Value and cost were both rounded up to the cent.
    return max(0, int((money - Fraction(terms.brokerage + CENT)) // unit))
