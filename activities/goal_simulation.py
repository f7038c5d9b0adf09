"""Goals simulated on drawn or remembered markets."""

from decimal import ROUND_CEILING, Decimal
from typing import Any

import numpy as np

from activities.context import Context
from activities.registry import implements
from engines import goal_requirements as requirements
from engines import goal_simulation as engine
from engines.guardrails import GuardedSpending, Guardrails
from engines.paths import MONTHS, Bootstrap, Growth, Historical, Lognormal, Phase
from payloads.base import CENT
from payloads.goal_simulation import FanMonth, GuardedWithdrawals, Percentiles, SimulatedGoal, SimulateGoal
from payloads.goal_simulation import Guardrails as GivenGuardrails
from payloads.plain_json import LARGEST_AMOUNT


@implements("goals.simulate")
def simulate(ask: SimulateGoal, context: Context) -> SimulatedGoal:
    """Walk the plan through all paths."""
    plan = plan_of(ask)
    growth = growth_of(ask, plan.months)
    outcome = engine.simulate(plan, growth)
    share, error = (None, None) if outcome.success is None else requirements.share_and_error(outcome.success)
    fan = [FanMonth(month=month, **_named(band)) for month, band in enumerate(outcome.bands, start=1)]
    return SimulatedGoal(
        success_probability=share,
        standard_error=error,
        percentiles=Percentiles(**_named(outcome.bands[-1])),
        mean=_money(outcome.final.mean()),
        required_return=requirements.required_return(plan),
        required_contribution=_up_to_the_cent(_required_contribution(ask, plan, growth, outcome)),
        required_initial=required_initial(ask, outcome),
        guarded=None if outcome.spending is None else _guarded(outcome.spending),
        fan=fan,
        paths=growth.paths,
    )


def _required_contribution(
    ask: SimulateGoal, plan: engine.Plan, growth: Growth, outcome: engine.Outcome
) -> float | None:
    if outcome.enough is not None:
        return requirements.least_of(outcome.enough, ask.success_target)
    if outcome.spending is not None:
        return requirements.searched_contribution(plan, growth, ask.success_target)
    return None


def required_initial(ask: SimulateGoal, outcome: engine.Outcome) -> Decimal | None:
    """The least amount at first that is enough; None where none can be told."""
    if outcome.enough_at_first is None or (ask.withdrawal is not None and ask.withdrawal.rate is not None):
        return None
    return _up_to_the_cent(requirements.least_of(outcome.enough_at_first, ask.success_target))


def _guarded(spending: GuardedSpending) -> GuardedWithdrawals:
    return GuardedWithdrawals(
        cut_probability=float(spending.was_cut.mean()),
        raise_probability=float(spending.was_raised.mean()),
        last=Percentiles(**_named(engine.percentile_of(spending.last(), engine.PERCENTILES))),
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
        guardrails=None if taken is None or taken.guardrails is None else _guardrails(taken.guardrails),
    )


def _guardrails(rules: GivenGuardrails) -> Guardrails:
    return Guardrails(
        cut_above=rules.cut_above,
        cut_by=rules.cut_by,
        raise_below=rules.raise_below,
        raise_by=rules.raise_by,
        no_cuts_in_last=rules.no_cuts_in_last_years * MONTHS,
    )


def growth_of(ask: SimulateGoal, months: int) -> Growth:
    """Where the growth of each month comes from."""
    if ask.method == "lognormal":
        assert ask.expected_return is not None
        assert ask.volatility is not None
        later = tuple(
            Phase(round(step.from_year * MONTHS), step.expected_return, step.volatility)
            for step in ask.glide_path or ()
        )
        return Lognormal(ask.expected_return, ask.volatility, ask.paths, ask.seed, later)
    returns = np.array(ask.returns)
    if ask.method == "bootstrap":
        return Bootstrap(returns, ask.block, ask.paths, ask.seed)
    return Historical(returns, months)


def _named(band: Any) -> dict[str, Decimal]:
    return {f"p{share}": _money(value) for share, value in zip(engine.PERCENTILES, band, strict=True)}


def _up_to_the_cent(amount: float | None) -> Decimal | None:
    """A payment rounded down would satisfy a path too few. What is too large is left to be refused."""
    if amount is None:
        return None
    exact = _money(amount)
    return exact if exact >= LARGEST_AMOUNT else exact.quantize(CENT, ROUND_CEILING)


def _money(amount: float) -> Decimal:
    return Decimal(repr(float(amount)))
