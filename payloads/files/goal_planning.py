"""The file goal_planning.yaml: what goals need, what strategies earn, and what may change in a plan."""

from typing import Annotated, Literal

from pydantic import Field

from payloads.base import Flag, Fraction, Real, Whole
from payloads.bounds import Share
from payloads.files.written import Dated, Figure, Words, Written
from payloads.goal_simulation import Guardrails

GoalType = Literal["retirement", "purchase", "wealth", "income", "legacy"]
Adjustment = Literal["contribute_more", "later", "lower_target", "other_risk"]
Category = Literal["conservative", "moderate", "growth", "aggressive"]


class Glide(Dated):
    """Over the last so many years before the goal's day a plan moves into the mix of this category."""

    years: Annotated[Whole, Field(ge=1, le=50)]
    to: Category


class TypeOfGoal(Written):
    """What a goal of this type needs, what may change in its plan, in turn, and how its risk falls."""

    needs: Literal["capital", "income", "withdrawals"]
    adjustments: Annotated[list[Adjustment], Field(min_length=1)]
    glide: Glide | None = None


class Change(Written):
    """How far one step goes, how many there are, and whether a rigid goal allows it."""

    step: Figure
    most: Annotated[Whole, Field(ge=0, le=100)]
    rigid: Flag


class Assumed(Dated):
    """What a strategy is expected to earn in a year before fees, and how much that varies."""

    expected_return: Annotated[Real, Field(gt=-1, le=1)]
    volatility: Annotated[Fraction, Field(gt=0)]


class WrittenGuardrails(Guardrails, Dated):
    """When withdrawals that are to follow the market are cut and raised."""


class GoalPlanningFile(Written):
    """Everything that plans of goals rest on."""

    description: Words
    source: Words
    inflation: Figure
    annual_fee: Figure
    sustainable_rate: Figure
    milestones: Annotated[list[Share], Field(min_length=1, description="shares of the target, rising")]
    tolerance: Figure
    types: dict[GoalType, TypeOfGoal]
    guardrails: WrittenGuardrails
    adjustments: dict[Adjustment, Change]
    strategies: dict[Category, Assumed]
