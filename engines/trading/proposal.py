"""A plan of trades, with the reason for every trade and for every trade that is not made."""

from dataclasses import dataclass, replace
from decimal import Decimal

from engines.trading.decisions import Decision, Planned
from engines.trading.modes import Target, Way
from engines.trading.orders import Portfolio, Terms
from engines.trading.plan import Plan, plan_trades
from engines.trading.weighing import (
    Weighing,
    check_parcels,
    least_worth_it,
    tax_on,
    weighed_buys,
    weighed_sells,
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """The plan, a decision for every ETF held or wanted, and the tax on all sales; None if not weighed."""

    plan: Plan
    decisions: tuple[Decision, ...]
    tax: Decimal | None


def propose(
    portfolio: Portfolio, target: Target, terms: Terms, way: Way, weighing: Weighing | None = None
) -> Proposal:
    """The trades of `way`; weighed, without those that are not worth what they cost.

    Sales that are not worth it are left out first, then purchases one by one; their money goes to the
    others, which are planned and weighed anew.
    """
    planned = Planned(portfolio, target, terms, way, plan_trades(portfolio, target, terms, way))
    if weighing is None:
        return Proposal(planned.plan, planned.with_the_rest(planned.unweighed(), []), None)
    check_parcels(portfolio, weighing)
    refused: dict[str, Decision] = {}
    while True:
        sells, buys = weighed_sells(planned, weighing), weighed_buys(planned, weighing)
        unsold = [one for one in sells if not one.made]
        out = unsold or least_worth_it(buys)
        if not out:
            decisions = planned.with_the_rest([*sells, *buys], list(refused.values()))
            return Proposal(planned.plan, decisions, tax_on(planned.sells, weighing))
        refused |= {one.etf: one for one in out}
        names = {one.etf for one in out}
        way = (
            replace(way, unsold=way.unsold | names) if unsold else replace(way, unbought=way.unbought | names)
        )
        planned = Planned(portfolio, target, terms, way, plan_trades(portfolio, target, terms, way))
