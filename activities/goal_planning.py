"""Plans of goals by the rules of the release."""

from decimal import Decimal

from activities.context import Context
from activities.registry import implements
from activities.risk import categories_from
from engines import goal_planning as engine
from engines.glide_path import Expected, Step, glide_path
from engines.questionnaire import category_of
from payloads.base import cents
from payloads.files.goal_planning import Assumed, Category, GoalPlanningFile, GoalType
from payloads.files.questionnaire import QuestionnaireFile
from payloads.goal_planning import GoalPlan, PlanGoal, Strategy
from payloads.goal_simulation import MOST_MONTHS, GlideStep, Guardrails, Withdrawal

MONTHS = 12


@implements("goals.plan")
def plan(ask: PlanGoal, context: Context) -> GoalPlan:
    """The plan after its first `turn` adjustments."""
    rules, goal = context.catalogue.read("goal_planning", GoalPlanningFile), ask.goal
    changes = _changes(ask, rules)
    months = engine.months_between(ask.as_of, goal.target_date)
    engine.hold_within(months, changes, MOST_MONTHS)
    multiple = _multiple(goal.goal_type, rules)
    asked = engine.Plan(ask.initial, ask.monthly_contribution, goal.target_amount, months, multiple=multiple)
    now, made = engine.adjusted(asked, changes, ask.turn)
    target, withdrawal, needed = _needs(ask, now, rules)
    return GoalPlan(
        goal_id=goal.goal_id,
        goal_type=goal.goal_type,
        amount=cents(now.amount),
        years=now.months / MONTHS,
        initial=now.initial,
        monthly_contribution=cents(now.monthly),
        target=target,
        withdrawal=withdrawal,
        inflation=float(rules.inflation.value),
        annual_fee=float(rules.annual_fee.value),
        gap=cents(engine.gap(now.initial, now.monthly, needed, now.months)),
        strategies=_strategies(ask, now, rules, context),
        adjustments=made,
        more=ask.turn < len(engine.sequence(changes)),
    )


def _changes(ask: PlanGoal, rules: GoalPlanningFile) -> list[engine.Change]:
    """What may change in this goal's plan; a rigid goal keeps date, amount and risk."""
    found = [(name, rules.adjustments[name]) for name in rules.types[ask.goal.goal_type].adjustments]
    return [
        engine.Change(name, change.step.value, change.most)
        for name, change in found
        if change.rigid or ask.goal.flexibility == "flexible"
    ]


def _multiple(goal_type: GoalType, rules: GoalPlanningFile) -> Decimal:
    """The capital that an AUD of the amount takes: 1, or what a yearly income of 1 can be drawn from."""
    return 1 / rules.sustainable_rate.value if rules.types[goal_type].needs == "income" else Decimal(1)


def _needs(
    ask: PlanGoal, now: engine.Plan, rules: GoalPlanningFile
) -> tuple[Decimal | None, Withdrawal | None, Decimal]:
    """Capital at the end, what is drawn on the way, and what of either is needed in all."""
    match rules.types[ask.goal.goal_type].needs:
        case "capital":
            return cents(now.amount), None, now.amount
        case "income":
            capital = now.amount * now.multiple
            return cents(capital), None, capital
        case "withdrawals":
            guardrails = Guardrails.model_validate(rules.guardrails.model_dump()) if ask.guarded else None
            drawn = Withdrawal(
                amount=cents(now.amount / MONTHS), every="month", indexed=True, guardrails=guardrails
            )
            return None, drawn, now.amount * now.months / MONTHS


def _strategies(ask: PlanGoal, now: engine.Plan, rules: GoalPlanningFile, context: Context) -> list[Strategy]:
    """Those up to the client's own category, and as many above it as the plan goes beyond it."""
    categories = categories_from(context.catalogue.read("questionnaire", QuestionnaireFile))
    own = categories.index(category_of(ask.risk_score, categories))
    names = [category.name for category in categories[: own + 1 + now.riskier]]
    return [
        _strategy(name, steps_of(ask.goal.goal_type, name, now.months, rules))
        for name in rules.strategies
        if name in names
    ]


def steps_of(goal_type: GoalType, name: Category, months: int, rules: GoalPlanningFile) -> list[Step]:
    """What a strategy is expected to earn, from month 0 on, with the glide path of the goal's type."""
    own, glide = _expected(rules.strategies[name]), rules.types[goal_type].glide
    if glide is None:
        return [Step(0, own)]
    return glide_path(own, _expected(rules.strategies[glide.to]), months, glide.years)


def _strategy(name: Category, steps: list[Step]) -> Strategy:
    first, *later = steps
    return Strategy(
        name=name,
        expected_return=first.expected.expected_return,
        volatility=first.expected.volatility,
        glide_path=[
            GlideStep(
                from_year=step.month / MONTHS,
                expected_return=step.expected.expected_return,
                volatility=step.expected.volatility,
            )
            for step in later
        ],
    )


def _expected(found: Assumed) -> Expected:
    return Expected(found.expected_return, found.volatility)
