"""Whether an order is worth what it costs.

    EngineError
    └── MissingParcels   an ETF is held whose parcels do not cover the units

An order is made where what it is worth exceeds its cost and the tax on the parcels that it sells:

    worth = rate · money by which its ETF comes nearer to its target
    tax   = marginal rate · net capital gain of the sales made with it, less that of those made without it

Sales are looked at from the least taxed on, so that losses are there for the gains after them. Which parcels
go is chosen as it will be when they are booked. What cash is short of is sold, and an ETF that has drifted
further than `always_beyond` traded, whatever it costs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from engines.errors import EngineError
from engines.tax.gain_lines import Line, lines_of
from engines.tax.gain_rules import GainRules
from engines.tax.parcel_choice import oldest_first, taken_in_order
from engines.tax.parcels import Disposal, Parcel, Taken
from engines.trading.decisions import Decision, Planned, Reason
from engines.trading.orders import CENT, NO_MONEY, Order, Portfolio


class MissingParcels(EngineError):
    """An ETF is held whose parcels do not cover the units."""


Choose = Callable[[Sequence[Parcel], Sequence[Disposal]], Sequence[Taken]]
"""Chooses the parcels of sales."""


def oldest(parcels: Sequence[Parcel], sales: Sequence[Disposal]) -> Sequence[Taken]:
    """First in, first out."""
    return taken_in_order(parcels, sales, oldest_first)


@dataclass(frozen=True, slots=True)
class Weighing:
    """What being nearer to the target is worth, and how sales are taxed.

    `rate` is AUD a year for each AUD; `always_beyond` is a drift, a share of the whole.
    """

    rate: Decimal
    always_beyond: Decimal
    parcels: Sequence[Parcel]
    rules: GainRules
    marginal_rate: Decimal
    as_of: date
    choose: Choose = oldest


def check_parcels(portfolio: Portfolio, weighing: Weighing) -> None:
    """MissingParcels where some of what is held was bought nobody knows when."""
    for etf, held in sorted(portfolio.positions.items()):
        there = [one for one in weighing.parcels if one.etf == etf and one.acquired <= weighing.as_of]
        covered = sum((one.units for one in there), NO_MONEY)
        if covered < held:
            raise MissingParcels(
                f"the parcels of {etf} bought up to {weighing.as_of} cover {covered} of {held} units; "
                "list all of them",
                "tax.parcels",
            )


def weighed_sells(planned: Planned, weighing: Weighing) -> list[Decision]:
    """The sales from the least taxed on, each weighed with the tax that it adds to those made before."""

    def rank(one: Order) -> tuple[bool, Decimal, str]:
        alone = tax_on([one], weighing) / (one.units * one.price)
        return not planned.raises_cash(one), alone, one.etf

    kept, so_far, decisions = list[Order](), NO_MONEY, list[Decision]()
    for one in sorted(planned.sells, key=rank):
        tax = tax_on([*kept, one], weighing)
        decision = _weighed(one, tax - so_far, planned, weighing)
        decisions.append(replace(decision, lines=_lines([one], weighing)))
        if decision.made:
            kept, so_far = [*kept, one], tax
    return decisions


def weighed_buys(planned: Planned, weighing: Weighing) -> list[Decision]:
    """The purchases; nothing of them is taxed."""
    return [_weighed(one, NO_MONEY, planned, weighing) for one in planned.buys]


def least_worth_it(decisions: Sequence[Decision]) -> list[Decision]:
    """The one that is not worth its cost by the most; none where all are made."""
    return sorted((one for one in decisions if not one.made), key=_surplus)[:1]


def tax_on(sales: Sequence[Order], weighing: Weighing) -> Decimal:
    """The tax on these sales together, in cents; a loss that is left over saves nothing."""
    if not sales:
        return NO_MONEY
    gained = weighing.rules.settle(_lines(sales, weighing), NO_MONEY).net_capital_gain
    return _cents(Fraction(weighing.marginal_rate) * Fraction(gained))


def _weighed(one: Order, tax: Decimal, planned: Planned, weighing: Weighing) -> Decision:
    worth = _cents(Fraction(weighing.rate) * _nearer(one, planned))
    made = True
    if planned.raises_cash(one):
        reason = Reason.RAISES_CASH
    elif abs(planned.drifts[one.etf]) > Fraction(weighing.always_beyond):
        reason = Reason.BEYOND_LIMIT
    else:
        made = worth > one.cost + tax
        reason = Reason.WORTH_IT if made else Reason.NOT_WORTH_IT
    return replace(planned.decision(one, reason, made=made), worth=worth, tax=tax)


def _nearer(one: Order, planned: Planned) -> Fraction:
    """The money by which the order's ETF comes nearer to its target."""
    sign = 1 if one.side == "sell" else -1
    apart = sign * planned.drifts[one.etf] * planned.portfolio.whole
    return max(Fraction(0), min(Fraction(one.value), apart))


def _surplus(one: Decision) -> tuple[Decimal, str]:
    assert one.order is not None
    assert one.worth is not None
    return one.worth - one.order.cost, one.etf


def _lines(sales: Sequence[Order], weighing: Weighing) -> tuple[Line, ...]:
    """The parcels that these sales take."""
    disposals = [Disposal(one.etf, Decimal(one.units), weighing.as_of, one.value - one.cost) for one in sales]
    taken = weighing.choose(weighing.parcels, disposals)
    return lines_of(weighing.parcels, disposals, taken, weighing.rules)


def _cents(amount: Fraction) -> Decimal:
    return (Decimal(amount.numerator) / Decimal(amount.denominator)).quantize(CENT, ROUND_HALF_UP)
