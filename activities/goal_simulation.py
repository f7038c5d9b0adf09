"""Goals simulated on drawn or remembered markets."""

from decimal import ROUND_CEILING, Decimal
from typing import Any

import numpy as np

from activities.context import Context
from activities.registry import implements
from engines import goal_simulation as engine
from engines.paths import MONTHS, Bootstrap, Growth, Historical, Lognormal
from payloads.base import CENT, LARGEST_AMOUNT
from payloads.goal_simulation import FanMonth, Percentiles, SimulatedGoal, SimulateGoal


@implements("goals.simulate")
def simulate(ask: SimulateGoal, context: Context) -> SimulatedGoal:
    """Walk the plan through all paths."""
    plan = plan_of(ask)
    growth = growth_of(ask, plan.months)
    outcome = engine.simulate(plan, growth)
    share, error = (None, None) if outcome.success is None else engine.share_and_error(outcome.success)
    enough = None
    if outcome.enough is not None:
        enough = engine.required_contribution(outcome.enough, ask.success_target)
    fan = [FanMonth(month=month, **_named(band)) for month, band in enumerate(outcome.bands, start=1)]
    return SimulatedGoal(
        success_probability=share,
        standard_error=error,
        percentiles=Percentiles(**_named(outcome.bands[-1])),
        mean=_money(outcome.final.mean()),
        required_return=engine.required_return(plan),
        required_contribution=None if enough is None else _up_to_the_cent(enough),
        fan=fan,
        paths=growth.paths,
    )


def plan_of(ask: SimulateGoal) -> engine.Plan:
    """The plan as the engine takes it."""
    initial, taken = float(ask.initial), ask.withdrawal
    amount = 0.0
    if taken is not None:
        amount = float(taken.amount) if taken.amount is not None else (taken.rate or 0.0) * initial
    return engine.plan(
        initial=initial,
        months=round(ask.years * MONTHS),
        monthly_contribution=float(ask.monthly_contribution),
        withdrawal=amount,
        withdrawn_every=1 if taken is not None and taken.every == "month" else MONTHS,
        withdrawal_indexed=taken is not None and taken.indexed,
        inflation=ask.inflation,
        annual_fee=ask.annual_fee,
        target=None if ask.target is None else float(ask.target),
    )


def growth_of(ask: SimulateGoal, months: int) -> Growth:
    """Where the growth of each month comes from."""
    if ask.method == "lognormal":
        assert ask.expected_return is not None
        assert ask.volatility is not None
        return Lognormal(ask.expected_return, ask.volatility, ask.paths, ask.seed)
    returns = np.array(ask.returns)
    if ask.method == "bootstrap":
        return Bootstrap(returns, ask.block, ask.paths, ask.seed)
    return Historical(returns, months)


def _named(band: Any) -> dict[str, Decimal]:
    return {f"p{share}": _money(value) for share, value in zip(engine.PERCENTILES, band, strict=True)}


def _up_to_the_cent(amount: float) -> Decimal:
    """A payment rounded down would satisfy a path too few. What is too large is left to be refused."""
    exact = _money(amount)
    return exact if exact >= LARGEST_AMOUNT else exact.quantize(CENT, ROUND_CEILING)


def _money(amount: float) -> Decimal:
    return Decimal(repr(float(amount)))
