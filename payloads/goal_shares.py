"""Several goals on one portfolio: what each needs of it."""

from typing import Annotated

from pydantic import Field, field_validator

from payloads.base import Amount, Fraction, IsoDate, Payload, Whole
from payloads.bounds import MoneyFromZero
from payloads.entry import Entry, Role
from payloads.goal_planning import GOAL_ERRORS, PlannedGoal
from payloads.risk import RiskScore


class ShareOut(Payload):
    """Goals on one portfolio, the most important first, and what the portfolio is worth."""

    value: MoneyFromZero
    goals: Annotated[list[PlannedGoal], Field(max_length=20)]
    risk_score: RiskScore
    as_of: IsoDate
    success_target: Annotated[Fraction, Field(gt=0)] = 0.8
    seed: Whole = Field(0, ge=0, lt=2**63)

    @field_validator("goals")
    @classmethod
    def _each_once(cls, goals: list[PlannedGoal]) -> list[PlannedGoal]:
        ids = [goal.goal_id for goal in goals]
        if len(set(ids)) < len(ids):
            raise ValueError("two goals have one id")
        return goals


class GoalShare(Payload):
    """What a goal needs today without any contribution, and what of it there was."""

    goal_id: str
    needed: Amount = Field(description="the least with which a strategy that suits succeeds often enough")
    reserved: Amount
    covered: bool


class SharedOut(Payload):
    """The waterfall: each goal takes what it needs of what those before it left; `left` is for others."""

    shares: list[GoalShare]
    left: Amount


ENTRIES = (
    Entry(
        "goals.share_out",
        "Share a portfolio out to its goals, the most important first",
        ShareOut,
        SharedOut,
        role=Role.COMPUTE,
        errors=GOAL_ERRORS,
        files=("goal_planning", "questionnaire"),
    ),
)
