"""Goals of a client, and the pod that serves each."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from payloads.base import Identifier, IsoDate, Payload, Real
from payloads.bounds import PositiveMoney
from payloads.entry import DeclaredError, Entry

PodId = Annotated[str, StringConstraints(pattern=r"^POD[1-9][0-9]?$")]
Priority = Literal["high", "medium", "low"]
Flexibility = Literal["rigid", "flexible"]


class Goal(Payload):
    """What the client saves for, how much, and by when."""

    goal_id: Identifier
    goal_name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    target_amount: PositiveMoney
    target_date: IsoDate
    priority: Priority
    flexibility: Flexibility


class MapGoals(Payload):
    """Goals, and the day from which their years are counted."""

    goals: list[Goal]
    as_of: IsoDate


class GoalMapping(Payload):
    """One goal's pod; years are days/365.25 to four decimals."""

    goal_id: str
    goal_name: str
    pod: PodId
    pod_name: str
    years_to_goal: Real


class GoalMappings(Payload):
    """Every goal's pod, in the order given."""

    mappings: list[GoalMapping]


GOAL_ERRORS = (
    DeclaredError("GoalInPast", "a goal's date lies before as_of"),
    DeclaredError("DuplicateGoal", "two goals have the same goal_id"),
)

ENTRIES = (
    Entry(
        name="goals.map_to_pods",
        summary="Find the pod that serves each goal, by years to the goal and priority",
        input=MapGoals,
        output=GoalMappings,
        errors=GOAL_ERRORS,
        files=("pod_allocation",),
    ),
)
