"""How capital is divided between pods: risk category, age, goals.

    EngineError
    ├── UnknownPod        there is no such pod
    └── WeightsNotWhole   weights of a whole do not add up to 1

    weights = (1 - influence)·(base weights, moved by age) + influence·(share of goal amounts)

Weights are exact fractions until they leave, so that capital is divided without a rounding of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from engines.errors import EngineError
from engines.goals import Goal, Horizons, check_goals
from engines.shares import largest_remainder

# Computed weights come back from JSON with their last binary digit rounded.
WHOLE_WITHIN = Fraction(1, 10**9)


class UnknownPod(EngineError):
    """There is no such pod."""


class WeightsNotWhole(EngineError):
    """Weights of a whole do not add up to 1."""


@dataclass(frozen=True, slots=True)
class Glide:
    """Weight that moves between two pods strictly under or strictly over an age."""

    under_age: int | None
    over_age: int | None
    take_from: str
    give_to: str
    weight: Fraction

    def applies(self, age: int) -> bool:
        """Whether the weight moves at this age."""
        return (self.under_age is not None and age < self.under_age) or (
            self.over_age is not None and age > self.over_age
        )


@dataclass(frozen=True, slots=True)
class AllocationRules:
    """Names of pods in order, base weights by category, glide path, influence of goals, horizons."""

    names: Mapping[str, str]
    base: Mapping[str, Mapping[str, Fraction]]
    glides: tuple[Glide, ...]
    goal_influence: Fraction
    horizons: Horizons


@dataclass(frozen=True, slots=True)
class PodShare:
    """One pod's weight, capital in cents, and the goals it serves."""

    pod: str
    name: str
    weight: Fraction
    capital: Decimal
    goals: tuple[str, ...] = ()


def allocate(
    rules: AllocationRules,
    *,
    category: str,
    age: int,
    goals: Sequence[Goal],
    total_capital: Decimal,
    as_of: date,
) -> list[PodShare]:
    """Every pod's share; weights add up to 1 and capitals to `total_capital` to the cent.

    Without goals the base weights moved by age stand alone. Refuses goals in the past and doubled.
    """
    check_goals(goals, as_of)
    served = {goal.goal_id: rules.horizons.pod_of(goal, as_of) for goal in goals}
    weights = _moved_by_age(rules.base[category], rules.glides, age)
    if goals:
        weights = _drawn_to_goals(weights, goals, served, rules.goal_influence)
    capitals = largest_remainder(total_capital, [weights[pod] for pod in rules.names])
    return [
        PodShare(pod, name, weights[pod], capital, tuple(goal for goal, by in served.items() if by == pod))
        for (pod, name), capital in zip(rules.names.items(), capitals, strict=True)
    ]


def split(
    names: Mapping[str, str], weights: Mapping[str, Fraction], total_capital: Decimal
) -> list[PodShare]:
    """Shares of `total_capital` by given weights, which add up to 1 within 1e-9; order as given."""
    for pod in weights:
        if pod not in names:
            raise UnknownPod(f"{pod} is no pod; there are {', '.join(names)}", f"weights.{pod}")
    whole = sum(weights.values(), Fraction(0))
    if abs(whole - 1) > WHOLE_WITHIN:
        raise WeightsNotWhole(f"the weights add up to {float(whole)}, not to 1", "weights")
    capitals = largest_remainder(total_capital, list(weights.values()))
    return [
        PodShare(pod, names[pod], weight, capital)
        for (pod, weight), capital in zip(weights.items(), capitals, strict=True)
    ]


def _moved_by_age(base: Mapping[str, Fraction], glides: Sequence[Glide], age: int) -> dict[str, Fraction]:
    weights = dict(base)
    for glide in glides:
        if glide.applies(age):
            moved = min(glide.weight, weights[glide.take_from])
            weights[glide.take_from] -= moved
            weights[glide.give_to] += moved
    return weights


def _drawn_to_goals(
    weights: Mapping[str, Fraction], goals: Sequence[Goal], served: Mapping[str, str], influence: Fraction
) -> dict[str, Fraction]:
    amounts = dict.fromkeys(weights, Fraction(0))
    for goal in goals:
        amounts[served[goal.goal_id]] += Fraction(goal.target_amount)
    total = sum(amounts.values())
    return {
        pod: (1 - influence) * weight + influence * amounts[pod] / total for pod, weight in weights.items()
    }
