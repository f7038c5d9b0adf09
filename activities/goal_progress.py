"""How far the goals that were planned for a portfolio have come, from the facts of its client."""

from datetime import date
from decimal import Decimal
from typing import Any

from activities.client_facts import facts_of
from activities.context import Context
from activities.goal_planning import MONTHS, steps_of
from activities.portfolios import read
from activities.registry import implements
from activities.valuation import SHARE_PLACES, value
from engines import goal_progress as engine
from payloads.base import cents
from payloads.files.goal_planning import GoalPlanningFile
from payloads.goal_progress import GoalProgress, MeasuredGoals, Milestone
from payloads.portfolios import PortfolioId

PLANNED, REACHED = "GoalPlanned", "GoalMilestoneReached"


@implements("goals.measure_progress")
def measure_progress(ask: PortfolioId, context: Context) -> MeasuredGoals:
    """The plan taken last counts for each goal; a milestone is told of once, by whatever plan."""
    held, worth = read(ask, context), value(ask, context)
    with context.services.database.reading() as tx:
        plans = {
            fact.data["goal_id"]: fact.data
            for fact in facts_of(tx, held.customer_id, PLANNED, context)
            if fact.data["portfolio_id"] == ask.portfolio_id
        }
        told = {
            (fact.data["goal_id"], Decimal(str(fact.data["milestone"])))
            for fact in facts_of(tx, held.customer_id, REACHED, context)
        }
    goals, milestones = [], []
    for goal_id, fact in plans.items():
        plan, there = _plan(fact, context), cents(worth.value * Decimal(str(fact["share"])))
        goals.append(_progress(goal_id, plan, there, worth.valued_on, context))
        known = [share for of, share in told if of == goal_id]
        for share in engine.reached(plan, there, worth.valued_on, _rules(context).milestones, known):
            target = engine.target_on(plan, worth.valued_on)
            milestones.append(Milestone(goal_id=goal_id, milestone=share, value=there, target=target))
    return MeasuredGoals(
        portfolio_id=ask.portfolio_id,
        customer_id=held.customer_id,
        as_of=worth.valued_on,
        goals=goals,
        milestones=milestones,
    )


def _progress(
    goal_id: str, plan: engine.Planned, there: Decimal, day: date, context: Context
) -> GoalProgress:
    expected = Decimal(repr(engine.expected(plan, day)))
    tolerated, target = _rules(context).tolerance.value, engine.target_on(plan, day)
    return GoalProgress(
        goal_id=goal_id,
        value=there,
        expected=cents(expected),
        target=target,
        reached=None if target is None else round(there / target, SHARE_PLACES),
        on_track=there >= expected * (1 - tolerated),
    )


def _plan(fact: dict[str, Any], context: Context) -> engine.Planned:
    rules = _rules(context)
    target, drawn = fact["target"], rules.types[fact["goal_type"]].needs == "withdrawals"
    return engine.Planned(
        planned_on=date.fromisoformat(fact["planned_on"]),
        initial=Decimal(str(fact["initial"])),
        monthly=Decimal(str(fact["monthly_contribution"])),
        target=None if target is None else Decimal(str(target)),
        earned=_earned(fact, rules),
        drawn=Decimal(str(fact["amount"])) / MONTHS if drawn else Decimal(0),
        inflation=float(rules.inflation.value),
    )


def _earned(fact: dict[str, Any], rules: GoalPlanningFile) -> list[engine.Earned]:
    """By the strategy and, where the goal's type has one, its glide path."""
    months, kept = round(float(fact["years"]) * MONTHS), 1 - float(rules.annual_fee.value)
    return [
        engine.Earned(step.month, (1 + step.expected.expected_return) * kept - 1)
        for step in steps_of(fact["goal_type"], fact["strategy"], months, rules)
    ]


def _rules(context: Context) -> GoalPlanningFile:
    return context.catalogue.read("goal_planning", GoalPlanningFile)
