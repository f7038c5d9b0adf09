"""How far the goals that were planned for a portfolio have come."""

from pydantic import Field

from payloads.base import Amount, IsoDate, Payload, Ratio
from payloads.entry import DeclaredError, Effect, Entry
from payloads.portfolios import PortfolioId
from payloads.storage import READ_ERRORS, UNKNOWN_PORTFOLIO


class GoalProgress(Payload):
    """One goal: what is there, what the plan expected by now, and how much of the target that is."""

    goal_id: str
    value: Amount
    expected: Amount
    target: Amount | None = Field(
        description="in money of that day: it has grown with inflation since it was planned"
    )
    reached: Ratio | None = Field(description="share of the target; null without one")
    on_track: bool = Field(description="no less than the plan expected, less what the house tolerates")


class Milestone(Payload):
    """A share of a goal's target that was reached since somebody looked last."""

    goal_id: str
    milestone: Ratio
    value: Amount
    target: Amount


class MeasuredGoals(Payload):
    """Every planned goal, by the plan taken last, and the milestones to tell of."""

    portfolio_id: str
    customer_id: str
    as_of: IsoDate
    goals: list[GoalProgress]
    milestones: list[Milestone]


ENTRIES = (
    Entry(
        "goals.measure_progress",
        "Hold the goals planned for a portfolio against their plans, and find milestones just reached",
        PortfolioId,
        MeasuredGoals,
        Effect.READS,
        errors=(
            DeclaredError("NoSnapshot", "there is no snapshot to take prices from"),
            DeclaredError("StaleSnapshot", "the newest snapshot is too old"),
            DeclaredError("UnknownEtf", "the snapshot has no price for an ETF"),
            UNKNOWN_PORTFOLIO,
            *READ_ERRORS,
        ),
        files=("goal_planning", "market", "trading", "universe"),
    ),
)
