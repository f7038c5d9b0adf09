"""Plans of goals: what each needs, which strategies suit, and what changes while it is not enough."""

from typing import Annotated

from pydantic import Field

from payloads.base import Amount, Flag, Fraction, Identifier, IsoDate, Payload, Real, Whole
from payloads.bounds import MoneyFromZero, PositiveMoney
from payloads.entry import DeclaredError, Entry
from payloads.files.goal_planning import Adjustment, Category, GoalType
from payloads.goal_simulation import GlideStep, Withdrawal
from payloads.goals import Flexibility
from payloads.risk import RiskScore


class PlannedGoal(Payload):
    """What the client wants: an amount at a date, or so much a year from it or until it."""

    goal_id: Identifier
    goal_type: GoalType
    target_amount: PositiveMoney = Field(description="in today's money; of retirement and income a year's")
    target_date: IsoDate
    flexibility: Flexibility = "flexible"


class PlanGoal(Payload):
    """A goal, the money for it, and how many adjustments the plan has had."""

    goal: PlannedGoal
    initial: MoneyFromZero
    monthly_contribution: MoneyFromZero = Field(default=0, validate_default=True)
    risk_score: RiskScore
    as_of: IsoDate
    turn: Annotated[Whole, Field(ge=0, le=1000, description="adjustments made so far")] = 0
    guarded: Flag = Field(False, description="withdrawals follow the market, by the catalogue's guardrails")


class Strategy(Payload):
    """A way to invest, by its risk category; `glide_path` says how it changes before the goal's day."""

    name: Category
    expected_return: Real = Field(description="a year's, at first")
    volatility: Fraction = Field(description="a year's, at first")
    glide_path: list[GlideStep] = Field(default_factory=list)


class GoalPlan(Payload):
    """The plan as `goals.simulate` takes it, and how it came about.

    `strategies` rise in risk; `gap` is what neither money nor contributions cover without any return;
    `more` says whether another adjustment is left.
    """

    goal_id: str
    goal_type: GoalType
    amount: Amount = Field(description="as asked for, after adjustments")
    years: Real
    initial: Amount
    monthly_contribution: Amount
    target: Amount | None = Field(description="capital at the end; null where income is drawn until then")
    withdrawal: Withdrawal | None
    inflation: Real
    annual_fee: Fraction
    gap: Amount
    strategies: list[Strategy]
    adjustments: list[Adjustment]
    more: bool


GOAL_ERRORS = (
    DeclaredError("GoalInPast", "the goal's date is less than a month after as_of"),
    DeclaredError("GoalTooFar", "the goal's date is further away than a plan can run"),
)

ENTRIES = (
    Entry(
        "goals.plan",
        "Plan a goal: what it needs, what is missing, which strategies suit, after so many adjustments",
        PlanGoal,
        GoalPlan,
        errors=GOAL_ERRORS,
        files=("goal_planning", "questionnaire"),
    ),
)
