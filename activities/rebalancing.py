"""Drift, and the trades against it."""

from activities.context import Context
from activities.registry import implements
from engines import drift
from engines.trading import plan as planning
from engines.trading.orders import Portfolio, Terms
from payloads.rebalancing import CheckDrift, Drift, PlanTrades, Trade, TradePlan


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
    """Plan the orders towards the target."""
    plan = planning.plan_trades(
        Portfolio(ask.positions, ask.prices, ask.cash),
        ask.target,
        Terms(
            brokerage=ask.costs.brokerage,
            rate=ask.costs.rate,
            min_trade=ask.min_trade,
            buffer=ask.buffer,
            min_first_holding=ask.min_first_holding,
            max_weight=ask.max_weight,
        ),
    )
    return TradePlan(
        orders=[
            Trade(
                etf=order.etf,
                side=order.side,
                units=order.units,
                price=order.price,
                value=order.value,
                cost=order.cost,
            )
            for order in plan.orders
        ],
        cash_after=plan.cash_after,
        costs=plan.costs,
        weights_after={etf: float(weight) for etf, weight in plan.weights_after.items()},
        tracking_error=float(plan.tracking_error),
    )
