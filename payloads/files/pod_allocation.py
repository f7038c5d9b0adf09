"""The file pod_allocation.yaml: base weights by category, glide path, influence of goals, horizons."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from payloads.base import Price, Units
from payloads.files.written import Rate, Words, Written
from payloads.goals import PodId, Priority
from payloads.risk import RiskCategory


class PodName(Written):
    """What a pod is called."""

    name: Words


class GlideRow(Written):
    """Weight that moves between two pods below or above an age."""

    under_age: Units | None = None
    over_age: Units | None = None
    take_from: PodId
    give_to: PodId
    weight: Rate

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if (self.under_age is None) == (self.over_age is None):
            raise ValueError("give `under_age` or `over_age`, one of the two")
        return self


class HorizonRow(Written):
    """The pod of goals that are less than so many years away."""

    below_years: Annotated[Price, Field(gt=0)]
    pod: PodId


class PodAllocationFile(Written):
    """How weights of pods follow from risk category, age and goals."""

    pods: Annotated[dict[PodId, PodName], Field(min_length=1)]
    base_weights: dict[RiskCategory, dict[PodId, Rate]]
    glide_path: list[GlideRow]
    goal_influence: Annotated[Price, Field(ge=0, le=1)]
    days_per_year: Annotated[Price, Field(gt=365, lt=366)]
    horizons: Annotated[list[HorizonRow], Field(min_length=1)]
    beyond_by_priority: dict[Priority, PodId]

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        problems = [*self._weight_problems(), *self._horizon_problems()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _weight_problems(self) -> list[str]:
        problems: list[str] = []
        for category, weights in self.base_weights.items():
            if set(weights) != set(self.pods):
                problems.append(f"base_weights of {category} name other pods than `pods`")
            if sum(weights.values()) != Decimal(1):
                problems.append(f"base_weights of {category} do not add up to 1")
        moved = {pod for row in self.glide_path for pod in (row.take_from, row.give_to)}
        return problems + self._strangers("glide_path", moved)

    def _horizon_problems(self) -> list[str]:
        years = [row.below_years for row in self.horizons]
        problems = [] if years == sorted(set(years)) else ["horizons rise by below_years"]
        if set(self.beyond_by_priority) != {"high", "medium", "low"}:
            problems.append("beyond_by_priority names each of high, medium, low")
        named = {row.pod for row in self.horizons} | set(self.beyond_by_priority.values())
        return problems + self._strangers("horizons", named)

    def _strangers(self, part: str, named: set[str]) -> list[str]:
        return [f"{part}: {pod} is none of `pods`" for pod in sorted(named - set(self.pods))]
