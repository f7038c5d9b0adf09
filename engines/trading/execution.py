"""How well orders were executed: against the price when they were decided, and against the market's average.

    EngineError
    └── OverFilled   an order with more units filled than were ordered

Everything is a cost: positive is worse than the benchmark, negative is better, for buys and sells alike.
Implementation shortfall after A. F. Perold, "The implementation shortfall: paper versus reality", Journal of
Portfolio Management 14(3), 1988: what the decision would have brought at the price when it was made, less
what it brought; its parts are execution, opportunity and explicit cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from engines.errors import EngineError
from engines.trading.orders import Side

BPS = 10_000


class OverFilled(EngineError):
    """An order with more units filled than were ordered."""


@dataclass(frozen=True, slots=True)
class Traded:
    """Units that changed hands at a price: a fill of ours, or a trade of the market's tape."""

    units: int
    price: Decimal
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Executed:
    """An order and what became of it; prices per unit, `brokerage` money from 0 up.

    `arrival` is the market's price when it was decided, `closing` the one that what did not fill is
    measured by: None where nobody knows it.
    """

    side: Side
    ordered: int
    arrival: Decimal
    fills: Sequence[Traded]
    brokerage: Decimal = Decimal(0)
    closing: Decimal | None = None
    decided_at: datetime | None = None

    @property
    def filled(self) -> int:
        """Units that filled."""
        return sum(fill.units for fill in self.fills)

    @property
    def paid(self) -> Fraction:
        """Units times price over the fills."""
        return sum((fill.units * Fraction(fill.price) for fill in self.fills), Fraction(0))


@dataclass(frozen=True, slots=True)
class Cost:
    """Money that something cost against a benchmark, and the money at the benchmark's price."""

    money: Fraction
    of: Fraction

    @property
    def bps(self) -> Fraction | None:
        """Basis points of the benchmark; None of nothing."""
        return self.money / self.of * BPS if self.of else None

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.money + other.money, self.of + other.of)


NO_COST = Cost(Fraction(0), Fraction(0))


@dataclass(frozen=True, slots=True)
class Quality:
    """What an order cost. `vwap` is the market's average price while it was worked, None without trades.

    `execution` is against arrival and `against_vwap` against `vwap`, both over what filled; `opportunity`
    is what the rest would have brought by the closing price, None if that is not known. `shortfall` is
    execution, opportunity and brokerage over the whole order at the arrival price.
    """

    vwap: Fraction | None
    execution: Cost
    against_vwap: Cost | None
    opportunity: Cost | None
    shortfall: Cost | None


def quality(order: Executed, tape: Sequence[Traded] = ()) -> Quality:
    """The costs of one order; of `tape`, the market's trades in its ETF, those count while it was worked.

    >>> fills = [Traded(800, Decimal("50.10"))]
    >>> found = quality(Executed("buy", 1000, Decimal(50), fills, Decimal(20), closing=Decimal("50.50")))
    >>> [str(found.shortfall.money), str(found.shortfall.bps)]
    ['200', '40']
    """
    if order.filled > order.ordered:
        raise OverFilled(f"{order.filled} units filled of {order.ordered} ordered", "fills")
    sign = 1 if order.side == "buy" else -1
    arrival = Fraction(order.arrival)
    execution = Cost(sign * (order.paid - order.filled * arrival), order.filled * arrival)
    average = vwap(_while_worked(order, tape)) if order.filled else None
    opportunity = _opportunity(order, sign)
    return Quality(
        vwap=average,
        execution=execution,
        against_vwap=None
        if average is None
        else Cost(sign * (order.paid - order.filled * average), order.filled * average),
        opportunity=opportunity,
        shortfall=None
        if opportunity is None
        else Cost(execution.money + opportunity.money + Fraction(order.brokerage), order.ordered * arrival),
    )


def vwap(trades: Sequence[Traded]) -> Fraction | None:
    """The average price by units; None of no trades."""
    units = sum(trade.units for trade in trades)
    value = sum((trade.units * Fraction(trade.price) for trade in trades), Fraction(0))
    return value / units if units else None


def _opportunity(order: Executed, sign: int) -> Cost | None:
    left = order.ordered - order.filled
    base = left * Fraction(order.arrival)
    if not left:
        return Cost(Fraction(0), base)
    if order.closing is None:
        return None
    return Cost(sign * left * (Fraction(order.closing) - Fraction(order.arrival)), base)


def _while_worked(order: Executed, tape: Sequence[Traded]) -> list[Traded]:
    """Trades from the decision to the last fill, both included, as far as the moments are known."""
    ends = [fill.at for fill in order.fills if fill.at is not None]
    last = max(ends) if len(ends) == len(order.fills) else None
    return [
        trade
        for trade in tape
        if trade.at is None
        or ((order.decided_at is None or trade.at >= order.decided_at) and (last is None or trade.at <= last))
    ]
