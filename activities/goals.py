"""Goals and the pods that serve them."""

from collections.abc import Iterable
from fractions import Fraction

from activities.context import Context
from activities.registry import implements
from engines import goals as engine
from payloads.files.pod_allocation import PodAllocationFile
from payloads.goals import Goal, GoalMapping, GoalMappings, MapGoals


@implements("goals.map_to_pods")
def map_to_pods(ask: MapGoals, context: Context) -> GoalMappings:
    """Find each goal's pod."""
    file = context.catalogue.read("pod_allocation", PodAllocationFile)
    mapped = engine.map_goals(goals_from(ask.goals), ask.as_of, horizons_from(file))
    return GoalMappings(
        mappings=[
            GoalMapping(
                goal_id=goal.goal_id,
                goal_name=goal.goal_name,
                pod=found.pod,
                pod_name=file.pods[found.pod].name,
                years_to_goal=float(found.years),
            )
            for goal, found in zip(ask.goals, mapped, strict=True)
        ]
    )


def goals_from(goals: Iterable[Goal]) -> list[engine.Goal]:
    """Goals as the engines take them."""
    return [engine.Goal(goal.goal_id, goal.target_amount, goal.target_date, goal.priority) for goal in goals]


def horizons_from(file: PodAllocationFile) -> engine.Horizons:
    """The horizons of a catalogue file, as the engines take them."""
    return engine.Horizons(
        days_per_year=Fraction(file.days_per_year),
        near=tuple(engine.Horizon(Fraction(row.below_years), row.pod) for row in file.horizons),
        beyond=dict(file.beyond_by_priority.items()),
    )
