"""Drift, and the trades against it."""

from activities.context import Context
from activities.group_limits import groups_from
from activities.registry import implements
from activities.repeated import refuse_repeated
from activities.trade_plans import plan_of, way_of, weighing_of
from engines import drift
from engines.tax.parcels import Parcel
from engines.trading.orders import Portfolio, Terms
from engines.trading.proposal import propose
from engines.trading.weighing import Weighing
from payloads.rebalancing import CheckDrift, Drift, PlanTrades, TaxOnSales, TradePlan


@implements("rebalancing.check")
def check(ask: CheckDrift, context: Context) -> Drift:
    """Hold weights against their bands."""
    band = drift.Band(ask.band.absolute, ask.band.relative, ask.band.floor)
    found = drift.check_drift(ask.current, ask.target, band)
    return Drift(
        rebalance_needed=bool(found.breaches),
        drifts=dict(found.drifts),
        bands=dict(found.bands),
        breaches=list(found.breaches),
        total_drift=found.total,
    )


@implements("rebalancing.plan_trades")
def plan_trades(ask: PlanTrades, context: Context) -> TradePlan:
    """Plan the orders towards the target, weighed against tax where the parcels are told."""
    weighing, assumptions = (None, list[str]()) if ask.tax is None else _weighing(ask.tax, context)
    found = propose(
        Portfolio(ask.positions, ask.prices, ask.cash),
        ask.target,
        Terms(
            brokerage=ask.costs.brokerage,
            rate=ask.costs.rate,
            min_trade=ask.min_trade,
            buffer=ask.buffer,
            min_first_holding=ask.min_first_holding,
            max_weight=ask.max_weight,
            groups=groups_from(ask.groups),
        ),
        way_of(ask, context.catalogue),
        weighing,
    )
    return plan_of(found, ask.mode, assumptions)


def _weighing(tax: TaxOnSales, context: Context) -> tuple[Weighing, list[str]]:
    refuse_repeated("parcel", [parcel.id for parcel in tax.parcels], "tax.parcels")
    parcels = [
        Parcel(parcel.id, parcel.etf, parcel.units, parcel.acquired, parcel.cost_base)
        for parcel in tax.parcels
    ]
    return weighing_of(
        context.catalogue,
        parcels,
        tax.marginal_rate,
        tax.as_of,
        tax.method,
        tax.benefit_rate,
        tax.always_beyond,
    )
