"""Pods: how a client's capital is divided between them."""

from pydantic import Field

from payloads.base import Fraction, IsoDate, Money, Payload
from payloads.bounds import PositiveMoney, Weight
from payloads.entry import DeclaredError, Entry
from payloads.goals import GOAL_ERRORS, Goal, PodId
from payloads.risk import Age, RiskScore


class AllocatePods(Payload):
    """Risk score, age and goals decide the weights; the capital is divided by them."""

    risk_score: RiskScore
    age: Age
    goals: list[Goal] = Field(description="none: the category's base weights, adjusted for age")
    total_capital: PositiveMoney
    as_of: IsoDate


class PodShare(Payload):
    """One pod's weight (not rounded) and its capital in cents."""

    weight: Fraction
    capital: Money
    name: str


class PodAllocation(PodShare):
    """One pod's share, and the goals it serves."""

    goals: list[str] = Field(description="ids of the goals that this pod serves")


class PodAllocations(Payload):
    """Every pod's share; the capitals add up to the total to the cent."""

    pods: dict[PodId, PodAllocation]
    total_capital: Money


class SplitCapital(Payload):
    """Known weights, new capital."""

    weights: dict[PodId, Weight] = Field(min_length=1, description="they add up to 1")
    total_capital: PositiveMoney


class PodShares(Payload):
    """Every pod's share; the capitals add up to the total to the cent."""

    pods: dict[PodId, PodShare]


ENTRIES = (
    Entry(
        name="pods.allocate",
        summary="Weigh the pods by risk score, age and goals, and divide the capital between them",
        input=AllocatePods,
        output=PodAllocations,
        errors=GOAL_ERRORS,
        files=("pod_allocation", "questionnaire"),
    ),
    Entry(
        name="pods.split",
        summary="Divide capital between pods by given weights, to the cent",
        input=SplitCapital,
        output=PodShares,
        errors=(
            DeclaredError("UnknownPod", "the catalogue has no such pod"),
            DeclaredError("WeightsNotWhole", "the weights do not add up to 1"),
        ),
        files=("pod_allocation",),
    ),
)
