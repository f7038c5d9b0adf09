"""Several goals on one portfolio: what each needs, and what of it there is."""

from decimal import Decimal

from activities.context import Context
from activities.goal_planning import plan
from activities.goal_simulation import growth_of, plan_of, required_initial
from activities.registry import implements
from engines.goal_planning import GoalTooFar
from engines.goal_simulation import simulate
from engines.goals import GoalInPast
from payloads.goal_planning import GoalPlan, PlanGoal, PlannedGoal, Strategy
from payloads.goal_shares import GoalShare, SharedOut, ShareOut
from payloads.goal_simulation import SimulateGoal


@implements("goals.share_out")
def share_out(ask: ShareOut, context: Context) -> SharedOut:
    """Serve one goal after the other, each with the least that is likely enough to do."""
    left, shares = ask.value, []
    for place, goal in enumerate(ask.goals):
        needed = _needed(ask, goal, place, context)
        reserved = min(needed, left)
        left -= reserved
        shares.append(
            GoalShare(goal_id=goal.goal_id, needed=needed, reserved=reserved, covered=reserved == needed)
        )
    return SharedOut(shares=shares, left=left)


def _needed(ask: ShareOut, goal: PlannedGoal, place: int, context: Context) -> Decimal:
    """The least of what the strategies ask for that suit the client."""
    asked = PlanGoal(goal=goal, initial=Decimal(0), risk_score=ask.risk_score, as_of=ask.as_of)
    try:
        found = plan(asked, context)
    except (GoalInPast, GoalTooFar) as refused:
        raise type(refused)(refused.message, f"goals[{place}].target_date") from refused
    return min(_least(ask, found, strategy) for strategy in found.strategies)


def _least(ask: ShareOut, found: GoalPlan, strategy: Strategy) -> Decimal:
    simulated = SimulateGoal(
        initial=Decimal(0),
        years=found.years,
        expected_return=strategy.expected_return,
        volatility=strategy.volatility,
        glide_path=strategy.glide_path,
        target=found.target,
        withdrawal=found.withdrawal,
        inflation=found.inflation,
        annual_fee=found.annual_fee,
        success_target=ask.success_target,
        seed=ask.seed,
    )
    walked = plan_of(simulated)
    needed = required_initial(simulated, simulate(walked, growth_of(simulated, walked.months), ()))
    assert needed is not None  # a goal has a target or withdrawals of an amount
    return needed
